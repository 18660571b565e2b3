"""How long a request would wait in its lane, from what was measured: the arithmetic, without clock and waiting."""

from collections import Counter
from dataclasses import dataclass, field

from shiming.web.http.lanes import Bounds

FIRST_GUESS = 0.05  # seconds that a request takes, before any was measured
OF_ONE = 0.75  # of the places in the queue, that one key may have: its flood is its own first
TIMES_SERVICE, LEAST_PATIENCE = 2.0, 0.1
"""New things are let in for a wait of so many times what a request takes: a longer queue serves nobody sooner."""
LONGEST_RETRY = 15
MOST_TIMES, FORGETS = 20.0, 0.995


@dataclass
class Lineup:
    """Who is under way and who waits in one lane. Each `arrive` that says 0 wants a `start`, each `start` an `end`."""

    bounds: Bounds
    mean: float = FIRST_GUESS
    running: int = 0
    coming: int = 0
    """Let in by the head and still looked up: they are as good as waiting, or a crowd at one moment finds no queue."""
    waiting: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})  # by whether it begins something
    times: dict[bool, float] = field(default_factory=lambda: {False: 1.0, True: 1.0})
    """How many times longer than guessed the wait was of late: what begins something is overtaken while it waits."""
    waiting_of: Counter = field(default_factory=Counter)
    _second: int = 0
    _refused: int = 0
    _ended: int = 0

    def expected(self, new: bool) -> float:
        """Seconds until one that arrives now is taken: those that go on overtake those that begin something."""
        ahead = self.waiting[False] + self.coming + (self.waiting[True] if new else 0)
        before = ahead + 1 + self.running - self.bounds.places
        if before <= 0:
            return 0.0
        return before * self.mean / self.bounds.places * self.times[new]

    def patience(self, new: bool) -> float:
        if not new:
            return self.bounds.patience
        return min(self.bounds.patience_of_new, max(LEAST_PATIENCE, TIMES_SERVICE * self.mean))

    def refuses(self, key: str, new: bool, waited: float, now: float) -> int:
        """0 to let it wait or start; else the seconds after which it may come again.

        `waited`: how long the one that is next in its class has waited already, which is a measure beside the guess.
        """
        expected = self.expected(new)
        if not expected:
            return 0
        mine, room = self.waiting_of[key], self.patience(False) * self.bounds.places / self.mean
        too_many_of_one = mine >= max(2, OF_ONE * room) and mine < sum(self.waiting.values())
        if max(expected, waited) <= self.patience(new) and not too_many_of_one:
            return 0
        return self.refused(now)

    def refused(self, now: float) -> int:
        """Count a refusal; in how many seconds to come again: later, the more are sent away for each that is served."""
        self._tick(now)
        self._refused += 1
        for new in self.times:  # nobody who waits, nobody who measures: the next one may try it
            self.times[new] = max(1.0, self.times[new] * FORGETS)
        return min(LONGEST_RETRY, 1 + self._refused // max(1, self._ended))

    def wait(self, key: str, new: bool, by: int = 1) -> None:
        """One more who waits; -1: one less."""
        self.waiting[new] += by
        self.waiting_of[key] += by
        if not self.waiting_of[key]:
            del self.waiting_of[key]

    def waited(self, new: bool, guessed: float, seconds: float) -> None:
        """One has waited so long for a place, whether it got one or not."""
        times = min(MOST_TIMES, self.times[new] * seconds / max(guessed, 0.001))
        self.times[new] = max(1.0, self.times[new] + 0.2 * (times - self.times[new]))

    def start(self) -> None:
        self.running += 1

    def end(self, seconds: float, now: float) -> None:
        """One is done, `seconds` after it started."""
        self.running -= 1
        self.mean += 0.1 * (seconds - self.mean)
        self._tick(now)
        self._ended += 1

    def _tick(self, now: float) -> None:
        """Refused and served are counted over about two seconds: the last whole one fades as the next begins."""
        if int(now) != self._second:
            self._second, self._refused, self._ended = int(now), self._refused // 2, self._ended // 2
