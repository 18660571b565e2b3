"""One gate for all that comes in: address, headers and JSON are checked here, once, before any route sees them.

What no store can keep (NUL, half characters), what is no number (NaN, 1e400) or no JSON (a key twice, other encodings)
is refused by the name of its field. Forms are checked as they are read (`forms.py`), single fields by the types below.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from fastapi.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shiming.names.text import unkept
from shiming.web.http.problems import problem

MOST_JSON, MOST_VALUES, DEEPEST, DIGITS = 2 * 1024 * 1024, 100_000, 32, 18
LONGEST_PATH, LONGEST_QUERY = 2_000, 8_000
MOST_FAULTS = 10
_CONTROLS = re.compile(rb"[\0-\x08\x0a-\x1f\x7f]")
_HOST = re.compile(r"[A-Za-z0-9._~-]*|\[[0-9A-Fa-f:.]{2,45}\]")


class BadJson(ValueError):
    """This cannot be taken. `faults`: what is wrong, by the name of its field; "body" for the whole."""

    def __init__(self, *faults: tuple[str, str]):
        super().__init__("; ".join(f"{field}: {why}" for field, why in faults))
        self.faults = faults


class _Wrong(str):
    """Stands in what was read for a number or key that cannot be taken; says why."""


def read_json(data: bytes) -> Any:
    """JSON (RFC 8259, UTF-8) in which every text can be kept and every number is one. Raises BadJson."""
    if data.count(b",") > MOST_VALUES:  # before anything is made of them
        raise BadJson(("body", f"holds more than {MOST_VALUES:,} values"))
    try:
        given = json.loads(data.decode("utf-8-sig"), parse_constant=_constant, parse_float=_float, parse_int=_int,
                           object_pairs_hook=_object)  # fmt: skip
    except UnicodeDecodeError:
        raise BadJson(("body", "is not UTF-8")) from None
    except RecursionError:
        raise BadJson(("body", _DEEP)) from None
    except ValueError as fault:
        raise BadJson(("body", f"is not JSON: {fault}")) from None
    if faults := list(islice(_faults(given), MOST_FAULTS)):
        raise BadJson(*faults)
    return given


_DEEP = f"is nested deeper than {DEEPEST} levels"


def _constant(text: str) -> str:
    return _Wrong(f"{text} is no number in JSON")


def _float(text: str) -> float | str:
    number = float(text)
    return number if abs(number) < float("inf") else _Wrong("is too large a number")


def _int(text: str) -> int | str:
    return int(text) if len(text.lstrip("-")) <= DIGITS else _Wrong(f"has more than {DIGITS} digits")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        times = Counter(name for name, _ in pairs)
        made |= {name: _Wrong("is there twice") for name, n in times.items() if n > 1}
    return made


def _faults(given: Any) -> Iterator[tuple[str, str]]:
    """What cannot be taken, by the name of its field, as `events.3.device`. Each value is looked at once."""
    left = [((), given)]
    while left:
        place, value = left.pop()
        if len(place) > DEEPEST:
            yield "body", _DEEP
            return
        if isinstance(value, str):
            why = str(value) if isinstance(value, _Wrong) else unkept(value)
            if why:
                yield named(place), why
        elif isinstance(value, dict):
            for key, inner in value.items():
                if why := unkept(key):
                    yield named((*place, key)), f"is a name that {why}"
                left.append(((*place, key), inner))
        elif isinstance(value, list):
            left.extend(((*place, n), inner) for n, inner in enumerate(value))


def named(place: tuple[str | int, ...]) -> str:
    """A field by its names from the outside in, fit to be shown; what was sent as a name is cut."""
    return (
        ".".join(ascii(part)[1:-1][:60] if not str(part).isprintable() else str(part)[:60] for part in place) or "body"
    )


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
            receive, refused = _again(body, receive), _mislabelled(scope["headers"], body) or _refused_json(body)
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


def _refused_json(body: bytes) -> Response | None:
    if len(body) > MOST_JSON:
        return problem(
            413, "body_too_large", f"JSON may have {MOST_JSON // 1024 // 1024} MB at most. Send less at once."
        )
    try:
        if body:
            read_json(body)
    except BadJson as bad:
        return refusal(*bad.faults)
    return None


def refusal(*faults: tuple[str, str], status: int = 422) -> Response:
    """The answer that names what is wrong."""
    fields = [{"field": field, "problem": why} for field, why in faults]
    said = "; ".join(f"{field}: {why}" for field, why in faults)
    return problem(status, "bad_input", f"Please correct: {said}.", fields=fields)
