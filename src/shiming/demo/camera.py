"""A simulated phone camera: it films a rendered face, or a flat photo of one, answering a challenge.

Every frame gets sensor noise and a little shake of its own, as from a camera held in a hand.
"""

from collections.abc import Sequence

import cv2
import numpy as np

FRAME_MS = 150
TURN = (10, 20, 30, 54, 20)
"""Degrees of one turn, from the face towards the camera and back; a bank that ends earlier gives its widest."""

Bank = Sequence[tuple[float, bytes]]


def live(bank: Bank, turns: Sequence[str], seed: int = 0) -> tuple[list[bytes], list[int]]:
    """Frames (JPEG) and times (ms) of a live person who turns as asked."""
    random = np.random.default_rng(seed)
    pictures = [(yaw, _decoded(jpeg)) for yaw, jpeg in bank]
    frames = [_shot(_nearest(pictures, yaw, random), random) for yaw in path(turns)]
    return frames, times(len(frames))


def swapped(bank: Bank, other: Bank, turns: Sequence[str], seed: int = 0) -> tuple[list[bytes], list[int]]:
    """A second person takes over half way."""
    mine, when = live(bank, turns, seed)
    theirs, _ = live(other, turns, seed + 1)
    half = len(mine) // 2
    return mine[:half] + theirs[half:], when


def flat_photo(bank: Bank, turns: Sequence[str], seed: int = 0) -> tuple[list[bytes], list[int]]:
    """A printed photo of the right person, turned in the hand as asked: all its points move as one plane."""
    random = np.random.default_rng(seed)
    photo = _nearest([(yaw, _decoded(jpeg)) for yaw, jpeg in bank], 0, random)
    frames = [_shot(_tilted(photo, yaw * 1.2), random) for yaw in path(turns)]
    return frames, times(len(frames))


def path(turns: Sequence[str]) -> list[float]:
    """The yaw (degrees, holder's left positive) of each frame: towards the camera, then one turn after another."""
    yaws = [0.0, 0.0]
    for turn in turns:
        sign = 1 if turn == "left" else -1
        yaws += [sign * degrees for degrees in TURN] + [0.0]
    return yaws


def times(frames: int) -> list[int]:
    return [position * FRAME_MS for position in range(frames)]


def _nearest(pictures: list[tuple[float, np.ndarray]], yaw: float, random: np.random.Generator) -> np.ndarray:
    """One of the pictures nearest to this yaw; a bank holds several of the same."""
    gap = min(abs(y - yaw) for y, _ in pictures)
    fitting = [picture for y, picture in pictures if abs(y - yaw) <= gap + 1.5]
    return fitting[random.integers(len(fitting))]


def _shot(picture: np.ndarray, random: np.random.Generator) -> bytes:
    """One frame: shaken by up to three pixels, with noise, as JPEG."""
    height, width = picture.shape[:2]
    shake = np.float32([[1, 0, random.uniform(-3, 3)], [0, 1, random.uniform(-3, 3)]])
    moved = cv2.warpAffine(picture, shake, (width, height), borderMode=cv2.BORDER_REPLICATE)
    noisy = np.clip(moved + random.normal(0, 2.0, moved.shape), 0, 255).astype(np.uint8)
    return cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


def _tilted(photo: np.ndarray, degrees: float) -> np.ndarray:
    """A flat picture turned about its vertical axis before a camera at three picture widths."""
    height, width = photo.shape[:2]
    angle, distance = np.radians(degrees), 3.0 * width
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    x, y = corners[:, 0] - width / 2, corners[:, 1] - height / 2
    depth = distance / (distance + x * np.sin(angle))
    seen = np.stack([x * np.cos(angle) * depth + width / 2, y * depth + height / 2], axis=1).astype(np.float32)
    turned = cv2.getPerspectiveTransform(corners, seen)
    return cv2.warpPerspective(
        photo, turned, (width, height), borderMode=cv2.BORDER_CONSTANT, borderValue=(90, 95, 100)
    )


def _decoded(jpeg: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
