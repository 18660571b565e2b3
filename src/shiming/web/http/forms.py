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

_VALUE = rb'"(?:\\.|[^"\\])*"'
_NAMES = re.compile(rb"(%b)|;\s*filename(?:\*[0-9]*\*?)?\s*=\s*(?:%b)?[^;]*" % (_VALUE, _VALUE), re.I)
_FILE = b'; filename="file"'  # Starlette asks for this alone, and nobody here asks what it is called
_TEXTS = (b"text/", b"application/json", b"application/x-www-form-urlencoded")


class BadForm(HTTPException):
    """A form that cannot be taken: what is wrong, by the name of its field."""

    def __init__(self, field: str, why: str):
        super().__init__(422, f"Please correct: {field}: {why}.")
        self.fields = [{"field": field, "problem": why}]


class Multipart(MultiPartParser):
    """multipart/form-data whose texts are UTF-8, and in which a file is known by `filename*` or its type as well."""

    spool_max_size = MAX_BODY  # uploads stay in memory: a spool file would put them on the disk unsealed

    async def parse(self) -> FormData:
        charset = re.search(r"""charset\s*=\s*["']?([^"';\s]*)""", self.headers["content-type"], re.I)
        if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
            raise BadForm("body", "is not in UTF-8")
        return await super().parse()

    def on_headers_finished(self) -> None:
        sent = self._current_part.content_disposition or b""
        about = _NAMES.sub(lambda found: found[1] or b"", sent)
        if about != sent or self._is_no_text():
            about += _FILE
        self._current_part.content_disposition = about
        _text("body", about)
        super().on_headers_finished()

    def _is_no_text(self) -> bool:
        kind = dict(self._current_part.item_headers).get(b"content-type", b"").strip().lower()
        return kind != b"" and not kind.startswith(_TEXTS)

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


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _text(field: str, data: bytes) -> str:
    text, why = (data.decode(), None) if _is_utf8(data) else ("", "is not UTF-8")
    if why := why or unkept(text):
        raise BadForm(field[:60], why)
    return text


def install() -> None:
    """From now on forms are read so, in this process."""
    starlette.requests.MultiPartParser, starlette.requests.FormParser = Multipart, Encoded
