"""Says which printed fields can be read in a photo, from geometry and light alone, before any reader runs.

A field is readable when every one of its glyphs (full stops aside) is: tall enough in pixels, distinct from the paper
in and beside its strokes, not blurred into a blot, clear of the noise, and neither covered nor burnt out.
The limits were set by looking at some hundreds of glyphs near them, and no reader's answer enters them.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from .card import Flat
from .ink import MM


@dataclass(frozen=True, slots=True)
class Limits:
    """What a glyph must have at least.

    `height`: pixels in the photo. `contrast`: (paper − ink) / paper in brightness. `sharp`: contrast with the paper in
    and beside the strokes, as a share of the contrast with the open paper: blur fills the gaps first, a veil of light
    does not. `clear`: sharp × (paper − ink) in standard deviations of the noise that is left at the size of a stroke.
    """

    height: float
    contrast: float
    sharp: float
    clear: float


DIGIT = Limits(height=9.0, contrast=0.08, sharp=0.42, clear=4.0)
HAN = Limits(height=13.0, contrast=0.12, sharp=0.56, clear=5.0)
MAX_COVERED = 0.06  # share of a glyph's box under a finger or outside the picture
BURNT = 0.85  # share of reflected light in a pixel from which on its print is lost
MAX_BURNT = 0.12  # share of a glyph's box that is burnt
_WORK = 10  # pixels per mm at which the photo is looked at


@dataclass(frozen=True, slots=True)
class Reading:
    """The verdict, and of the field's worst glyph height (px), contrast, sharpness, covered and burnt shares."""

    readable: bool
    height: float
    contrast: float
    sharp: float
    covered: float
    burnt: float


def judge(
    flat: Flat, photo: np.ndarray, matrix: np.ndarray, covered: np.ndarray, glare: np.ndarray, noise: float
) -> dict[str, Reading]:
    """One Reading per field. `covered` (H,W uint8) and `glare` (H,W float32) lie on the photo; `noise`: grey levels."""
    back = np.linalg.inv(np.diag([_WORK, _WORK, 1]) @ np.linalg.inv(matrix))
    size = (round(flat.picture.shape[1] * _WORK / MM), round(flat.picture.shape[0] * _WORK / MM))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    grey = cv2.warpPerspective(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), back, size, flags=flags)
    hidden = (
        cv2.warpPerspective(covered, back, size, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=255) > 127
    )
    burnt = cv2.warpPerspective(glare, back, size, flags=flags) > BURNT
    masks = _masks(flat.ink, size)
    out: dict[str, list[Reading]] = {}
    for glyph in flat.glyphs:
        if glyph.field in flat.fields and glyph.char != ".":
            box = _slices(glyph.box)
            light = _look(grey[box], *(mask[box] for mask in masks))
            shares = float(hidden[box].mean()), float(burnt[box].mean())
            reading = _glyph(glyph.char, _height(glyph.box, matrix), light, *shares, noise)
            out.setdefault(glyph.field, []).append(reading)
    return {name: _worst(readings) for name, readings in out.items()}


def _masks(ink: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where strokes are, the paper in and right beside them (to 0.3 mm), and the open paper round them (0.5–0.9 mm)."""
    ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    solid = (ink > 100).astype(np.uint8)
    near, bit, far = (cv2.dilate(solid, np.ones((n, n), np.uint8)) > 0 for n in (7, 11, 19))
    return ink > 120, near & (ink < 25), far & ~bit


def _slices(box: tuple[int, int, int, int]) -> tuple[slice, slice]:
    left, top, right, bottom = (value * _WORK / MM for value in box)
    return slice(max(0, int(top) - 8), int(bottom) + 9), slice(max(0, int(left) - 2), int(right) + 3)


def _look(grey: np.ndarray, *masks: np.ndarray) -> tuple[float, float, float]:
    """Brightness of the strokes, of the paper right beside them, and of the open paper."""
    return tuple(float(grey[mask].mean()) if mask.any() else 0.0 for mask in masks)


def _height(box: tuple[int, int, int, int], matrix: np.ndarray) -> float:
    """A glyph's height in photo pixels; flat signs such as 一 count as high as they are wide."""
    left, top, right, bottom = (value / MM for value in box)
    x, y, half = (left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top) / 2
    ends = cv2.perspectiveTransform(np.float64([[[x, y - half], [x, y + half], [x - half, y], [x + half, y]]]), matrix)[
        0
    ]
    return float(min(np.linalg.norm(ends[0] - ends[1]), np.linalg.norm(ends[2] - ends[3])))


def _glyph(
    char: str, height: float, light: tuple[float, float, float], covered: float, burnt: float, noise: float
) -> Reading:
    limits = DIGIT if char.isascii() else HAN
    ink, near, far = light
    contrast, sharp = max(0.0, (near - ink) / max(near, 1.0)), max(0.0, (near - ink) / max(far - ink, 1.0))
    fine = (
        height >= limits.height
        and contrast >= limits.contrast
        and sharp >= limits.sharp
        and sharp * (near - ink) >= limits.clear * _grain(noise, near)
        and covered <= MAX_COVERED
        and burnt <= MAX_BURNT
    )
    return Reading(fine, height, contrast, min(sharp, 1.0), covered, burnt)


def _grain(noise: float, level: float) -> float:
    """Standard deviation of the noise at a brightness, smoothed over a stroke; never below a grey level."""
    return max(0.5 * noise * (0.9 * level / 128 + 0.1) ** 0.5, 1.0)


def _worst(readings: list[Reading]) -> Reading:
    return Reading(
        all(r.readable for r in readings),
        round(min(r.height for r in readings), 1),
        round(min(r.contrast for r in readings), 3),
        round(min(r.sharp for r in readings), 3),
        round(max(r.covered for r in readings), 3),
        round(max(r.burnt for r in readings), 3),
    )
