"""Counting what is new in a table, exactly once each, without a place to remember it in: by ids, which sort by time.

A row may appear late (its transaction was long, another machine's clock is behind), so the last WINDOW is read again
each time, and what was counted is known by its id.
"""

import time
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import Connection, Row

from shiming.store.database import id_at

WINDOW, MOST = 300_000, 50_000

Read = Callable[[Connection, str, int], Sequence[Row]]


class Follower:
    """Rows that `read` finds after an id, from now on. `prefix`: of the ids."""

    def __init__(self, read: Read, prefix: str, now: Callable[[], float] = time.time):
        self._read, self._prefix, self._now = read, prefix, now
        self._counted: dict[str, None] = {}
        self._began = self._upto = int(now() * 1000)

    def new(self, connection: Connection, final: Callable[[Row], bool] = lambda _: True) -> Iterable[Row]:
        """Rows that were not given yet, and are `final`: others are looked at again the next time."""
        after = id_at(self._prefix, max(self._began, self._upto - WINDOW))
        rows = self._read(connection, after, MOST)
        found = [row for row in rows if row.id not in self._counted and final(row)]
        self._counted = {id: None for id in self._counted if id > after} | {row.id: None for row in found}
        self._upto = int(self._now() * 1000) if len(rows) < MOST else rows[-1].at + WINDOW
        return found
