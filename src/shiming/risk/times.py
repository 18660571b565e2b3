"""One reading of moments that come from outside: milliseconds since 1970, or ISO 8601 with its zone."""

import re
from datetime import UTC, datetime
from typing import Any

from shiming.names.typed import fold

EARLIEST, LATEST = 1_262_304_000_000, 4_102_444_800_000
"""2010 and 2100, in ms. What lies outside is a slip (seconds, .NET's default date), and could not be shown."""

_ZONES = (
    (re.compile(r" ?\([A-Z/_+\-]+\)$"), ""),
    (re.compile(r"([+-][0-9]{2}:?[0-9]{2}) [A-Z]{1,5}$"), r"\1"),
    (re.compile(r" ?(?:UTC|GMT)$"), "Z"),
    (re.compile(r"(:[0-9]{2}(?:[.,][0-9]+)?) ([0-9]{2}:?[0-9]{2})$"), r"\1+\2"),
)


class BadTime(ValueError):
    """This is no moment; the message says how to write one."""


def read(value: Any) -> int:
    """The moment in ms since 1970, between EARLIEST and LATEST. Raises BadTime."""
    value = _iso(value) if isinstance(value, str) else whole(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadTime("must be milliseconds since 1970, or ISO 8601 with its zone")
    if not EARLIEST <= value <= LATEST:
        raise BadTime("lies before 2010 or after 2100; is it in seconds instead of milliseconds?")
    return value


def whole(value: Any) -> Any:
    """1.7636e12 as the whole number that it is: some languages know no others, and JSON does not tell them apart."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _iso(text: str) -> int:
    """ISO 8601 as Java (…[Asia/Shanghai]), Go (… +0800 CST), databases (… UTC) and addresses (+ became a blank) write
    it; milliseconds as a text.
    """
    plain = fold(text).strip().upper()
    if re.fullmatch(r"[0-9]{13}", plain):
        return int(plain)
    for pattern, meant in _ZONES:
        plain = pattern.sub(meant, plain)
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        raise BadTime("is not a time: write 2026-11-22T08:00:00+08:00, or milliseconds") from None
    if moment.tzinfo is None:
        raise BadTime("has no time zone: end it with Z or +08:00")
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)  # astimezone fails in year 1
