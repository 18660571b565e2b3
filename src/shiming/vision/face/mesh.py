"""The 468-point face mesh (MediaPipe's face_landmark, Kartynnik et al. 2019) and what it says of turn and mouth."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from shiming.vision.engine import Net
from shiming.vision.face.align import similarity_to
from shiming.vision.face.detect import Face
from shiming.vision.weights import load

SIDE = 192
MIN_PRESENCE = 0.5  # of the net's belief that it looks at a face; below, its points mean nothing
UPRIGHT = np.loadtxt(Path(__file__).with_name("upright.txt"), encoding="ascii")  # (468, 2) on the aligned face
MARGIN = 1.5  # the net was trained on squares this much larger than the face's box
# Points that mirror each other on a face (the one on the picture's left first): eye corners, brows, cheeks, outline,
# mouth corners, wings of the nose. On a head seen from the front each pair differs in x only.
PAIRS = np.array(
    [
        *[(33, 263), (133, 362), (70, 300), (105, 334), (127, 356), (234, 454), (93, 323), (132, 361), (58, 288)],
        *[(172, 397), (136, 365), (150, 379), (61, 291), (205, 425), (50, 280), (129, 358)],
    ]
)
EYES = np.array([(33, 133), (362, 263)])  # outer and inner corner, the eye on the picture's left first
MOUTH = np.array([61, 291])
LIPS = np.array([(13, 14), (81, 178), (311, 402)])  # inner edge of the upper and of the lower lip
FOREHEAD, CHIN = [10, 151, 9, 8], [199, 175, 152, 200]  # on the middle line


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

    @property
    def pitch(self) -> float:
        """Degrees that the head nods, down positive, from a zero of each face's own: forehead and chin stand out."""
        down = self.points[CHIN].mean(axis=0) - self.points[FOREHEAD].mean(axis=0)
        return float(np.degrees(np.arctan2(down[2], np.hypot(down[0], down[1]))))

    @property
    def mouth(self) -> float:
        """How far the lips are apart, in distances from eyes to mouth: about 0.04 shut, 0.15 and more wide open."""
        gaps = np.linalg.norm(self.points[LIPS[:, 0]] - self.points[LIPS[:, 1]], axis=1)
        return float(gaps.mean()) / self.axes[2]

    @property
    def axes(self) -> tuple[np.ndarray, np.ndarray, float]:
        """The face's own place in the picture: its middle, the direction across it, and its eyes-to-mouth distance."""
        eyes, mouth = self.points[EYES, :2].mean(axis=1), self.points[MOUTH, :2].mean(axis=0)
        across = eyes[1] - eyes[0]
        across = across / max(float(np.linalg.norm(across)), 1e-9)
        between = eyes.mean(axis=0)
        return (between + mouth) / 2, across, max(float(np.linalg.norm(mouth - between)), 1e-9)

    @property
    def width(self) -> float:
        """Between the outer corners of the eyes, in distances from eyes to mouth."""
        return float(np.linalg.norm(self.points[EYES[1, 0], :2] - self.points[EYES[0, 0], :2])) / self.axes[2]

    def own(self) -> np.ndarray:
        """(468, 3): the points along the face's own axes, from its middle, in eyes-to-mouth distances."""
        middle, across, unit = self.axes
        flat = self.points[:, :2] - middle
        down = np.array([-across[1], across[0]])
        return np.column_stack([flat @ across, flat @ down, self.points[:, 2]]) / unit


class MeshReader:
    """Not thread-safe: one per worker process."""

    def __init__(self, weights: Path):
        self._net = Net(load("face_landmark.tflite", weights), rgb=True, scale=255, planes=False)

    def read(self, picture: np.ndarray, face: Face) -> Mesh:
        """The mesh of one detected face of a BGR picture."""
        there = similarity_to(*_square(face))
        crop = cv2.warpAffine(picture, there, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
        values, presence = sorted((out.ravel() for out in self._net(crop)), key=len, reverse=True)
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
