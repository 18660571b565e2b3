"""Which defects of a card's picture are worth telling: quality as measured, weighed against what could be read all
the same.
"""

from collections.abc import Iterable, Mapping

import cv2
import numpy as np

from shiming.verification.seen import CARD_FIELDS, Field, Flaw, Side
from shiming.vision import quality
from shiming.vision.card.finding.registration import Placed
from shiming.vision.card.layout import HEIGHT, WIDTH
from shiming.vision.card.pipeline import MIN_STRENGTH, Surface
from shiming.vision.card.reading.values import settled

TRUSTED = 0.6  # a field read with less confidence counts as spoilt
WHEN_READ = {  # limits of what is told even of a card whose print reads well: its portrait has to serve too
    "photo_cut_off": 0.05,  # of the card's width, given how well corners are known
    "photo_dark": 40.0,
}
HALF = 0.5  # of the fields must be trusted, else the card counts as unreadable
DARK_PICTURE = 60.0  # 95th percentile of luminance of a whole picture without a card that could be placed
SMOOTH_PICTURE = 0.9  # its fine over coarse detail
SMALL_SIDE = 1000  # px to which such a picture is brought for that


def flaws_of(surface: Surface, placed: Placed, rectified: np.ndarray, fields: Mapping[str, Field]) -> Iterable[Flaw]:
    """The flaws of a placed card; places lie on the rectified card. Of a card that reads well only a deep cut or
    darkness is told.
    """
    picture = _card_picture(surface, placed, rectified)
    spoilt = spoilt_fields(surface.side, fields)
    if settled(fields, surface.side) or not spoilt:
        return _beyond(picture, WHEN_READ)
    found = _beyond(picture, quality.LIMITS)
    trusted = 1 - len(spoilt) / len(CARD_FIELDS[surface.side])
    if not found and trusted < HALF:
        found.append(Flaw("document_unreadable", round(trusted, 3), HALF))
    return found


def _beyond(picture: quality.CardPicture, limits: Mapping[str, float]) -> list[Flaw]:
    """What is beyond its limit."""
    measured = quality.measure(picture, limits)
    bad = (code for code, limit in limits.items() if quality.is_bad(code, measured[code][0], limit))
    return [Flaw(code, round(measured[code][0], 3), limits[code], measured[code][1]) for code in bad]


def spoilt_fields(side: Side, fields: Mapping[str, Field]) -> list[str]:
    """The fields of that side that are absent or not to be trusted."""
    return [name for name in CARD_FIELDS[side] if name not in fields or fields[name].confidence < TRUSTED]


def _card_picture(surface: Surface, placed: Placed, rectified: np.ndarray) -> quality.CardPicture:
    height, width = surface.picture.shape[:2]
    corners = placed.picture(np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], float))
    wide = float(np.linalg.norm(corners[1] - corners[0]) + np.linalg.norm(corners[2] - corners[3])) / 2
    beyond = np.maximum(-corners, corners - np.array([width - 1, height - 1]))
    inside = np.ones((HEIGHT, WIDTH), bool)
    if beyond.max() > 0:
        inside = cv2.warpPerspective(np.ones((height, width), np.uint8), placed.to_card, (WIDTH, HEIGHT)) > 0
    marks = {mark.text: mark for mark in placed.layout.marks}
    lines = [(marks[row.mark], row.x1) for row in placed.layout.rows]
    rows = [(mark.x0 - 20, mark.y - 30, right, mark.y + 30) for mark, right in lines]
    return quality.CardPicture(rectified, inside, placed.layout.quiet, rows, wide, max(0.0, float(beyond.max())) / wide)


def unreadable(surface: Surface) -> Iterable[Flaw]:
    """The flaws of a picture in which no card could be placed: whether it is too dark or too blurred to tell."""
    scale = min(1.0, SMALL_SIDE / max(surface.picture.shape[:2]))
    small = cv2.resize(surface.picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    luma = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    bright = float(np.percentile(luma, 95))
    if bright < DARK_PICTURE:
        yield Flaw("photo_dark", round(bright, 1), DARK_PICTURE)
    sharp = quality.sharpness(luma, [(0, 0, luma.shape[1], luma.shape[0])])
    if sharp < SMOOTH_PICTURE:
        yield Flaw("photo_blurred", round(sharp, 3), SMOOTH_PICTURE)
    yield Flaw("document_unreadable", round(max(surface.strengths.values()), 2), MIN_STRENGTH)
