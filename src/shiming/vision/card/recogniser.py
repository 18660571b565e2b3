"""Reading one line of text: a strip of picture in, characters with their probabilities and places out.

The recognisers are PP-OCRv6 tiny and small: input 48 px high BGR scaled to −1…1, output one softmax row over the
dictionary for every 8 px of width, class 0 being "no character" (CTC).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
import onnxruntime

HEIGHT = 48
STEP = 8  # px of strip per output row
BUCKET = 32  # widths are padded to a multiple, so that few shapes occur and the allocator can reuse its plans
MAX_WIDTH = 960
ALTERNATIVE = 0.08  # a second-best character is kept when it is at least this probable


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character read. `at` is its centre as a fraction of the strip's width; `others` are rival characters."""

    char: str
    p: float
    at: float
    others: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Reading:
    """One line read. `confidence` is its lowest character probability, 0 for an empty line; `doubt` as in `Field`."""

    glyphs: tuple[Glyph, ...] = ()
    doubt: str = ""

    @cached_property
    def text(self) -> str:
        return "".join(glyph.char for glyph in self.glyphs)

    @property
    def confidence(self) -> float:
        return min((glyph.p for glyph in self.glyphs), default=0.0)

    @property
    def mean(self) -> float:
        return sum(glyph.p for glyph in self.glyphs) / len(self.glyphs) if self.glyphs else 0.0

    def at_most(self, p: float, doubt: str) -> "Reading":
        """The same with no character more probable than p, and why."""
        return Reading(tuple(replace(glyph, p=min(glyph.p, p)) for glyph in self.glyphs), self.doubt or doubt)

    def __getitem__(self, part: slice) -> "Reading":
        return Reading(self.glyphs[part], self.doubt)

    def __add__(self, other: "Reading") -> "Reading":
        return Reading(self.glyphs + other.glyphs, self.doubt or other.doubt)


NOTHING = Reading()


class Recogniser:
    """A CTC line recogniser. `charset` prepares a mask once; `read` uses it."""

    def __init__(self, net: onnxruntime.InferenceSession, characters: Iterable[str]):
        self._net = net
        self._input = net.get_inputs()[0].name
        self._characters = np.array(["", *characters, " "])
        classes = net.get_outputs()[0].shape[-1]
        if isinstance(classes, int) and classes != len(self._characters):
            raise ValueError(
                f"the dictionary has {len(self._characters)} classes with blank and space, the net {classes}"
            )

    def charset(self, allowed: Iterable[str]) -> np.ndarray:
        """The class numbers of `allowed`, blank first, to be handed to `read`."""
        wanted = set(allowed)
        chosen = [i for i, c in enumerate(self._characters.tolist()) if i and c in wanted]
        return np.array([0, *chosen])

    def read(self, strip: np.ndarray, charset: np.ndarray | None = None) -> Reading:
        """Reads a BGR uint8 strip of HEIGHT px height. With a charset no other character can be answered."""
        width = min(strip.shape[1], MAX_WIDTH)
        if strip.shape[1] > MAX_WIDTH:
            strip = cv2.resize(strip, (MAX_WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        padded = -(-width // BUCKET) * BUCKET
        blob = np.zeros((1, 3, HEIGHT, padded), np.float32)
        blob[0, :, :, :width] = strip.transpose(2, 0, 1)
        blob[0, :, :, :width] /= 127.5
        blob[0, :, :, :width] -= 1.0
        rows = self._net.run(None, {self._input: blob})[0][0]
        return self._decode(rows, charset, padded / len(rows) / width)

    def _decode(self, rows: np.ndarray, charset: np.ndarray | None, step: float) -> Reading:
        characters = self._characters
        if charset is not None:
            rows, characters = _masked(rows[:, charset]), characters[charset]
        best = rows.argmax(1)
        glyphs, start = [], 0
        for end in range(1, len(best) + 1):
            if end < len(best) and best[end] == best[start]:
                continue
            if best[start]:
                glyphs.append(_glyph(rows[start:end], start, best[start], characters, step))
            start = end
        return Reading(tuple(g for g in glyphs if g.char.strip()))


def _masked(rows: np.ndarray) -> np.ndarray:
    """Probabilities among the allowed classes only. Where nearly all mass lay outside them, the row stays doubtful."""
    mass = rows.sum(1, keepdims=True)
    return rows / np.maximum(mass, 1e-9) * np.minimum(1.0, 0.5 + mass)


def _glyph(rows: np.ndarray, start: int, best: int, characters: np.ndarray, step: float) -> Glyph:
    weights = rows[:, best]
    peak = rows[weights.argmax()]
    rivals = sorted(np.flatnonzero(peak > ALTERNATIVE), key=lambda i: -peak[i])
    others = tuple((str(characters[i]), float(peak[i])) for i in rivals if i not in (0, best))
    centre = float((weights * (np.arange(len(rows)) + start + 0.5)).sum() / weights.sum())
    return Glyph(str(characters[best]), float(min(1.0, weights.max())), min(1.0, centre * step), others)
