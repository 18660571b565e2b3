"""Rings: accounts that mostly like, follow and comment each other.

Two accounts are partners when each did something to the other. Accounts with too few partners are taken away again
and again (the k-core of the graph); what hangs together then is a ring where it is large enough and most of what its
members did stayed inside. Friends like each other too: it is the share inside that tells a ring from them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from shiming.risk.rules import Hold


@dataclass(frozen=True, slots=True)
class Sought:
    """What counts as a ring (the policy's `rings`), and what follows."""

    days: int
    members: int
    partners: int
    inside_percent: int
    does: str
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Ring:
    """A ring that was found: its members in order, what they did to each other, and what they did in all."""

    members: tuple[str, ...]
    inside: int
    all: int

    @property
    def name(self) -> str:
        """The same for the same members."""
        return "ring-" + sha256("\n".join(self.members).encode()).hexdigest()[:8]

    @property
    def inside_percent(self) -> int:
        return 100 * self.inside // self.all


Deeds = Mapping[str, Mapping[str, int]]


def find(deeds: Iterable[tuple[str, str, int]], sought: Sought) -> list[Ring]:
    """The rings in (who, to whom, how often), largest first."""
    done: dict[str, dict[str, int]] = defaultdict(dict)
    for who, whom, often in deeds:
        if who != whom:
            done[who][whom] = done[who].get(whom, 0) + often
    partners = {who: {whom for whom in found if who in done.get(whom, ())} for who, found in done.items()}
    rings = [_ring(members, done) for members in _together(_core(partners, sought.partners))]
    wanted = [r for r in rings if len(r.members) >= sought.members and r.inside_percent >= sought.inside_percent]
    return sorted(wanted, key=lambda ring: (-len(ring.members), ring.members))


def _core(partners: dict[str, set[str]], least: int) -> dict[str, set[str]]:
    """What is left when accounts with fewer than `least` partners are taken away until none is."""
    weak = [who for who, found in partners.items() if len(found) < least]
    while weak:
        who = weak.pop()
        for other in partners.pop(who, ()):
            if other in partners:
                partners[other].discard(who)
                if len(partners[other]) == least - 1:
                    weak.append(other)
    return partners


def _together(partners: Mapping[str, set[str]]) -> Iterable[tuple[str, ...]]:
    """The connected parts of a graph."""
    left = set(partners)
    while left:
        found, queue = set(), [left.pop()]
        while queue:
            who = queue.pop()
            found.add(who)
            queue += partners[who] & left
            left -= partners[who]
        yield tuple(sorted(found))


def _ring(members: tuple[str, ...], done: Deeds) -> Ring:
    own = set(members)
    inside = sum(often for who in members for whom, often in done[who].items() if whom in own)
    return Ring(members, inside, sum(often for who in members for often in done[who].values()))
