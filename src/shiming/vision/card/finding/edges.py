"""Drawing a placed card onto its real edges.

Marks tell where a card is to a millimetre or two, because printers differ; the card's own edges tell it exactly. Each
side is looked for near its place as a straight step in brightness, and a side that is not seen stays where the marks
put it.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import cv2
import numpy as np

from shiming.vision.card.finding.fitting import project
from shiming.vision.card.finding.registration import Placed
from shiming.vision.card.layout import HEIGHT, WIDTH

SCALE = 0.5  # of card units, for the picture in which edges are looked for
REACH, STEP = 44.0, 2.0  # card units to either side of the expected edge, and how finely
FAR_REACH, FAR_STEP = 110.0, 5.0  # the same for a side that was not seen near its place
SEEN = 1.4  # mean root of the step in grey levels along a side for it to count as seen
CLEAR = 1.6  # times the typical candidate
SAMPLES = 72
ALONG = np.linspace(0.08, 0.92, SAMPLES)  # of a side; its ends are rounded corners

CORNERS = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], float)


def onto_edges(picture: np.ndarray, placed: Placed) -> Placed:
    """The same card with its corners at the edges that are seen."""
    near, missed = _drawn(picture, placed, range(4), REACH, STEP)
    if not missed:
        return near
    far, still = _drawn(picture, near, missed, FAR_REACH, FAR_STEP)
    return near if len(still) == len(missed) else _drawn(picture, far, range(4), REACH, STEP)[0]


def _drawn(
    picture: np.ndarray, placed: Placed, which: Iterable[int], reach: float, step: float
) -> tuple[Placed, list[int]]:
    """The card with those of its sides moved that are seen within reach, and the sides that are not."""
    look = _Look(picture, placed, reach, step)
    sides, missed = [], []
    for i in range(4):
        seen = look.side(CORNERS[i], CORNERS[(i + 1) % 4]) if i in which else None
        missed += [i] if i in which and seen is None else []
        sides.append(seen or (CORNERS[i], CORNERS[(i + 1) % 4]))
    corners = np.array([_crossing(sides[i - 1], sides[i]) for i in range(4)])
    if np.abs(corners - CORNERS).max() > 3 * reach:
        return placed, list(which)
    fixed = cv2.getPerspectiveTransform(corners.astype(np.float32), CORNERS.astype(np.float32))
    return replace(placed, to_card=fixed @ placed.to_card), missed


class _Look:
    """The card with what lies round it, made small, in which sides are looked for."""

    def __init__(self, picture: np.ndarray, placed: Placed, reach: float, step: float):
        self._margin, self._offsets = reach + 8, np.arange(-reach, reach + 1, step)
        shift = self._margin * SCALE
        matrix = np.array([[SCALE, 0, shift], [0, SCALE, shift], [0, 0, 1.0]]) @ placed.to_card
        size = round((WIDTH + 2 * self._margin) * SCALE), round((HEIGHT + 2 * self._margin) * SCALE)
        card = cv2.warpPerspective(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), matrix, size, flags=cv2.INTER_AREA)
        self._luma = cv2.GaussianBlur(card, (0, 0), 1.2).astype(np.float32)
        self._inside = None  # which pixels come from the photo; None when all of them do, as mostly
        ends = project(np.linalg.inv(matrix), np.array([[0, 0], [size[0], 0], size, [0, size[1]]], float))
        if ends.min() < 0 or (ends > np.array(picture.shape[1::-1]) - 1).any():
            whole = np.ones(picture.shape[:2], np.uint8)
            self._inside = cv2.warpPerspective(whole, matrix, size, flags=cv2.INTER_NEAREST)

    def side(self, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Two points of the line of a side, expected from a to b, in card units; None when it is not seen."""
        along = (b - a) / np.linalg.norm(b - a)
        outward = np.array([along[1], -along[0]])  # corners run clockwise, y points down
        onto = a + (b - a) * ALONG[:, None]
        points = onto[:, None] + self._offsets[None, :, None] * outward  # samples × offsets × 2
        grid = ((points + self._margin) * SCALE).astype(np.float32)
        values = cv2.remap(self._luma, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR)
        rise = values[:, 2:] - values[:, :-2]
        step = np.zeros_like(values)
        step[:, 1:-1] = np.sign(rise) * np.sqrt(np.abs(rise))  # roots: a few hard edges must not outvote the whole side
        if self._inside is not None:
            known = cv2.remap(self._inside, grid[..., 0], grid[..., 1], cv2.INTER_NEAREST) > 0
            step[:, 1:-1][~(known[:, 2:] & known[:, :-2])] = 0
        best = _best_line(step)
        return (a + outward * self._offsets[best[0]], b + outward * self._offsets[best[1]]) if best else None


def _best_line(step: np.ndarray) -> tuple[int, int] | None:
    """The offsets (indices) at a side's two ends between which the steps add up most; None when nothing stands out."""
    count = step.shape[1]
    near, far, index = _candidates(count)
    scores = np.abs(step.ravel().take(index).mean(1))
    away = np.abs(near + far - (count - 1)) / (count - 1)  # 0 in the expected place, 1 at the end of the reach
    best = int((scores * (1 - 0.2 * away)).argmax())
    if scores[best] < SEEN or scores[best] < CLEAR * (np.median(scores) + 0.2):
        return None
    return int(near[best]), int(far[best])


@cache
def _candidates(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of offsets at a side's two ends, and for each the places of its samples in the flat array of steps."""
    near, far = np.meshgrid(np.arange(count), np.arange(count), indexing="ij")
    keep = np.abs(near - far) <= count // 2
    near, far = near[keep], far[keep]
    onto = np.rint(near[:, None] * (1 - ALONG) + far[:, None] * ALONG).astype(int)
    return near, far, (onto + np.arange(SAMPLES) * count).astype(np.int32)


def _crossing(first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Where two lines, each through two points, meet."""
    lines = [np.cross(np.append(p, 1.0), np.append(q, 1.0)) for p, q in (first, second)]
    meet = np.cross(*lines)
    return meet[:2] / meet[2]
