"""Whether a face answers the coloured light of the screen: how its colour changes against the room behind it.

A camera's exposure and white balance change face and room alike, so that only their ratio is looked at; the screen is
near and lights the face many times more strongly than the room. Averaged over thousands of pixels, a change of one part
in a hundred is well seen. What cannot be seen, in daylight or before a dim screen, is no fault of anybody's.
"""

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from shiming.verification.challenge import COLOUR_MS, FADE_MS, Challenge, orders
from shiming.verification.seen import LightSeen
from shiming.vision.face import Face
from shiming.vision.picture import linear

SMALL = 120  # pixels of the longer side on which colours are averaged
ASIDE = 0.12  # widths of the face beside it where the room begins
WHITE = 245  # from here a pixel is full in some colour, and cannot answer
FEWEST = 6  # frames below which nothing is told
REST_MS = 900  # before and after the colours, in which the face has its own colour
DELAYS_MS = range(0, 401, 50)  # from a colour's time until a frame shows it
PUSH = {"red": (1.0, 0.0), "green": (-1.0, -1.0), "blue": (0.0, 1.0)}  # of log red / green, log blue / green


def tint(picture: np.ndarray, face: Face) -> tuple[float, float] | None:
    """Logarithms of red / green and blue / green of the face, less those of the room; None where either is not seen.

    `picture` is BGR. The room is what lies beside the face, above the shoulders.
    """
    share = SMALL / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    left, top, wide, high = (side * share for side in face.box)
    skin = _part(small, left + 0.2 * wide, top + 0.25 * high, left + 0.8 * wide, top + 0.85 * high)
    beside = (0, left - ASIDE * wide), (left + (1 + ASIDE) * wide, small.shape[1])
    room = [_part(small, start, 0, end, top + 0.8 * high) for start, end in beside]
    both = _shade(skin), _shade(np.concatenate(room))
    return None if both[0] is None or both[1] is None else tuple((both[0] - both[1]).tolist())


def _part(picture: np.ndarray, left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """The pixels of a rectangle, cut where it leaves the picture: (pixels, 3)."""
    across, down = slice(max(0, round(left)), max(0, round(right))), slice(max(0, round(top)), max(0, round(bottom)))
    return picture[down, across].reshape(-1, 3)


def _shade(pixels: np.ndarray) -> np.ndarray | None:
    """log red / green and log blue / green of the mean light of pixels (BGR) that are not full; None for hardly any."""
    open_ = pixels[pixels.max(axis=1) < WHITE] if len(pixels) else pixels
    if len(open_) < 30:
        return None
    blue, green, red = np.log(linear(open_).mean(axis=0) + 1e-4)
    return np.array([red - green, blue - green])


def answered(
    tints: Sequence[tuple[float, float] | None], times_ms: Sequence[int], challenge: Challenge
) -> LightSeen | None:
    """How well the tints (None: face turned away, or not seen) follow the challenge's colours."""
    lit = challenge.lit
    if lit is None:
        return None
    near = [at for at, now in enumerate(times_ms) if lit[0] - REST_MS <= now <= lit[1] + REST_MS and tints[at]]
    inside = sum(lit[0] <= times_ms[at] < lit[1] for at in near)
    if inside < FEWEST:
        return None
    when = np.array([times_ms[at] - lit[0] for at in near], float)
    seen = np.array([tints[at] for at in near])
    drift = np.column_stack([np.ones_like(when), when - when.mean()])
    basis = np.linalg.qr(drift)[0]
    seen = seen - basis @ (basis.T @ seen)
    pushed = _expected(when)  # (orders, delays, frames, 2)
    pushed = pushed - np.einsum("nk,mk,odmc->odnc", basis, basis, pushed)
    along = np.maximum(np.einsum("odnc,nc->odc", pushed, seen), 0)
    size = np.maximum((pushed**2).sum(axis=2), 1e-9)
    told = (along**2 / size).sum(axis=2) / max(float((seen**2).sum()), 1e-12)
    fits = np.sqrt(told.clip(0, 1)).max(axis=1)
    own = orders().index(challenge.colours)
    delay = int(told[own].argmax())
    strength = float((along[own, delay] / size[own, delay]).mean())
    return LightSeen(round(float(fits[own]), 3), round(float(np.delete(fits, own).max()), 3), round(strength, 4))


def _expected(when: np.ndarray) -> np.ndarray:
    """What each order pushes at each delay, at times in ms since the light came on: (orders, delays, frames, 2)."""
    levels = _levels()
    moments = when[None] - np.array(DELAYS_MS, float)[:, None]
    last = levels.shape[1] - 1
    slot = np.floor(moments / COLOUR_MS).astype(int) + 1  # 0: before the light, `last`: after it
    slot = slot.clip(0, last)
    part = ((moments - (slot - 1) * COLOUR_MS) / FADE_MS).clip(0, 1)[None, ..., None]
    before = (slot - 1).clip(0)
    return levels[:, before] * (1 - part) + levels[:, slot] * part


@cache
def _levels() -> np.ndarray:
    """Of each order: nothing, its colours, nothing again: (orders, LIT + 2, 2)."""
    rest = (0.0, 0.0)
    return np.array([[rest, *(PUSH[each] for each in order), rest] for order in orders()])
