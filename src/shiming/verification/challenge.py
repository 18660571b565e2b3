"""The challenge: what a live face must do, in which order, and when each step is asked for.

It is drawn by the server, bound to one verification, short-lived and used up by the first answer, so that a film
made beforehand cannot know it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

T = TypeVar("T")

STEPS = 3
TURNS = 2  # of the steps at least: a turn is what a picture cannot do
MIN_YAW = 22.0  # degrees in a frame: at three or four frames a second, a turn of 25–30° is seldom caught at its widest
FIRST_MS = range(600, 1_501, 100)  # when the first step is shown, after the camera has started
GAP_MS = range(2_000, 3_201, 100)  # between two steps; a head takes about 1.5 s to turn and come back
MAX_SECONDS = 60


class Step(StrEnum):
    """What is asked, named from the holder's side: LEFT is a turn of the head towards the holder's own left.

    BLINK is to shut both eyes for a moment, MOUTH to open the mouth wide, both with the face towards the camera.
    """

    LEFT = "left"
    RIGHT = "right"
    BLINK = "blink"
    MOUTH = "mouth"

    @property
    def is_turn(self) -> bool:
        return self in (Step.LEFT, Step.RIGHT)


class Random(Protocol):
    """Anything with `choice`, such as `random.SystemRandom()`; the pure part never draws by itself."""

    def choice(self, options: Sequence[T], /) -> T: ...


@dataclass(frozen=True, slots=True)
class Challenge:
    """Steps in their order, each starting and ending with the face towards the camera.

    `show_ms` says, for each step, how long after the start of the camera it is shown; empty: all at once, at any time.
    """

    id: str
    turns: tuple[Step, ...]
    show_ms: tuple[int, ...] = ()


def draw(id: str, random: Random) -> Challenge:
    """A fresh challenge of STEPS steps: TURNS turns, each left or right, and among them others drawn from all steps."""
    steps = [random.choice((Step.LEFT, Step.RIGHT)) for _ in range(TURNS)]
    for _ in range(STEPS - TURNS):
        steps.insert(random.choice(range(len(steps) + 1)), random.choice(tuple(Step)))
    shown = [random.choice(FIRST_MS)]
    for _ in steps[1:]:
        shown.append(shown[-1] + random.choice(GAP_MS))
    return Challenge(id, tuple(steps), tuple(shown))
