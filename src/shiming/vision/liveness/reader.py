"""Looking at a timed sequence of frames that answers a challenge."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shiming.verification.challenge import MIN_YAW, Challenge
from shiming.verification.seen import LiveSeen
from shiming.vision.face import Face, FaceReader, fused, similarity
from shiming.vision.face.reader import unit
from shiming.vision.liveness.follow import FRONTAL, excursions, followed
from shiming.vision.liveness.mesh import MeshReader
from shiming.vision.liveness.repeated import repeated
from shiming.vision.liveness.turn import nose_shift, small_yaw, yaw
from shiming.vision.weights import row

SIDES = (320,)  # a face at arm's length fills a third of the picture
MIN_PRESENCE = 0.5
MAX_FRONTAL = 6  # frames that a template is taken of; more of one clip add next to nothing
TURN_TO_CHECK = 15.0  # degrees of the mesh from which the nose is measured too


@dataclass(frozen=True, slots=True)
class Frame:
    """What was seen in one frame: how many faces, the largest one, and its turn in degrees (None: not measured)."""

    faces: int
    face: Face | None = None
    yaw: float | None = None


class LivenessReader:
    """Not thread-safe: one per worker process. Shares the worker's FaceReader."""

    def __init__(self, faces: FaceReader, weights: Path):
        self._faces = faces
        self._mesh = MeshReader(weights)
        self.models = (*faces.models, row("face_landmark.tflite").version_label)

    def frame(self, picture: np.ndarray) -> Frame:
        """One BGR frame, cheaply: also what guidance during capture uses."""
        found = self._faces.faces(picture, SIDES)
        if not found:
            return Frame(0)
        mesh = self._mesh.read(picture, found[0])
        if mesh.presence < MIN_PRESENCE:
            return Frame(len(found), found[0])
        return Frame(len(found), found[0], self._yaw(picture, found[0], mesh.yaw))

    def look(self, pictures: Sequence[np.ndarray], times_ms: Sequence[int], challenge: Challenge) -> LiveSeen:
        """BGR frames with their times (milliseconds, rising, one for each frame) → what was seen.

        `same_person` covers the near-frontal frames and the widest frame of each turn: somebody who shows a photo of
        the holder between turns of his own is seen. ValueError when there are not as many times as frames.
        """
        if len(pictures) != len(times_ms):
            raise ValueError(f"{len(pictures)} frames but {len(times_ms)} times; send one time for each frame")
        frames = [self.frame(picture) for picture in pictures]
        counts = tuple(frame.faces for frame in frames)
        turns = followed([frame.yaw for frame in frames], times_ms, challenge)
        again = repeated(pictures)
        frontal = [at for at, frame in enumerate(frames) if frame.yaw is not None and abs(frame.yaw) <= FRONTAL]
        if not frontal:
            return LiveSeen(counts, turns, repeated=again, models=self.models)
        kept = {at: self._faces.embedding(pictures[at], frames[at].face) for at in _spread(frontal)}
        best = max(kept, key=lambda at: float(np.linalg.norm(kept[at])))
        widest = {at: self._faces.embedding(pictures[at], frames[at].face) for at in _widest(frames, times_ms)}
        return LiveSeen(
            faces=counts,
            turns=turns,
            same_person=_same_person([*kept.values(), *widest.values()]),
            repeated=again,
            flaws=self._faces.quality(pictures[best], frames[best].face),
            template=tuple(fused(list(kept.values())).tolist()),
            best=best,
            models=self.models,
        )

    def _yaw(self, picture: np.ndarray, face: Face, mesh_yaw: float) -> float:
        """Small turns by the mesh alone; a wide one is measured again by the nose, in the picture and mirrored.

        YuNet is not symmetric: on flat photos its nose is off by up to 20° to one side and less than 10° to the other.
        """
        if abs(mesh_yaw) < TURN_TO_CHECK:
            return small_yaw(mesh_yaw)
        mirrored = self._faces.faces(np.ascontiguousarray(picture[:, ::-1]), SIDES)
        shift = nose_shift(face)
        return yaw(mesh_yaw, (shift - nose_shift(mirrored[0])) / 2 if mirrored else shift)


def _spread(indices: Sequence[int]) -> list[int]:
    """At most MAX_FRONTAL of them, evenly, with the first and the last."""
    if len(indices) <= MAX_FRONTAL:
        return list(indices)
    return [indices[round(step * (len(indices) - 1) / (MAX_FRONTAL - 1))] for step in range(MAX_FRONTAL)]


def _widest(frames: Sequence[Frame], times_ms: Sequence[int]) -> list[int]:
    """The index of the widest frame of every wide turn."""
    seen = excursions([frame.yaw for frame in frames], times_ms)
    return [list(times_ms).index(each.at_ms) for each in seen if abs(each.yaw) >= MIN_YAW]


def _same_person(embeddings: Sequence[np.ndarray]) -> float:
    first = unit(embeddings[0])
    return round(min(similarity(first, unit(other)) for other in embeddings), 4)
