"""Copies of cards on paper: a laser printer's dots in black or four inks, or an ink-jet's scattered dots.

A printer knows ink or no ink. Lasers grow round dots on a turned grid, 85–200 to the inch (each ink at its own angle,
so that they do not beat), ink-jets scatter equal dots so that their errors cancel. Both are drawn at 600 dots to the
inch, on white paper with or without a border, and then photographed like any card.
"""

from dataclasses import dataclass
from random import Random

import cv2
import numpy as np

from .card import Flat
from .ink import CARD_MM

DPI = 600
DOTS = DPI / 25.4  # printer dots per mm
ANGLES = (15.0, 75.0, 0.0, 45.0)  # of the grids of cyan, magenta, yellow and black
INKS = np.float32([[40, 150, 205], [205, 60, 130], [235, 220, 60], [38, 36, 38]])  # RGB of full ink on paper
PAPER = np.float32([243, 243, 240])


@dataclass(frozen=True, slots=True)
class Sheet:
    """A printed sheet: (H,W,3 uint8, RGB), its pixels per mm, and where on it (mm) the card's upper left corner is."""

    picture: np.ndarray
    scale: float
    corner: tuple[float, float]


def grey(flat: Flat, rng: Random) -> Sheet:
    """A black-and-white laser copy."""
    luma = cv2.cvtColor(_print_size(flat), cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    luma = np.clip((luma - 0.5) * rng.uniform(1.0, 1.35) + 0.5 + rng.uniform(-0.02, 0.08), 0, 1)
    dots = _dots(1 - luma, 45.0, rng.choice((85, 106, 106, 133)))
    return _on_paper(PAPER + (INKS[3] - PAPER) * dots[..., None], rng)


def colour(flat: Flat, rng: Random) -> Sheet:
    """A colour copy, from a laser or an ink-jet printer."""
    rgb = _print_size(flat).astype(np.float32) / 255
    black = (1 - rgb.max(axis=2)) * rng.uniform(0.6, 1.0)
    inks = np.clip((1 - rgb - black[..., None]) / np.maximum(1 - black[..., None], 0.05), 0, 1)
    planes = [inks[..., 0], inks[..., 1], inks[..., 2], black]
    if rng.random() < 0.6:
        lines = rng.choice((133, 150, 170, 200))
        printed = [_dots(plane, angle, lines) for plane, angle in zip(planes, ANGLES, strict=True)]
    else:
        dice = np.random.default_rng(rng.randrange(2**32))
        printed = [_scattered(plane, dice) for plane in planes]
    sheet = np.broadcast_to(PAPER, rgb.shape).copy()
    for ink, share in zip(INKS, printed, strict=True):
        sheet *= 1 + (ink / 255 - 1) * share[..., None]
    return _on_paper(sheet, rng)


def _print_size(flat: Flat) -> np.ndarray:
    size = round(CARD_MM[0] * DOTS), round(CARD_MM[1] * DOTS)
    return cv2.resize(flat.picture, size, interpolation=cv2.INTER_CUBIC)


def _dots(share: np.ndarray, angle: float, lines: int) -> np.ndarray:
    """Round dots on a turned grid, of `lines` to the inch, that cover `share` (H,W 0–1) of the paper."""
    x, y = np.meshgrid(np.arange(share.shape[1], dtype=np.float32), np.arange(share.shape[0], dtype=np.float32))
    turn, pitch = np.deg2rad(angle), DPI / lines
    u = (x * np.cos(turn) + y * np.sin(turn)) * (2 * np.pi / pitch)
    v = (y * np.cos(turn) - x * np.sin(turn)) * (2 * np.pi / pitch)
    level = 0.5 + 0.25 * (np.cos(u) + np.cos(v))
    order = np.sort(level[::7, ::7].ravel())  # so that a share of 30 % really covers 30 %
    rank = np.searchsorted(order, level.ravel()).reshape(level.shape) / len(order)
    return cv2.GaussianBlur((rank > 1 - share).astype(np.float32), (0, 0), 0.55)


def _scattered(share: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """Equal dots, scattered so that neighbours make up for each other: noise without its coarse part as threshold."""
    noise = dice.standard_normal(share.shape, dtype=np.float32)
    noise -= cv2.GaussianBlur(noise, (0, 0), 1.4)
    order = np.sort(noise[::5, ::5].ravel())
    rank = np.searchsorted(order, noise.ravel()).reshape(noise.shape) / len(order)
    return cv2.GaussianBlur((rank < share).astype(np.float32), (0, 0), 0.6)


def _on_paper(printed: np.ndarray, rng: Random) -> Sheet:
    """The print on its sheet: cut out closely, or with a wide border."""
    close = rng.random() < 0.4
    margins = [rng.uniform(0.0, 2.0) if close else rng.uniform(8, 40) for _ in range(4)]
    left, top, right, bottom = (round(mm * DOTS) for mm in margins)
    picture = cv2.copyMakeBorder(printed, top, bottom, left, right, cv2.BORDER_CONSTANT, value=PAPER.tolist())
    return Sheet(np.clip(picture, 0, 255).astype(np.uint8), DOTS, (left / DOTS, top / DOTS))
