"""Finding a card's outline in a camera frame without reading it: four straight edges about a shape like a card's.

Edges of a frame 320 px long become lines (Hough); every two rather level and two rather upright ones make a candidate,
which is judged by how much of its outline lies on edges, by its shape, its margin and its size. It takes a few
milliseconds, and finds cards that lie within 35° of level or upright.
"""

from itertools import combinations

import cv2
import numpy as np

SIDE = 320  # px of the longer side of the picture in which lines are looked for
LINES = 14  # of each direction
MOST = 150  # candidates whose margins are looked at
SLOPE = 35.0  # degrees from level or upright
SHAPE, STRAIGHT = (1.22, 2.05), 1.585  # width over height of a card seen at a slant, and seen straight
LEAST_SHARE = 0.2  # of the frame's longer side that an edge is long
SUPPORT, WEAKEST = 0.62, 0.38  # of the outline, and of its worst edge, that lies on edges
BEYOND = 0.12  # of the frame by which a corner may lie outside
INSIDE, OUTSIDE = 0.955, 1.05  # times the outline: strips within its margin and round it
ROUGHEST = 34.0  # Lab units by which a margin's colours may differ on average, light's slope included
SAMPLES = np.linspace(0.06, 0.94, 40)
PRINT = 7  # px; dark strokes thinner than this are print
FAINT = (10, 26), (4, 9), (4, 9)  # steps of lightness and of the two colours between a card and paper without print


def outlines(frame: np.ndarray, amid_print: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """What has the outline of a card: corners (n×4×2, px of the frame, upper left first, clockwise) and scores (n),
    best first. `amid_print` takes the print away first, whose lines would else be taken for edges.
    """
    scale = SIDE / max(frame.shape[:2])
    small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if amid_print:
        small = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((PRINT, PRINT), np.uint8))
    edges = _faint_edges(small) if amid_print else _edges(small)
    lines = _lines(edges)
    quads = _quads(lines, small.shape[1::-1])
    if not len(quads):
        return quads, np.zeros(0)
    scores = _scores(quads, cv2.dilate(edges, np.ones((3, 3), np.uint8)) > 0)
    best = np.argsort(-scores)[:MOST]
    best = best[scores[best] > 0]
    if not len(best):
        return quads[best], scores[best]
    quads, scores = quads[best], scores[best]
    scores = scores * (_alike(quads) if amid_print else 0.4 + 0.6 * _margins(quads, small))
    order = np.argsort(-scores)
    return quads[order] / scale, scores[order]


def _edges(small: np.ndarray) -> np.ndarray:
    """Edges of whichever channel shows them: a card may differ from its ground in colour only."""
    soft = cv2.bilateralFilter(small, 5, 25, 3)
    level = float(np.median(soft))
    high = float(np.clip(0.45 * level, 30, 90))
    return cv2.Canny(soft[..., 0], high / 2, high) | cv2.Canny(soft[..., 2], high / 2, high)


def _faint_edges(bare: np.ndarray) -> np.ndarray:
    """Edges of a picture without its print: a card and the paper that it lies on are nearly as light as each other."""
    lab = cv2.cvtColor(cv2.bilateralFilter(bare, 7, 18, 4), cv2.COLOR_BGR2LAB)
    return np.bitwise_or.reduce([cv2.Canny(lab[..., i], *steps) for i, steps in enumerate(FAINT)])


