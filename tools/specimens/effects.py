"""What light, hands, lens and sensor do. Pictures are (H,W,3) uint8 RGB; masks (H,W) uint8 or float32 0–1."""

import cv2
import numpy as np

from .ink import CARD_MM
from .shot import Finger, Glare, Shadow, Shot

_SKIN = (214, 164, 136)
_COARSE = 4  # light fields are smooth: they are made at a quarter of the size


def light(photo: np.ndarray, shot: Shot) -> np.ndarray:
    """Uneven light, shadows, brightness and colour cast."""
    height, width = photo.shape[0] // _COARSE, photo.shape[1] // _COARSE
    x, y = np.meshgrid(
        np.linspace(-0.5, 0.5, width, dtype=np.float32), np.linspace(-0.5, 0.5, height, dtype=np.float32)
    )
    turn = np.deg2rad(shot.slope_turn)
    field = 1 + shot.slope * (x * np.cos(turn) + y * np.sin(turn)) - 0.18 * (x * x + y * y)
    for shadow in shot.shadows:
        field *= 1 - shadow.depth * _shaded(x, y, shadow)
    gains = (shot.light * field)[..., None] * np.float32(shot.cast)
    return _clip(photo * cv2.resize(gains, photo.shape[1::-1], interpolation=cv2.INTER_LINEAR))


def _shaded(x: np.ndarray, y: np.ndarray, shadow: Shadow) -> np.ndarray:
    turn = np.deg2rad(shadow.turn)
    distance = (x + 0.5 - shadow.x) * np.cos(turn) + (y + 0.5 - shadow.y) * np.sin(turn)
    distance = distance + 0.02 * np.sin(9 * (y * np.cos(turn) - x * np.sin(turn)))
    return 1 / (1 + np.exp(np.clip(-distance / max(shadow.soft, 0.004), -30, 30)))


