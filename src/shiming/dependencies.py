"""Neighbours that we need and that may fall ill: file store, keys database, outside sources, mail, SMS, sign-in.

Each is asked on threads of its own, so many at once at most, so long at most; one that loses our time again and again
is left alone for a while (`breaker.py`). Whoever needs it hears so at once, and whoever does not never notices.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from typing import Any, Protocol

from shiming.breaker import WELL, Breaker, Health
from shiming.errors import DependencyDown, Unavailability, Unavailable

log = logging.getLogger("shiming.dependencies")
SECONDS = {"files": 10.0, "keys": 8.0, "sms": 20.0, "mail": 60.0, "identity": 15.0, "directory": 20.0}
"""How long one question to a neighbour of this kind may take."""
AT_ONCE = {"authority": 64, "bank": 64, "sms": 64, "mail": 64}
"""How many may be open at once: many where workers ask, whose queues have bounds of their own; else few, since the
threads of a server are everybody's."""
SOURCE_SECONDS, FEW, QUEUE_SECONDS, SLOW_SECONDS = 30.0, 8, 1.0, 1.0
TOLD_EVERY = 60.0  # seconds between two lines of the log about one illness
SPARE_SECONDS = 2.0  # beyond a source's own time-outs, which end its calls before we let go of them
PLAIN_BREAKER = Breaker()
TOLD = ("files", "keys", "directory")  # in the log; of sources `workflows/source_health.py` tells more
OURS, REST_MS = ("files", "keys"), (2_000, 5_000)
"""Neighbours that everybody waits for and that cost nothing to ask: within seconds of their return they are used."""


class Dependency:
    """One neighbour. `seconds` bounds each question, `at_once` how many are open; as many again wait, for a moment.

    `faults` are what its client raises where it could not answer. A failure counts for the breaker where it took longer
    than `slow` seconds: what fails at once holds nobody up. `per_second` bounds how often it is asked (0: not at all).
    `told`: whether its illnesses go to the log from here.
    """

    def __init__(self, name: str, seconds: float, at_once: int = FEW, faults: tuple[type[Exception], ...] = (),
                 breaker: Breaker | None = None, slow: float = SLOW_SECONDS, per_second: float = 0.0,
                 told: bool = True):  # fmt: skip
        self.name, self.seconds, self._slow, self._faults = name, seconds, slow, (*faults, Unavailable)
        self._breaker = breaker or Breaker(probe_ms=int(seconds * 1000) + 1000)
        self._places, self._waiting = threading.BoundedSemaphore(at_once), threading.BoundedSemaphore(at_once)
        self._health, self._lock = WELL, threading.Lock()
        self._pace = Pace(per_second) if per_second else None
        self._log = IllnessLog(name) if told else None

    def call(self, act: Callable[..., Any], *args: Any) -> Any:
        """What `act` returns, or raises where that is an answer. Raises Unavailable, mostly as DependencyDown."""
        seen, future, began = self._admitted(), Future(), time.monotonic()
        self._begin(future, act, args)
        ended = bool(wait([future], self.seconds).done)
        fault = future.exception() if ended else self._down(unsure=True)
        lost = not ended or (isinstance(fault, self._faults) and not isinstance(fault, FileNotFoundError))
        if self._log:
            self._log.note(lost)
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
            if self._pace and not self._pace.take(time.monotonic()):
                raise self._down(kind=Unavailability.BUSY)
            self._health = self._breaker.asking(self._health, _now())
            return self._health

    @property
    def rests(self) -> int:
        """For how many milliseconds it is left alone by this process; 0: it may be asked."""
        with self._lock:
            return self._breaker.wait(self._health, _now())

    def _begin(self, future: Future, act: Callable[..., Any], args: tuple) -> None:
        """On a thread that gives its place back only when the client lets go of it, however late."""
        if not self._waiting.acquire(blocking=False):
            raise self._down(kind=Unavailability.BUSY)
        try:
            if not self._places.acquire(timeout=min(QUEUE_SECONDS, self.seconds)):
                raise self._down(kind=Unavailability.BUSY)
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

    def _down(self, left_ms: int = 5000, unsure: bool = False,
              kind: Unavailability = Unavailability.DOWN) -> DependencyDown:  # fmt: skip
        return DependencyDown(self.name, -(-left_ms // 1000), unsure, kind)


class IllnessLog:
    """Says that a neighbour does not answer when that begins, then once a minute, and when it does again: no line for
    each call that it met.
    """

    def __init__(self, name: str):
        self._name, self._lock = name, threading.Lock()
        self._met, self._told, self._said = 0, False, float("-inf")

    def note(self, lost: bool) -> None:
        if not lost and not self._met:
            return
        with self._lock:
            self._met = self._met + 1 if lost else 0
            if lost and time.monotonic() - self._said >= TOLD_EVERY:
                self._told, self._said = True, time.monotonic()
                log.error("%s does not answer; in a row: %d", self._name, self._met)
            elif not lost and self._told:
                self._told = False
                log.warning("%s answers again", self._name)


class Pace:
    """So many times a second on average, and in one second's burst: a token bucket. Not safe without a lock."""

    def __init__(self, per_second: float):
        self._per_second, self._most = per_second, max(1.0, per_second)
        self._left, self._at = self._most, 0.0

    def take(self, now: float) -> bool:
        """Whether there is one more, at `now` in seconds."""
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Terms(Protocol):
    """What is read of the terms on which a source is asked (`providers/terms.py`); 0: as it is here."""

    connect_seconds: float
    read_seconds: float
    per_second: float
    at_once: int
    breaker_failures: int
    breaker_rest_seconds: float


class Dependencies:
    """Neighbours by kind and name, each made when it is first asked. One of these per process."""

    def __init__(self, terms: Mapping[tuple[str, str], Terms] | None = None, **seconds: float):
        """`terms` of single sources; `seconds` by kind, where it is not what SECONDS says."""
        self._seconds, self._known, self._lock = {**SECONDS, **seconds}, {}, threading.Lock()
        self._terms = terms or {}

    def of(self, kind: str, name: str = "") -> Dependency:
        with self._lock:
            if (kind, name) not in self._known:
                self._known[kind, name] = self._made(kind, self._terms.get((kind, name)))
            return self._known[kind, name]

    def _made(self, kind: str, terms: Terms | None) -> Dependency:
        if terms is None:
            return Dependency(kind, seconds := self._seconds.get(kind, SOURCE_SECONDS), AT_ONCE.get(kind, FEW),
                              breaker=_of_ours(seconds) if kind in OURS else None, told=kind in TOLD)  # fmt: skip
        seconds = terms.connect_seconds + terms.read_seconds + SPARE_SECONDS
        breaker = Breaker(
            after=terms.breaker_failures or PLAIN_BREAKER.after,
            rest_ms=int(terms.breaker_rest_seconds * 1000) or PLAIN_BREAKER.rest_ms,
            probe_ms=int(seconds * 1000) + 1000,
        )
        at_once = terms.at_once or AT_ONCE.get(kind, FEW)
        return Dependency(kind, seconds, at_once, breaker=breaker, per_second=terms.per_second, told=False)


def _of_ours(seconds: float) -> Breaker:
    rest, most = REST_MS
    return Breaker(rest_ms=rest, most_ms=most, probe_ms=int(seconds * 1000) + 1000)


def _now() -> int:
    return int(time.monotonic() * 1000)
