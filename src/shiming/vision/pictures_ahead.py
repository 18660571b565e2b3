"""How long a picture would wait for a worker, from what pictures of its kind took: arithmetic, without a clock.

By time and not by number: one film takes as long as a hundred photos.
"""

from collections import Counter
from dataclasses import dataclass, field

FIRST_GUESS = {"video": 30.0, "guide": 0.05, "guide_card": 0.05, "guide_film": 0.4}
OTHERS = 1.0
"""Seconds of one task before any of its kind was measured."""


@dataclass
class Ahead:
    """What was handed to `workers` workers and is not back yet. Not safe for threads by itself."""

    workers: int
    there: Counter = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=lambda: dict(FIRST_GUESS))

    def wait(self) -> float:
        """Seconds until a worker is free for one more; 0 while there are more workers than tasks."""
        count = self.there.total()
        if count < self.workers:
            return 0.0
        work = sum(n * self.seconds.get(task, OTHERS) for task, n in self.there.items())
        under_way = work * self.workers / count / 2  # each worker is, on average, half through with its own
        return (work - under_way) / self.workers

    def begin(self, task: str) -> None:
        self.there[task] += 1

    def end(self, task: str, seconds: float | None) -> None:
        """One is back, after so many seconds in a worker; None where that is not known."""
        self.there[task] -= 1
        if seconds is not None:
            before = self.seconds.get(task, OTHERS)
            self.seconds[task] = before + 0.2 * (seconds - before)
