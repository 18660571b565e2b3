"""Finding faces: YuNet (Wu et al. 2023, opencv_zoo's 2023mar weights) and the reading of its output maps."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from shiming.vision.engine import Net
from shiming.vision.picture import reduced
from shiming.vision.weights import load

MIN_SCORE = 0.6
MAX_OVERLAP = 0.3
STRIDES = (8, 16, 32)
# The sides (width, height) the net is compiled for, each when it is first needed: a camera picture either way up or a
# square. A picture is scaled to fit and padded to the smallest that holds it.
SIZES = {
    160: ((160, 128), (128, 160), (160, 160)),
    192: ((192, 160), (160, 192), (192, 192)),
    320: ((320, 256), (256, 320), (320, 320)),
    640: ((640, 480), (480, 640), (640, 640)),
}


@dataclass(frozen=True, slots=True)
class Face:
    """One face in a picture, in the picture's pixels.

    `box` is (left, top, width, height) and may reach beyond the picture. `points` is (5, 2): the eye on the picture's
    left, the other eye, nose tip, the mouth corner on the picture's left, the other one. `score` is YuNet's, 0–1.
    """

    box: tuple[float, float, float, float]
    score: float
    points: np.ndarray

    @property
    def area(self) -> float:
        return self.box[2] * self.box[3]

    @property
    def eyes(self) -> float:
        """Distance between the eyes in pixels."""
        return float(np.linalg.norm(self.points[1] - self.points[0]))


class Detector:
    """YuNet at up to three scales."""

    def __init__(self, weights: Path):
        self._path = load("yunet.onnx", weights)
        self._nets: dict[tuple[int, int], Net] = {}

    def find(self, picture: np.ndarray, sides: tuple[int, ...] = (320, 640)) -> list[Face]:
        """Faces of a BGR picture, largest first.

        `sides` lists the longer sides, in pixels, at which to look: 320 finds faces from 1/16 of the picture's width to
        all of it, 640 those half as large, 192 and 160 those from 1/8, in a third of the time.
        """
        found = [face for side in sides for face in self._at(picture, side)]
        return sorted(_distinct(found), key=lambda face: -face.area)

    def _at(self, picture: np.ndarray, side: int) -> list[Face]:
        height, width = picture.shape[:2]
        scale = side / max(height, width)
        fitted = max(1, round(width * scale)), max(1, round(height * scale))
        size = next(size for size in SIZES[side] if fitted[0] <= size[0] and fitted[1] <= size[1])
        shrunk = reduced(picture, fitted) if scale < 1 else cv2.resize(picture, fitted)
        canvas = np.zeros((size[1], size[0], 3), np.uint8)
        canvas[: fitted[1], : fitted[0]] = shrunk
        maps = self._net(size)(canvas)
        return [
            face
            for at, stride in enumerate(STRIDES)
            for face in _read([values[0] for values in maps[at::3]], stride, size[0] // stride, scale)
        ]

    def _net(self, size: tuple[int, int]) -> Net:
        if size not in self._nets:
            self._nets[size] = Net(self._path, size)
        return self._nets[size]


def _read(maps: list[np.ndarray], stride: int, columns: int, scale: float) -> list[Face]:
    """Faces of one stride's maps: class (n, 1), objectness (n, 1), box (n, 4), points (n, 10); n cells in rows."""
    face, thing, box, points = maps
    scores = np.sqrt(np.clip(face[:, 0], 0, 1) * np.clip(thing[:, 0], 0, 1))
    cells = np.flatnonzero(scores >= MIN_SCORE)
    if not cells.size:
        return []
    corners = np.column_stack([cells % columns, cells // columns])
    middles = (corners + box[cells, :2]) * stride / scale
    sizes = np.exp(box[cells, 2:]) * stride / scale
    spots = (corners[:, None] + points[cells].reshape(-1, 5, 2)) * stride / scale
    boxes = np.column_stack([middles - sizes / 2, sizes]).tolist()
    return [Face(tuple(box), *each) for box, *each in zip(boxes, scores[cells].tolist(), spots, strict=True)]


def _distinct(faces: list[Face]) -> list[Face]:
    """The best-scored of every group of overlapping faces."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if all(_overlap(face, other) < MAX_OVERLAP for other in kept):
            kept.append(face)
    return kept


def _overlap(a: Face, b: Face) -> float:
    """Shared area as a share of the union, or of the smaller box where one lies inside the other."""
    width = min(a.box[0] + a.box[2], b.box[0] + b.box[2]) - max(a.box[0], b.box[0])
    height = min(a.box[1] + a.box[3], b.box[1] + b.box[3]) - max(a.box[1], b.box[1])
    shared = max(0.0, width) * max(0.0, height)
    return max(shared / (a.area + b.area - shared), 0.5 * shared / min(a.area, b.area))
