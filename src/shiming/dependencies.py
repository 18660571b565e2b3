"""Neighbours that we need and that may fall ill: file store, keys database, outside sources, mail, SMS, sign-in.

Each is asked on threads of its own, so many at once at most, so long at most; one that loses our time again and again
is left alone for a while (`breaker.py`). Whoever needs it hears so at once, and whoever does not never notices.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from shiming.breaker import WELL, Breaker, Health
from shiming.errors import DependencyDown, Unavailable

SECONDS = {"files": 10.0, "keys": 8.0, "sms": 20.0, "mail": 60.0, "identity": 15.0, "directory": 20.0}
"""How long one question to a neighbour of this kind may take."""
AT_ONCE = {"authority": 64, "bank": 64, "sms": 64, "mail": 64}
"""How many may be open at once: many where workers ask, whose queues have bounds of their own; else few, since the
threads of a server are everybody's."""
SOURCE_SECONDS, FEW, QUEUE_SECONDS, SLOW_SECONDS = 30.0, 8, 1.0, 1.0


class Dependency:
    """One neighbour. `seconds` bounds each question, `at_once` how many are open; as many again wait, for a moment.

    `faults` are what its client raises where it could not answer. A failure counts for the breaker where it took longer
    than `slow` seconds: what fails at once holds nobody up.
    """

    def __init__(self, name: str, seconds: float, at_once: int = FEW, faults: tuple[type[Exception], ...] = (),
                 breaker: Breaker | None = None, slow: float = SLOW_SECONDS):  # fmt: skip
        self.name, self.seconds, self._slow, self._faults = name, seconds, slow, (*faults, Unavailable)
        self._breaker = breaker or Breaker(probe_ms=int(seconds * 1000) + 1000)
        self._places, self._waiting = threading.BoundedSemaphore(at_once), threading.BoundedSemaphore(at_once)
        self._health, self._lock = WELL, threading.Lock()

    def call(self, act: Callable[..., Any], *args: Any) -> Any:
        """What `act` returns, or raises where that is an answer. Raises Unavailable, mostly as DependencyDown."""
        seen, future, began = self._admitted(), Future(), time.monotonic()
        self._begin(future, act, args)
        ended = bool(wait([future], self.seconds).done)
        fault = future.exception() if ended else self._down(unsure=True)
        lost = not ended or (isinstance(fault, self._faults) and not isinstance(fault, FileNotFoundError))
        if not lost:
            self._note(WELL)
        elif time.monotonic() - began >= self._slow:
            with self._lock:
                self._health = self._breaker.failed(self._health, seen, _now())
        if fault is None:
            return future.result()
        raise fault if isinstance(fault, Unavailable) or not lost else self._down() from None

    def _admitted(self) -> Health:
        """Its health as it is to us who may ask. Raises DependencyDown where it is left alone."""
        with self._lock:
            if left := self._breaker.wait(self._health, _now()):
                raise self._down(left)
            self._health = self._breaker.asking(self._health, _now())
            return self._health

    def _begin(self, future: Future, act: Callable[..., Any], args: tuple) -> None:
        """On a thread that gives its place back only when the client lets go of it, however late."""
        if not self._waiting.acquire(blocking=False):
            raise self._down()
        try:
            if not self._places.acquire(timeout=min(QUEUE_SECONDS, self.seconds)):
                raise self._down()
        finally:
            self._waiting.release()
        threading.Thread(target=self._run, args=(future, act, args), name=self.name, daemon=True).start()

    def _run(self, future: Future, act: Callable[..., Any], args: tuple) -> None:
        try:
            future.set_result(act(*args))
        except BaseException as fault:
            future.set_exception(fault)
        finally:
            self._places.release()

    def _note(self, health: Health) -> None:
        with self._lock:
            self._health = health

    def _down(self, left_ms: int = 5000, unsure: bool = False) -> DependencyDown:
        return DependencyDown(self.name, -(-left_ms // 1000), unsure)


class Dependencies:
    """Neighbours by kind and name, each made when it is first asked. One of these per process."""

    def __init__(self, **seconds: float):
        """`seconds` by kind, where it is not what SECONDS says."""
        self._seconds, self._known, self._lock = {**SECONDS, **seconds}, {}, threading.Lock()

    def of(self, kind: str, name: str = "") -> Dependency:
        with self._lock:
            if (kind, name) not in self._known:
                seconds = self._seconds.get(kind, SOURCE_SECONDS)
                self._known[kind, name] = Dependency(kind, seconds, AT_ONCE.get(kind, FEW))
            return self._known[kind, name]


def _now() -> int:
    return int(time.monotonic() * 1000)
