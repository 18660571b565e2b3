"""Print that was written over: characters that are not like their neighbours.

All characters of the number come from one printer, one lens and one sensor: their edges are equally sharp and the paper
between them equally grainy. A forger changes the last few and leaves the rest, so the line is cut in two at each place,
and the cut counts across which the two parts differ most against their own spread. The name's edges are compared with
the number's as a whole.
"""

from math import ceil

import cv2
import numpy as np

from shiming.verification.seen import Field
from shiming.vision.card.layout import HEIGHT, WIDTH

SHARPNESS, GRAIN = 4.45, 8.5  # t values across the cut
NAME = 0.24  # logarithm of the ratio of sharpness
LEAST = 3  # characters on each side of the cut
NARROWEST = 4  # px; a narrower box holds no characters
OWN = 0.05  # spread that characters always have
_KERNEL = np.float32([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])


def changed(rectified: np.ndarray, number: Field, name: Field | None) -> tuple[float, float]:
    """How unlike each other the number's characters are, and how unlike them the name's; from 1 on that is a sign.

    `rectified` is the card (631×1000×3 BGR).
    """
    of_number = _characters(rectified, number)
    if of_number is None or len(of_number) < 2 * LEAST + 4:
        return 0.0, 0.0
    of_name = _characters(rectified, name) if name is not None else None
    other = 0.0 if of_name is None else float(of_name[:, 0].mean() - of_number[:, 0].mean())
    return float((_cut(of_number) / (SHARPNESS, GRAIN)).max()), other / NAME


def _characters(rectified: np.ndarray, field: Field) -> np.ndarray | None:
    """(n, 2) for each character: logarithms of its sharpness and of its paper's grain; None when one is not in view."""
    if field.box is None or len(field.text) < 2:
        return None
    box = field.box
    top, bottom = max(0, int(box.y * HEIGHT) - 6), int((box.y + box.h) * HEIGHT) + 6
    ends = np.linspace(box.x * WIDTH + 4, (box.x + box.w) * WIDTH - 4, len(field.text) + 1).astype(int)
    line = rectified[top:bottom]
    if line.shape[0] < 12 or ends[0] < 0 or ends[-1] > line.shape[1] or np.diff(ends).min() < NARROWEST:
        return None
    line = cv2.cvtColor(line, cv2.COLOR_BGR2GRAY).astype(np.float32)
    edges = np.hypot(cv2.Sobel(line, cv2.CV_32F, 1, 0), cv2.Sobel(line, cv2.CV_32F, 0, 1))
    grains = cv2.blur(np.abs(cv2.filter2D(line, -1, _KERNEL)), (5, 5))
    return np.array([_character(*(part[:, a:b] for part in (line, edges, grains))) for a, b in zip(ends, ends[1:])])  # noqa: B905, RUF007


def _character(luma: np.ndarray, edges: np.ndarray, grains: np.ndarray) -> tuple[float, float]:
    dark, pale = _percentiles(luma, 0.02, 0.80)
    paper = cv2.erode((luma > pale - 0.35 * (pale - dark)).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    own = grains[paper] if paper.sum() > 30 else grains.ravel()
    steepest = max(*_percentiles(edges, 0.96), 0.5)  # under a finger there may be no edge at all
    return float(np.log(steepest / max(pale - dark, 8))), float(np.log(_percentiles(own, 0.30)[0] + 0.3))


def _percentiles(values: np.ndarray, *shares: float) -> list[float]:
    """The same as np.percentile, in a tenth of its time for arrays as small as these."""
    places = [share * (values.size - 1) for share in shares]
    rising = np.partition(values, [n for p in places for n in (int(p), ceil(p))], axis=None)
    return [float(rising[int(p)] + (rising[ceil(p)] - rising[int(p)]) * (p % 1)) for p in places]


def _cut(values: np.ndarray) -> np.ndarray:
    """The greatest t value of each column over all cuts in two."""
    best = np.zeros(values.shape[1])
    for at in range(LEAST, len(values) - LEAST + 1):
        left, right = values[:at], values[at:]
        spread = (left.var(0) * len(left) + right.var(0) * len(right)) / (len(values) - 2) + OWN**2
        apart = np.abs(left.mean(0) - right.mean(0))
        best = np.maximum(best, apart / np.sqrt(spread * (1 / len(left) + 1 / len(right))))
    return best
