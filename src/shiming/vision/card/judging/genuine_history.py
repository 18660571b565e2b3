"""Places of a card with another history than the rest: other noise, or another way through JPEG.

A photo has one sensor's noise everywhere and goes through JPEG as a whole. What was laid over it later has its own
noise, and has missed the first JPEG: the rest shows the steps of two quantisations in its frequencies, the new
part only those of the last (Lukáš and Fridrich 2003 on double compression).
"""

import cv2
import numpy as np

BLOCK = 8  # px, JPEG's
LEAST_BLOCKS = 8
LEAST_COEFFICIENTS, LEAST_PLACES = 60, 4  # below which chance makes steps of its own
PERIODS = np.arange(2.0, 16.1, 0.5)  # quantisation steps looked for
LEAST = 9.0  # smaller coefficients say nothing of large steps
MOST = 160
PLACES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (0, 3), (3, 0))  # low frequencies with enough in them

_KERNEL = np.float32([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])  # answers to neither edge nor slope
_STEP = 4  # histogram bins to a grey level
_BINS = (np.arange(MOST * _STEP) + 0.5) / _STEP
_WAVES = np.cos(2 * np.pi * _BINS[:, None] / PERIODS)


def _basis() -> np.ndarray:
    """(64, places) float32: a block's 64 px → its coefficients at PLACES."""
    cosines = np.cos(np.pi * (2 * np.arange(BLOCK) + 1) * np.arange(BLOCK)[:, None] / (2 * BLOCK)) / 2
    cosines[0] /= np.sqrt(2)
    return np.stack([np.outer(cosines[r], cosines[c]).ravel() for r, c in PLACES], axis=1).astype(np.float32)


_BASIS = _basis()


def grain(luma: np.ndarray) -> np.ndarray:
    """The noise of each 8 px block of a grey float32 picture, in grey levels: (H // 8, W // 8)."""
    strength = cv2.blur(np.abs(cv2.filter2D(luma, -1, _KERNEL)), (BLOCK, BLOCK)) / 4.0
    return strength[BLOCK // 2 :: BLOCK, BLOCK // 2 :: BLOCK][: luma.shape[0] // BLOCK, : luma.shape[1] // BLOCK]


def noise(grains: np.ndarray, where: np.ndarray, flattest: float = 25) -> float:
    """The noise of a place (bool by block): of so many per cent of its blocks; NaN for less than LEAST_BLOCKS."""
    mine = grains[where]
    return float(np.percentile(mine, flattest)) if mine.size >= LEAST_BLOCKS else float("nan")


def steps(luma: np.ndarray, where: np.ndarray) -> np.ndarray:
    """How strongly coefficients of the blocks at `where` keep to each step of PERIODS: (places, periods), −1 to 1.

    Rows are NaN for places of the spectrum with too few coefficients that are large enough.
    """
    rows, columns = (n // BLOCK for n in luma.shape)
    blocks = luma[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2)[where]
    sizes = np.abs(blocks.reshape(-1, BLOCK * BLOCK) @ _BASIS)
    made = np.full((len(PLACES), len(PERIODS)), np.nan)
    for at in range(len(PLACES)):
        mine = sizes[:, at]
        mine = mine[(mine > LEAST) & (mine < MOST)]
        if len(mine) >= LEAST_COEFFICIENTS:
            counts = np.bincount((mine * _STEP).astype(int), minlength=len(_BINS))
            made[at] = counts @ _WAVES / len(mine)
    return made


def missed_steps(rest: np.ndarray, part: np.ndarray) -> float:
    """How much more the rest keeps to some step than the part does, mean over places; less where only few are known."""
    more = rest - part
    known = ~np.isnan(more).any(axis=1)
    return float(more[known].max(axis=1).sum() / max(LEAST_PLACES, known.sum())) if known.any() else 0.0
