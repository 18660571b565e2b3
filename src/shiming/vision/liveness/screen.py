"""Signs of a screen: a regular grid over the face, which comes about where its pixels meet the camera's."""

from collections.abc import Sequence

import cv2
import numpy as np

from shiming.vision.face.detect import Face

SIDE = 192  # pixels of the window, at the camera's own scale: shrinking would wipe the grid out
PEAKS = 6
AROUND = (21, 21), (21, 1), (1, 21)  # a straight edge, such as the frame of glasses, raises a whole row of frequencies
_WINDOW = np.outer(np.hanning(SIDE), np.hanning(SIDE)).astype(np.float32)
_ring = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None])
_RING = (_ring > 0.08) & (_ring < 0.48)  # cycles a pixel: above what a face has, below the edge


def grid(greys: Sequence[np.ndarray], faces: Sequence[Face]) -> float | None:
    """How far the strongest lone frequencies of the face rise above their neighbours (natural logarithm of power).

    The median over some frames, each with its face. Skin, hair, glasses and noise give 2; None where no face fits.
    """
    found = [_rise(grey, face) for grey, face in zip(greys, faces, strict=True) if min(grey.shape) >= SIDE]
    return round(float(np.median(found)), 2) if found else None


def _rise(grey: np.ndarray, face: Face) -> float:
    left, top, wide, high = face.box
    x = int(np.clip(left + wide / 2 - SIDE / 2, 0, grey.shape[1] - SIDE))
    y = int(np.clip(top + high / 2 - SIDE / 2, 0, grey.shape[0] - SIDE))
    part = grey[y : y + SIDE, x : x + SIDE].astype(np.float32)
    fine = (part - cv2.GaussianBlur(part, (0, 0), 3)) * _WINDOW
    power = np.log(np.abs(np.fft.rfft2(fine)) ** 2 + 1e-3).astype(np.float32)
    around = np.maximum.reduce([cv2.blur(power, size) for size in AROUND])
    above = ((power - around) * _RING).ravel()
    return float(np.partition(above, -PEAKS)[-PEAKS:].mean())
