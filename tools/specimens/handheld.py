"""Hand-held photos: a rendered person with a card before the chest, and the same put together from two photos.

An honest one is lit, blurred, sensed and saved as one picture. A *pasted* one takes a person's photo and the photo of
a card, each with its own light, sensor and JPEG, and lays the card on with a sharp edge.
"""

from random import Random

import cv2
import numpy as np

from . import camera, effects, photo, presets
from .camera import Pose
from .card import Flat
from .ink import CARD_MM
from .shot import Finger, Shot

SIZE = (1500, 2000)


def held(person: np.ndarray, flat: Flat, rng: Random, share: float | None = None) -> photo.Photo:
    """An honest photo: `person` (RGB, a face in its upper part), card `share` of the photo's width wide."""
    shot = _shot(rng, share)
    matrix = camera.homography(shot.pose, SIZE)
    picture, _ = camera.lay(_person(person), flat, matrix)
    picture, _ = effects.fingers(picture, shot.fingers, matrix)
    picture = effects.light(picture, shot)
    picture = effects.lens(picture, shot, photo.px_per_mm(matrix))
    picture = effects.sensor(picture, shot.noise, np.random.default_rng(rng.randrange(2**32)))
    return photo.Photo(photo.encode(picture, shot.jpeg), _truth(matrix, flat, "handheld"))


def pasted(person: np.ndarray, flat: Flat, rng: Random, share: float | None = None) -> photo.Photo:
    """A card cut out of another photo and laid on a photo of the person."""
    shot = _shot(rng, share)
    dice = np.random.default_rng(rng.randrange(2**32))
    below = effects.sensor(effects.light(_person(person), shot), rng.uniform(1, 5), dice)
    below = photo.opened(photo.encode(below, rng.randint(75, 92)))
    first = presets.phone(rng)
    exposed = photo.expose(flat, first, rng.randrange(2**32))
    other = photo.opened(photo.encode(exposed.picture, first.jpeg))
    matrix = camera.homography(shot.pose, SIZE)
    moved = matrix @ np.linalg.inv(exposed.matrix)
    shrink = photo.px_per_mm(matrix) / photo.px_per_mm(exposed.matrix)
    soft = cv2.GaussianBlur(other, (0, 0), max(0.01, 0.4 / shrink)) if shrink < 0.8 else other
    laid = cv2.warpPerspective(soft, moved, SIZE, flags=cv2.INTER_LINEAR)
    outline = camera.corners(matrix) if rng.random() < 0.5 else None
    mask = camera.outline(matrix, SIZE)
    if outline is not None:  # cut with straight scissors, corners and all
        mask = np.zeros_like(mask)
        cv2.fillConvexPoly(mask, np.round(outline * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    share_of = mask.astype(np.float32)[..., None] / 255
    picture = np.clip(below + (laid.astype(np.float32) - below) * share_of, 0, 255).astype(np.uint8)
    return photo.Photo(photo.encode(picture, rng.randint(75, 92)), _truth(matrix, flat, "handheld_pasted"))


def _person(person: np.ndarray) -> np.ndarray:
    """The person in the upper three quarters, the ground and the shirt drawn on to the edges."""
    wide, high = round(SIZE[0] * 0.72), round(SIZE[1] * 0.72)
    side = (SIZE[0] - wide) // 2
    person = cv2.resize(person, (wide, high), interpolation=cv2.INTER_CUBIC)
    edges = (0, SIZE[1] - high, side, SIZE[0] - wide - side)
    return cv2.copyMakeBorder(person, *edges, cv2.BORDER_REPLICATE)


def _shot(rng: Random, share: float | None) -> Shot:
    share = share or rng.uniform(0.42, 0.6)
    pose = Pose(share, rng.gauss(0, 4), rng.uniform(-12, 12), rng.uniform(-12, 12), rng.uniform(0.42, 0.58), 0.8)
    edges = ("left", "right")
    hold = [Finger(edge, rng.uniform(0.4, 0.7), rng.uniform(3, 5), 14.0, rng.uniform(0.8, 1.1)) for edge in edges]
    return Shot(
        size=SIZE, desk="desk", pose=pose, light=rng.uniform(0.8, 1.1), slope=rng.uniform(0, 0.3),
        slope_turn=rng.uniform(0, 360), fingers=tuple(hold[: rng.randint(1, 2)]), defocus=rng.uniform(0.0, 0.07),
        noise=rng.uniform(1, 5), jpeg=rng.randint(78, 92),
    )  # fmt: skip


def _truth(matrix: np.ndarray, flat: Flat, species: str) -> dict:
    wide = float(np.linalg.norm(np.diff(camera.corners(matrix)[:2], axis=0)))
    number = flat.fields.get("number")
    return {"species": species, "card_px": round(wide), "mm": CARD_MM[0], "number": number, "specimen": True,
            "corners": camera.corners(matrix).round(1).tolist()}  # fmt: skip
