"""Skin as two maps over the front of the rest head: colour factors and a bump height, drawn from a person."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tools.people import raster, traits
from tools.people.person import Person

WIDE, TALL = 1280, 1280
HALF_TURN, LOW, HIGH = 1.9, 5.9, 8.5  # radians either side of the front; dm
AXIS_Z = 0.35
BEARD_PLACES = {
    "moustache": ((0.09, 6.79, 1.6, 0.14, 0.045), (-0.09, 6.79, 1.6, 0.14, 0.045)),
    "goatee": ((0, 6.36, 1.5, 0.17, 0.14), (0, 6.5, 1.5, 0.07, 0.06)),
}


def place(rest: np.ndarray) -> np.ndarray:
    """Rest positions (N,3) → map coordinates (N,2) in pixels: angle round the vertical axis, and height."""
    angle = np.arctan2(rest[:, 0], rest[:, 2] - AXIS_Z)
    return np.stack([(angle / HALF_TURN + 1) * 0.5 * (WIDE - 1), (HIGH - rest[:, 1]) / (HIGH - LOW) * (TALL - 1)], 1)


def spot(x: float, y: float, z: float) -> tuple[float, float]:
    """One rest position → map pixel."""
    column, row = place(np.array([[x, y, z]], float))[0]
    return float(column), float(row)


@dataclass(frozen=True)
class Skin:
    """`colour` (TALL,WIDE,3) multiplies the base tone; `bump` (TALL,WIDE) is a height in 0.1 mm; `gloss` 0–1."""

    colour: np.ndarray
    bump: np.ndarray
    gloss: np.ndarray

    def sample(self, layer: np.ndarray, where: np.ndarray) -> np.ndarray:
        """Bilinear values of `layer` at map coordinates (N,2)."""
        return raster.look_up(layer, where)


def noise(rng: np.random.Generator, cells: float, shape: tuple[int, int] | None = None) -> np.ndarray:
    """Smooth noise with unit spread; `cells` is the size of a grain in pixels."""
    shape = shape or (TALL, WIDE)
    rows, columns = max(4, int(shape[0] / cells)), max(4, int(shape[1] / cells))
    coarse = rng.standard_normal((rows, columns)).astype(np.float32)
    return cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)


def blob(x: float, y: float, z: float, wide: float, tall: float) -> np.ndarray:
    """A soft ellipse (TALL,WIDE) 0–1 at a rest position; sizes in dm."""
    column, row = spot(x, y, z)
    across = wide / max(0.4, np.hypot(x, z - AXIS_Z)) / HALF_TURN * 0.5 * WIDE
    down = tall / (HIGH - LOW) * TALL
    beside = np.exp(-(((np.arange(WIDE) - column) / across) ** 2)).astype(np.float32)
    below = np.exp(-(((np.arange(TALL) - row) / down) ** 2)).astype(np.float32)
    return below[:, None] * beside


def make(person: Person) -> Skin:
    """The maps of one person."""
    rng = np.random.default_rng(person.seed + 77)
    colour = np.ones((TALL, WIDE, 3), np.float32)
    _blotches(colour, rng, person)
    _stubble(colour, rng, person)
    _beard(colour, rng, person)
    _marks(colour, rng, person)
    _brows(colour, rng, person)
    bump = 0.35 * noise(rng, 3.0) + 0.3 * noise(rng, 6) + 0.4 * noise(rng, 30)
    bump += wrinkles(rng, person)
    gloss = 0.45 + 0.35 * blob(0, 7.85, 1.4, 0.45, 0.3) + 0.4 * blob(0, 7.0, 1.65, 0.14, 0.4)
    gloss += 0.2 * (blob(0.42, 7.0, 1.35, 0.2, 0.2) + blob(-0.42, 7.0, 1.35, 0.2, 0.2))
    return Skin(colour, bump.astype(np.float32), np.clip(gloss, 0, 1).astype(np.float32))


def _tint(colour: np.ndarray, mask: np.ndarray, factor: tuple[float, float, float]) -> None:
    """Multiplies by `factor` where the mask is 1, in the rows and columns that it touches only."""
    rows, columns = (np.nonzero(mask.max(axis) > 0.004)[0] for axis in (1, 0))
    if len(rows) and len(columns):
        part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        colour[part] *= 1 + mask[part][..., None] * (np.array(factor, np.float32) - 1)


def _blotches(colour: np.ndarray, rng: np.random.Generator, person: Person) -> None:
    red = person.redness
    for side in (-1, 1):
        _tint(colour, red * blob(side * 0.45, 6.95, 1.3, 0.24, 0.2), (1.0, 0.86, 0.88))
        _tint(colour, 0.7 * blob(side * 0.3, 7.09, 1.38, 0.17, 0.07), (0.88, 0.82, 0.84))
        _tint(colour, 0.6 * blob(side * 0.33, 7.38, 1.35, 0.2, 0.07), (0.93, 0.88, 0.87))
        _tint(colour, 0.6 * red * blob(side * 0.85, 7.15, 0.4, 0.2, 0.3), (1.0, 0.8, 0.8))
        _tint(colour, 0.8 * blob(side * 0.13, 6.87, 1.5, 0.07, 0.07), (0.92, 0.78, 0.76))
    _tint(colour, red * blob(0, 6.93, 1.67, 0.14, 0.12), (1.0, 0.85, 0.86))
    _tint(colour, 0.6 * red * blob(0, 6.35, 1.5, 0.2, 0.1), (1.0, 0.9, 0.9))
    _tones(colour, person)
    mottle = 0.5 * noise(rng, 60) + 0.35 * noise(rng, 18) + 0.3 * noise(rng, 5)
    fine = 0.02 * noise(rng, 2.5)
    for channel, share in enumerate((0.024, 0.04, 0.044)):
        colour[..., channel] *= 1 + share * mottle + fine


def _tones(colour: np.ndarray, person: Person) -> None:
    """Places lighter or darker than the rest, as the person's traits say."""
    for name, (x, y, z, wide, tall, red) in traits.TONES.items():
        amount = person.traits.get(f"tone:{name}", 0.0)
        factor = np.exp(amount * np.array([1 - 0.6 * red, 1.0, 1.0]))
        for side in (-1, 1) if x else (1,):
            _tint(colour, blob(side * x, y, z, wide, tall), tuple(factor))


