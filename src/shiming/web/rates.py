"""How many requests each key may make in a minute, at all servers together. Holders' tokens get a twentieth.

On PostgreSQL, where there may be several servers, each takes some of a key's minute for itself, by the database's clock
(store/access/request_counts.py), and asks again when it has used them up: one question for many requests. What another
server has taken and not used is lost to this one, a PARTS-th at most. On SQLite there is one server, which just counts.
"""

import threading
import time
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from starlette.concurrency import run_in_threadpool

from shiming.errors import TooMany
from shiming.store.access import request_counts
from shiming.store.access.api_keys import Caller
from shiming.store.access.request_counts import Taken
from shiming.store.database import Database
from shiming.telemetry import current

HOLDERS = ("holder", "account")
"""Roles of holders' browsers: in one verification, or in the pages of their own account."""
BROWSERS = (*HOLDERS, "film")
"""The same with the second device, which films for an appeal and may do nothing else."""
COST = 20  # what a request of theirs counts
PARTS = 20  # in so many parts a minute's requests are taken, by each server
MOST = 50_000  # keys that are remembered before those whose minute is over are forgotten


class RateSettings(Protocol):
    requests_per_minute: int


@dataclass(slots=True)
class _Minute:
    """Of one key: what this server still has, what was left to all when it took it, and when (monotonic) it ends."""

    mine: int
    left: int
    ends: float


class Rates:
    """Counts requests by key."""

    def __init__(self, per_minute: int, database: Database | None = None):
        """`database`: that of several servers; without one there is this server only."""
        self._per_minute, self._database = per_minute, database
        self._part = max(COST, per_minute // PARTS) if database else per_minute
        self._minutes: dict[str, _Minute] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_settings(cls, settings: RateSettings, database: Database) -> "Rates":
        return cls(settings.requests_per_minute, None if database.sqlite else database)

    async def take(self, caller: Caller) -> None:
        """Count one request; its answer tells what is left. Raises TooMany with the seconds until the next minute."""
        if self._database and not self._at_hand(caller):
            await run_in_threadpool(self._fetch, self._database, caller)
        self._count(caller)

    def take_here(self, caller: Caller) -> None:
        """The same on a thread that may wait."""
        if self._database and not self._at_hand(caller):
            self._fetch(self._database, caller)
        self._count(caller)

    def _at_hand(self, caller: Caller) -> bool:
        """Whether this server need not ask: it has some, or nobody has any more in this minute."""
        with self._lock:
            minute = self._minutes.get(caller.id)
            if minute is None or minute.ends <= time.monotonic():
                return False
            return minute.mine >= _cost(caller) or not minute.left

    def _fetch(self, database: Database, caller: Caller) -> None:
        with database.write() as connection:
            taken = request_counts.take(connection, caller.id, self._part, self._per_minute)
        with self._lock:
            self._keep(caller.id, taken)

    def _keep(self, key: str, taken: Taken) -> None:
        now, minute = time.monotonic(), self._minutes.get(key)
        before = minute.mine if minute and minute.ends > now else 0
        if len(self._minutes) >= MOST:
            self._minutes = {key: each for key, each in self._minutes.items() if each.ends > now}
        self._minutes[key] = _Minute(before + taken.got, taken.left, now + taken.wait_ms / 1000)

    def _count(self, caller: Caller) -> None:
        now, cost = time.monotonic(), _cost(caller)
        with self._lock:
            minute = self._minutes.get(caller.id)
            if minute is None or (minute.ends <= now and not self._database):
                self._keep(caller.id, Taken(self._per_minute, 0, _until_next_minute()))
                minute = self._minutes[caller.id]
            enough = minute.mine >= cost
            minute.mine -= cost if enough else 0
            left, wait = minute.mine + minute.left, max(1, ceil(minute.ends - now))
        current.rate(self._per_minute // cost, left // cost if enough else 0, wait)
        if not enough:
            raise TooMany(f"Too many requests with this key. Try again in {wait} seconds.", wait)


def _cost(caller: Caller) -> int:
    return COST if caller.role in BROWSERS else 1


def _until_next_minute() -> int:
    return 60_000 - int(time.time() * 1000) % 60_000
