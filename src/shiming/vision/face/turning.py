"""Which way up a photo of a person is: that gets lost on a picture's way, and a face on its side passes for a covered
one.
"""

from collections.abc import Callable

import numpy as np

from shiming.vision.face.detect import Face
from shiming.vision.picture import shrink

AS_LARGE = 0.5  # of the largest face's area, below which a face (a printed portrait, above all) is not asked


def upright(picture: np.ndarray, find: Callable[[np.ndarray], list[Face]]) -> np.ndarray:
    """The picture turned by quarters so that its largest face stands upright; as it is where it shows none.

    `find` gives the faces of a BGR picture.
    """
    turns = quarter_turns(shrink(picture, 320), find)
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture


def quarter_turns(small: np.ndarray, find: Callable[[np.ndarray], list[Face]]) -> int:
    """How many quarter turns counter-clockwise that takes: the way up in which the detector is surest of the face."""
    found = [find(np.ascontiguousarray(np.rot90(small, turns))) for turns in range(4)]
    least = AS_LARGE * max((face.area for faces in found for face in faces), default=0.0)
    scores = [max((face.score for face in faces if face.area >= least and _stands(face)), default=0) for faces in found]
    return int(np.argmax(scores))


def _stands(face: Face) -> bool:
    """Whether the mouth is below the eyes."""
    across, down = face.points[3:].mean(axis=0) - face.points[:2].mean(axis=0)
    return bool(down > abs(across))
