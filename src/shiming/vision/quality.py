"""What is wrong with a card's picture as a picture: blur, glare, darkness, something over it, cut off, too small.

Everything is measured on the card rectified to 1000 × 631 px, because the same photo is sharp or blurred only in
relation to the card's print. The limits were found on specimens of one seed and are reported on others
(`shiming bench card`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from shiming.verification.seen import Box

LIMITS = {
    "photo_dark": 85.0,  # 90th percentile of luminance, 0–255; darker below it
    "photo_blurred": 1.2,  # fine over coarse detail of print; blurred below it
    "photo_glare": 0.004,  # share of the card under the largest highlight
    "photo_occluded": 0.008,  # share of the card under something that reaches in from its edge
    "photo_cut_off": 0.02,  # of the card's width that lies outside the picture
    "photo_too_small": 380.0,  # px that the card is wide in the photo; print is too small below it
}
BELOW = {"photo_dark", "photo_blurred", "photo_too_small"}  # bad when the amount is below its limit

FINE, MIDDLE, COARSE = 1.5, 4.0, 10.0  # px: print has detail between the first two and between the last two
HIGHLIGHT_SIGMA = 9  # px; smaller highlights hide no character
HIGHLIGHT = 215, 1.25, 240  # least brightness of a highlight; times the card's; a brightness that always counts
SKIN = 14  # Lab units towards yellow and red from the card's own white
SMALL = 4  # the card is looked at in a quarter of its size for things lying over it

Area = tuple[float, float, float, float]  # left, top, right, bottom in px of the rectified card


@dataclass(frozen=True)
class CardPicture:
    """A rectified card (H×W×3 BGR uint8), which of its pixels came from the photo (H×W bool), and where things are on
    it.

    `quiet` holds the printed pictures (portrait, emblem), `text` the places of print. `width` is the card's width in
    the photo in px; `outside` how far its farthest corner lies beyond the photo's edge, in card widths.
    """

    card: np.ndarray
    inside: np.ndarray
    quiet: Sequence[Area] = ()
    text: Sequence[Area] = ()
    width: float = 1000.0
    outside: float = 0.0


def measure(picture: CardPicture, codes: Iterable[str] = tuple(LIMITS)) -> dict[str, tuple[float, Box | None]]:
    """The qualities of those reason codes: how much, and where on the rectified card. Others are not computed."""
    luma = cv2.cvtColor(picture.card, cv2.COLOR_BGR2GRAY)
    plain = _without(picture.inside, picture.quiet)
    ways: dict[str, Callable[[], tuple[float, Box | None]]] = {
        "photo_dark": lambda: (darkness(luma, picture.inside), None),
        "photo_blurred": lambda: (sharpness(luma, picture.text), None),
        "photo_glare": lambda: glare(picture.card, plain),
        "photo_occluded": lambda: cover(picture.card, plain),
        "photo_cut_off": lambda: (picture.outside, None),
        "photo_too_small": lambda: (picture.width, None),
    }
    return {code: ways[code]() for code in codes}


def is_bad(code: str, amount: float, limit: float | None = None) -> bool:
    """Whether an amount is beyond its limit (that of LIMITS when none is given), on the side where that is bad."""
    limit = LIMITS[code] if limit is None else limit
    return amount < limit if code in BELOW else amount > limit


def _without(inside: np.ndarray, areas: Iterable[Area]) -> np.ndarray:
    left = inside.copy()
    for x0, y0, x1, y1 in areas:
        left[int(y0) : int(y1), int(x0) : int(x1)] = False
    return left


def darkness(luma: np.ndarray, inside: np.ndarray) -> float:
    """The 90th percentile of luminance: how bright the card's paper is."""
    counts = cv2.calcHist([luma], [0], inside.astype(np.uint8), [256], [0, 256]).ravel().cumsum()
    return float(np.searchsorted(counts, 0.9 * counts[-1])) if counts[-1] else 0.0


def sharpness(luma: np.ndarray, text: Iterable[Area], scale: float = 1.0) -> float:
    """Fine detail over coarse detail of print, median over the places of text; 0 when there is none.

    `scale` is that of a card drawn smaller or larger than 1000 px; places are in its own pixels.

    A ratio of two bands of the same edges: neither darkness nor contrast changes it, blur takes the fine band first.
    """
    grey = luma.astype(np.float32)
    fine, middle, coarse = (cv2.GaussianBlur(grey, (0, 0), scale * sigma) for sigma in (FINE, MIDDLE, COARSE))
    near, far = np.abs(fine - middle), np.abs(middle - coarse)
    places = [np.s_[max(0, int(y0)) : int(y1), max(0, int(x0)) : int(x1)] for x0, y0, x1, y1 in text]
    found = [np.percentile(near[p], 98) / max(2.0, np.percentile(far[p], 98)) for p in places if near[p].size > 200]
    return float(np.median(found)) if found else 0.0


def glare(card: np.ndarray, plain: np.ndarray, scale: float = 1.0) -> tuple[float, Box | None]:
    """The share of the card under the largest highlight, and its place. A highlight is white and far brighter than
    the paper.
    """
    blue, green, red = cv2.split(card)
    darkest = cv2.min(cv2.min(blue, green), red)  # a highlight has no colour
    least = cv2.GaussianBlur(darkest, (0, 0), HIGHLIGHT_SIGMA * scale)
    if not plain.any():
        return 0.0, None
    dark, times, always = HIGHLIGHT
    level = min(max(dark, times * float(np.median(least[plain]))), always)
    return _largest(((least > level) & plain).astype(np.uint8))


def cover(card: np.ndarray, plain: np.ndarray) -> tuple[float, Box | None]:
    """The share of the card under the largest skin-coloured thing that reaches in from its edge, and its place.

    Colours are taken relative to the card's own paper, so that warm light does not look like a finger.
    """
    size = card.shape[1] // SMALL, card.shape[0] // SMALL
    small = cv2.GaussianBlur(cv2.resize(card, size, interpolation=cv2.INTER_AREA), (0, 0), 2).astype(np.float32)
    usable = cv2.resize(plain.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    if not usable.any():
        return 0.0, None
    small *= 200 / np.maximum(np.median(small[usable], axis=0), 8)
    lab = cv2.cvtColor(np.clip(small, 0, 255).astype(np.uint8), cv2.COLOR_BGR2LAB).astype(np.float32) - (0, 128, 128)
    skin = (lab[..., 2] + 0.6 * lab[..., 1] > SKIN) & (lab[..., 0] > 25) & usable
    return _largest(skin.astype(np.uint8), from_edge=True)


def _largest(mask: np.ndarray, from_edge: bool = False) -> tuple[float, Box | None]:
    """The largest connected region's share of the picture and its bounding box; with `from_edge` only regions at the
    edge.
    """
    height, width = mask.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    regions = [tuple(int(n) for n in row) for row in stats[1:]]
    if from_edge:
        regions = [r for r in regions if min(r[0], r[1], width - r[0] - r[2], height - r[1] - r[3]) <= 3]
    x, y, w, h, area = max(regions, key=lambda r: r[4], default=(0, 0, 0, 0, 0))
    return area / mask.size, Box(x / width, y / height, w / width, h / height) if area else None
