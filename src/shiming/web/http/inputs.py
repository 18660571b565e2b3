"""One gate for all that comes in: address, headers and JSON are checked here, once, before any route sees them.

What no store can keep (NUL, half characters), what is no number (NaN, 1e400) or no JSON (a key twice, other encodings)
is refused by the name of its field. Forms are checked as they are read (`forms.py`), single fields by the types below.
Of a list that may be taken in part, the route gets what can be taken, and is told of the rest (`unfit`).
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import unquote_to_bytes, urlsplit

from fastapi.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shiming.names.text import unkept
from shiming.web.http.json_body import BadJson, named, read_in_part
from shiming.web.http.problems import problem

MOST_JSON, LONGEST_PATH, LONGEST_QUERY = 2 * 1024 * 1024, 2_000, 8_000
IN_PART = MappingProxyType({"/v1/events": "events"})
"""By address, the list of which with `"partial": true` beside it only those items are refused that cannot be taken."""
_UNFIT = "shiming.unfit"
_CONTROLS = re.compile(rb"[\0-\x08\x0a-\x1f\x7f]")
_HOST = re.compile(r"[A-Za-z0-9._~-]*|\[[0-9A-Fa-f:.]{2,45}\]")


def unfit(scope: Scope) -> Mapping[int, str]:
    """Why items of a list that is taken in part were kept from the route, by their places: `.device holds …`."""
    return scope.get(_UNFIT, {})


class Inputs:
    """Refuses, before any route, what no route could work on."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        refused = _address(scope) or _headers(scope["headers"])
        if refused is None and scope["type"] == "http" and _is_json(scope["headers"]):
            body = await _body(receive)
            if body is None:
                return  # gone in the middle of sending
            refused = _mislabelled(scope["headers"], body)
            body, refused = (body, refused) if refused else _judged(scope, body)
            receive = _again(body, receive)
        if refused is None:
            return await self.app(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        await refused(scope, receive, send)


def _address(scope: Scope) -> Response | None:
    path, query = scope["path"], scope.get("query_string", b"")
    if len(path) > LONGEST_PATH or len(query) > LONGEST_QUERY:
        return problem(414, "address_too_long", f"An address has {LONGEST_PATH} characters at most before the ?, and "
                                                f"{LONGEST_QUERY} after it.")  # fmt: skip
    if why := unkept(path) or ("is not UTF-8" if "\ufffd" in path else None):
        return refusal(("address", why))
    if b"&" in query and path.startswith("/v1/") and (twice := _twice(query)):
        return refusal((named((twice,)), "is there twice"))
    if b"%" not in query:
        return None
    for part in query.split(b"&"):
        name, _, value = (unquote_to_bytes(each) for each in part.replace(b"+", b" ").partition(b"="))
        if why := _bytes(name) or _bytes(value):
            return refusal((named((name.decode("utf-8", "replace"),)), why))
    return None


def _twice(query: bytes) -> str | None:
    """A name that stands in a query of the API more than once: nothing there is a list, and one value would be lost."""
    names = Counter(unquote_to_bytes(part.partition(b"=")[0].replace(b"+", b" ")) for part in query.split(b"&") if part)
    return next((name.decode("utf-8", "replace") for name, n in names.items() if n > 1), None)


def _bytes(data: bytes) -> str | None:
    try:
        return unkept(data.decode())
    except UnicodeDecodeError:
        return "is not UTF-8"


def _headers(headers: list[tuple[bytes, bytes]]) -> Response | None:
    for name, value in headers:
        if _CONTROLS.search(value):
            return refusal((name.decode("latin-1"), "is a header with control characters"), status=400)
        if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            return refusal(("content-encoding", "is not taken: send the body as it is, not compressed"))
        if name == b"host" and not _is_host(value.decode("latin-1")):
            return refusal(("host", "is no name or address of a server"), status=400)
    return None


@lru_cache(256)
def _is_host(text: str) -> bool:
    """Whether frameworks can make an address of it: some fail at a lone bracket."""
    try:
        there = urlsplit(f"//{text}")
        return bool(_HOST.fullmatch(text.removesuffix(f":{there.port}"))) and there.netloc == text
    except ValueError:
        return False


def _is_json(headers: list[tuple[bytes, bytes]]) -> bool:
    """As FastAPI sees it, which reads nothing else as JSON."""
    kind = next((value for name, value in headers if name == b"content-type"), b"").decode("latin-1")
    kind = kind.partition(";")[0].strip().lower()
    return kind.startswith("application/") and (kind == "application/json" or kind.endswith("+json"))


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or as much of it as makes it too large; None where the client goes away before its end."""
    body = bytearray()
    while len(body) <= MOST_JSON:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives the body once more, to whoever is behind."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _mislabelled(headers: list[tuple[bytes, bytes]], body: bytes) -> Response | None:
    """Some of what is in GBK reads as UTF-8, and as other words (一 as һ). Latin-1 is said by habit alone."""
    kind = next(value for name, value in headers if name == b"content-type").decode("latin-1")
    said = re.search(r"""charset\s*=\s*["']?([^"';\s]*)""", kind, re.I)
    known = not said or said[1].lower() in ("", "utf-8", "utf8", "us-ascii", "iso-8859-1", "latin1")
    if known or body.isascii():
        return None
    return refusal(("content-type", f"says {said[1][:20]}; JSON is sent in UTF-8"))


def _judged(scope: Scope, body: bytes) -> tuple[bytes, Response | None]:
    """The body as the route may read it, or why it may not."""
    if len(body) > MOST_JSON:
        return body, problem(
            413, "body_too_large", f"JSON may have {MOST_JSON // 1024 // 1024} MB at most. Send less at once."
        )
    try:
        given, why = read_in_part(body, IN_PART.get(scope["path"])) if body else (None, {})
    except BadJson as bad:
        return body, refusal(*bad.faults)
    if why:
        scope[_UNFIT], body = why, json.dumps(given).encode()
    return body, None


def refusal(*faults: tuple[str, str], status: int = 422) -> Response:
    """The answer that names what is wrong."""
    fields = [{"field": field, "problem": why} for field, why in faults]
    said = "; ".join(f"{field}: {why}" for field, why in faults)
    return problem(status, "bad_input", f"Please correct: {said}.", fields=fields)
