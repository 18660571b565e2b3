"""Cutting a face out upright and at a fixed size, as recognisers expect it."""

import cv2
import numpy as np

SIDE = 112
NEARLY_WHOLE = 0.85  # of its size; a face that is shrunk by less loses nothing
TAILS, DARK, BRIGHT = (2, 98), 20, 225  # percentiles of a face's luma, and where `spread` puts them
# Where a 112 × 112 crop has the eyes, nose tip and mouth corners: the layout of ArcFace (Deng et al. 2019) and SFace.
LAYOUT = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])


def aligned(picture: np.ndarray, points: np.ndarray, layout: np.ndarray = LAYOUT) -> np.ndarray:
    """BGR (112, 112, 3): the face whose points, (n, 2) pixels, are brought nearest to `layout` by a similarity.

    A face that is larger there is shrunk by areas first: skipping pixels would turn print dots and noise into features.
    """
    there = similarity_to(points, layout)
    scale = float(np.hypot(there[0, 0], there[1, 0]))
    left, top, right, bottom = _around(there, picture.shape)
    part = picture[top:bottom, left:right]
    size = round(part.shape[1] * scale), round(part.shape[0] * scale)
    if scale < NEARLY_WHOLE and min(size) > 0:
        factors = np.array(size) / (part.shape[1], part.shape[0])
        points = (points - (left, top) + 0.5) * factors - 0.5
        picture, there = cv2.resize(part, size, interpolation=cv2.INTER_AREA), similarity_to(points, layout)
    return cv2.warpAffine(picture, there, (SIDE, SIDE), flags=cv2.INTER_LINEAR)


def spread(crop: np.ndarray) -> np.ndarray:
    """An aligned face (BGR) with the tones of a pale print brought back to those of a photo."""
    low, high = np.percentile(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), TAILS)
    raised = (crop.astype(np.float32) - low) * (BRIGHT - DARK) / max(float(high - low), 30.0) + DARK
    return np.clip(raised, 0, 255).astype(np.uint8)


def smoothed(crop: np.ndarray) -> np.ndarray:
    """An aligned face (BGR) without the dots of its print, its edges kept."""
    return cv2.bilateralFilter(crop, 5, 18, 2)


def mirrored(points: np.ndarray, width: int) -> np.ndarray:
    """The five points (5, 2) of a face in the mirror of a picture of that width, in their usual order."""
    return np.column_stack([width - 1 - points[:, 0], points[:, 1]])[[1, 0, 2, 4, 3]]


def _around(there: np.ndarray, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The part of a picture (left, top, right, bottom; within it) that the warp `there` takes its pixels from."""
    back = cv2.invertAffineTransform(there)
    corners = np.array([[0, 0], [SIDE, 0], [0, SIDE], [SIDE, SIDE]]) @ back[:, :2].T + back[:, 2]
    low, high = np.floor(corners.min(axis=0)) - 2, np.ceil(corners.max(axis=0)) + 2
    bounds = np.clip([*low, *high], 0, [shape[1], shape[0]] * 2)
    return tuple(int(bound) for bound in bounds)


def similarity_to(points: np.ndarray, layout: np.ndarray) -> np.ndarray:
    """The 2 × 3 rotation, scale and shift that brings `points` (n, 2) nearest to `layout`, by least squares.

    As complex numbers z → a·z + b, whose least-squares a is ⟨z, w⟩ / ⟨z, z⟩ about the means.
    """
    z, w = (values[:, 0] + 1j * values[:, 1] for values in (np.asarray(points, float), layout))
    spread = z - z.mean()
    a = np.vdot(spread, w - w.mean()) / max(np.vdot(spread, spread).real, 1e-9)
    b = w.mean() - a * z.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
