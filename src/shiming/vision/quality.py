"""What is wrong with a card's picture as a picture: blur, glare, darkness, something over it, cut off, too small.

Everything is measured on the card rectified to 1000 × 631 px, because the same photo is sharp or blurred only in relation to
the card's print. Limits are in LIMITS, found on specimens (`bench/card.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from shiming.verification.seen import Box

LIMITS = {
    "photo_dark": 70.0,  # 90th percentile of luminance, 0–255; below it is dark
    "photo_blurred": 9.0,  # strength of edges in print; below it is blurred
    "photo_glare": 1.45,  # brightest patch over the card's median; above it is glare
    "photo_cut_off": 0.02,  # of the card's width that lies outside the picture
    "photo_occluded": 0.12,  # share of the card that is neither card nor print
    "document_unreadable": 380.0,  # px that the card is wide in the photo; below it print cannot be read
}
GLARE_SIGMA = 11  # px; smaller highlights hide no character


@dataclass(frozen=True)
class CardPicture:
    """A rectified card (H×W×3 BGR uint8), which of its pixels came from the photo (H×W bool), and where things are on it.

    `quiet` holds printed pictures (portrait, emblem) as left, top, right, bottom in px; `text` the places of print.
    `width` is the card's width in the photo in px; `outside` the farthest corner beyond the photo's edge, in card widths.
    """

    card: np.ndarray
    inside: np.ndarray
    quiet: Sequence[tuple[float, float, float, float]] = ()
    text: Sequence[Box] = ()
    width: float = 1000.0
    outside: float = 0.0


def measure(picture: CardPicture) -> dict[str, tuple[float, Box | None]]:
    """Every quality by its reason code: how much, and where."""
    luma = cv2.cvtColor(picture.card, cv2.COLOR_BGR2GRAY)
    amount, where = glare(luma, picture.inside, picture.quiet)
    return {
        "photo_dark": (darkness(luma, picture.inside), None),
        "photo_blurred": (sharpness(luma, picture.text), None),
        "photo_glare": (amount, where),
        "photo_cut_off": (picture.outside, None),
        "document_unreadable": (picture.width, None),
    }


def darkness(luma: np.ndarray, inside: np.ndarray) -> float:
    """The 90th percentile of luminance: what the card's paper looks like."""
    return float(np.percentile(luma[inside], 90)) if inside.any() else 0.0


def sharpness(luma: np.ndarray, text: Iterable[Box]) -> float:
    """How steep the edges of print are: the 99th percentile of the Laplacian over the lines of text, after the contrast is made equal.

    A line's own contrast (its darkest against its brightest 5 %) is divided out, so that dark is not taken for blurred.
    """
    soft = cv2.GaussianBlur(luma, (0, 0), 0.8)
    edges = np.abs(cv2.Laplacian(soft, cv2.CV_32F))
    height, width = luma.shape
    found = []
    for box in text:
        part = np.s_[_px(box.y, height) : _px(box.y + box.h, height), _px(box.x, width) : _px(box.x + box.w, width)]
        if soft[part].size < 200:
            continue
        low, high = np.percentile(soft[part], (5, 95))
        if high - low > 12:
            found.append(float(np.percentile(edges[part], 99)) / (high - low) * 100)
    return float(np.median(found)) if found else 0.0


def _px(share: float, size: int) -> int:
    return int(np.clip(round(share * size), 0, size))


def glare(luma: np.ndarray, inside: np.ndarray, quiet: Iterable[tuple[float, float, float, float]]) -> tuple[float, Box | None]:
    """The brightest patch over the median, printed pictures left out, and the patch's place on the card."""
    usable = inside.copy()
    for left, top, right, bottom in quiet:
        usable[int(top) : int(bottom), int(left) : int(right)] = False
    if not usable.any():
        return 1.0, None
    soft = cv2.GaussianBlur(luma, (0, 0), GLARE_SIGMA).astype(np.float32)
    median = max(20.0, float(np.median(luma[usable])))
    ratio = np.where(usable, soft / median, 0.0)
    bright = (ratio > LIMITS["photo_glare"]).astype(np.uint8)
    return float(ratio.max()), _place(bright)


def _place(mask: np.ndarray) -> Box | None:
    """The bounding box of the largest connected region."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return None
    x, y, w, h, _ = stats[1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())]
    height, width = mask.shape
    return Box(x / width, y / height, w / width, h / height)
