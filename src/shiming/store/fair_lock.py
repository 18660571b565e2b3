"""A lock that is given in the order of asking: SQLite lets its waiting writers in by chance, and some for long not.

With more than one place it orders a pool in the same way, in which a waiter is else passed over by the others.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from shiming.store.outages import NoneFree


class FairLock:
    """`with turns.mine():` — first come first served, `places` at once, among the threads of this process.

    Nobody waits longer than `seconds`. Raises NoneFree.
    """

    def __init__(self, seconds: float, places: int = 1) -> None:
        self._lock = threading.Lock()
        self._seconds, self._free = seconds, places
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def mine(self) -> Iterator[None]:
        if turn := self._asked():
            self._wait(turn)
        try:
            yield
        finally:
            self._next()

    def _asked(self) -> threading.Event | None:
        """What to wait for; None when it is one's turn at once."""
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            self._waiting.append(threading.Event())
            return self._waiting[-1]

    def _wait(self, turn: threading.Event) -> None:
        if turn.wait(self._seconds):
            return
        with self._lock:
            if turn.is_set():  # at the last moment
                return
            self._waiting.remove(turn)
        raise NoneFree(f"nothing came free within {self._seconds:g} seconds")

    def _next(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
