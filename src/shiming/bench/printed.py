"""What becomes of a face on its way through a card's portrait: shrunk, printed over wave lines, photographed again.

A simulation, drawn from formulas. The portrait is first made as small as the one in the card's chip (102 × 126 px, GA
448-2013) or smaller, as old and worn cards have it, and kept as JPEG; printed pale at 300 dots per inch through a
screen of dots over wave lines; then photographed by a phone: turned, unevenly lit, blurred, noisy, JPEG again.
"""

from dataclasses import dataclass

import cv2
import numpy as np

SIZES = ((102, 126), (61, 76))
PRINT_SIDE = 504  # px that the print is drawn high
EYES_APART, EYES_DOWN = 0.25, 0.45  # in an ID photo: of its width, and from its upper edge


@dataclass(frozen=True, slots=True)
class Portrait:
    """One printed portrait (BGR, PRINT_SIDE high): photograph it as often as you like."""

    picture: np.ndarray


def printed(picture: np.ndarray, points: np.ndarray, size: tuple[int, int], seed: int) -> Portrait:
    """The face of a BGR picture, whose five points (5, 2) are known, as printed on a card from `size` pixels."""
    rng = np.random.default_rng(seed)
    small = cv2.resize(_framed(picture, points, size), size, interpolation=cv2.INTER_AREA)
    stored = _jpeg(small, int(rng.integers(70, 88)))
    wide = round(PRINT_SIDE * size[0] / size[1])
    large = cv2.resize(stored, (wide, PRINT_SIDE), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    pale = large * rng.uniform(0.80, 0.92) + rng.uniform(12, 26)
    return Portrait(np.clip(pale - _lines(pale.shape, rng) - _dots(pale, rng), 0, 255).astype(np.uint8))


def photographed(portrait: Portrait, seed: int) -> np.ndarray:
    """A phone's picture (BGR) of a printed portrait with a little of the card round it, as `crop_portrait` cuts it."""
    rng = np.random.default_rng(seed)
    card = cv2.copyMakeBorder(portrait.picture, 44, 44, 44, 44, cv2.BORDER_CONSTANT, value=(226, 228, 222))
    high, wide = card.shape[:2]
    out_high = int(rng.integers(260, 480))
    out = out_high * wide // high, out_high
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    moved = corners * (np.array(out) / (wide, high)) + rng.normal(0, 0.018 * out_high, (4, 2))
    there = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    shot = cv2.warpPerspective(cv2.GaussianBlur(card, (0, 0), 0.8), there, out, borderMode=cv2.BORDER_REPLICATE)
    light = _light(shot.shape, rng) * rng.uniform(0.7, 1.1)
    shot = cv2.GaussianBlur(shot, (0, 0), rng.uniform(0.5, 1.3)).astype(np.float32) * light
    shot = (shot - 128) * rng.uniform(0.8, 1.1) + 128 + rng.normal(0, rng.uniform(2, 6), shot.shape)
    return _jpeg(np.clip(shot, 0, 255).astype(np.uint8), int(rng.integers(72, 92)))


def _framed(picture: np.ndarray, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The picture cut as an ID photo is, with its border repeated where it is too small."""
    left, right = points[0], points[1]
    width = float(np.linalg.norm(right - left)) / EYES_APART
    height = width * size[1] / size[0]
    middle = (left + right) / 2
    shift = np.array([[1, 0, width / 2 - middle[0]], [0, 1, height * EYES_DOWN - middle[1]]])
    frame = round(width), round(height)
    return cv2.warpAffine(picture, shift, frame, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _lines(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Wave lines, darker where they run: (H, W, 3)."""
    x, y = np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))
    ink = np.zeros(shape, np.float32)
    for _ in range(2):
        length, height, turn = rng.uniform(60, 200), rng.uniform(8, 24), rng.uniform(0, 6.3)
        pitch = rng.uniform(12, 20)
        phase = (y + height * np.sin(x * 2 * np.pi / length + turn)) / pitch
        line = np.clip(1 - np.abs(phase - np.floor(phase) - 0.5) * 8, 0, 1)
        ink += line[..., None] * rng.uniform(6, 22, 3)
    return ink


def _dots(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A turned screen of dots, strongest in the middle tones: (H, W, 1)."""
    x, y = np.meshgrid(np.arange(picture.shape[1]), np.arange(picture.shape[0]))
    turn, pitch = rng.uniform(0, np.pi / 2), rng.uniform(3.0, 4.5)
    across, along = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    screen = np.cos(2 * np.pi * across / pitch) * np.cos(2 * np.pi * along / pitch)
    tone = picture.mean(axis=2) / 255
    return (screen * 4 * tone * (1 - tone) * rng.uniform(14, 30))[..., None]


def _light(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    angle, slope = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.35)
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, shape[1]), np.linspace(-0.5, 0.5, shape[0]))
    return (1 + slope * (x * np.cos(angle) + y * np.sin(angle)))[..., None].astype(np.float32)


def _jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
