"""Draws the flat card: both sides of the common and of the bilingual resident ID card, always marked 样本 SPECIMEN."""

from dataclasses import dataclass
from random import Random

import cv2
import numpy as np
from PIL import Image, ImageDraw

from . import fonts, layout, paper, portrait
from .holders import Holder
from .ink import MM, SIZE, Glyph, Sheet, tint
from .loose import LooseSheet

BLACK, BLUE, RED = (26, 26, 30), (46, 110, 160), (210, 22, 30)
PORTRAIT = (54.0, 7.2)  # left and top, mm

# Where the mark may lie (middle, mm): no field is printed there.
MARKS = {
    "front": {"under_portrait": (67.0, 42.6), "above_number": (24.0, 43.4), "top": (28.0, 3.2)},
    "back": {"middle": (52.0, 33.0), "right": (70.0, 33.0), "top": (55.0, 3.0)},
}


@dataclass(frozen=True, slots=True)
class Flat:
    """A drawn card side: picture (H,W,3 uint8, RGB, MM pixels per mm), its values' ink (H,W uint8) and glyph boxes."""

    side: str
    kind: str
    picture: np.ndarray
    ink: np.ndarray
    glyphs: tuple[Glyph, ...]
    fields: dict[str, str]


def draw_front(
    holder: Holder, face: np.ndarray, rng: Random, mark_at: str = "under_portrait", loose: bool = False
) -> Flat:
    """The side with the portrait. `face` is (H,W,3 uint8); `mark_at` is a key of MARKS['front'] (KeyError if not).

    `loose` sets it otherwise than the layout has it (`loose.py`).
    """
    mark, shift = MARKS["front"][mark_at], _shift(rng)
    sheet = _sheet(rng, loose)
    (layout.front_bilingual if holder.second else layout.front)(sheet, holder, *shift)
    picture = paper.ground(rng.randrange(paper.VARIANTS), back=False)
    left, top = round((PORTRAIT[0] + shift[0]) * MM), round((PORTRAIT[1] + shift[1]) * MM)
    width, height = (round(mm * MM) for mm in portrait.SIZE_MM)
    picture = portrait.place(picture, face, (left, top, left + width, top + height))
    fields = {key: getattr(holder, key) for key in ("name", "sex", "ethnicity", "birth", "address", "number")}
    return _finish("front", holder, sheet, picture, mark, fields)


def draw_back(holder: Holder, rng: Random, mark_at: str = "middle", loose: bool = False) -> Flat:
    """The side with the emblem. `mark_at` is a key of MARKS['back'] (KeyError if not); `loose` as in `draw_front`."""
    mark, shift = MARKS["back"][mark_at], _shift(rng)
    sheet = _sheet(rng, loose)
    layout.back(sheet, holder, *shift)
    picture = paper.emblem(
        paper.ground(rng.randrange(paper.VARIANTS), back=True), 14.2 + shift[0], 14.8 + shift[1], 9.6
    )
    picture = tint(picture, np.asarray(layout.titles(holder, *shift)), BLACK, 0.92)
    fields = {key: getattr(holder, key) for key in ("authority", "valid_from", "valid_until")}
    return _finish("back", holder, sheet, picture, mark, fields)


def _sheet(rng: Random, loose: bool) -> Sheet:
    faces = rng.choice(fonts.HEI), fonts.OCR_B if rng.random() < 0.8 else fonts.MONO, rng.choice(fonts.UYGHUR)
    return LooseSheet(*faces, seed=rng.randrange(2**32)) if loose else Sheet(*faces)


def _shift(rng: Random) -> tuple[float, float]:
    return rng.uniform(-0.5, 0.5), rng.uniform(-0.4, 0.4)


def _finish(
    side: str, holder: Holder, sheet: Sheet, picture: np.ndarray, mark: tuple[float, float], fields: dict[str, str]
) -> Flat:
    """Lays the ink on the ground, marks the card, and lets it look printed rather than drawn."""
    ink = np.asarray(sheet.values)
    picture = tint(picture, np.asarray(sheet.labels), BLUE, 0.9)
    picture = tint(picture, ink, BLACK, 0.93)
    picture = _mark(picture, mark)
    picture = cv2.GaussianBlur(picture, (0, 0), 0.8)
    kind = "uyghur" if holder.second else "common"
    return Flat(side, kind, picture, ink, tuple(sheet.glyphs), fields)


def _mark(picture: np.ndarray, middle: tuple[float, float]) -> np.ndarray:
    """样本 SPECIMEN in half-transparent red, framed, about `middle` (mm). There is no way to leave it out."""
    layer = Image.new("L", SIZE, 0)
    draw = ImageDraw.Draw(layer)
    x, y = middle[0] * MM, middle[1] * MM
    font = fonts.load(fonts.BOLD, round(2.9 * MM))
    draw.text((x, y), "样本 SPECIMEN", fill=255, font=font, anchor="mm")
    half = font.getlength("样本 SPECIMEN") / 2 + 0.8 * MM
    draw.rounded_rectangle((x - half, y - 1.9 * MM, x + half, y + 1.9 * MM), MM, outline=255, width=round(0.25 * MM))
    return tint(picture, np.asarray(layer), RED, 0.62)
