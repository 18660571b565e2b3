"""What to tell a holder before the camera, live: words for what to change. The flow has a text for each."""

import cv2
import numpy as np

from shiming.vision.face import Face
from shiming.vision.face.mesh import EYES, Mesh
from shiming.vision.face.quality import LIMITS, sharpness

WORDS = ("no_face", "several_faces", "closer", "farther", "centre", "dark", "bright", "backlight", "eyes_covered",
         "mask", "blurred")  # fmt: skip
NEAR, FAR = 0.80, 0.30  # width of the face, of the picture's shorter side
OFF_CENTRE = 0.18  # of the picture's width or height
DARK, BRIGHT = 60.0, 215.0  # mean of the face, 0–255; earlier than where a picture is refused
BEHIND = 75.0  # grey levels that the picture's border is brighter than a face below DUSK
DUSK = 105.0
SHARP = LIMITS["sharpness"][0].least
COVERED = 0.35  # brightness of the eyes' places, of the cheeks'; about 0.7 for bare eyes, 0.3 behind dark glasses
MASKED = 16.0  # distance in a, b (CIE Lab, 8 bit) between the mouth's place and the forehead's
CHEEKS, FOREHEAD, MUTE = (50, 280), (9, 151, 108, 337), (13, 17, 200, 57, 287)


def hints(picture: np.ndarray, faces: int, face: Face | None, mesh: Mesh | None) -> tuple[str, ...]:
    """The words that apply to one BGR frame, the most urgent first; empty when there is nothing to change."""
    if face is None:
        return ("no_face",)
    found = ["several_faces"] if faces > 1 else []
    found += _place(picture, face)
    found += _light(picture, face)
    if mesh is not None:
        found += _covered(picture, mesh)
    return tuple(found)


def _place(picture: np.ndarray, face: Face) -> list[str]:
    height, width = picture.shape[:2]
    left, top, wide, high = face.box
    share = wide / min(width, height)
    away = max(abs((left + wide / 2) / width - 0.5), abs((top + high / 2) / height - 0.5))
    words = (("farther", share > NEAR), ("closer", share < FAR), ("centre", away > OFF_CENTRE))
    return [word for word, applies in words if applies]


def _light(picture: np.ndarray, face: Face) -> list[str]:
    inner = _cut(picture, face, 0.15)
    if inner.size == 0:
        return []
    grey = cv2.cvtColor(inner, cv2.COLOR_BGR2GRAY)
    luma, border = float(grey.mean()), float(np.concatenate([picture[:8].ravel(), picture[:, :8].ravel(),
                                                             picture[:, -8:].ravel()]).mean())  # fmt: skip
    same_size = cv2.resize(grey, (80, 92), interpolation=cv2.INTER_AREA if grey.shape[1] > 80 else cv2.INTER_LINEAR)
    words = (
        ("backlight", luma < DUSK and border - luma > BEHIND),
        ("dark", luma < DARK),
        ("bright", luma > BRIGHT),
        ("blurred", sharpness(same_size.astype(np.float32)) < SHARP),
    )
    return [word for word, applies in words if applies]


def _covered(picture: np.ndarray, mesh: Mesh) -> list[str]:
    """Dark glasses by the brightness of the eyes' places, a mask by the colour of the mouth's."""
    eyes = [mesh.points[pair, :2].mean(axis=0) for pair in EYES]
    unit = mesh.axes[2]
    cheeks = float(_mean(picture, _at(mesh, CHEEKS), 0.12 * unit).mean())
    dark = float(_mean(picture, eyes, 0.18 * unit).mean()) / max(cheeks, 1.0)
    mouth, forehead = (_mean(picture, _at(mesh, points), 0.08 * unit) for points in (MUTE, FOREHEAD))
    both = cv2.cvtColor(np.stack([mouth, forehead])[None].clip(0, 255).astype(np.uint8), cv2.COLOR_BGR2LAB)[0]
    apart = float(np.linalg.norm(both[0, 1:].astype(float) - both[1, 1:]))
    words = (("eyes_covered", dark < COVERED), ("mask", apart > MASKED))
    return [word for word, applies in words if applies]


def _at(mesh: Mesh, points: tuple[int, ...]) -> list[np.ndarray]:
    return [mesh.points[point, :2] for point in points]


def _mean(picture: np.ndarray, places: list[np.ndarray], reach: float) -> np.ndarray:
    """The mean colour (3,) of small squares about the places."""
    half = max(1, int(reach))
    height, width = picture.shape[:2]
    squares = []
    for x, y in places:
        x, y = (max(half, min(int(at), size - half - 1)) for at, size in ((x, width), (y, height)))
        squares.append(cv2.mean(picture[y - half : y + half + 1, x - half : x + half + 1])[:3])
    return np.mean(squares, axis=0)


def _cut(picture: np.ndarray, face: Face, rim: float) -> np.ndarray:
    left, top, wide, high = face.box
    x, y = int(max(0, left + rim * wide)), int(max(0, top + rim * high))
    return picture[y : max(y, int(top + (1 - rim) * high)), x : max(x, int(left + (1 - rim) * wide))]
