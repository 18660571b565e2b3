"""How long work lies still whose machine is gone: from the strike until somebody living has taken it up."""

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
PENDING = text("SELECT executor_id, workflow_uuid FROM dbos.workflow_status WHERE status = 'PENDING'")


@dataclass(slots=True)
class _Left:
    fault: str
    at: float
    work: set[tuple[str, str]]


class Takeovers:
    """Looks ten times a second at what the struck have left behind."""

    def __init__(self, fleet: Fleet, database: Database):
        self._fleet, self._database = fleet, database
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._left: list[_Left] = []
        self._took: dict[str, list[float]] = defaultdict(list)
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def begin(self, service: str, fault: str, at: float) -> None:
        """A service was struck at `at` (seconds since 1970): whatever ran there is others' now."""
        pids = {member.pid for member in self._fleet.members() if member.service.name == service}
        gone = {name for name, pid in authority.executors(self._fleet.authority_log).items() if pid in pids}
        work = {row for row in self._pending() if row[0] in gone}
        with self._lock:
            self._left.append(_Left(fault, at, work))

    def told(self) -> dict[str, dict[str, float]]:
        """By fault: how many pieces of work were taken over, and after how many seconds."""
        return {fault: {"work": len(took), "median_s": round(statistics.median(took), 2), "most_s": round(max(took), 2)}
                for fault, took in sorted(self._took.items()) if took}  # fmt: skip

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _pending(self) -> set[tuple[str, str]]:
        with self._database.read() as connection:
            return {tuple(row) for row in connection.execute(PENDING)}

    def _look(self) -> None:
        while not self._stop.wait(LOOK):
            if not any(each.work for each in self._left):
                continue
            pending, now = self._pending(), time.time()
            with self._lock:
                for each in self._left:
                    over = each.work - pending
                    each.work -= over
                    self._took[each.fault] += [now - each.at] * len(over)
