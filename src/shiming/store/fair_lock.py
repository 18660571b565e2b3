"""A lock that is given in the order of asking: SQLite lets its waiting writers in by chance, and some for long not."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class FairLock:
    """`with turns.mine():` — one at a time, first come first served, among the threads of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy = False
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def mine(self) -> Iterator[None]:
        if turn := self._asked():
            turn.wait()
        try:
            yield
        finally:
            self._next()

    def _asked(self) -> threading.Event | None:
        """What to wait for; None when it is one's turn at once."""
        with self._lock:
            if not self._busy:
                self._busy = True
                return None
            self._waiting.append(threading.Event())
            return self._waiting[-1]

    def _next(self) -> None:
        with self._lock:
            self._busy = bool(self._waiting)
            if self._waiting:
                self._waiting.popleft().set()
