"""One reading of moments that come from outside: milliseconds since 1970, or ISO 8601 with its zone."""

from datetime import UTC, datetime
from typing import Any

EARLIEST, LATEST = 1_262_304_000_000, 4_102_444_800_000
"""2010 and 2100, in ms. What lies outside is a slip (seconds, .NET's default date), and could not be shown."""


class BadTime(ValueError):
    """This is no moment; the message says how to write one."""


def read(value: Any) -> int:
    """The moment in ms since 1970, between EARLIEST and LATEST. Raises BadTime."""
    if isinstance(value, str):
        value = _iso(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadTime("must be milliseconds since 1970, or ISO 8601 with its zone")
    if not EARLIEST <= value <= LATEST:
        raise BadTime("lies before 2010 or after 2100; is it in seconds instead of milliseconds?")
    return value


def _iso(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadTime("is not a time: write 2026-11-22T08:00:00+08:00, or milliseconds") from None
    if moment.tzinfo is None:
        raise BadTime("has no time zone: end it with Z or +08:00")
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)  # astimezone fails in year 1
