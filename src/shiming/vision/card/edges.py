"""Drawing a placed card onto its real edges.

Marks tell where a card is to a millimetre or two, because printers differ; the card's own edges tell it exactly. Each side is
looked for near its place as a straight step in brightness, and a side that is not seen stays where the marks put it.
"""

from dataclasses import replace

import cv2
import numpy as np

from .layout import HEIGHT, WIDTH
from .place import Placed

SCALE = 0.5  # of card units, for the picture in which edges are looked for
REACH = 44  # card units to either side of the expected edge
SEEN = 1.4  # mean root of the step in grey levels along a side for it to count as seen
CLEAR = 1.6  # times the typical candidate
SAMPLES = 72

CORNERS = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], float)


def onto_edges(picture: np.ndarray, placed: Placed) -> Placed:
    """The same card with its corners at the edges that are seen."""
    margin = REACH + 8
    shift = np.array([[SCALE, 0, margin * SCALE], [0, SCALE, margin * SCALE], [0, 0, 1.0]])
    size = round((WIDTH + 2 * margin) * SCALE), round((HEIGHT + 2 * margin) * SCALE)
    card = cv2.warpPerspective(picture, shift @ placed.to_card, size, flags=cv2.INTER_AREA, borderValue=(0, 0, 0))
    inside = cv2.warpPerspective(np.full(picture.shape[:2], 255, np.uint8), shift @ placed.to_card, size) == 255
    luma = cv2.GaussianBlur(cv2.cvtColor(card, cv2.COLOR_BGR2GRAY), (0, 0), 1.2).astype(np.float32)
    sides = [_side(luma, inside, CORNERS[i], CORNERS[(i + 1) % 4], margin) for i in range(4)]
    corners = np.array([_crossing(sides[i - 1], sides[i]) for i in range(4)])
    if np.abs(corners - CORNERS).max() > 3 * REACH:
        return placed
    fixed = cv2.getPerspectiveTransform(corners.astype(np.float32), CORNERS.astype(np.float32))
    return replace(placed, to_card=fixed @ placed.to_card)


def _side(luma: np.ndarray, inside: np.ndarray, a: np.ndarray, b: np.ndarray, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """Two points of a side's line in card units: on the edge seen, else on the expected one."""
    along = (b - a) / np.linalg.norm(b - a)
    outward = np.array([along[1], -along[0]])  # corners run clockwise, y points down
    t = np.linspace(0.08, 0.92, SAMPLES)
    offsets = np.arange(-REACH, REACH + 1, 2.0)
    points = (a + (b - a) * t[:, None])[:, None] + offsets[None, :, None] * outward  # samples × offsets × 2
    grid = ((points + margin) * SCALE).astype(np.float32)
    values = cv2.remap(luma, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR)
    known = cv2.remap(inside.astype(np.uint8), grid[..., 0], grid[..., 1], cv2.INTER_NEAREST) > 0
    step = np.zeros_like(values)
    rise = values[:, 2:] - values[:, :-2]
    step[:, 1:-1] = np.sign(rise) * np.sqrt(np.abs(rise))  # roots: a few hard edges must not outvote the whole side
    step[:, 1:-1][~(known[:, 2:] & known[:, :-2])] = 0
    near, far = _best_line(step, t)
    return a + outward * offsets[near] if near is not None else a, b + outward * offsets[far] if far is not None else b


def _best_line(step: np.ndarray, t: np.ndarray) -> tuple[int | None, int | None]:
    """The offsets (indices) at the side's two ends between which the steps add up most; None, None when nothing stands out."""
    count = step.shape[1]
    ends = np.arange(count)
    near, far = np.meshgrid(ends, ends, indexing="ij")
    keep = np.abs(near - far) <= count // 2
    near, far = near[keep], far[keep]
    index = np.rint(near[:, None] * (1 - t) + far[:, None] * t).astype(int)  # candidates × samples
    scores = np.abs(step[np.arange(len(t)), index].mean(1))
    away = np.abs(near + far - (count - 1)) / (count - 1)  # 0 in the expected place, 1 at the end of the reach
    best = int((scores * (1 - 0.2 * away)).argmax())
    if scores[best] < SEEN or scores[best] < CLEAR * (np.median(scores) + 0.2):
        return None, None
    return int(near[best]), int(far[best])


def _crossing(first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Where two lines, each through two points, meet."""
    lines = [np.cross(np.append(p, 1.0), np.append(q, 1.0)) for p, q in (first, second)]
    meet = np.cross(*lines)
    return meet[:2] / meet[2]

