"""When a worker looks into its queues: when it is told that work is there, and a little after it has done some.

The engine (DBOS) looks into each queue several times a second, and once a second for its list of queues, its internal
queue and its delayed workflows: six hundredths of a core for nothing. Here its loop over one queue runs on a thread of
ours, with a pause that ends when it is told to, and what is delayed is moved when it is due. Every few seconds one
cheap question finds what nobody was told of. While wake-ups are not heard, the loops look as often as they used to.

Nothing of DBOS is changed, but `_queue.queue_worker_thread`, the events that stop its own threads and the method that
moves what is delayed are not promised by it: `tests/standing/test_wakeups.py` fails where a release has others.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager

from dbos import DBOS, Queue
from dbos._queue import queue_worker_thread
from sqlalchemy import Engine, text

from shiming.store.outages import outage
from shiming.store.wakeups import Listener

DELAYED = "delayed"
"""Told in place of a queue's name where work is for later."""
PACE, RELEASED, RECENT = 0.03, 0.03, 1.0
"""Seconds: between two looks at least; until the engine has let go of work that is done; for how long after it one
looks as if nobody told."""
LOOK, REST = 5.0, 60.0
"""Seconds between two of the cheap questions; how long a pause is where nothing ends it."""
STOP_SECONDS = 10.0
WAITING = """
SELECT EXISTS (SELECT 1 FROM {schema}workflow_status WHERE status IN ('ENQUEUED', 'PENDING') AND status = 'ENQUEUED'
                  AND queue_name IN ({queues}) AND application_version = :version),
       (SELECT min(delay_until_epoch_ms) FROM {schema}workflow_status WHERE status = 'DELAYED')"""

log = logging.getLogger("shiming.workflows")


class Pause:
    """What the engine's loop over one queue pauses by, in place of a threading.Event."""

    def __init__(self, heard: Callable[[], bool]):
        self._heard, self._change = heard, threading.Condition()
        self._next, self._last, self._done = 0.0, -math.inf, -math.inf
        self._ended = False

    def wake(self, after: float = 0.0) -> None:
        """Look again so soon."""
        with self._change:
            self._next = min(self._next, time.monotonic() + after)
            self._change.notify()

    def done(self) -> None:
        """Work of this queue is done: there is room for more, once the engine has let go of it."""
        self._done = time.monotonic()
        self.wake(RELEASED)

    def set(self) -> None:
        with self._change:
            self._ended = True
            self._change.notify()

    def is_set(self) -> bool:
        return self._ended

    def wait(self, timeout: float | None = None) -> bool:
        """Until it is time to look; returns whether it is time to end. `timeout`: as the engine would have it."""
        with self._change:
            began = time.monotonic()
            resting = self._heard() and began - self._done > RECENT
            latest = began + (REST if resting or timeout is None else timeout)
            while not self._ended:
                left = min(latest, max(self._next, self._last + PACE)) - time.monotonic()
                if left <= 0:
                    break
                self._change.wait(left)
            self._next, self._last = math.inf, time.monotonic()
            return self._ended


class Dispatcher:
    """Takes up the work of the queues of these names, for workflows of one version."""

    def __init__(self, names: Iterable[str], version: str):
        self._version = version
        self._listener: Listener | None = None
        self._pauses = {name: Pause(self._hears) for name in names}
        self._look, self._ended = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, dbos: DBOS, engine: Engine, queues: Sequence[Queue], listener: Listener) -> None:
        """Begin. `dbos` has been launched, with `engine`, and listens to no queue; rest while `listener` hears."""
        self._dbos, self._engine, self._listener = dbos, engine, listener
        _stop_own_loops(dbos)
        self._threads = [threading.Thread(target=self._take_up, args=(queue,), daemon=True) for queue in queues]
        self._threads.append(threading.Thread(target=self._keep_looking, daemon=True))
        for thread in self._threads:
            thread.start()

    def heard(self, names: Set[str] | None) -> None:
        """Look into these queues; into all of them where None."""
        for name, pause in self._pauses.items():
            if names is None or name in names:
                pause.wake()
        if names is None or DELAYED in names:
            self._look.set()

    @contextmanager
    def working(self, queue: str) -> Iterator[None]:
        """Around work of a queue."""
        try:
            yield
        finally:
            self._pauses[queue].done()

    def close(self) -> None:
        self._ended.set()
        self._look.set()
        for pause in self._pauses.values():
            pause.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS)

    def _hears(self) -> bool:
        return self._listener is not None and self._listener.hears

    def _take_up(self, queue: Queue) -> None:
        """The engine's loop over one queue; begun again where it ends before it should."""
        while not self._ended.is_set():
            try:
                queue_worker_thread(self._pauses[queue.name], self._dbos, queue)
            except Exception as fault:
                log.error("the engine's loop over %s failed: %s", queue.name, type(fault).__name__)
            self._ended.wait(LOOK)

    def _keep_looking(self) -> None:
        left = 0.0
        while not self._ended.is_set():
            self._look.wait(left)
            self._look.clear()
            try:
                left = LOOK if self._ended.is_set() else self._looked()
            except Exception as fault:
                left = LOOK
                if outage(fault) is None:
                    log.error("a look into the queues failed: %s", type(fault).__name__)

    def _looked(self) -> float:
        """Wake who has work, move what is due; returns in how many seconds to look again."""
        waiting, due = self._asked()
        left = LOOK if due is None else due / 1000 - time.time()
        if left <= 0:
            self._dbos._sys_db.transition_delayed_workflows()
        if waiting or left <= 0:
            self.heard(set(self._pauses))
        return min(left, LOOK) if left > 0 else RECENT

    def _asked(self) -> tuple[bool, int | None]:
        postgres = self._engine.dialect.name == "postgresql"
        names = {f"queue{n}": name for n, name in enumerate(self._pauses)}
        query = WAITING.format(schema="dbos." if postgres else "", queues=", ".join(f":{each}" for each in names))
        with self._engine.connect() as connection:
            return tuple(connection.execute(text(query), {"version": self._version, **names}).one())


def _stop_own_loops(dbos: DBOS) -> None:
    """Those that look all the time: for queues, for what is delayed, for schedules. None of ours needs them."""
    for event in (*dbos.background_thread_stop_events, dbos._background_jobs_stop_event):
        event.set()
