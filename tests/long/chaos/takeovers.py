"""How long work lies still whose machine is gone: from the strike until somebody living has taken it up.

Two times are told of each: all of it, and that during which anybody was there who could have taken it up. Chaos strikes
whom it likes; while every worker is gone, frozen, cut off or starting, there is nobody.
"""

import statistics
import threading
import time
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import text

from shiming.store.database import Database
from tests.long.chaos import authority
from tests.long.chaos.fleet import Fleet

LOOK = 0.1  # seconds
BEATS = text("SELECT id FROM workers WHERE seen_at > extract(epoch FROM clock_timestamp()) * 1000 - 2500")
PENDING = text("SELECT executor_id, workflow_uuid FROM dbos.workflow_status WHERE status = 'PENDING'")


@dataclass(slots=True)
class _Left:
    fault: str
    at: float
    work: set[tuple[str, str]]
    gone: set[str]
    watched: float = 0.0  # seconds during which anybody else beat


class Takeovers:
    """Looks ten times a second at what the struck have left behind."""

    def __init__(self, fleet: Fleet, database: Database):
        self._fleet, self._database = fleet, database
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._left: list[_Left] = []
        self._took: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def begin(self, service: str, fault: str, at: float) -> None:
        """A service was struck at `at` (seconds since 1970): whatever ran there is others' now."""
        pids = {member.pid for member in self._fleet.members() if member.service.name == service}
        gone = {name for name, pid in authority.executors(self._fleet.authority_log).items() if pid in pids}
        work = {row for row in self._pending() if row[0] in gone}
        with self._lock:
            self._left.append(_Left(fault, at, work, gone))

    def told(self) -> dict[str, dict[str, float]]:
        """By fault: how many pieces of work were taken over, after how many seconds, and how many of these somebody
        was there to do it.
        """
        told: dict[str, dict[str, float]] = {}
        for fault, took in sorted((fault, took) for fault, took in self._took.items() if took):
            whole, watched = zip(*took, strict=True)
            told[fault] = {
                "work": len(took), "median_s": round(statistics.median(watched), 2),
                "most_s": round(max(watched), 2), "most_with_nobody_there_s": round(max(whole), 2),
            }  # fmt: skip
        return told

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _pending(self) -> set[tuple[str, str]]:
        with self._database.read() as connection:
            return {tuple(row) for row in connection.execute(PENDING)}

    def _beating(self) -> set[str]:
        with self._database.read() as connection:
            return set(connection.scalars(BEATS))

    def _look(self) -> None:
        before = time.time()
        while not self._stop.wait(LOOK):
            left = any(each.work for each in self._left)
            pending, beating = (self._pending(), self._beating()) if left else (set(), set())
            now, passed = time.time(), time.time() - before
            before = now
            with self._lock:
                for each in self._left:
                    over = each.work - pending
                    each.work -= over
                    each.watched += passed if beating - each.gone else 0.0
                    self._took[each.fault] += [(now - each.at, each.watched)] * len(over)
