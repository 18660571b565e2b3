"""The challenge: which head turns, in which order, a live face must follow.

It is drawn by the server, bound to one verification, short-lived and used up by the first answer, so that a film
made beforehand cannot know it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

STEPS = 3
MIN_YAW = 25.0  # degrees of measured turn; a flat photo of a face reaches 23 at most (see docs/accuracy.md)
MAX_SECONDS = 60


class Turn(StrEnum):
    """A head turn, named from the holder's side: LEFT is towards the holder's own left."""

    LEFT = "left"
    RIGHT = "right"


class Random(Protocol):
    """Anything with `choice`, such as `random.SystemRandom()`; the pure part never draws by itself."""

    def choice(self, options: Sequence[Turn], /) -> Turn: ...


@dataclass(frozen=True, slots=True)
class Challenge:
    """An ordered list of turns, each starting and ending with the face towards the camera."""

    id: str
    turns: tuple[Turn, ...]


def draw(id: str, random: Random) -> Challenge:
    """A fresh challenge of STEPS turns, each left or right with equal chance."""
    return Challenge(id, tuple(random.choice((Turn.LEFT, Turn.RIGHT)) for _ in range(STEPS)))
