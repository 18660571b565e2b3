"""When a neighbour that is not well is left alone: a circuit breaker as arithmetic. Times are milliseconds.

Closed, everybody asks. After a few failures in a row it opens: nobody asks for a while. When that is over, one asks
(half open): its success closes the breaker, its failure opens it again for twice as long.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Health:
    """What is kept of a neighbour: failures in a row, and until when nobody asks."""

    failures: int = 0
    rests_until: int = 0


WELL = Health()


@dataclass(frozen=True, slots=True)
class Breaker:
    """`after` failures open it for `rest_ms`, at most `most_ms`; one that asks half open has `probe_ms` to end."""

    after: int = 3
    rest_ms: int = 15_000
    most_ms: int = 300_000
    probe_ms: int = 30_000

    def wait(self, health: Health, now: int) -> int:
        """In how many milliseconds somebody may ask; 0: now."""
        return max(0, health.rests_until - now) if self.is_open(health) else 0

    def is_open(self, health: Health) -> bool:
        return health.failures >= self.after

    def asking(self, health: Health, now: int) -> Health:
        """What to keep before asking: half open, everybody else waits for the one who asks now."""
        return replace(health, rests_until=now + self.probe_ms) if self.is_open(health) else health

    def failed(self, health: Health, seen: Health, now: int) -> Health:
        """What to keep after a failure of somebody who had `seen` it. Those who had asked before it opened say no more
        by failing than the one who opened it.
        """
        if self.is_open(health) and not self.is_open(seen):
            return health
        failures = health.failures + 1
        rest = min(self.rest_ms * 2 ** min(failures - self.after, 20), self.most_ms) if failures >= self.after else 0
        return Health(failures, now + int(rest) if rest else 0)
