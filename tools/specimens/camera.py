"""Where the card lies in the photo: turn, tilt and distance become a homography from card millimetres to pixels."""

from dataclasses import dataclass

import cv2
import numpy as np

from .card import Flat
from .ink import CARD_MM, MM

RADIUS = 3.2  # mm of the card's rounded corners
_MARGIN = 0.015  # share of the picture that stays free round a card that is not cut off
_SUPER = (
    1.15  # the flat card is first brought to this multiple of its size in the photo, so that warping does not alias
)


@dataclass(frozen=True, slots=True)
class Pose:
    """`share`: card width / picture width. Angles in degrees: `turn` in the picture, `tilt_x`, `tilt_y` out of it.

    (`x`, `y`): the card's middle, in shares of the picture. `cut`: the card may run out of the picture.
    """

    share: float
    turn: float
    tilt_x: float = 0.0
    tilt_y: float = 0.0
    x: float = 0.5
    y: float = 0.5
    cut: bool = False


def homography(pose: Pose, size: tuple[int, int]) -> np.ndarray:
    """3×3 float64: card millimetres → photo pixels, the card made smaller and moved until it lies in the picture."""
    share, x, y = pose.share, pose.x, pose.y
    for _ in range(12):
        matrix = _project(pose, size, share, x, y)
        if pose.cut:
            return matrix
        points = corners(matrix) / np.float64(size)
        low, high = points.min(axis=0), points.max(axis=0)
        if (high - low).max() > 1 - 2 * _MARGIN:
            share *= (1 - 2.2 * _MARGIN) / float((high - low).max())
            continue
        move = np.clip(_MARGIN - low, 0, None) + np.clip(1 - _MARGIN - high, None, 0)
        if np.abs(move).max() < 1e-3:
            return matrix
        x, y = x + float(move[0]), y + float(move[1])
    return matrix


def corners(matrix: np.ndarray) -> np.ndarray:
    """The card's corners in the photo (4,2): upper left, upper right, lower right, lower left of the printed side."""
    width, height = CARD_MM
    box = np.float64([[[0, 0], [width, 0], [width, height], [0, height]]])
    return cv2.perspectiveTransform(box, matrix)[0]


def lay(photo: np.ndarray, flat: Flat, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The photo with the card laid on it, and the card's mask (H,W uint8)."""
    size = (photo.shape[1], photo.shape[0])
    shrink = min(1.0, _SUPER * _width(matrix) / flat.picture.shape[1])
    small = (
        flat.picture
        if shrink == 1.0
        else cv2.resize(flat.picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    )
    scale = np.diag(
        [1 / (MM * small.shape[1] / flat.picture.shape[1]), 1 / (MM * small.shape[0] / flat.picture.shape[0]), 1]
    )
    warped = cv2.warpPerspective(small, matrix @ scale, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = outline(matrix, size)
    photo = _shade_under(photo, mask, _width(matrix))
    share = mask.astype(np.float32)[..., None] / 255
    return (photo + (warped - photo.astype(np.float32)) * share).astype(np.uint8), mask


def _width(matrix: np.ndarray) -> float:
    points = corners(matrix)
    return float(max(np.linalg.norm(points[1] - points[0]), np.linalg.norm(points[2] - points[3])))


def outline(matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The mask of the card with its rounded corners."""
    width, height = CARD_MM
    points = []
    for cx, cy, start in ((width, 0, -90), (width, height, 0), (0, height, 90), (0, 0, 180)):
        mx, my = cx + (RADIUS if cx == 0 else -RADIUS), cy + (RADIUS if cy == 0 else -RADIUS)
        angles = np.deg2rad(np.linspace(start, start + 90, 9))
        points += [(mx + RADIUS * np.cos(a), my + RADIUS * np.sin(a)) for a in angles]
    outline = cv2.perspectiveTransform(np.float64([points]), matrix)[0]
    mask = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return mask


def _shade_under(photo: np.ndarray, mask: np.ndarray, width: float) -> np.ndarray:
    """A soft contact shadow round the card."""
    spread = max(1.5, width * 0.006)
    small = cv2.resize(mask, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    moved = cv2.warpAffine(small, np.float32([[1, 0, spread * 0.4], [0, 1, spread * 0.6]]), small.shape[::-1])
    soft = cv2.resize(cv2.GaussianBlur(moved, (0, 0), spread / 2 + 0.8), mask.shape[::-1])
    return (photo * (1 - soft.astype(np.float32)[..., None] * (0.45 / 255))).astype(np.uint8)


def _project(pose: Pose, size: tuple[int, int], share: float, x: float, y: float) -> np.ndarray:
    """A pinhole camera with the view of a phone (focal length 1.1 × the longer side)."""
    focal = 1.1 * max(size)
    distance = focal * CARD_MM[0] / (share * size[0])
    a, b, c = (np.deg2rad(v) for v in (pose.turn, pose.tilt_x, pose.tilt_y))
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    tilt_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    tilt_y = np.array([[np.cos(c), 0, np.sin(c)], [0, 1, 0], [-np.sin(c), 0, np.cos(c)]])
    rotation = tilt_x @ tilt_y @ turn
    centre = np.array([[1, 0, -CARD_MM[0] / 2], [0, 1, -CARD_MM[1] / 2], [0, 0, 1]])
    plane = np.column_stack([rotation[:, 0], rotation[:, 1], [0, 0, distance]])
    lens = np.array([[focal, 0, x * size[0]], [0, focal, y * size[1]], [0, 0, 1]])
    matrix = lens @ plane @ centre
    return matrix / matrix[2, 2]