def _beard(colour: np.ndarray, rng: np.random.Generator, person: Person) -> None:
    """A moustache or a beard on the chin, of fine downward strokes."""
    if person.sex != "male":
        return
    streaks = np.clip(0.75 + 0.45 * cv2.resize(noise(rng, 2.0, (TALL // 5, WIDE)), (WIDE, TALL)), 0.15, 1)
    fair = np.array(person.hair_colour, np.float32) / np.array(person.skin, np.float32) * 1.5 + 0.02
    for name, places in BEARD_PLACES.items():
        amount = float(np.clip(person.traits.get(f"beard:{name}", 0.0) - 0.45, 0, 0.45)) / 0.45
        if amount > 0:
            shape = np.clip(1.7 * np.max([blob(*place_) for place_ in places], 0) - 0.35, 0, 1)
            _tint(colour, np.clip(amount * 0.9 * shape * streaks, 0, 0.9), tuple(np.clip(fair, 0, 0.6)))


def _stubble(colour: np.ndarray, rng: np.random.Generator, person: Person) -> None:
    if person.stubble <= 0:
        return
    region = np.zeros((TALL, WIDE), np.float32)
    for x, y, z, wide, tall in (
        (0, 6.3, 1.45, 0.4, 0.26),
        (0.45, 6.4, 1.1, 0.28, 0.25),
        (-0.45, 6.4, 1.1, 0.28, 0.25),
        (0, 6.77, 1.58, 0.2, 0.06),
    ):
        region = np.maximum(region, blob(x, y, z, wide, tall))
    dots = np.clip(noise(rng, 2.0) - 0.6, 0, 1) * 0.9
    _tint(colour, np.clip(region * person.stubble * (0.22 + dots), 0, 0.9), (0.5, 0.55, 0.6))


def _marks(colour: np.ndarray, rng: np.random.Generator, person: Person) -> None:
    for x, y, radius, dark in person.moles:
        z = 1.6 - 0.9 * x * x - 0.25 * abs(y - 7.0)
        _tint(colour, np.minimum(1, 1.6 * dark * blob(x, y, z, radius, radius)), (0.28, 0.2, 0.18))
    if person.age > 45:
        spots = np.clip(noise(rng, 14) - 1.7, 0, 1) * min(1.0, (person.age - 45) / 20)
        _tint(colour, np.clip(spots, 0, 0.6), (0.7, 0.62, 0.55))


def brow_curve(person: Person, side: int, along: np.ndarray) -> np.ndarray:
    """Rest positions (N,3) on the middle line of a brow; `along` runs from 0 (nose) to 1 (temple)."""
    brow = person.brow
    x = 0.13 + 0.42 * along * brow["long"]
    y = 7.5 + 0.03 * brow["gap"] + 0.045 * brow["slope"] * along
    y = y + (0.022 + 0.034 * brow["arch"]) * np.sin(np.pi * np.clip(along, 0, 1) ** 1.5) - 0.04 * along**3
    z = 1.53 - 0.75 * x * x
    return np.stack([side * x, y, z], 1)


def _brows(colour: np.ndarray, rng: np.random.Generator, person: Person) -> None:
    mask = np.zeros((TALL, WIDE), np.uint8)
    for side in (-1, 1):
        count = int(520 * (0.6 + 0.4 * person.brow["thick"]))
        along = rng.beta(1.2, 1.25, count)
        across = np.clip(rng.normal(0, 0.5, count), -1, 1)
        width = 0.047 * person.brow["thick"] * (0.55 + 0.6 * np.sin(np.pi * np.clip(along * 0.85 + 0.12, 0, 1)))
        root = brow_curve(person, side, along)
        root[:, 1] += across * width
        lean = 0.9 - 1.15 * along - 0.55 * across
        length = rng.uniform(0.05, 0.085, count) * (1 - 0.35 * along)
        tip = root + np.stack([side * length * np.cos(lean), length * np.sin(lean) * 0.8, -0.4 * length], 1)
        for start, end, bright in zip(place(root), place(tip), rng.uniform(90, 230, count), strict=True):
            cv2.line(mask, _fixed(start), _fixed(end), int(bright), 1, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), 5).astype(np.float32) / 255 * 0.8
    fine = cv2.GaussianBlur(mask, (0, 0), 0.7).astype(np.float32) / 255 * 0.95
    cover = np.clip(np.maximum(soft, fine), 0, 1) * person.brow["dark"]
    tone = np.array(person.hair_colour, np.float32) / np.array(person.skin, np.float32)
    tone = tone * (1 - 0.4 * person.grey) + 0.4 * person.grey
    _tint(colour, np.clip(cover * 1.5, 0, 0.95), tuple(np.clip(tone * 1.4, 0.03, 0.7)))


def _fixed(point: np.ndarray) -> tuple[int, int]:
    return int(point[0] * 16), int(point[1] * 16)


def wrinkles(rng: np.random.Generator, person: Person) -> np.ndarray:
    """Creases as negative height: forehead, between the brows, crow's feet, beside the mouth, under the eyes."""
    height = np.zeros((TALL, WIDE), np.float32)
    age = float(np.clip((person.age - 28) / 40, 0.06, 1))
    for y in (7.72, 7.84, 7.96):
        _crease(
            height, rng, [(x, y + 0.02 * rng.normal(), 1.5 - 0.5 * x * x) for x in np.linspace(-0.4, 0.4, 9)], 2.2 * age
        )
    for side in (-1, 1):
        _crease(height, rng, [(side * 0.05, 7.42 + t * 0.2, 1.55) for t in np.linspace(0, 1, 5)], 1.6 * age)
        fold = [(side * (0.19 + 0.17 * t**0.8), 6.92 - 0.36 * t, 1.48 - 0.1 * t) for t in np.linspace(0, 1, 8)]
        _crease(height, rng, fold, 1.0 + 3.2 * age, wide=7)
        bag = [(side * (0.17 + 0.3 * t), 7.13 - 0.06 * np.sin(np.pi * t), 1.4) for t in np.linspace(0, 1, 8)]
        _crease(height, rng, bag, 0.8 + 2.2 * age, wide=5)
        for tilt in (-0.35, -0.05, 0.3):
            feet = [
                (side * (0.53 + 0.14 * t), 7.26 + 0.13 * tilt * (1 + t), 1.2 - 0.12 * t) for t in np.linspace(0, 1, 5)
            ]
            _crease(height, rng, feet, 2.2 * max(0, age - 0.15))
    return height


def _crease(height: np.ndarray, rng: np.random.Generator, line: list, depth: float, wide: float = 3) -> None:
    points = place(np.array(line, float) + rng.normal(0, 0.006, (len(line), 3)))
    mask = np.zeros((TALL, WIDE), np.uint8)
    cv2.polylines(mask, [np.round(points * 16).astype(np.int32)], False, 255, 3, cv2.LINE_AA, 4)
    top, bottom = int(max(0, points[:, 1].min() - 40)), int(points[:, 1].max() + 40)
    strip = cv2.GaussianBlur(mask[top:bottom], (0, 0), wide).astype(np.float32) / 255
    height[top:bottom] -= depth * 3 * strip
