"""Signs that a card in a hand-held photo was laid on afterwards: another way through JPEG, or too little noise.

A printed card is never smoother than the smoothest part of what lies round it, and a photo goes through JPEG as a
whole. Both signs are weak: most montages of our own making go unnoticed (docs/accuracy.md, "Forgeries and quality").
How sharp the card's edge is was tried too and tells nothing: a card in focus has an edge of one pixel.
"""

import cv2
import numpy as np

from shiming.verification.seen import Flaw
from shiming.vision.card.judging.genuine_history import grain, missed_steps, noise, steps

MISSED = 0.5  # of JPEG's steps that the surroundings keep to and the card does not
SMOOTHER = 0.1  # logarithm of the noise round a card over the card's own
LEAST_WIDTH = 250.0  # px of the card
CARD, NEAR, FAR = 0.94, 1.06, 1.6  # times its size: the card itself, what is left out round it, and how far is looked


def signs_of(picture: np.ndarray, corners: np.ndarray) -> tuple[Flaw, ...]:
    """The sign, if any, given the photo (H×W×3 BGR) and the card's corners in it (4×2, px)."""
    if np.linalg.norm(corners[1] - corners[0]) < LEAST_WIDTH:
        return ()
    missed, smoother = measured(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32), corners)
    if missed > MISSED:
        return (Flaw("document_altered", round(missed, 3), MISSED),)
    return (Flaw("document_altered", round(smoother, 3), SMOOTHER),) if smoother > SMOOTHER else ()


def measured(luma: np.ndarray, corners: np.ndarray) -> tuple[float, float]:
    """How many steps of JPEG the card has missed, and how much less noise it has than what lies round it."""
    grains, middle = grain(luma), corners.mean(axis=0)
    card, near, far = (_blocks((corners - middle) * times + middle, grains.shape) for times in (CARD, NEAR, FAR))
    mine, rest = noise(grains, card), noise(grains, far & ~near)
    smoother = float(np.log((rest + 0.15) / (mine + 0.15))) if mine >= 0 and rest >= 0 else 0.0
    return missed_steps(steps(luma, ~near), steps(luma, card)), smoother


def _blocks(quad: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(mask, np.round(quad / 8).astype(np.int32), 1)
    return mask > 0
