"""Cutting a face out upright and at a fixed size, as recognisers expect it."""

import cv2
import numpy as np

SIDE = 112
# Where a 112 × 112 crop has the eyes, nose tip and mouth corners: the layout of ArcFace (Deng et al. 2019) and SFace.
LAYOUT = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])


def aligned(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    """BGR (112, 112, 3): the face whose five points, (5, 2) pixels, are brought nearest to LAYOUT by a similarity."""
    return cv2.warpAffine(picture, similarity_to(points, LAYOUT), (SIDE, SIDE), flags=cv2.INTER_LINEAR)


def similarity_to(points: np.ndarray, layout: np.ndarray) -> np.ndarray:
    """The 2 × 3 rotation, scale and shift that brings `points` (n, 2) nearest to `layout`, by least squares.

    As complex numbers z → a·z + b, whose least-squares a is ⟨z, w⟩ / ⟨z, z⟩ about the means.
    """
    z, w = (values[:, 0] + 1j * values[:, 1] for values in (np.asarray(points, float), layout))
    spread = z - z.mean()
    a = np.vdot(spread, w - w.mean()) / max(np.vdot(spread, spread).real, 1e-9)
    b = w.mean() - a * z.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
