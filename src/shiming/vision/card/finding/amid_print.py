"""Finding a card that lies on a page, a form or a keyboard: first what has a card's outline, then the lines within it.

Elsewhere the lines lead to the card. Where there is print all round, they are the page's: it has more of them than can
be read in the time, they run as the page lies, and its words may be those of a card.
"""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from shiming.vision.card.finding.fitting import project
from shiming.vision.card.finding.outline import outlines
from shiming.vision.card.finding.registration import Placed
from shiming.vision.card.finding.text_lines import Line
from shiming.vision.card.layout import HEIGHT, WIDTH

MOST = 4  # outlines that are looked into
SAME = 0.75  # of the larger one's area that two outlines share, from where on they are of one thing
SCALE = 0.62  # px per card unit in which lines are looked for within an outline
APART, LARGER = 0.2, 2.5  # shares and times of an outline's area for another one to be that of a second card
BOX = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)


def candidates(picture: np.ndarray) -> list[np.ndarray]:
    """Outlines of a card's shape (4×2 px, clockwise, the first side a long one), the likeliest first, each of another
    thing than those before it.
    """
    found = [outlines(picture, amid_print) for amid_print in (True, False)]
    ranked = sorted(
        ((score, quad) for quads, scores in found for quad, score in zip(quads, scores, strict=True)),
        key=lambda pair: -pair[0],
    )
    kept: list[np.ndarray] = []
    for _, quad in ranked:
        if not any(same(quad, other) for other in kept):
            kept.append(_lengthwise(quad))
        if len(kept) == MOST:
            break
    return kept


def another(quad: np.ndarray, other: np.ndarray) -> bool:
    """Whether two outlines could be those of two cards in one picture: apart from each other, and about as large."""
    shared, areas = _shared(quad, other)
    return shared < APART * min(areas) and max(areas) < LARGER * min(areas)


def same(quad: np.ndarray, other: np.ndarray) -> bool:
    """Whether two outlines are of one thing."""
    shared, areas = _shared(quad, other)
    return shared > SAME * max(areas)


def _shared(quad: np.ndarray, other: np.ndarray) -> tuple[float, tuple[float, float]]:
    """The area that two outlines share, and the area of each."""
    first, second = quad.astype(np.float32), other.astype(np.float32)
    return cv2.intersectConvexConvex(first, second)[0], (cv2.contourArea(first), cv2.contourArea(second))


def on_outline(placed: Placed, outline: np.ndarray) -> Placed:
    """The card with its corners at the outline that it was found by, where this is about where its marks put it. Other
    print is no guide: its lines are taken for edges.
    """
    if not same(placed.picture(BOX.astype(float)), outline):
        return replace(placed, adrift=True)
    return replace(placed, to_card=cv2.getPerspectiveTransform(outline.astype(np.float32), BOX))


def _lengthwise(quad: np.ndarray) -> np.ndarray:
    first, second = np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[1])
    return quad if first >= second else np.roll(quad, -1, axis=0)


def cut_out(picture: np.ndarray, quad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What lies within an outline, straightened, and the matrix (3×3) from the picture's pixels to it."""
    matrix = np.diag([SCALE, SCALE, 1.0]) @ cv2.getPerspectiveTransform(quad.astype(np.float32), BOX)
    return cv2.warpPerspective(picture, matrix, (round(WIDTH * SCALE), round(HEIGHT * SCALE))), matrix


def back(lines: list[Line], matrix: np.ndarray) -> Iterator[Line]:
    """Lines found in what was cut out, in the picture's own pixels."""
    to_picture = np.linalg.inv(matrix)
    for line in lines:
        yield Line(project(to_picture, line.quad.astype(float)).astype(np.float32), line.score)
