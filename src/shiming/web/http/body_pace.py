"""How large, how slow and how many bodies may be: the arithmetic, without clock and reading.

A body counts by what has arrived of it, not by what it says: a slow phone holds what it has sent, and no more.
"""

from collections import Counter
from dataclasses import dataclass, field

MAX_BODY = 32 * 1024 * 1024
SMALL_BODY = 64 * 1024
"""What somebody may send who is not known yet (a one-time link, a password, an answer of a passkey), and what counts as
one of so many, not by its bytes: calls go on where pictures of others on slow lines have taken the room.
"""
PART_OF_ONE = 0.5
NEW_UNTIL = 0.75
"""Of the bytes in flight: what one key may hold, and up to where another body is begun."""
UNKNOWN_AT_ONCE, UNKNOWN_OF_ADDRESS = 400, 200
"""Bodies of people not known yet that are read at once. Whole provinces come from one address: it may have half."""
KNOWN_AT_ONCE, KNOWN_OF_KEY = 1000, 500


@dataclass(frozen=True, slots=True)
class Pace:
    """Slower than this, and a body is given up. Seconds, and bytes per second once `grace` is over."""

    grace: float
    least: float
    idle: float
    longest: float

    def patience(self, elapsed: float, received: int) -> float:
        """How long the next piece may take; 0 or less: it was too slow."""
        due = self.grace + received / self.least
        return min(self.idle, min(due, self.longest) - elapsed)


KNOWN = Pace(grace=30.0, least=4_000, idle=45.0, longest=1800.0)
"""A photo of 8 MB comes by a line of 20 kB/s in seven minutes."""
UNKNOWN = Pace(grace=15.0, least=4_000, idle=10.0, longest=30.0)


@dataclass
class Bodies:
    """Bodies that are being read or worked on: how many, and how many bytes, in all and of each key or address."""

    at_most: int
    bytes: int = 0
    bytes_of: Counter = field(default_factory=Counter)
    open_of: Counter = field(default_factory=Counter)
    known: int = 0
    unknown: int = 0

    def may_begin(self, who: str, known: bool, small: bool) -> bool:
        """Whether one more may be read; `who` is a key's name, or the address of somebody not known."""
        if not known:
            return self.unknown < UNKNOWN_AT_ONCE and self.open_of[who] < UNKNOWN_OF_ADDRESS
        if self.known >= KNOWN_AT_ONCE or self.open_of[who] >= KNOWN_OF_KEY:
            return False
        return small or (self.bytes < self.at_most * NEW_UNTIL and self.bytes_of[who] < self.at_most * PART_OF_ONE)

    def begin(self, who: str, known: bool, by: int = 1) -> None:
        """One more that is read; -1: one less."""
        self.known, self.unknown = self.known + by * known, self.unknown + by * (not known)
        _add(self.open_of, who, by)

    def may_grow(self, who: str, count: int) -> bool:
        return self.bytes + count <= self.at_most and self.bytes_of[who] + count <= self.at_most * PART_OF_ONE

    def grow(self, who: str, count: int) -> None:
        """So many bytes more; negative: gone again."""
        self.bytes += count
        _add(self.bytes_of, who, count)


def _add(counter: Counter, who: str, by: int) -> None:
    counter[who] += by
    if not counter[who]:
        del counter[who]
