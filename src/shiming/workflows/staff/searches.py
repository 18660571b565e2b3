"""Staff find accounts: only where they have a role, people only with a reason; counted, noted, and watched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row

from shiming.errors import BadInput, TooMany
from shiming.review.search import PERSONAL, WHY, Reading, readings
from shiming.store.account import search
from shiming.store.audit import access_log
from shiming.store.staff import login_attempts
from shiming.workflows.context import Context

MINUTES, PER_WINDOW, PER_DAY, UNUSUAL = 10, 60, 400, 100
"""Searches and reveals that one person may make within ten minutes and a day; from how many a day it is an alarm."""
MOST = 20
DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Searcher:
    """Who searches: their id, their name in the trail, the sides on which they may, where they work now, as what."""

    id: str
    name: str
    sides: tuple[str, ...]
    app: str
    role: str


@dataclass(frozen=True, slots=True)
class Found:
    """Accounts, each with the kind of reading that found it; `asks_why`: kinds not followed for want of a reason.

    `today`: how often this person has searched.
    """

    accounts: Sequence[tuple[Row, str]]
    asks_why: tuple[str, ...]
    more: bool
    today: int


def find(context: Context, by: Searcher, text: str, why: str | None) -> Found:
    """Look for a text in all its readings. Raises BadInput, and TooMany where somebody searches too much."""
    if why is not None and why not in WHY:
        raise BadInput(f"Say why: one of {', '.join(WHY)}.", "why_missing")
    read = readings(text)
    followed = [each for each in read if why or each.kind not in PERSONAL]
    with context.database.write() as connection:
        today = count(context, connection, by)
        found = _followed(context, connection, by, followed)
        for row, kind in found[:MOST]:
            if kind in PERSONAL:
                _note(context, connection, by, row, f"search/{kind}", why or "")
        facts = {"kinds": sorted({each.kind for each in followed}), "found": len(found), "why": why or ""}
        context.note(connection, by.app, by.name, "account.searched", by.id, **facts, today=today)
    asks = tuple(each.kind for each in read if each not in followed)
    return Found(found[:MOST], asks, len(found) > MOST, today)


def _followed(context: Context, connection: Connection, by: Searcher,
              followed: Sequence[Reading]) -> list[tuple[Row, str]]:  # fmt: skip
    """Each account once, under the first reading that found it."""
    found: dict[str, tuple[Row, str]] = {}
    for each in followed:
        hashes = _hashes(context, each)
        for row in search.by_reading(connection, by.sides, each.kind, each.value, hashes, MOST + 1):
            found.setdefault(row.id, (row, each.kind))
    return list(found.values())


def _hashes(context: Context, reading: Reading) -> Mapping[str, Sequence[str]]:
    """The hashes of a value, by what it was hashed as."""
    look = context.lookup
    match reading.kind:
        case "name":
            return {"name": look.candidates("name", reading.value)}
        case "number":
            return {"number": look.candidates("number", reading.value)}
        case "phone":
            return {"phone": look.candidates("phone", reading.value),
                    "contact.sms": look.candidates("contact.sms", reading.value)}  # fmt: skip
    return {}


def count(context: Context, connection: Connection, by: Searcher) -> int:
    """Count one search or reveal; returns how many this person has made today. Raises TooMany."""
    now = context.shared_clock(connection)
    ends = (now // (MINUTES * 60_000) + 1) * MINUTES * 60_000, (now // DAY + 1) * DAY
    lately = login_attempts.count(connection, context.lookup.hash("search.lately", by.id), ends[0])
    today = login_attempts.count(connection, context.lookup.hash("search.today", by.id), ends[1])
    if lately > PER_WINDOW or today > PER_DAY:
        wait = (ends[today > PER_DAY] - now) // 1000 + 1
        raise TooMany("You have searched too often. Wait, then go on; an admin can say what is usual.", wait)
    return today


def looked(context: Context, connection: Connection, by: Searcher, row: Row, what: str, why: str, again: int) -> None:
    """Keep that somebody looked at an account; the same within `again` ms is one look."""
    if not access_log.seen_since(connection, row.id, by.name, what, context.now() - again):
        _note(context, connection, by, row, what, why)


def _note(context: Context, connection: Connection, by: Searcher, row: Row, what: str, why: str) -> None:
    access_log.add(connection, row.app, row.id, row.id, by.name, by.role, what, why, context.now())
