"""Counting frames that were sent before: a camera never gives the same picture twice."""

from collections.abc import Sequence

import cv2
import numpy as np

SIZE = (64, 48)
SAME = 0.12  # mean difference in grey levels at SIZE: a JPEG written anew differs by 0.01–0.04, a still scene by 0.2


def repeated(frames: Sequence[np.ndarray]) -> int:
    """How many of the BGR frames equal an earlier one, exactly or but for being compressed again."""
    earlier: list[np.ndarray] = []
    count = 0
    for frame in frames:
        small = cv2.resize(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), SIZE, interpolation=cv2.INTER_AREA).astype(np.int16)
        count += any(float(np.abs(small - other).mean()) < SAME for other in earlier)
        earlier.append(small)
    return count
