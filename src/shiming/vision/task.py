"""What a worker process can be asked for, and its answers. The server imports only this: no model, no image library."""

from dataclasses import dataclass
from typing import Literal

from shiming.verification.seen import CardSeen, Flaw, HandheldSeen, LiveSeen

Task = Literal[
    "card", "portrait", "face", "guide", "guide_card", "guide_film", "handheld", "template", "clean", "thumbnail",
    "video",
]  # fmt: skip
"""The functions of `shiming.vision.picture_tasks`."""


class BadPicture(ValueError):
    """A picture that cannot be used. `code` is stable; the message tells the sender, in plain words, what to do."""

    def __init__(self, code: str, message: str):
        super().__init__(code, message)  # both in args, so that it survives the way back from a worker process
        self.code = code

    def __str__(self) -> str:
        return self.args[1]


@dataclass(frozen=True, slots=True)
class CardResult:
    """One picture of a card. `clean`, `rectified` (1000 × 631) and `portrait` are JPEG without metadata."""

    seen: CardSeen
    clean: bytes
    rectified: bytes | None = None
    portrait: bytes | None = None


@dataclass(frozen=True, slots=True)
class FaceResult:
    """A timed sequence of frames. `frames` are JPEG without metadata, in order; `best` is one of them."""

    seen: LiveSeen
    frames: tuple[bytes, ...]
    best: bytes


@dataclass(frozen=True, slots=True)
class HandheldResult:
    """A picture of the holder with the card. `clean` is JPEG without metadata."""

    seen: HandheldSeen
    clean: bytes


@dataclass(frozen=True, slots=True)
class FrameResult:
    """One frame during capture, for guidance: faces found, the largest one's place (fractions) and turn.

    `hints` are words for what to change, the most urgent first: those of `vision.liveness.hints.WORDS`.
    """

    faces: int
    box: tuple[float, float, float, float] | None = None
    yaw: float | None = None
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filmed:
    """`verdict`: filmed, recorded (off the screen) or unsure. `frozen`: share of flat places that did not change at all
    from one frame to the next; `screen_shape`: the format is a screen's, not a camera's; `recorder`: one is named."""

    verdict: Literal["filmed", "recorded", "unsure"]
    frozen: float
    screen_shape: bool
    recorder: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that a failure video has to show; when it was first seen, in ms. Not `looked_for`: left to a person."""

    what: str
    looked_for: bool
    at_ms: int | None


@dataclass(frozen=True, slots=True)
class VideoSeen:
    """What was seen in a failure video."""

    seconds: float
    width: int
    height: int
    filmed: Filmed
    sights: tuple[Sight, ...] = ()


@dataclass(frozen=True, slots=True)
class VideoResult:
    """A failure video. `copy` is a small WebM for reviewers, None where this machine cannot encode one."""

    seen: VideoSeen
    copy: bytes | None


@dataclass(frozen=True, slots=True)
class CardFrameResult:
    """One frame during capture of a card, for guidance.

    `side` is front, back or none (unsure, or no card); `corners` are (x, y) fractions of the frame, the card's own
    upper left first, clockwise, and () when there is no card. `flaws` are what a picture taken now would have. `hints`
    are words for how to move, for which no picture is refused: closer, farther, straight.
    """

    side: str
    corners: tuple[tuple[float, float], ...] = ()
    flaws: tuple[Flaw, ...] = ()
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FilmFrameResult:
    """One frame while a failure is filmed, for guidance: which of the things that the film has to show are on it."""

    sights: tuple[str, ...]