def _lines(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(distance, angle) of the strongest rather level and rather upright lines, each well apart from the others."""
    found = cv2.HoughLines(edges, 1, np.pi / 180, round(LEAST_SHARE * SIDE * 0.6))
    level, upright = [], []
    for distance, angle in found[:400, 0] if found is not None else ():
        turn = np.degrees(angle)  # of the line's normal: 90 is a level line
        mine = level if abs(turn - 90) < SLOPE else upright if min(turn, 180 - turn) < SLOPE else None
        if mine is not None and len(mine) < LINES and not any(_same((distance, angle), other) for other in mine):
            mine.append((distance, angle))
    return np.array(level).reshape(-1, 2), np.array(upright).reshape(-1, 2)


def _same(a: tuple[float, float], b: tuple[float, float]) -> bool:
    turned = abs(a[1] - b[1]) > np.pi / 2  # the same direction, counted from the other side
    distance = -b[0] if turned else b[0]
    angle = abs(a[1] - b[1])
    return abs(a[0] - distance) < 5 and min(angle, np.pi - angle) < 0.06


def _quads(lines: tuple[np.ndarray, np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """(n, 4, 2): the quadrilaterals with a card's shape among all crossings of two level and two upright lines."""
    level, upright = (_in_order(each, size) for each in lines)
    pairs = [list(combinations(range(len(each)), 2)) for each in (level, upright)]
    if not (pairs[0] and pairs[1]):
        return np.zeros((0, 4, 2))
    crossings = np.array([[_crossing(a, b) for b in upright] for a in level])  # level × upright × 2
    (top, low), (left, right) = (np.array(each).T for each in pairs)
    corners = [crossings[np.ix_(a, b)] for a, b in ((top, left), (top, right), (low, right), (low, left))]
    quads = np.stack(corners, axis=2).reshape(-1, 4, 2)
    return _plausible(quads, size)


def _in_order(lines: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Lines as (cos, sin, distance), from top to bottom or from left to right."""
    made = np.c_[np.cos(lines[:, 1]), np.sin(lines[:, 1]), lines[:, 0]]
    made[(made[:, 0] + made[:, 1]) < 0] *= -1
    return made[np.argsort(made[:, 2] - made[:, 0] * size[0] / 2 - made[:, 1] * size[1] / 2)]


def _crossing(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    turn = a[0] * b[1] - a[1] * b[0]
    if abs(turn) < 1e-3:
        return np.array([1e6, 1e6])
    return np.array([a[2] * b[1] - a[1] * b[2], a[0] * b[2] - a[2] * b[0]]) / turn


def _plausible(quads: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Those that lie in the frame, but for a little, and have a card's shape; the cheap question goes first."""
    low, high = -BEYOND * np.array(size), (1 + BEYOND) * np.array(size)
    quads = quads[((quads > low) & (quads < high)).reshape(-1, 8).all(axis=1)]
    edge = np.roll(quads, -1, axis=1) - quads
    long = np.hypot(edge[..., 0], edge[..., 1])
    wide, high = (long[:, 0] + long[:, 2]) / 2, (long[:, 1] + long[:, 3]) / 2
    shape = np.maximum(wide, high) / np.maximum(np.minimum(wide, high), 1)
    even = (long[:, :2] / np.maximum(long[:, 2:], 1)).clip(1e-3)
    turning = edge[..., 0] * np.roll(edge, -1, 1)[..., 1] - edge[..., 1] * np.roll(edge, -1, 1)[..., 0]
    square = np.abs(np.log(even)).max(axis=1) < 0.5
    right = square & (turning > 0).all(1) & (shape > SHAPE[0]) & (shape < SHAPE[1])
    return quads[right & (long.min(1) > LEAST_SHARE * SIDE)]


def _alike(quads: np.ndarray) -> np.ndarray:
    """How much each outline has the shape of a card that is hardly tilted, 0–1."""
    long = np.linalg.norm(np.roll(quads, -1, axis=1) - quads, axis=2)
    wide, high = long[:, 0] + long[:, 2], long[:, 1] + long[:, 3]
    off = np.log(np.maximum(wide, high) / np.maximum(np.minimum(wide, high), 1) / STRAIGHT)
    even = np.abs(np.log(long[:, :2] / np.maximum(long[:, 2:], 1))).max(axis=1)
    return np.exp(-((off / 0.2) ** 2) - (even / 0.25) ** 2)


def _margins(quads: np.ndarray, small: np.ndarray) -> np.ndarray:
    """How much the strip just inside each outline is of one colour and unlike what lies outside, 0–1.

    A card has an unprinted margin; lines of print, books and boards seldom have one on all four sides.
    """
    soft = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2LAB), (0, 0), 1.0).astype(np.float32)
    middle = quads.mean(axis=1, keepdims=True)
    strips = []
    for share in (INSIDE, OUTSIDE):
        corners = middle + (quads - middle) * share
        points = corners[:, :, None] + (np.roll(corners, -1, axis=1) - corners)[:, :, None] * SAMPLES[::4, None]
        at = np.clip(np.rint(points).astype(int), 0, np.array(small.shape[1::-1]) - 1)
        strips.append(soft[at[..., 1], at[..., 0]])  # n × 4 × samples × 3
    inner, outer = strips
    median = np.median(inner, axis=(1, 2), keepdims=True)
    rough = np.abs(inner - median).mean(axis=(1, 2)).sum(axis=-1)
    apart = np.abs(np.median(inner, axis=2) - np.median(outer, axis=2)).sum(axis=-1)  # n × 4
    return np.where(rough < ROUGHEST, np.exp(-rough / 14), 0) * (np.minimum(apart, 20).mean(axis=1) / 20) ** 0.5


def _scores(quads: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """How good each candidate is; 0 for those whose outline lies too little on edges."""
    ends = np.roll(quads, -1, axis=1)
    points = quads[:, :, None] + (ends - quads)[:, :, None] * SAMPLES[:, None]  # n × 4 × samples × 2
    at = np.rint(points).astype(int)
    inside = ((at >= 1) & (at < np.array(edges.shape[::-1]) - 1)).all(-1)
    at = np.clip(at, 0, np.array(edges.shape[::-1]) - 1)
    hit = edges[at[..., 1], at[..., 0]]
    share = np.where(inside.sum(2) > 8, (hit & inside).sum(2) / np.maximum(inside.sum(2), 1), 0.5)
    whole = share.mean(1)
    x, y = quads[..., 0], quads[..., 1]
    area = np.abs((x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1)).sum(1)) / 2
    good = (whole > SUPPORT) & (share.min(1) > WEAKEST)
    return np.where(good, (whole + 0.5 * share.min(1)) * area**0.25, 0.0)
