"""A card's photo shown on a screen and photographed from it.

The screen is a grid of pixels, each made of a red, a green and a blue light that lie beside each other (in a stripe, or
in diamonds that share red and blue, as on OLED phones), with dark gaps. The camera sums light over its own pixels,
which lie on another grid: the two beat, which is moiré. Light is summed before the gamma curve, twelve samples to a
camera pixel, and then blurred as by a lens. The camera's colour mosaic is left out; it would make the moiré stronger.
"""

from dataclasses import dataclass
from random import Random

import cv2
import numpy as np

GAMMA = 2.2
SAMPLES = (4, 3)  # across and down, in each camera pixel


@dataclass(frozen=True, slots=True)
class Panel:
    """A kind of screen: pixels per inch, width of its lit area in mm, and whether red and blue are shared."""

    name: str
    ppi: float
    width: float
    shared: bool = False


PANELS = (
    Panel("phone", 326, 130),
    Panel("oled phone", 440, 140, shared=True),
    Panel("tablet", 264, 210),
    Panel("laptop", 141, 310),
    Panel("monitor", 92, 530),
)


def photographed(picture: np.ndarray, panel: Panel, size: tuple[int, int], rng: Random) -> np.ndarray:
    """`picture` (H,W,3 uint8 RGB) shown on a panel, photographed to `size`, before sensor noise: (h,w,3) uint8."""
    shown_mm = panel.width * rng.uniform(0.55, 0.95)
    across = max(400, round(shown_mm / 25.4 * panel.ppi))
    scale = across / picture.shape[1]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    shown = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=method)
    light = (shown.astype(np.float32) / 255) ** GAMMA * 0.97 + 0.012  # black is not quite dark
    to_panel = np.linalg.inv(_pose(shown.shape, size, rng))
    summed = np.zeros((size[1], size[0], 3), np.float32)
    for dy in (np.arange(SAMPLES[1]) + 0.5) / SAMPLES[1]:
        for dx in (np.arange(SAMPLES[0]) + 0.5) / SAMPLES[0]:
            summed += _sampled(light, to_panel, size, (dx - 0.5, dy - 0.5), panel.shared)
    summed = cv2.GaussianBlur(summed / (SAMPLES[0] * SAMPLES[1]), (0, 0), rng.uniform(0.35, 0.8))
    exposure = rng.uniform(0.85, 1.15)
    return (np.clip(summed * exposure, 0, 1) ** (1 / GAMMA) * 255).astype(np.uint8)


def _pose(shape: tuple[int, ...], size: tuple[int, int], rng: Random) -> np.ndarray:
    """Panel pixels → camera pixels: the picture fills most of the photo, a little turned and tilted."""
    height, width = shape[:2]
    scale = min(size[0] / width, size[1] / height) * rng.uniform(0.92, 1.25)
    turn = np.deg2rad(rng.gauss(0, 3))
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    corners = (np.array([[0, 0], [width, 0], [width, height], [0, height]]) - (width / 2, height / 2)) @ matrix.T
    tilt = np.array([rng.gauss(0, 0.07), rng.gauss(0, 0.07)]) / max(size)
    corners /= (1 + corners @ tilt)[:, None]
    target = (corners + np.array(size) / 2).astype(np.float32)
    return cv2.getPerspectiveTransform(np.float32([[0, 0], [width, 0], [width, height], [0, height]]), target)


def _sampled(
    light: np.ndarray, to_panel: np.ndarray, size: tuple[int, int], at: tuple[float, float], shared: bool
) -> np.ndarray:
    """The light that one sample point of every camera pixel sees."""
    x = np.arange(size[0], dtype=np.float32)[None] + np.float32(at[0])
    y = np.arange(size[1], dtype=np.float32)[:, None] + np.float32(at[1])
    m = to_panel.astype(np.float32)
    w = m[2, 0] * x + m[2, 1] * y + m[2, 2]
    u, v = (m[0, 0] * x + m[0, 1] * y + m[0, 2]) / w, (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / w
    column, row = np.floor(u), np.floor(v)
    known = (column >= 0) & (row >= 0) & (column < light.shape[1]) & (row < light.shape[0])
    i, j = np.clip(column, 0, light.shape[1] - 1).astype(np.int32), np.clip(row, 0, light.shape[0] - 1).astype(np.int32)
    lit = _diamonds(u - column, v - row, i + j) if shared else _stripes(u - column, v - row)
    return light[j, i] * lit * known[..., None]


def _stripes(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Three upright lights in each pixel, with gaps."""
    row = (v > 0.07) & (v < 0.93)
    lit = [(row & (u > c / 3 + 0.03) & (u < (c + 1) / 3 - 0.03)) for c in range(3)]
    return np.stack(lit, axis=-1).astype(np.float32) * np.float32(1 / (0.86 * (1 / 3 - 0.06)))


def _diamonds(u: np.ndarray, v: np.ndarray, parity: np.ndarray) -> np.ndarray:
    """A small green diamond in each pixel, and a larger red one or blue one in every other."""
    green = np.abs(u - 0.25) + np.abs(v - 0.25) < 0.24
    other = np.abs(u - 0.72) + np.abs(v - 0.72) < 0.3
    even = parity % 2 == 0
    red, blue = other & even, other & ~even
    return np.stack([red / np.float32(0.09), green / np.float32(0.115), blue / np.float32(0.09)], axis=-1)
