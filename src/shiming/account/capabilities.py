"""What a capability needs: a level, and how recently it must have been reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType

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
class Need:
    """The level that a capability needs, and within how many days the holder must have shown up in person.

    `within_days` None: once is enough. In person: a live face, or a person who looked at the hand-held photo.
    """

    level: str = Level.NONE
    within_days: int | None = None

    def __str__(self) -> str:
        return f"{self.level}, in person within {self.within_days} days" if self.within_days else str(self.level)


NEEDS: Mapping[str, Need] = MappingProxyType({
    "comment": Need(),
    "follow": Need(),
    "like": Need(),
    "message": Need(),
    "gift": Need(Level.BASIC),
    "publish": Need(Level.BASIC),
    "publish_news": Need(Level.STANDARD),
    "sell": Need(Level.STANDARD),
    "withdraw": Need(Level.STANDARD),
    "live": Need(Level.STANDARD, within_days=90),
})  # fmt: skip
"""The default: going live asks for the holder in person every 90 days."""


def known(capability: str, needs: Mapping[str, Need]) -> Need:
    """What `capability` needs. Raises NotFound with a suggestion: a mistyped gate must not stand open."""
    if capability not in needs:
        near = get_close_matches(capability, needs, 1)
        hint = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(needs)}."
        raise NotFound(f"The policy knows no capability '{capability}'. {hint}")
    return needs[capability]
