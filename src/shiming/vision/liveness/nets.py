"""Two small nets of one package: are the eyes shut, and does a frame look like a picture of a picture.

Their packages say MIT; nobody says what they were trained on. The first only tells when a person blinks, which the
person was asked to do; the second is a weak sign, and calls a person where it is very sure (docs/decisions/0009).
"""

from pathlib import Path

import cv2
import numpy as np

from shiming.vision.engine import Net
from shiming.vision.face.detect import Face
from shiming.vision.face.mesh import EYES, Mesh
from shiming.vision.picture import reduced
from shiming.vision.weights import load

EYE_SIDE, EYE_MARGIN = 24, 1.6  # the net's input; its width in widths of an eye
MOST = 9.0  # beyond it, the eye net's log odds say nothing more
PASSIVE_SIDE, PASSIVE_MARGIN = 128, 2.7  # the net wants to see what surrounds a face


class EyeReader:
    """Not thread-safe."""

    def __init__(self, weights: Path):
        self._net = Net(load("fr_eye.onnx", weights), scale=255)

    def shut(self, grey: np.ndarray, mesh: Mesh) -> float:
        """The belief that the eyes of this face are shut, in log odds up to ±MOST; `grey` is the whole picture.

        It is the mean of what is believed of each eye.
        """
        belief = float(np.mean([self._one(grey, mesh.points[pair, :2]) for pair in EYES]))
        return float(np.clip(np.log(max(belief, 1e-9) / max(1 - belief, 1e-9)), -MOST, MOST))

    def _one(self, grey: np.ndarray, corners: np.ndarray) -> float:
        middle, half = corners.mean(axis=0), (corners[1] - corners[0]) * EYE_MARGIN / 2
        down = np.array([-half[1], half[0]])
        square = np.array([middle - half - down, middle + half - down, middle - half + down], np.float32)
        there = cv2.getAffineTransform(square, np.array([[0, 0], [EYE_SIDE, 0], [0, EYE_SIDE]], np.float32))
        eye = cv2.warpAffine(grey, there, (EYE_SIDE, EYE_SIDE), flags=cv2.INTER_LINEAR)
        return _share(self._net(eye)[0][0])


class PassiveReader:
    """Not thread-safe."""

    def __init__(self, weights: Path):
        self._net = Net(load("fr_liveness.onnx", weights))

    def live(self, picture: np.ndarray, face: Face) -> float:
        """The net's belief, 0–1, that this BGR frame was taken of a person and not of a picture of one."""
        crop = reduced(_surroundings(picture, face), (PASSIVE_SIDE, PASSIVE_SIDE))
        return _share(self._net(crop)[0][0])


def _surroundings(picture: np.ndarray, face: Face) -> np.ndarray:
    """The face with PASSIVE_MARGIN times its box around it, moved inside the picture and cut down where it must be.

    Its sides are multiples of four, so that it can be halved twice: shrinking it takes a third of the time.
    """
    height, width = picture.shape[:2]
    left, top, wide, high = face.box
    scale = min((height - 1) / high, (width - 1) / wide, PASSIVE_MARGIN)
    size = tuple(max(4, int(side * scale) // 4 * 4) for side in (wide, high))
    x = int(np.clip(left + wide / 2 - size[0] / 2, 0, width - size[0]))
    y = int(np.clip(top + high / 2 - size[1] / 2, 0, height - size[1]))
    return picture[y : y + size[1], x : x + size[0]]


def _share(scores: np.ndarray) -> float:
    """The softmax of the first class."""
    raised = np.exp(scores - scores.max())
    return float(raised[0] / raised.sum())
