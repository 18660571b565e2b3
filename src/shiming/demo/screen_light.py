"""The coloured light of a phone's screen on a simulated face: which colour is on when, what it adds to a picture."""

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from shiming.verification.challenge import COLOUR_MS, FADE_MS
from shiming.vision.picture import encoded, linear

PRIMARIES = {"red": (0.02, 0.08, 1.0), "green": (0.07, 1.0, 0.12), "blue": (1.0, 0.10, 0.02)}  # BGR: filters overlap


def light(colours: Sequence[str], since_ms: float) -> np.ndarray:
    """What the screen sends so long after it began with the first of the colours: BGR, 1 for a full colour."""
    shown = [np.zeros(3), *(np.array(PRIMARIES[each]) for each in colours), np.zeros(3)]
    slot = int(np.clip(since_ms // COLOUR_MS + 1, 0, len(shown) - 1))
    part = float(np.clip((since_ms - (slot - 1) * COLOUR_MS) / FADE_MS, 0, 1))
    return shown[max(0, slot - 1)] * (1 - part) + shown[slot] * part


def lit(picture: np.ndarray, where: np.ndarray, light: np.ndarray) -> np.ndarray:
    """The picture (BGR, uint8) with this light (BGR, of the room's) added where (0–1 for each pixel) it falls."""
    return encoded(linear(picture) * (1 + where[..., None] * light.astype(np.float32)))


@cache
def middle(height: int, width: int) -> np.ndarray:
    """Where the light falls in a picture with a face in its middle: 1 there, almost nothing in the room behind."""
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    face = ((x / 0.55) ** 2 + (y / 0.75) ** 2 < 1).astype(np.float32)
    return 0.04 + 0.96 * cv2.GaussianBlur(face, (0, 0), 0.04 * width)
