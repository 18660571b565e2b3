"""What a capability needs: a level, how recently it must have been reached, an age, and permitted hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType

from shiming.account.hours import Hours
from shiming.errors import NotFound

ALL = "*"


class Level(StrEnum):
    """How well the holder is known; `rank` orders them."""

    NONE = "none"
    BASIC = "basic"
    STANDARD = "standard"
    ENHANCED = "enhanced"

    @property
    def rank(self) -> int:
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class Spending:
    """What those who have not reached the age of `until` may spend, in cents: `once` at most, and `most` in all, as
    `feature` of the policy counts it."""

    until: int
    once: int
    most: int
    feature: str


@dataclass(frozen=True, slots=True)
class Need:
    """The level that a capability needs, and within how many days the holder must have shown up in person.

    `within_days` None: once is enough. In person: a live face, or a person who looked at the hand-held photo.
    `min_age`, and `guardian_until`, up to which age a guardian has to agree: ages of `age.BANDS`, 0 for none. An age is
    known from a verified number only, so a capability with an age asks for `basic` at least. `hours`: when
    it may be used by those who have not reached the age of `hours_until`. `spending`: limits, the youngest's first.
    """

    level: str = Level.NONE
    within_days: int | None = None
    min_age: int = 0
    guardian_until: int = 0
    hours: Hours | None = None
    hours_until: int = 0
    spending: tuple[Spending, ...] = ()

    def __str__(self) -> str:
        said = [str(self.level)]
        said += [f"in person within {self.within_days} days"] if self.within_days else []
        said += [f"from {self.min_age} years"] if self.min_age else []
        said += [f"with a guardian until {self.guardian_until}"] if self.guardian_until else []
        said += [f"within hours until {self.hours_until}"] if self.hours else []
        said += [f"{limit.most} in all, {limit.once} at once until {limit.until}" for limit in self.spending]
        return ", ".join(said)

    @property
    def grown(self) -> int:
        """The age from which nothing about age is asked any more; 0: nothing is asked at all."""
        return max(self.min_age, self.guardian_until, self.hours_until, *(limit.until for limit in self.spending))


NEEDS: Mapping[str, Need] = MappingProxyType({
    "comment": Need(),
    "follow": Need(),
    "like": Need(),
    "message": Need(),
    "gift": Need(Level.BASIC, min_age=18),
    "publish": Need(Level.BASIC),
    "publish_news": Need(Level.STANDARD),
    "sell": Need(Level.STANDARD, min_age=18),
    "withdraw": Need(Level.STANDARD, min_age=18),
    "live": Need(Level.STANDARD, within_days=90, min_age=16, guardian_until=18),
})  # fmt: skip
"""The default: going live asks for the holder in person every 90 days, and for a guardian from 16 to 18; money is for
adults."""


def known(capability: str, needs: Mapping[str, Need]) -> Need:
    """What `capability` needs. Raises NotFound with a suggestion: a mistyped gate must not stand open."""
    if capability not in needs:
        near = get_close_matches(capability, needs, 1)
        hint = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(needs)}."
        raise NotFound(f"The policy knows no capability '{capability}'. {hint}")
    return needs[capability]
