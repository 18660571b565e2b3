"""One flat card and one recipe make one phone photo with its ground truth."""

from dataclasses import asdict, dataclass, replace
from io import BytesIO
from random import Random

import cv2
import numpy as np
from PIL import Image

from . import camera, effects, readable
from .card import Flat
from .desks import DESKS
from .ink import CARD_MM
from .shot import Shot


@dataclass(frozen=True, slots=True)
class Photo:
    """A JPEG and what is true of it (plain values, ready for JSON)."""

    jpeg: bytes
    truth: dict


@dataclass(frozen=True, slots=True)
class Exposure:
    """A photo before it is a JPEG: the picture, the card's homography (mm → px), what fingers and reflections hide."""

    picture: np.ndarray
    matrix: np.ndarray
    covered: np.ndarray
    glare: np.ndarray


def take(flat: Flat, shot: Shot, seed: int, most: int | None = None) -> Photo:
    """The photo of `flat` with its truth. With `most`, JPEG quality falls (to 60) until that many bytes fit."""
    exposed = expose(flat, shot, seed)
    jpeg = encode(exposed.picture, shot.jpeg)
    while most is not None and len(jpeg) > most and shot.jpeg > 60:
        shot = replace(shot, jpeg=shot.jpeg - 3)
        jpeg = encode(exposed.picture, shot.jpeg)
    final = opened(jpeg)
    readings = readable.judge(flat, final, exposed.matrix, exposed.covered, exposed.glare, shot.noise)
    return Photo(jpeg, _truth(flat, shot, exposed.matrix, readings, seed))


def expose(flat: Flat, shot: Shot, seed: int, others: tuple[tuple[Flat, camera.Pose], ...] = ()) -> Exposure:
    """Lays the card (and any `others`) on its ground, lights and photographs it. `seed` fixes ground and noise."""
    picture = DESKS[shot.desk](Random(seed), shot.size)
    for other, pose in others:
        picture, _ = camera.lay(picture, other, camera.homography(pose, shot.size))
    matrix = camera.homography(shot.pose, shot.size)
    picture, card = camera.lay(picture, flat, matrix)
    glare = effects.glare_mask(shot.glares, matrix, shot.size)
    picture, covered = effects.fingers(picture, shot.fingers, matrix)
    picture = effects.light(picture, shot)
    picture = effects.shine(picture, glare * (covered < 128), card)
    picture = effects.lens(picture, shot, px_per_mm(matrix))
    picture = effects.sensor(picture, shot.noise, np.random.default_rng(seed))
    return Exposure(picture, matrix, covered, glare)


def px_per_mm(matrix: np.ndarray) -> float:
    """Pixels per card millimetre in the middle of the card."""
    x, y = CARD_MM[0] / 2, CARD_MM[1] / 2
    ends = cv2.perspectiveTransform(np.float64([[[x - 5, y], [x + 5, y], [x, y - 5], [x, y + 5]]]), matrix)[0]
    return float((np.linalg.norm(ends[1] - ends[0]) + np.linalg.norm(ends[3] - ends[2])) / 20)


def encode(picture: np.ndarray, quality: int) -> bytes:
    """The picture (H,W,3 uint8, RGB) as JPEG."""
    out = BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=quality)
    return out.getvalue()


def opened(jpeg: bytes) -> np.ndarray:
    """The pixels of a JPEG: (H,W,3 uint8, RGB)."""
    return np.asarray(Image.open(BytesIO(jpeg)).convert("RGB"))


def _truth(flat: Flat, shot: Shot, matrix: np.ndarray, readings: dict[str, readable.Reading], seed: int) -> dict:
    fields = {name: {"text": text, **asdict(readings[name])} for name, text in flat.fields.items()}
    return {
        "side": flat.side,
        "card": flat.kind,
        "specimen": True,
        "size": list(shot.size),
        "corners": [[round(float(v), 1) for v in point] for point in camera.corners(matrix)],
        "px_per_mm": round(px_per_mm(matrix), 2),
        "fields": fields,
        "effects": _rounded(asdict(shot)),
        "seed": seed,
    }


def _rounded(value: object) -> object:
    """Floats to three places, all the way down, so that the JSON stays small."""
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(part) for part in value]
    return value
