"""What is printed under the text: the pale ground with wave lines, a wall on hills, and a plain round emblem.

All of it is drawn here from formulas; none of it reproduces the real security print.
"""

from functools import lru_cache
from math import cos, pi, sin
from random import Random

import cv2
import numpy as np
from PIL import Image, ImageDraw

from .ink import CARD_MM, MM, SIZE, tint

VARIANTS = 4
_BLUE, _PINK = (196, 224, 226), (238, 222, 224)


@lru_cache(maxsize=2 * VARIANTS)
def ground(variant: int, back: bool) -> np.ndarray:
    """The ground of a card side (H,W,3 uint8, read-only), one of VARIANTS."""
    rng = Random(variant * 2 + back)
    x, y = np.meshgrid(np.arange(SIZE[0], dtype=np.float32) / MM, np.arange(SIZE[1], dtype=np.float32) / MM)
    picture = _colours(x, y, rng)
    for colour, pitch, strength in (
        ((120, 178, 186), 1.15, 0.30),
        ((214, 150, 160), 1.4, 0.26),
        ((150, 170, 205), 1.9, 0.22),
    ):
        picture = tint(picture, _waves(x, y, pitch, rng), colour, strength)
    picture = tint(picture, _rosette(x, y, rng), (196, 140, 156), 0.25)
    picture = tint(picture, _wall(back), (112, 150, 158), 0.26 if back else 0.13)
    picture.flags.writeable = False
    return picture


def _colours(x: np.ndarray, y: np.ndarray, rng: Random) -> np.ndarray:
    slant = x / CARD_MM[0] + 0.25 * np.sin(y / CARD_MM[1] * 2.2 + rng.random())
    share = (0.5 + 0.5 * np.cos(2 * pi * (slant - 0.1 * rng.random())))[..., None]
    return (np.float32(_BLUE) * share + np.float32(_PINK) * (1 - share)).astype(np.uint8)


def _waves(x: np.ndarray, y: np.ndarray, pitch: float, rng: Random) -> np.ndarray:
    """Parallel wavy hairlines `pitch` mm apart, as a mask."""
    height, length, turn = rng.uniform(1.5, 4), rng.uniform(9, 26), rng.uniform(0, 6)
    phase = y + height * np.sin(x * (2 * pi / length) + turn) + 1.2 * np.sin(x * 0.9 + y * 0.25 + turn)
    return _hairlines(phase / pitch, 0.16)


def _rosette(x: np.ndarray, y: np.ndarray, rng: Random) -> np.ndarray:
    dx, dy = x - rng.uniform(36, 48), y - rng.uniform(24, 32)
    radius, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    lines = _hairlines(radius / 1.5 + 0.8 * np.sin(9 * angle + radius * 0.3), 0.2)
    return (lines * np.clip((19 - radius) / 6, 0, 1)).astype(np.uint8)


def _hairlines(phase: np.ndarray, width: float) -> np.ndarray:
    distance = np.abs(phase - np.floor(phase) - 0.5)
    return (np.clip((distance - (0.5 - width)) / (width * 0.6), 0, 1) * 255).astype(np.uint8)


def _wall(back: bool) -> np.ndarray:
    """A wall with battlements climbing over hills, as a soft mask."""
    layer = Image.new("L", SIZE, 0)
    draw = ImageDraw.Draw(layer)
    for depth in range(3):
        base, step = (30 if back else 36) + depth * 5.5, 1.6
        tops = [(i * step, base - 4.5 * sin(i * 0.13 + depth * 2) - 2 * cos(i * 0.31 + depth)) for i in range(56)]
        for i, (left, top) in enumerate(tops):
            tooth = 0.8 if i % 2 else 0.0
            box = (left * MM, (top - tooth) * MM, (left + step) * MM, (top + 2.4) * MM)
            draw.rectangle(box, fill=150 + 30 * depth, outline=230)
        for left, top in tops[6 + depth * 4 :: 19]:
            draw.rectangle((left * MM, (top - 3.4) * MM, (left + 3.4) * MM, (top + 2) * MM), fill=190, outline=250)
    return cv2.GaussianBlur(np.asarray(layer), (0, 0), 3)


def emblem(picture: np.ndarray, x: float, y: float, radius: float) -> np.ndarray:
    """The picture with a plain round red and gold emblem; middle and radius in mm."""
    layer = Image.fromarray(picture)
    draw = ImageDraw.Draw(layer)
    gold, red = (214, 158, 62), (196, 44, 40)

    def disc(r: float, colour: tuple[int, int, int], dx: float = 0, dy: float = 0) -> None:
        draw.ellipse(((x + dx - r) * MM, (y + dy - r) * MM, (x + dx + r) * MM, (y + dy + r) * MM), fill=colour)

    for tooth in range(24):
        angle = tooth * pi / 12
        disc(radius * 0.09, red, radius * 0.95 * cos(angle), radius * 0.95 * sin(angle))
    disc(radius * 0.97, red)
    disc(radius * 0.88, gold)
    disc(radius * 0.78, red)
    draw.polygon(_star(x, y - radius * 0.28, radius * 0.24), fill=gold)
    for side in (-0.5, -0.25, 0.25, 0.5):
        draw.polygon(_star(x + side * radius, y - radius * (0.12 - 0.2 * abs(side)), radius * 0.08), fill=gold)
    for level, (half, height) in enumerate(((0.34, 0.10), (0.48, 0.10), (0.6, 0.14))):
        top = y + radius * (0.22 + level * 0.14)
        draw.rectangle(
            ((x - half * radius) * MM, top * MM, (x + half * radius) * MM, (top + height * radius * 0.8) * MM),
            fill=gold,
        )
    return cv2.GaussianBlur(np.asarray(layer), (0, 0), 0.8)


def _star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    points = []
    for i in range(10):
        r, angle = radius * (1 if i % 2 == 0 else 0.4), -pi / 2 + i * pi / 5
        points.append(((x + r * cos(angle)) * MM, (y + r * sin(angle)) * MM))
    return points
