"""The request or work at hand: the ids by which all its log lines are found. Threads that work for it see the same."""

import itertools
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

CURRENT: "ContextVar[Current | None]" = ContextVar("current", default=None)
GIVEN = re.compile(rb"[0-9A-Za-z][0-9A-Za-z._-]{7,63}")
MACHINE_MADE = re.compile(rb"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MANY_DIGITS = re.compile(rb"[0-9]{7}")
"""In a row: a phone or ID number that somebody took for an id of a request."""

_START, _COUNT = secrets.token_hex(8), itertools.count(1)


class Current:
    """`request`: its id. `verification`: the id of the one that it is about, once known."""

    __slots__ = ("request", "verification")

    def __init__(self, request: str = "", verification: str = ""):
        self.request, self.verification = request, verification


def about(verification: str) -> None:
    """The request at hand turns out to be about this verification."""
    if at := CURRENT.get():
        at.verification = verification


@contextmanager
def at_work(verification: str) -> Iterator[None]:
    """What a worker logs meanwhile is about this verification."""
    before = CURRENT.set(Current(verification=verification))
    try:
        yield
    finally:
        CURRENT.reset(before)


def request_id(given: bytes | None) -> str:
    """The id that a proxy gave, where it is one and cannot name a person; else a new one: 32 hex digits.

    A new one is the process's own random start and a count, which costs less than drawing one.
    """
    if given and GIVEN.fullmatch(given) and (MACHINE_MADE.fullmatch(given) or not MANY_DIGITS.search(given)):
        return given.decode("ascii")
    return f"{_START}{next(_COUNT):016x}"
