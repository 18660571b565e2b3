"""Whether frames come fresh from a camera: no picture comes twice, and time does not tick like a machine's."""

from collections.abc import Sequence

import cv2
import numpy as np

from shiming.vision.picture import reduced

SIZE, BLUR = (64, 48), 1.6  # blurred, so that a shift by a pixel or two is well told by the slopes
SAME = 0.16  # grey levels that are left after shift, brightness and contrast were allowed for


def repeated(greys: Sequence[np.ndarray]) -> int:
    """How many of the frames (grey) show an earlier one again.

    Exactly, or compressed again, moved by a pixel or two, or made brighter or darker: 0.04–0.14 is left. Of two frames
    of somebody who holds a phone in the hand, 0.2 and more is left, since the phone turns a little and comes nearer.
    Somebody who keeps quite still before a camera that stands on a table may come below that: see docs/accuracy.md.
    """
    small = [_small(grey) for grey in greys]
    return sum(_least(small[at], small[:at]) < SAME for at in range(1, len(small)))


def _small(grey: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(reduced(grey, SIZE).astype(np.float32), (0, 0), BLUR)


def _least(one: np.ndarray, earlier: Sequence[np.ndarray]) -> float:
    """The mean grey levels by which the most similar of the earlier pictures differs from this one.

    Each is written as gain · this + offset + a small shift (by the slopes), least squares for all at once; what cannot
    be written so is left over. Borders, where a shift brings in new picture, do not count.
    """
    inner = np.s_[2:-2, 2:-2]
    slopes = [cv2.Sobel(one, cv2.CV_32F, *way, scale=1 / 8)[inner].ravel() for way in ((1, 0), (0, 1))]
    terms = np.column_stack([one[inner].ravel(), np.ones_like(slopes[0]), *slopes])
    others = np.stack([each[inner].ravel() for each in earlier], axis=1)
    basis = np.linalg.qr(terms)[0]
    left = others - basis @ (basis.T @ others)
    return float(np.abs(left).mean(axis=0).min())


def jitter(times_ms: Sequence[int]) -> float | None:
    """How unevenly frames come: the standard deviation of their intervals in ms; None for fewer than six frames."""
    return round(float(np.diff(times_ms).std()), 2) if len(times_ms) >= 6 else None
