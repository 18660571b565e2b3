"""How fit one face is to be compared: the measures of ISO/IEC 29794-5 that decide something here, by its names.

All are taken on the aligned face (112 × 112), so that size and tilt do not matter, except the inter-eye distance and
the crop. They are simple stand-ins of ours for the standard's algorithms, on scales of our own. LIMITS is the one
table of which values are told as flaws; docs/accuracy.md says how well each tells bad from good.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from shiming.verification.seen import Box, Flaw
from shiming.vision.face.align import LAYOUT, SIDE, similarity_to
from shiming.vision.face.detect import Face


@dataclass(frozen=True, slots=True)
class Limit:
    """Which value of a measure is told, as which reason: `least` and `most` are the last good ones."""

    code: str
    least: float | None = None
    most: float | None = None


LIMITS: Mapping[str, tuple[Limit, ...]] = {
    "luminance_mean": (Limit("photo_dark", least=45.0), Limit("photo_glare", most=225.0)),
    "sharpness": (Limit("photo_blurred", least=0.0025),),
    "inter_eye_distance": (Limit("photo_too_small", least=24.0),),
    # A mask or hand lowers the detector's score from 0.94 to 0.92 at the median: only the worst are found.
    "face_occlusion_prevention": (Limit("photo_occluded", least=0.90),),
    "crop_of_the_face": (Limit("photo_cut_off", most=0.06),),
}
"""Measures without a row are kept for reviewers and benches and told to nobody."""

DARK, BRIGHT = 25, 247  # luma, 0–255, from which a pixel tells nothing of a face
NOSE_OUT = 0.55  # how far the nose stands out, of the distance between the eyes
EYES, CHEEKS = np.s_[44:60, 26:86], np.s_[64:82, 24:88]  # of the aligned face
NOSE, MOUTH = np.s_[48:62, 51:61], np.s_[80:106, 34:78]
LEFT, RIGHT = np.s_[36:100, 18:54], np.s_[36:100, 58:94]
_step = np.arange(0, SIDE, 8) + 4.0
SPOTS = np.stack(np.meshgrid(_step, _step), axis=-1).reshape(-1, 2)  # all over the aligned face


def measures(
    picture: np.ndarray, face: Face, crop: np.ndarray, names: Iterable[str] | None = None, faces: int = 1
) -> dict[str, float]:
    """The measures of one face (all, or those of these names), given the picture and its aligned crop (112, 112, 3).

    `faces` counts those found. The unified quality score is the length of the face's embedding
    (`FaceReader.embedding`): it is not among these, since it costs a run of the network.
    """
    luma = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    inner = luma[20:, 16:96]
    ways: dict[str, Callable[[], float]] = {
        "single_face_present": lambda: float(faces == 1),
        "luminance_mean": lambda: float(inner.mean()),
        "under_exposure_prevention": lambda: float((inner > DARK).mean()),
        "over_exposure_prevention": lambda: float((inner < BRIGHT).mean()),
        "illumination_uniformity": lambda: evenness(luma),
        "dynamic_range": lambda: entropy(inner),
        "sharpness": lambda: sharpness(inner.astype(np.float32)),
        "inter_eye_distance": lambda: face.eyes,
        "pose_angle_yaw": lambda: yaw(face.points),
        "pose_angle_roll": lambda: roll(face.points),
        "eyes_visible": lambda: eyes_visible(luma),
        "mouth_occlusion_prevention": lambda: mouth_shown(crop),
        "face_occlusion_prevention": lambda: face.score,
        "crop_of_the_face": lambda: outside(picture, face),
    }
    return {name: ways[name]() for name in (ways if names is None else names)}


def flaws(picture: np.ndarray, face: Face, crop: np.ndarray) -> tuple[Flaw, ...]:
    """Flaws of one face, given the picture and its aligned crop (112, 112, 3). Codes are reasons of the catalogue."""
    found, where = measures(picture, face, crop, LIMITS), _where(picture, face)
    return tuple(
        Flaw(limit.code, round(found[name], 4), limit.most if limit.least is None else limit.least, where)
        for name, limits in LIMITS.items()
        for limit in limits
        if (limit.least is not None and found[name] < limit.least)
        or (limit.most is not None and found[name] > limit.most)
    )


def evenness(luma: np.ndarray) -> float:
    """What the brightness of the face's two halves has in common, 0 (lit from one side) to 1."""
    left, right = (np.histogram(luma[half], bins=32, range=(0, 256))[0] for half in (LEFT, RIGHT))
    return float(np.minimum(left / left.sum(), right / right.sum()).sum())


def entropy(luma: np.ndarray) -> float:
    """Bits of brightness that the face uses, 0–8."""
    share = np.bincount(luma.ravel(), minlength=256) / luma.size
    return float(-(share[share > 0] * np.log2(share[share > 0])).sum())


def sharpness(grey: np.ndarray) -> float:
    """Variance of the Laplacian over the variance of a float grey face: how much of its contrast is fine detail.

    Undivided, dark would pass for blurred.
    """
    light = cv2.GaussianBlur(grey, (0, 0), 0.8)  # else sensor noise would pass for detail
    return float(cv2.Laplacian(light, cv2.CV_32F).var() / max(float(grey.var()), 25.0))


def yaw(points: np.ndarray) -> float:
    """The head's turn in degrees, roughly, from how far the nose tip lies beside the middle of the eyes."""
    across = points[1] - points[0]
    shift = (points[2] - (points[0] + points[1]) / 2) @ across / max(float(across @ across), 1e-9)
    return float(np.degrees(np.arctan(shift / NOSE_OUT)))


def roll(points: np.ndarray) -> float:
    """Degrees by which the line of the eyes is tilted."""
    across = points[1] - points[0]
    return float(np.degrees(np.arctan2(across[1], across[0])))


def eyes_visible(luma: np.ndarray) -> float:
    """How bright the brightest parts about the eyes are, against the cheeks: dark glasses leave nothing bright."""
    return float(np.percentile(luma[EYES], 60) / max(float(np.median(luma[CHEEKS])), 1.0))


def mouth_shown(crop: np.ndarray) -> float:
    """1 where mouth and bridge of the nose have one colour, falling to 0 as they differ, as under a mask."""
    lab = cv2.cvtColor(crop, cv2.COLOR_BGR2LAB).astype(np.float32)
    mouth, nose = (np.median(lab[part].reshape(-1, 3), axis=0) for part in (MOUTH, NOSE))
    redder, yellower = mouth[1] - nose[1], mouth[2] - nose[2]  # lips are redder, cloth is less of both
    return float(np.exp((min(redder, 0.0) + min(yellower, 0.0)) / 12))


def outside(picture: np.ndarray, face: Face) -> float:
    """The share of the aligned face that lies beyond the picture, 0–1. (The detector keeps its box inside.)"""
    back = cv2.invertAffineTransform(similarity_to(face.points, LAYOUT))
    spots = SPOTS @ back[:, :2].T + back[:, 2]
    return float(((spots < 0) | (spots > np.array(picture.shape[1::-1]))).any(axis=1).mean())


def _where(picture: np.ndarray, face: Face) -> Box:
    height, width = picture.shape[:2]
    left, top, wide, high = face.box
    return Box(left / width, top / height, wide / width, high / height)
