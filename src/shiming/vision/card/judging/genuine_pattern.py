"""Regular patterns that a card does not have: a screen's grid and its moiré, a printer's dots.

Small windows of the photo, in its own pixels, are turned into spectra. Dots or lines at even distances are a peak that
stands far above what lies round it; noise, print and curved hairlines spread theirs. Perspective moves the peak from
window to window (moiré most of all), so that each window has its own and the middle one of them counts. Places where
JPEG's 8 and 16 px grids lie are not looked at.
"""

import cv2
import numpy as np

WINDOW = 128  # px
LOWEST = 0.1  # cycles per px; slower is print and ground
NEAR, ROUND = 3, 17  # px of the spectrum: a peak, and what it must stand out from
WINDOWS = ((0.12, 0.30), (0.36, 0.30), (0.12, 0.62), (0.36, 0.66), (0.50, 0.16), (0.50, 0.48), (0.58, 0.78),
           (0.86, 0.10), (0.24, 0.48), (0.75, 0.86))  # fmt: skip
"""Middles of the windows in shares of the card, off the printed portrait, which may have dots of its own."""
PLANES = np.float32([[0.114, 0.587, 0.299], [0.5, -1.0, 0.5], [-0.7, 0.0, 0.7]])  # BGR → luma, two colour differences

_HANN = np.outer(np.hanning(WINDOW), np.hanning(WINDOW)).astype(np.float32)


def _looked_at() -> np.ndarray:
    """Which places of a spectrum (slow ones in the middle of the rows) are looked at."""
    y, x = np.abs(np.arange(WINDOW) - WINDOW // 2)[:, None], np.arange(WINDOW // 2 + 1)[None]
    step = WINDOW // 16
    on_grid = ((y <= 1) & (np.minimum(x % step, -x % step) <= 1)) | ((x <= 1) & (np.minimum(y % step, -y % step) <= 1))
    radius = np.hypot(x, y) / WINDOW
    return ((radius > LOWEST) & (radius < 0.5) & ~on_grid).astype(np.uint8)


_LOOKED_AT = _looked_at()


def patterns(
    picture: np.ndarray, corners: np.ndarray, limits: tuple[float, float] = (-np.inf, -np.inf)
) -> tuple[float, float]:
    """How far the strongest pattern stands out in brightness and in colour (natural logarithms of power).

    `picture` is the photo (H×W×3 BGR uint8), `corners` (4×2) the card's in its pixels. (0, 0) for a photo smaller than
    a window. Windows are left out once neither of the limits can be reached any more; by default none is.
    """
    if min(picture.shape[:2]) < WINDOW:
        return 0.0, 0.0
    found, least = [], np.array([limits[0], limits[1], limits[1]])
    for middle in _middles(corners):
        planes = cv2.split(cv2.transform(_window(picture, middle), PLANES))
        found.append([_peak(plane) for plane in planes])
        below = (np.array(found) <= least).sum(axis=0)
        if below.min() > len(WINDOWS) / 2:  # then so is the middle one of all
            break
    luma, *colours = np.median(found, axis=0)
    return float(luma), float(max(colours))


def _middles(corners: np.ndarray) -> np.ndarray:
    unit = np.float32([[0, 0], [1, 0], [1, 1], [0, 1]])
    matrix = cv2.getPerspectiveTransform(unit, corners.astype(np.float32))
    return cv2.perspectiveTransform(np.float64(WINDOWS)[None], matrix)[0]


def _window(picture: np.ndarray, middle: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    x = int(np.clip(round(middle[0]) - WINDOW // 2, 0, width - WINDOW))
    y = int(np.clip(round(middle[1]) - WINDOW // 2, 0, height - WINDOW))
    return picture[y : y + WINDOW, x : x + WINDOW].astype(np.float32)


def _peak(plane: np.ndarray) -> float:
    light = (plane - cv2.blur(plane, (15, 15))) * _HANN
    real, imaginary = cv2.split(cv2.dft(light, flags=cv2.DFT_COMPLEX_OUTPUT)[:, : WINDOW // 2 + 1])
    power = np.roll(cv2.log(real * real + imaginary * imaginary + 1), WINDOW // 2, axis=0)
    above = cv2.blur(power, (NEAR, NEAR)) - cv2.blur(power, (ROUND, ROUND))
    return float(cv2.minMaxLoc(above, _LOOKED_AT)[1])
