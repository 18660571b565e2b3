"""A simulated phone camera: it films a rendered face, or a flat photo of one, answering a challenge.

Every frame gets sensor noise and a little shake of its own, and comes when a camera's would: never quite evenly.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from shiming.demo import screen_light
from shiming.demo.cast import Bank
from shiming.verification.challenge import Challenge, Step

FRAME_MS = 200
REACTION_MS = 350  # after a step is shown
MOVE_MS, HOLD_MS = 300, 500  # there, and again back; at the widest
WIDEST = 39.0  # degrees; a bank that ends earlier gives its widest
SCREEN, SCREEN_MS = 0.12, 120  # the screen's light on the face, of the room's; until a camera shows it
SHOW_MS = (300, 1_900)  # where no times are told: when the first step is shown, and how long after it each other one

Film = tuple[list[bytes], list[int]]


def live(bank: Bank, asked: Challenge, seed: int = 0) -> Film:
    """Frames (JPEG) and times (ms) of a live person who does what is asked, when it is asked."""
    random = np.random.default_rng(seed)
    turned = [(yaw, decoded(jpeg)) for yaw, jpeg in bank]
    acted = {act: decoded(jpeg) for act, jpeg in bank.acts.items()}
    return _film(asked, random, lambda yaw, act: acted[act] if act else _nearest(turned, yaw, random))


def swapped(bank: Bank, other: Bank, asked: Challenge, seed: int = 0) -> Film:
    """A second person takes over half way."""
    mine, when = live(bank, asked, seed)
    theirs, _ = live(other, asked, seed)  # the same seed, so that both have the same times
    half = len(mine) // 2
    return mine[:half] + theirs[half:], when


def flat_photo(bank: Bank, asked: Challenge, seed: int = 0) -> Film:
    """A printed photo of the right person, turned in the hand as asked: all its points move as one plane."""
    random = np.random.default_rng(seed)
    photo = _nearest([(yaw, decoded(jpeg)) for yaw, jpeg in bank], 0, random)
    return _film(asked, random, lambda yaw, act: _tilted(photo, yaw * 1.2))


def course(asked: Challenge) -> tuple[Callable[[float], tuple[float, str]], int]:
    """What is done at a time in ms: the yaw (degrees, holder's left positive) and the act if there is one; the end."""
    steps = [(turn, start + REACTION_MS) for turn, start in zip(asked.turns, _shown(asked), strict=True)]

    def at(now: float) -> tuple[float, str]:
        for turn, start in steps:
            share = min((now - start) / MOVE_MS, (2 * MOVE_MS + HOLD_MS - (now - start)) / MOVE_MS, 1.0)
            if share > 0 and turn.is_turn:
                return share * WIDEST * (1 if turn is Step.LEFT else -1), ""
            if share > 0.5 and turn is not Step.LIGHT:
                return 0.0, str(turn)
        return 0.0, ""

    end = steps[-1][1] + 2 * MOVE_MS + HOLD_MS
    return at, max(end, asked.lit[1] if asked.lit else 0) + 2 * FRAME_MS


def _shown(asked: Challenge) -> Sequence[int]:
    return asked.show_ms or [SHOW_MS[0] + SHOW_MS[1] * step for step in range(len(asked.turns))]


def _film(asked: Challenge, random: np.random.Generator, seen: Callable[[float, str], np.ndarray]) -> Film:
    doing, end = course(asked)
    times = np.cumsum(np.maximum(60, random.normal(FRAME_MS, 12, 2 + end // FRAME_MS))).round().astype(int) - 150
    times = [int(each) for each in times if 0 <= each <= end]
    return [_shot(_lit(seen(*doing(now)), asked, now), random) for now in times], times


def _lit(picture: np.ndarray, asked: Challenge, now: int) -> np.ndarray:
    """With the screen's light of this moment on the face, as in a room that is neither bright nor dark."""
    if asked.lit is None:
        return picture
    since = now - asked.lit[0] - SCREEN_MS
    return screen_light.lit(
        picture, screen_light.middle(*picture.shape[:2]), SCREEN * screen_light.light(asked.colours, since)
    )


def _nearest(pictures: list[tuple[float, np.ndarray]], yaw: float, random: np.random.Generator) -> np.ndarray:
    """One of the pictures nearest to this yaw; a bank holds several of the same."""
    gap = min(abs(y - yaw) for y, _ in pictures)
    fitting = [picture for y, picture in pictures if abs(y - yaw) <= gap + 1.5]
    return fitting[random.integers(len(fitting))]


def _shot(picture: np.ndarray, random: np.random.Generator) -> bytes:
    """One frame: the hand moves, turns and comes nearer by a little; noise; JPEG."""
    height, width = picture.shape[:2]
    shake = cv2.getRotationMatrix2D((width / 2, height / 2), random.normal(0, 0.8), 1 + random.normal(0, 0.015))
    shake[:, 2] += random.uniform(-4, 4, 2)
    moved = cv2.warpAffine(picture, shake, (width, height), borderMode=cv2.BORDER_REPLICATE)
    noisy = cv2.add(moved, _noise(moved.shape, random), dtype=cv2.CV_8U)
    return cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


def _noise(shape: Sequence[int], random: np.random.Generator) -> np.ndarray:
    """A sensor's, in grey levels. OpenCV's generator is its thread's own; NumPy's took most of a film's time."""
    cv2.setRNGSeed(int(random.integers(1 << 31)))
    return cv2.randn(np.empty(shape, np.float32), (0.0,) * 3, (2.0,) * 3)


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


def decoded(jpeg: bytes) -> np.ndarray:
    """A picture of ours in BGR."""
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
