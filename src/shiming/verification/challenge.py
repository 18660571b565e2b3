"""The challenge: what a live face must do, in which order, and when each step is asked for.

It is drawn by the server, bound to one verification, short-lived and used up by the first answer, so that a film
made beforehand cannot know it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise, product
from typing import Protocol, Self, TypeVar

T = TypeVar("T")

STEPS = 3
TURNS = 2  # of the steps at least: a turn is what a picture cannot do
MIN_YAW = 22.0  # degrees in a frame: at three or four frames a second, a turn of 25–30° is seldom caught at its widest
FIRST_MS = range(600, 1_501, 100)  # when the first step is shown, after the camera has started
GAP_MS = range(2_000, 3_201, 100)  # between two steps; a head takes about 1.5 s to turn and come back
MAX_SECONDS = 60  # for acting it out
UPLOAD_SECONDS = 90  # after that, for a film on its way over a poor line

COLOURS = ("red", "green", "blue")
LIT = 4  # colours of a LIGHT step, no two alike in a row
COLOUR_MS = 800  # how long each is shown: hardly more than one change a second, where flashes begin above three
FADE_MS = 200  # of which it takes to come up from the one before


class Step(StrEnum):
    """What is asked, named from the holder's side: LEFT is a turn of the head towards the holder's own left.

    BLINK is to shut both eyes for a moment, MOUTH to open the mouth wide, both with the face towards the camera. LIGHT
    is to look at the screen while it lights the face in the challenge's colours.
    """

    LEFT = "left"
    RIGHT = "right"
    BLINK = "blink"
    MOUTH = "mouth"
    LIGHT = "light"

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
    `colours` are those of its LIGHT step, each shown for COLOUR_MS; empty where there is none.
    """

    id: str
    turns: tuple[Step, ...]
    show_ms: tuple[int, ...] = ()
    colours: tuple[str, ...] = ()

    @classmethod
    def of(cls, id: str, turns: Iterable[str], show_ms: Iterable[int] = (), colours: Iterable[str] = ()) -> Self:
        """From plain values, as they are stored and sent. Raises ValueError for a step that is none."""
        return cls(id, tuple(map(Step, turns)), tuple(show_ms), tuple(colours))

    @property
    def lit(self) -> tuple[int, int] | None:
        """From when until when the colours are shown, in ms since the camera started; None where there are none."""
        if not self.colours or not self.show_ms:
            return None
        start = self.show_ms[self.turns.index(Step.LIGHT)]
        return start, start + COLOUR_MS * len(self.colours)


def draw(id: str, random: Random, light: bool = False) -> Challenge:
    """A fresh challenge of STEPS steps: TURNS turns, each left or right, and among them others drawn from all steps.

    LIGHT is one of these only where `light` says that the holder agrees and the screen can do it.
    """
    every = tuple(step for step in Step if light or step is not Step.LIGHT)
    steps = [random.choice((Step.LEFT, Step.RIGHT)) for _ in range(TURNS)]
    for _ in range(STEPS - TURNS):
        steps.insert(random.choice(range(len(steps) + 1)), random.choice(every))
    shown = [random.choice(FIRST_MS)]
    for step in steps[:-1]:
        lit = LIT * COLOUR_MS - GAP_MS.start + FIRST_MS.start if step is Step.LIGHT else 0
        shown.append(shown[-1] + lit + random.choice(GAP_MS))
    return Challenge(id, tuple(steps), tuple(shown), random.choice(orders()) if Step.LIGHT in steps else ())


@cache
def orders() -> tuple[tuple[str, ...], ...]:
    """Every order of colours that can be drawn."""
    return tuple(each for each in product(COLOURS, repeat=LIT) if all(a != b for a, b in pairwise(each)))
