"""How well each quality measure of a face tells spoilt pictures from good ones: the area under the ROC curve (AUC)."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import cv2
import numpy as np

from shiming.bench.report import Table
from shiming.vision.face import Face, FaceReader
from shiming.vision.face.align import aligned
from shiming.vision.face.quality import measures

Spoil = Callable[[np.ndarray, Face], np.ndarray]


def dark(picture: np.ndarray, face: Face) -> np.ndarray:
    return (picture * 0.25).astype(np.uint8)


def bleached(picture: np.ndarray, face: Face) -> np.ndarray:
    return np.clip(picture.astype(float) * 1.4 + 90, 0, 255).astype(np.uint8)


def lit_from_one_side(picture: np.ndarray, face: Face) -> np.ndarray:
    middle = face.box[0] + face.box[2] / 2
    across = np.clip((np.arange(picture.shape[1]) - middle) / face.box[2] + 0.5, 0, 1)
    return (picture * (0.25 + 0.75 * across)[None, :, None]).astype(np.uint8)


def blurred(picture: np.ndarray, face: Face) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), face.eyes / 14)


def masked(picture: np.ndarray, face: Face) -> np.ndarray:
    """A pale cloth from below the eyes to the chin."""
    left, top, wide, high = (round(value) for value in face.box)
    nose = round(face.points[2][1] - 0.05 * high)
    below = top + high
    shape = np.array([[left, nose], [left + wide, nose], [left + wide * 0.8, below], [left + wide * 0.2, below]])
    return cv2.fillConvexPoly(picture.copy(), shape.astype(np.int32), (214, 202, 184), cv2.LINE_AA)


def dark_glasses(picture: np.ndarray, face: Face) -> np.ndarray:
    out = picture.copy()
    for eye in face.points[:2]:
        axes = round(face.eyes * 0.36), round(face.eyes * 0.27)
        cv2.ellipse(out, tuple(int(v) for v in eye), axes, 0, 0, 360, (28, 26, 24), -1, cv2.LINE_AA)
    return out


SPOILT: tuple[tuple[str, Spoil, str], ...] = (  # how, by what, and the measure that should fall
    ("a quarter of the light", dark, "luminance_mean"),
    ("a quarter of the light", dark, "under_exposure_prevention"),
    ("bleached", bleached, "over_exposure_prevention"),
    ("bleached", bleached, "dynamic_range"),
    ("lit from one side", lit_from_one_side, "illumination_uniformity"),
    ("blurred by 1/14 of the eyes' distance", blurred, "sharpness"),
    ("a pale mask", masked, "mouth_occlusion_prevention"),
    ("a pale mask", masked, "face_occlusion_prevention"),
    ("dark glasses", dark_glasses, "eyes_visible"),
    ("dark glasses", dark_glasses, "face_occlusion_prevention"),
)


def auc(good: Iterable[float], bad: Iterable[float]) -> float:
    """How often a good one has the greater value than a bad one; ties count half."""
    good, bad = np.array(list(good))[:, None], np.array(list(bad))[None]
    return float((good > bad).mean() + (good == bad).mean() / 2)


def told_apart(reader: FaceReader, sets: dict[str, list[tuple[np.ndarray, Face]]]) -> Table:
    """For each set of (picture, its face): the AUC of each measure for each way to spoil."""
    rows = []
    for how, spoil, name in SPOILT:
        row: list = [how, name]
        for pictures in sets.values():
            good = [measures(p, f, aligned(p, f.points), [name])[name] for p, f in pictures]
            worse = [(spoil(p, f), f) for p, f in pictures]
            bad = [_again(reader, p, f, name) for p, f in worse]
            row.append(round(auc(good, bad), 3))
        rows.append(row)
    return Table("Quality measures: AUC of spoilt against good pictures", ["spoilt by", "measure", *sets], rows)


def _again(reader: FaceReader, picture: np.ndarray, face: Face, name: str) -> float:
    """The measure on a spoilt picture; where the detector is asked, it looks again (0 when it finds no face)."""
    if name == "face_occlusion_prevention":
        found = reader.faces(picture, (320,))
        face = replace(face, score=max((f.score for f in found), default=0.0))
    return measures(picture, face, aligned(picture, face.points), [name])[name]
