"""What keeps a face from being compared well. Limits are calibrated in docs/accuracy.md."""

import cv2
import numpy as np

from shiming.verification.seen import Box, Flaw
from shiming.vision.face.align import LAYOUT, SIDE, similarity_to
from shiming.vision.face.detect import Face

MIN_LUMA = 45.0  # mean of the face, 0–255
MAX_LUMA = 225.0
MIN_SHARPNESS = 0.0025  # Laplacian over contrast, both as variances; undivided, dark would pass for blurred
MIN_EYES = 24.0  # pixels between the eyes
MIN_SCORE = 0.90  # of the detector; a mask or hand lowers it from 0.94 to 0.92 at the median: only the worst are found
MAX_OUTSIDE = 0.06  # share of the aligned face that lies beyond the picture's edge


def flaws(picture: np.ndarray, face: Face, crop: np.ndarray) -> tuple[Flaw, ...]:
    """Flaws of one face, given the picture and its aligned crop (112, 112, 3). Codes are reasons of the catalogue."""
    where = _where(picture, face)
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)[20:, 16:96].astype(np.float32)
    luma, sharp, beyond = float(grey.mean()), sharpness(grey), outside(picture, face)
    checks = (
        ("photo_dark", luma, MIN_LUMA, luma < MIN_LUMA),
        ("photo_glare", luma, MAX_LUMA, luma > MAX_LUMA),
        ("photo_blurred", sharp, MIN_SHARPNESS, sharp < MIN_SHARPNESS),
        ("photo_too_small", face.eyes, MIN_EYES, face.eyes < MIN_EYES),
        ("photo_occluded", face.score, MIN_SCORE, face.score < MIN_SCORE),
        ("photo_cut_off", beyond, MAX_OUTSIDE, beyond > MAX_OUTSIDE),
    )
    return tuple(Flaw(code, round(amount, 4), limit, where) for code, amount, limit, bad in checks if bad)


def sharpness(grey: np.ndarray) -> float:
    """Variance of the Laplacian over the variance of a float grey face: how much of its contrast is fine detail."""
    light = cv2.GaussianBlur(grey, (0, 0), 0.8)  # else sensor noise would pass for detail
    return float(cv2.Laplacian(light, cv2.CV_32F).var() / max(float(grey.var()), 25.0))


def outside(picture: np.ndarray, face: Face) -> float:
    """The share of the aligned face that lies beyond the picture, 0–1. (The detector keeps its box inside.)"""
    step = np.arange(0, SIDE, 8) + 4.0
    grid = np.stack(np.meshgrid(step, step), axis=-1).reshape(-1, 2)
    back = cv2.invertAffineTransform(similarity_to(face.points, LAYOUT))
    spots = grid @ back[:, :2].T + back[:, 2]
    return float(((spots < 0) | (spots > np.array(picture.shape[1::-1]))).any(axis=1).mean())


def _where(picture: np.ndarray, face: Face) -> Box:
    height, width = picture.shape[:2]
    left, top, wide, high = face.box
    return Box(left / width, top / height, wide / width, high / height)
