"""One reader per worker: detection, alignment, templates and quality of faces."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from shiming.verification.seen import Flaw
from shiming.vision.engine import Net
from shiming.vision.face.align import LAYOUT, aligned, mirrored, smoothed, spread
from shiming.vision.face.detect import Detector, Face
from shiming.vision.face.mesh import MIN_PRESENCE, UPRIGHT, Mesh, MeshReader
from shiming.vision.face.quality import flaws, measures
from shiming.vision.weights import load, row

NETS = ("yunet.onnx", "face_landmark.tflite", "sface.onnx")
LIGHT = "luminance_mean"
PORTRAIT_SIDE = 480  # a printed portrait is about this high on a good photo; below, it is enlarged before detection


class FaceReader:
    """YuNet, the face mesh and SFace. Not thread-safe: one per worker process."""

    def __init__(self, weights: Path):
        self._detector, self._mesh = Detector(weights), MeshReader(weights)
        self._embedder = Net(load("sface.onnx", weights), rgb=True)
        self.models = tuple(row(name).version_label for name in NETS)

    def faces(self, picture: np.ndarray, sides: tuple[int, ...] = (320, 640)) -> list[Face]:
        """The faces of a BGR picture of any size, largest first; `sides` as in `Detector.find`."""
        return self._detector.find(picture, sides)

    def standing(self, picture: np.ndarray) -> list[Face]:
        """The same of a small picture, for telling which way up it is."""
        return self._detector.find(picture, (320,))

    def glance(self, picture: np.ndarray) -> list[Face]:
        """The faces of a small camera frame (BGR, ≤ 320 px), largest first, for guidance: about 1.5 CPU ms.

        Of real faces as large as at arm's length none of 250 was missed, and the five landmarks lay as near to those
        found at 640 px as `faces` at 320 px brings them (docs/accuracy.md). Not for templates that decide.
        """
        return self._detector.find(picture, (192,))

    def mesh(self, picture: np.ndarray, face: Face) -> Mesh:
        """The 468 points of one of these faces; 1.5 CPU ms."""
        return self._mesh.read(picture, face)

    def template(self, picture: np.ndarray, face: Face, flip: bool = False) -> np.ndarray:
        """(128,) float32 of unit length. `flip` averages in the mirrored face: twice the time, a little better."""
        return unit(self.embedding(picture, face, flip=flip))

    def embedding(self, picture: np.ndarray, face: Face, mesh: Mesh | None = None, flip: bool = False) -> np.ndarray:
        """(128,) float32 as the net gives it. Its length says how recognisable the face is: longer is better.

        The face is laid out by all points of its mesh (looked for where none is given), which is steadier than the
        detector's five.
        """
        crop = self._upright(picture, face, mesh or self.mesh(picture, face))
        values = self._embed(crop)
        return (values + self._embed(crop[:, ::-1])) / 2 if flip else values

    def quality(self, picture: np.ndarray, face: Face) -> tuple[Flaw, ...]:
        """What keeps this face from being compared well; empty when nothing does."""
        return flaws(picture, face, aligned(picture, face.points))

    def light(self, picture: np.ndarray, face: Face) -> float:
        """The mean light of this face, 0–255."""
        return measures(picture, face, aligned(picture, face.points), (LIGHT,))[LIGHT]

    def shows_portrait(self, crop: np.ndarray) -> bool:
        """Whether a face is found in a printed portrait. Nothing is made of it."""
        return bool(self.faces(_enlarged(crop)[0], (320,)))

    def portrait_template(self, crop: np.ndarray) -> np.ndarray | None:
        """The template of the largest face of a printed portrait (BGR, any size), or None where none is found."""
        values = self.portrait_embedding(crop)
        return None if values is None else unit(values)

    def portrait_embedding(self, crop: np.ndarray) -> np.ndarray | None:
        """The embedding (128,) of a printed portrait, about 50 CPU ms; `fused` joins those of several photos of it.

        The print's dots are smoothed away, and two readings that err differently are added up: laid out by the mesh
        with the print's pale tones spread, and in the mirror by the mean of four readings of the detector's landmarks.
        docs/accuracy.md tells what was tried.
        """
        enlarged, scale = _enlarged(crop)
        found = self.faces(enlarged, (320,))
        if not found:
            return None
        by_mesh = self._upright(crop, found[0], self.mesh(enlarged, found[0]), scale)
        steadied = aligned(crop, self._steadied(enlarged, found[0]) / scale)
        return (self._embed(smoothed(spread(by_mesh))) + self._embed(smoothed(steadied)[:, ::-1])) / 2

    def _upright(self, picture: np.ndarray, face: Face, mesh: Mesh, scale: float = 1.0) -> np.ndarray:
        """The aligned face; face and mesh were found in the picture `scale` times as large."""
        known = mesh.presence >= MIN_PRESENCE
        points, layout = (mesh.points[:, :2], UPRIGHT) if known else (face.points, LAYOUT)
        return aligned(picture, points / scale, layout)

    def _steadied(self, picture: np.ndarray, face: Face) -> np.ndarray:
        """The mean of a face's points (5, 2) as found at two sizes, in the picture and in its mirror."""
        mirror, wide = np.ascontiguousarray(picture[:, ::-1]), picture.shape[1]
        others = [f[0].points for f in [self.faces(picture, (192,))] if f]
        others += [mirrored(f[0].points, wide) for f in (self.faces(mirror, (side,)) for side in (320, 192)) if f]
        near = [p for p in others if np.linalg.norm(p - face.points, axis=1).mean() < face.eyes / 2]
        return np.mean([face.points, *near], axis=0)

    def _embed(self, crop: np.ndarray) -> np.ndarray:
        return self._embedder(crop)[0][0]


def _enlarged(crop: np.ndarray) -> tuple[np.ndarray, float]:
    """A printed portrait as large as faces are looked for in, and how many times as large as it was."""
    scale = max(1.0, PORTRAIT_SIDE / max(crop.shape[:2]))
    return (cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC) if scale > 1 else crop), scale


def similarity(a: Sequence[float] | np.ndarray, b: Sequence[float] | np.ndarray) -> float:
    """The cosine of two unit templates, -1 to 1; thresholds in models.toml."""
    return float(np.dot(np.asarray(a, np.float32), np.asarray(b, np.float32)))


def fused(embeddings: Sequence[np.ndarray]) -> np.ndarray:
    """One unit template of several embeddings of one person; longer (more recognisable) ones count for more."""
    return unit(np.sum(embeddings, axis=0))


def unit(values: np.ndarray) -> np.ndarray:
    """The vector at length 1, float32."""
    return (values / max(float(np.linalg.norm(values)), 1e-9)).astype(np.float32)
