"""JSON as it is taken: UTF-8, every text can be kept, every number is one, nothing stands there twice."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from shiming.names.text import unkept

MOST_VALUES, DEEPEST, DIGITS, MOST_FAULTS = 100_000, 32, 18, 10
_ESCAPED = re.compile("[\udc80-\udcff]")  # what Python makes of bytes that are no UTF-8
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)  # those outside of texts

Place = tuple[str | int, ...]
"""Names and positions from the outside in."""


class BadJson(ValueError):
    """This cannot be taken. `faults`: what is wrong, by the name of its field; "body" for the whole."""

    def __init__(self, *faults: tuple[str, str]):
        super().__init__("; ".join(f"{field}: {why}" for field, why in faults))
        self.faults = faults


class _Wrong(str):
    """Stands in what was read for a number or key that cannot be taken; says why."""


def read_json(data: bytes) -> Any:
    """JSON (RFC 8259, UTF-8) in which every text can be kept and every number is one. Raises BadJson."""
    return _sound(_parsed(data))


def read_in_part(data: bytes, name: str | None) -> tuple[Any, dict[int, str]]:
    """The same; where a list of this name asks for it (`"partial": true`), items that cannot be taken are replaced, and
    it is said why, by their places: `.device holds …`. Raises BadJson for what is wrong beside them.
    """
    given = _parsed(data, in_part=name is not None)
    try:
        return _sound(given), {}
    except BadJson:
        if name is None or (taken := _in_part(given, name)) is None:
            raise
        return taken


def _sound(given: Any) -> Any:
    if faults := list(islice(_faults(given), MOST_FAULTS)):
        raise BadJson(*((named(place), why) for place, why in faults))
    return given


def _parsed(data: bytes, in_part: bool = False) -> Any:
    if data.count(b",") > MOST_VALUES:  # before anything is made of them
        raise BadJson(("body", f"holds more than {MOST_VALUES:,} values"))
    text = data.decode("utf-8-sig", "surrogateescape")
    try:
        return _loaded(text)
    except RecursionError:
        with suppress(ValueError):
            if in_part:
                return _loaded(_shallow(text))
        raise BadJson(("body", _DEEP)) from None
    except ValueError as fault:
        raise BadJson(("body", "is not UTF-8" if _ESCAPED.search(text) else f"is not JSON: {fault}")) from None


def _loaded(text: str) -> Any:
    return json.loads(text, parse_constant=_constant, parse_float=_float, parse_int=_int, object_pairs_hook=_object)


def _shallow(text: str) -> str:
    """The same without what lies so deep that it cannot be read; what holds it is still too deep to be taken."""
    out, at, depth = [], 0, 0
    for sign in _BRACKETS.finditer(text):
        if sign[0] in "[{":
            depth += 1
            if depth == 2 * DEEPEST:
                out.append(text[at : sign.end()])
                at = len(text)
        elif sign[0] in "]}":
            at = sign.start() if depth == 2 * DEEPEST else at
            depth -= 1
    return "".join([*out, text[at:]])


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


def _faults(given: Any, at: Place = ()) -> Iterator[tuple[Place, str]]:
    """What cannot be taken, by its place, as ("events", 3, "device"). Each value is looked at once."""
    left = [(at, given)]
    while left:
        place, value = left.pop()
        if len(place) > DEEPEST:
            yield at, _DEEP
            return
        if isinstance(value, str):
            if why := _fault(value):
                yield place, why
        elif isinstance(value, dict):
            for key, inner in value.items():
                if why := _fault(key):
                    yield (*place, key), f"is a name that {why}"
                left.append(((*place, key), inner))
        elif isinstance(value, list):
            left.extend(((*place, n), inner) for n, inner in enumerate(value))


def _fault(text: str) -> str | None:
    if isinstance(text, _Wrong):
        return str(text)
    return "holds half of a character, or what is no UTF-8" if _ESCAPED.search(text) else unkept(text)


def _in_part(given: Any, name: str) -> tuple[dict[str, Any], dict[int, str]] | None:
    """What was sent, with a stand-in for each item of its list that cannot be taken; by their places, why.

    None where this was not asked for, or something beside the list is wrong.
    """
    asked = isinstance(given, dict) and given.get("partial") is True and isinstance(given.get(name), list)
    if not asked or any(_faults(given | {name: []})):
        return None
    found = {n: next(_faults(item, (name, n)), None) for n, item in enumerate(given[name])}
    why = {n: f"{_within(fault[0][2:])} {fault[1]}." for n, fault in found.items() if fault}
    return given | {name: [_stand_in(item, why[n]) if n in why else item for n, item in enumerate(given[name])]}, why


def _within(place: Place) -> str:
    return f".{named(place)}" if place else ""


def _stand_in(item: Any, why: str) -> dict[str, Any]:
    id = item.get("id") if isinstance(item, dict) else None
    return {"id": id if isinstance(id, str) and not _fault(id) else None, "unfit": why}


def named(place: Place) -> str:
    """A field by its names from the outside in, fit to be shown; what was sent as a name is cut."""
    return (
        ".".join(ascii(part)[1:-1][:60] if not str(part).isprintable() else str(part)[:60] for part in place) or "body"
    )
