"""Sets text on a card: every printed value's glyphs are remembered with their boxes, for the ground truth."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from . import fonts

MM = 16  # pixels per millimetre of the flat card
CARD_MM = (85.6, 54.0)
SIZE = (round(CARD_MM[0] * MM), round(CARD_MM[1] * MM))  # width, height in pixels


@dataclass(frozen=True, slots=True)
class Glyph:
    """One printed character of a field: its box on the flat card in pixels (left, top, right, bottom)."""

    field: str
    char: str
    box: tuple[int, int, int, int]


@dataclass(slots=True)
class Sheet:
    """The layers of one card side while it is being set: labels, values and what was set where."""

    hei: fonts.Face
    digits: fonts.Face
    second: fonts.Face
    labels: Image.Image = field(default_factory=lambda: Image.new("L", SIZE, 0))
    values: Image.Image = field(default_factory=lambda: Image.new("L", SIZE, 0))
    glyphs: list[Glyph] = field(default_factory=list)

    def label(self, text: str, x: float, y: float, size: float, pitch: float | None = None) -> None:
        """A label: left edge x, middle y, em size and distance of characters in mm."""
        draw = ImageDraw.Draw(self.labels)
        for i, char in enumerate(text):
            self._put(draw, char, x + i * (pitch or size), y, size, self.hei)

    def value(self, name: str, text: str, x: float, y: float, size: float, pitch: float | None = None) -> float:
        """A printed value, as `label`; Latin digits and signs take their own width. Returns the right edge in mm."""
        draw = ImageDraw.Draw(self.values)
        for char in text:
            step = pitch or size
            if char.isascii():
                step = fonts.load(fonts.having(self.hei, char), round(size * MM)).getlength(char) / MM + 0.08
            elif char == "·":
                step *= 0.6
            box = self._put(draw, char, x, y, size, self.hei, middle=x + step / 2 if char == "·" else None)
            if char not in " ·":
                self.glyphs.append(Glyph(name, char, box))
            x += step
        return x

    def number(self, name: str, text: str, x: float, y: float, size: float, pitch: float) -> None:
        """The ID number: fixed distance, in the number's own face."""
        draw = ImageDraw.Draw(self.values)
        for i, char in enumerate(text):
            box = self._put(draw, char, x + i * pitch, y, size * self.digits.scale, self.digits)
            self.glyphs.append(Glyph(name, char, box))

    def shaped(self, text: str, x: float, y: float, size: float, widest: float = 36.0) -> None:
        """A value's run in a script that needs shaping; x is its left edge. Set smaller if wider than `widest` mm."""
        width = fonts.load(self.second, round(size * MM)).getlength(text, direction="rtl", language="ug") / MM
        self._shape(self.values, text, x, y, size * min(1.0, widest / width))

    def shaped_label(self, text: str, x: float, y: float, size: float) -> None:
        """A label's run in a script that needs shaping; x is its left edge."""
        self._shape(self.labels, text, x, y, size)

    def _shape(self, layer: Image.Image, text: str, x: float, y: float, size: float) -> None:
        draw, font = ImageDraw.Draw(layer), fonts.load(self.second, round(size * MM))
        draw.text((x * MM, y * MM), text, fill=255, font=font, anchor="lm", direction="rtl", language="ug")

    def _put(
        self,
        draw: ImageDraw.ImageDraw,
        char: str,
        x: float,
        y: float,
        size: float,
        face: fonts.Face,
        middle: float | None = None,
    ) -> tuple[int, int, int, int]:
        """Draws one character from left edge x, or about `middle`; returns its box in pixels."""
        font = fonts.load(fonts.having(face, char), round(size * MM))
        anchor = "lm" if middle is None else "mm"
        spot = (round((x if middle is None else middle) * MM), round(y * MM))
        draw.text(spot, char, fill=255, font=font, anchor=anchor)
        left, top, right, bottom = draw.textbbox(spot, char, font=font, anchor=anchor)
        return int(left), int(top), int(right) + 1, int(bottom) + 1


def tint(picture: np.ndarray, mask: np.ndarray, colour: tuple[int, int, int], strength: float = 1.0) -> np.ndarray:
    """The picture (H,W,3 uint8) with `colour` laid over it where the mask (H,W uint8, 255 = full) says."""
    share = (mask.astype(np.float32) * (strength / 255))[..., None]
    return (picture + (np.asarray(colour, np.float32) - picture) * share).astype(np.uint8)
