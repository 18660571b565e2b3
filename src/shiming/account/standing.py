"""Holds → standing → may. An account is abnormal while a hold is open; only its requirements lift a hold."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from shiming.levels import Level
from shiming.policy import Policy

ALL = "*"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an account is held, since when and by whom, what it holds back (`*`: everything), and all that lifts it.

    A requirement is a word with an optional argument: `verify:standard`, `review`. A hold without requirements can be
    lifted by a reviewer or an upheld appeal only.
    """

    id: str
    reason: str
    source: str
    opened_at: datetime
    capabilities: tuple[str, ...] = (ALL,)
    requirements: tuple[str, ...] = ()
    met: tuple[str, ...] = ()

    @property
    def outstanding(self) -> tuple[str, ...]:
        return tuple(r for r in self.requirements if r not in self.met)

    @property
    def over(self) -> bool:
        return bool(self.requirements) and not self.outstanding

    def holds_back(self, capability: str) -> bool:
        return ALL in self.capabilities or capability in self.capabilities

    def meeting(self, requirement: str) -> "Hold":
        """This hold after `requirement` was met; `verify` at a higher level meets one at a lower level."""
        met = [r for r in self.outstanding if r == requirement or _verified_enough(r, requirement)]
        return replace(self, met=(*self.met, *met)) if met else self


@dataclass(frozen=True, slots=True)
class Answer:
    """May this account do that? If not: what holds it back, and what to do next."""

    allowed: bool
    holds: tuple[Hold, ...] = ()
    needs_level: str | None = None
    banned: bool = False


def standing(holds: Iterable[Hold]) -> str:
    """`abnormal` while at least one hold is open, else `normal`."""
    return "abnormal" if any(not hold.over for hold in holds) else "normal"


def may(level: str, state: str, holds: Iterable[Hold], capability: str, policy: Policy) -> Answer:
    """Whether an account verified at `level`, with these open holds, may use `capability`."""
    against = tuple(hold for hold in holds if not hold.over and hold.holds_back(capability))
    needed = Level(policy.capabilities.get(capability, Level.NONE))
    short = needed if Level(level).rank < needed.rank else None
    barred = state in ("banned", "cancelled")
    return Answer(not against and short is None and not barred, against, short, state == "banned")


def _verified_enough(wanted: str, given: str) -> bool:
    if not (wanted.startswith("verify:") and given.startswith("verify:")):
        return False
    return Level(given.removeprefix("verify:")).rank >= Level(wanted.removeprefix("verify:")).rank
