"""A screen's grid over a face, told from straight edges such as the frame of glasses."""

import cv2
import numpy as np
import pytest

from shiming.policy import DEFAULT
from shiming.vision.face import Face
from shiming.vision.liveness.screen import grid

SIDE = 240
FACE = Face((20.0, 20.0, 200.0, 200.0), 0.9, np.zeros((5, 2), np.float32))


@pytest.fixture
def skin() -> np.ndarray:
    """A soft face with a camera's noise."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    return 150 - (x**2 + y**2) / 300 + np.random.default_rng(1).normal(0, 2.5, (SIDE, SIDE))


def looked_at(picture: np.ndarray) -> float:
    grey = np.clip(picture, 0, 255).astype(np.uint8)
    return grid([grey] * 3, [FACE] * 3)


def test_skin_has_no_grid(skin):
    assert looked_at(skin) < DEFAULT.screen_refers


def test_the_frame_of_glasses_is_no_grid(skin):
    frame = np.full((SIDE, SIDE), 255, np.uint8)
    for left in (40, 130):
        cv2.rectangle(frame, (left, 82), (left + 70, 130), 0, 5, cv2.LINE_AA)
    tilted = cv2.warpAffine(frame, cv2.getRotationMatrix2D((120, 120), 1.0, 1), (SIDE, SIDE), borderValue=255)
    assert looked_at(skin - 0.5 * (255 - cv2.GaussianBlur(tilted, (0, 0), 1))) < DEFAULT.screen_refers


@pytest.mark.parametrize("pitch", [3.1, 5.7])
def test_a_faint_grid_is_seen(skin, pitch):
    y, x = np.mgrid[:SIDE, :SIDE]
    pattern = np.sin(2 * np.pi * (x + 0.1 * y) / pitch) + np.sin(2 * np.pi * (y - 0.1 * x) / pitch)
    assert looked_at(skin + 1.5 * pattern) >= DEFAULT.screen_refers