def glare_mask(glares: tuple[Glare, ...], matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """How much of each pixel is reflected light (H,W float32, 0–1; 1 is saturated)."""
    out = np.zeros((size[1], size[0]), np.float32)
    if not glares:
        return out
    small = (size[0] // _COARSE, size[1] // _COARSE)
    to_card = np.linalg.inv(np.diag([1 / _COARSE, 1 / _COARSE, 1]) @ matrix)
    x, y = np.meshgrid(np.arange(small[0], dtype=np.float32), np.arange(small[1], dtype=np.float32))
    u, v, w = (to_card[i, 0] * x + to_card[i, 1] * y + to_card[i, 2] for i in range(3))
    total = np.zeros_like(x)
    for glare in glares:
        turn, dx, dy = np.deg2rad(glare.turn), u / w - glare.x, v / w - glare.y
        along, across = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
        distance = (along / glare.rx) ** 2 + (across / glare.ry) ** 2
        total += glare.strength * np.exp(-np.minimum(distance, 40) * 0.9) + 0.12 * np.exp(
            -np.minimum(distance, 40) * 0.16
        )
    return cv2.resize(np.clip(total, 0, 1), size, interpolation=cv2.INTER_LINEAR)


def shine(photo: np.ndarray, glare: np.ndarray, card: np.ndarray) -> np.ndarray:
    """Lays the reflection over the card; the ground is less glossy."""
    if not glare.any():
        return photo
    share = (glare * (0.25 + 0.75 / 255 * card.astype(np.float32)))[..., None]
    return _clip(photo + (np.float32((255, 255, 252)) - photo) * share)


def fingers(photo: np.ndarray, held: tuple[Finger, ...], matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The photo with fingers over the card's edge, and their mask (H,W uint8)."""
    covered = np.zeros(photo.shape[:2], np.uint8)
    for finger in held:
        tip, root = _finger_line(finger)
        points = cv2.perspectiveTransform(np.float64([[tip, root]]), matrix)[0]
        scale = float(np.linalg.norm(points[0] - points[1]) / np.linalg.norm(np.subtract(tip, root)))
        photo = _draw_finger(photo, covered, points, finger.width * scale, finger.tone)
    return photo, covered


def _finger_line(finger: Finger) -> tuple[tuple[float, float], tuple[float, float]]:
    """Middle of the finger tip's circle and a point far outside, in mm. Raises KeyError for an unknown edge."""
    width, height = CARD_MM
    inside, lean = finger.reach - finger.width / 2, 12 * (finger.at - 0.5)
    return {
        "left": ((inside, finger.at * height), (-70.0, finger.at * height + lean)),
        "right": ((width - inside, finger.at * height), (width + 70.0, finger.at * height + lean)),
        "top": ((finger.at * width, inside), (finger.at * width + lean, -70.0)),
        "bottom": ((finger.at * width, height - inside), (finger.at * width + lean, height + 70.0)),
    }[finger.edge]


def _draw_finger(photo: np.ndarray, covered: np.ndarray, points: np.ndarray, width: float, tone: float) -> np.ndarray:
    shape = np.zeros_like(covered)
    tip, root = np.round(points).astype(int)
    cv2.line(shape, tip.tolist(), root.tolist(), 255, max(2, round(width)), cv2.LINE_AA)
    shape = cv2.GaussianBlur(shape, (0, 0), 1.2)
    low = cv2.resize(shape, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    size = photo.shape[1::-1]
    round_ = cv2.resize(cv2.GaussianBlur(low, (0, 0), width * 0.07), size).astype(np.float32) / 255
    skin = np.float32(_SKIN) * tone * (0.66 + 0.38 * np.clip(round_ * 2 - 1, 0, 1))[..., None]
    skin = skin + (np.float32((235, 190, 178)) * tone - skin) * _nail(shape, points, width)[..., None] * 0.22
    shade = cv2.resize(cv2.GaussianBlur(low, (0, 0), width * 0.05), size).astype(np.float32)[..., None] * (0.4 / 255)
    share = shape.astype(np.float32)[..., None] / 255
    np.maximum(covered, shape, out=covered)
    return _clip(photo * (1 - shade) * (1 - share) + skin * share)


def _nail(shape: np.ndarray, points: np.ndarray, width: float) -> np.ndarray:
    nail = np.zeros_like(shape)
    along = (points[1] - points[0]) / np.linalg.norm(points[1] - points[0])
    middle = points[0] + along * width * 0.05
    turn = float(np.degrees(np.arctan2(along[1], along[0])))
    cv2.ellipse(nail, (middle.tolist(), (width * 0.66, width * 0.5), turn), 255, -1, cv2.LINE_AA)
    return cv2.GaussianBlur(nail, (0, 0), max(1.0, width * 0.02)).astype(np.float32) / 255


def lens(photo: np.ndarray, shot: Shot, px_per_mm: float) -> np.ndarray:
    """Defocus (a disc) and motion (a line), then the moiré of a screen where asked for."""
    if shot.defocus * px_per_mm > 0.4:
        photo = cv2.filter2D(photo, -1, _disc(shot.defocus * px_per_mm))
    if shot.motion * px_per_mm > 1.2:
        photo = cv2.filter2D(photo, -1, _streak(shot.motion * px_per_mm, shot.motion_turn))
    if shot.moire:
        photo = _moire(photo, shot.moire)
    return photo


def _disc(radius: float) -> np.ndarray:
    half = int(np.ceil(radius)) + 1
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return kernel / kernel.sum()


def _streak(length: float, turn: float) -> np.ndarray:
    half = int(np.ceil(length / 2)) + 1
    kernel = np.zeros((2 * half + 1,) * 2, np.float32)
    step = np.array([np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))]) * length / 2
    ends = [np.round((half + sign * step) * 16).astype(int).tolist() for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, 4)
    return kernel / kernel.sum()


def _moire(photo: np.ndarray, depth: float) -> np.ndarray:
    height, width = photo.shape[:2]
    x, y = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
    waves = [1 + depth * np.sin(x * (0.71 + 0.004 * c) + y * 0.09 + c) * np.sin(y * 0.83 - x * 0.05) for c in range(3)]
    return _clip(photo * np.stack(waves, axis=-1))


def sensor(photo: np.ndarray, noise: float, dice: np.random.Generator) -> np.ndarray:
    """Noise that grows with the square root of the light, finer in brightness than in colour, then mild sharpening."""
    if noise <= 0:
        return photo
    height, width = photo.shape[:2]
    grain = _tiled(dice, height, width) * noise
    blotch = cv2.resize(dice.normal(0, 0.7 * noise, (height // 3, width // 3, 3)).astype(np.float32), (width, height))
    level = np.sqrt(photo[..., 1:2].astype(np.float32) * (0.9 / 128) + 0.1)
    blotch += grain[..., None]  # in place from here on: memory is what this costs
    blotch *= level
    blotch += photo
    soft = cv2.GaussianBlur(blotch, (0, 0), 1.2)
    np.subtract(blotch, soft, out=soft)
    soft *= 0.35
    soft += blotch
    return _clip(soft)


def _tiled(dice: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Gaussian noise repeated in tiles of 512: drawing it for every pixel would cost as much as all the rest."""
    tile = cv2.GaussianBlur(dice.standard_normal((512, 512), dtype=np.float32), (0, 0), 0.6) * 1.6
    return np.tile(tile, (height // 512 + 1, width // 512 + 1))[:height, :width]


def _clip(picture: np.ndarray) -> np.ndarray:
    """A picture that nobody else holds, as bytes."""
    return np.clip(picture, 0, 255, out=picture).astype(np.uint8)
