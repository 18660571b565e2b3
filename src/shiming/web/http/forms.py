"""Forms as Starlette reads them, with what it leaves out: every text is UTF-8 that a store can keep (see inputs.py).

Starlette knows no other way to say how forms are read than these two names.
"""

import re
from urllib.parse import unquote_to_bytes

import starlette.requests
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartParser

from shiming.names.text import unkept
from shiming.web.http.body_pace import MAX_BODY

_ONLY_EXTENDED = re.compile(rb";\s*filename\*\s*=", re.I)
_NAMED = re.compile(rb";\s*filename\s*=", re.I)


class BadForm(HTTPException):
    """A form that cannot be taken: what is wrong, by the name of its field."""

    def __init__(self, field: str, why: str):
        super().__init__(422, f"Please correct: {field}: {why}.")
        self.fields = [{"field": field, "problem": why}]


class Multipart(MultiPartParser):
    """multipart/form-data whose texts are UTF-8, and in which `filename*` alone makes a file, too."""

    spool_max_size = MAX_BODY  # uploads stay in memory: a spool file would put them on the disk unsealed

    async def parse(self) -> FormData:
        charset = re.search(r"""charset\s*=\s*["']?([^"';\s]*)""", self.headers["content-type"], re.I)
        if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
            raise BadForm("body", "is not in UTF-8")
        return await super().parse()

    def on_headers_finished(self) -> None:
        about = self._current_part.content_disposition or b""
        if _ONLY_EXTENDED.search(about) and not _NAMED.search(about):
            self._current_part.content_disposition = about + b'; filename="file"'  # nobody here asks what it is called
        _text("body", about)
        super().on_headers_finished()

    def on_part_end(self) -> None:
        if self._current_part.file is None:
            _text(self._current_part.field_name, bytes(self._current_part.data))
        super().on_part_end()


class Encoded(FormParser):
    """application/x-www-form-urlencoded whose texts are UTF-8."""

    def on_field_end(self) -> None:
        name = _text("body", unquote_to_bytes(bytes(self._field_name).replace(b"+", b" ")))
        _text(name, unquote_to_bytes(bytes(self._field_value).replace(b"+", b" ")))
        super().on_field_end()


def _text(field: str, data: bytes) -> str:
    try:
        text, why = data.decode(), None
    except UnicodeDecodeError:
        text, why = "", "is not UTF-8"
    if why := why or unkept(text):
        raise BadForm(field[:60], why)
    return text


def install() -> None:
    """From now on forms are read so, in this process."""
    starlette.requests.MultiPartParser, starlette.requests.FormParser = Multipart, Encoded
