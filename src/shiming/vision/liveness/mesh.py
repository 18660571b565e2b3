"""The 468-point face mesh (MediaPipe's face_landmark, Kartynnik et al. 2019) and the head's turn that it shows."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from shiming.vision.engine import Net
from shiming.vision.face.align import similarity_to
from shiming.vision.face.detect import Face
from shiming.vision.weights import load

SIDE = 192
MARGIN = 1.5  # the net was trained on squares this much larger than the face's box
# Points that mirror each other on a face (the one on the picture's left first): eye corners, brows, cheeks, outline,
# mouth corners, wings of the nose. On a head seen from the front each pair differs in x only.
PAIRS = np.array(
    [
        *[(33, 263), (133, 362), (70, 300), (105, 334), (127, 356), (234, 454), (93, 323), (132, 361), (58, 288)],
        *[(172, 397), (136, 365), (150, 379), (61, 291), (205, 425), (50, 280), (129, 358)],
    ]
)


@dataclass(frozen=True, slots=True)
class Mesh:
    """`points` (468, 3): x, y in the picture's pixels, z (towards the camera negative) in the same unit.

    `presence` is the net's belief, 0–1, that there is a face at all.
    """

    points: np.ndarray
    presence: float

    @property
    def yaw(self) -> float:
        """Degrees that the head is turned about its own upright axis; positive towards the holder's own left.

        That is, the nose points to the right side of a picture that is not mirrored.
        """
        across = (self.points[PAIRS[:, 1]] - self.points[PAIRS[:, 0]]).sum(axis=0)
        return float(np.degrees(np.arctan2(across[2], np.hypot(across[0], across[1]))))


class MeshReader:
    """Not thread-safe: one per worker process."""

    def __init__(self, weights: Path):
        self._net = Net(load("face_landmark.tflite", weights))

    def read(self, picture: np.ndarray, face: Face) -> Mesh:
        """The mesh of one detected face of a BGR picture."""
        there = similarity_to(*_square(face))
        crop = cv2.warpAffine(picture, there, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
        outputs = self._net(crop[None, :, :, ::-1].astype(np.float32) / 255)
        values, presence = sorted((out.ravel() for out in outputs), key=len, reverse=True)
        back = cv2.invertAffineTransform(there)
        points = values.reshape(468, 3)
        flat = points[:, :2] @ back[:, :2].T + back[:, 2]
        depth = points[:, 2] * np.hypot(back[0, 0], back[0, 1])
        return Mesh(np.column_stack([flat, depth]), float(1 / (1 + np.exp(-presence[0]))))


def _square(face: Face) -> tuple[np.ndarray, np.ndarray]:
    """Two points of the picture and where they go in the net: eyes level, the middle of the box in its middle."""
    middle = np.array([face.box[0] + face.box[2] / 2, face.box[1] + face.box[3] / 2])
    along = face.points[1] - face.points[0]
    along = along / max(float(np.linalg.norm(along)), 1e-9)
    half = MARGIN * max(face.box[2], face.box[3]) / 2
    return np.array([middle - half * along, middle + half * along]), np.array([[0, SIDE / 2], [SIDE, SIDE / 2]])
