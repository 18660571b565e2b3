"""Which defects of a card's picture are worth telling: quality as measured, weighed against what could be read all the same."""

from collections.abc import Iterable, Mapping

import cv2
import numpy as np

from shiming.verification.seen import Box, Field, Flaw, Side

from ..quality import LIMITS, CardPicture, measure
from .layout import HEIGHT, WIDTH
from .place import Placed
from .reader import Surface
from .values import BACK_FIELDS, FRONT_FIELDS, settled

BELOW = {"photo_dark", "photo_blurred", "document_unreadable"}  # bad when the amount is below its limit
TRUSTED = 0.6  # a field read with less confidence counts as spoilt
CUT_WHEN_READ = 0.05  # of the card's width: what may lie outside a picture whose print reads well, given how well corners are known


def flaws_of(surface: Surface, placed: Placed, rectified: np.ndarray, fields: Mapping[str, Field]) -> Iterable[Flaw]:
    """The flaws of a placed card, worst first. Nothing is told of a card that reads well, unless it is cut off."""
    measured = measure(_card_picture(surface, placed, rectified, fields))
    spoilt = _spoilt(surface.side, fields)
    well = settled(fields, surface.side)
    for code, (amount, where) in measured.items():
        limit = LIMITS[code]
        if code == "photo_cut_off" and well:
            limit = CUT_WHEN_READ
        bad = amount < limit if code in BELOW else amount > limit
        if bad and (not well or code == "photo_cut_off") and (spoilt or code == "photo_cut_off"):
            yield Flaw(code, round(amount, 3), limit, where)


def _spoilt(side: Side, fields: Mapping[str, Field]) -> list[str]:
    wanted = FRONT_FIELDS if side is Side.FRONT else BACK_FIELDS
    return [name for name in wanted if name not in fields or fields[name].confidence < TRUSTED]


def _card_picture(surface: Surface, placed: Placed, rectified: np.ndarray, fields: Mapping[str, Field]) -> CardPicture:
    height, width = surface.picture.shape[:2]
    corners = placed.picture(np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], float))
    wide = float(np.linalg.norm(corners[1] - corners[0]) + np.linalg.norm(corners[2] - corners[3])) / 2
    over = np.maximum(-corners, corners - np.array([width - 1, height - 1]))
    inside = cv2.warpPerspective(np.ones((height, width), np.uint8), placed.to_card, (WIDTH, HEIGHT)) > 0
    text = [field.box for field in fields.values() if field.box]
    text += [_box(placed, found.text.line.quad) for found in placed.marks]
    return CardPicture(rectified, inside, placed.layout.quiet, text, wide, max(0.0, float(over.max())) / wide)


def _box(placed: Placed, quad: np.ndarray) -> Box:
    corners = placed.card(quad)
    (x0, y0), (x1, y1) = corners.min(0), corners.max(0)
    return Box(x0 / WIDTH, y0 / HEIGHT, (x1 - x0) / WIDTH, (y1 - y0) / HEIGHT)


def unreadable(surface: Surface) -> Iterable[Flaw]:
    """The flaws of a picture in which no card could be placed."""
    yield Flaw("document_unreadable", round(max(surface.strengths.values()), 2), 1.4)
