"""What a picture is taken of: pose, expression, light, backdrop and clothes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Pose:
    """Degrees; yaw > 0 to the holder's own left, pitch > 0 up, roll > 0 towards the own left shoulder."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


@dataclass(frozen=True)
class Expression:
    """Each 0–1: eyes closed, mouth open, smile; `gaze` is how far the eyes stay on the camera when the head turns."""

    blink: float = 0.0
    mouth: float = 0.0
    smile: float = 0.0
    gaze: float = 0.6


@dataclass(frozen=True)
class Light:
    """A key light from `direction` (towards the light), a soft fill, and light from around (sky, ground)."""

    direction: tuple[float, float, float] = (0.25, 0.55, 0.8)
    key: tuple[float, float, float] = (1.35, 1.3, 1.22)
    fill: tuple[float, float, float] = (0.30, 0.31, 0.33)
    fill_from: tuple[float, float, float] = (-0.6, 0.1, 0.7)
    sky: tuple[float, float, float] = (0.48, 0.48, 0.5)
    ground: tuple[float, float, float] = (0.26, 0.24, 0.22)
    softness: float = 0.05


STUDIO = Light(
    (0.3, 0.55, 0.78),
    (1.12, 1.1, 1.06),
    (0.34, 0.34, 0.34),
    (-0.6, 0.1, 0.75),
    (0.44, 0.44, 0.45),
    (0.24, 0.23, 0.22),
    0.1,
)
STUDIO_LEFT = Light(
    (-0.5, 0.45, 0.75),
    (1.15, 1.12, 1.07),
    (0.30, 0.30, 0.31),
    (0.6, 0.1, 0.75),
    (0.42, 0.42, 0.44),
    (0.24, 0.23, 0.22),
    0.1,
)


@dataclass(frozen=True)
class Setting:
    """Camera zoom in pixels per dm (for a picture 480 px wide), distance in dm, clothes, backdrop, sensor noise."""

    zoom: float = 190.0
    distance: float = 7.0
    centre: tuple[float, float] = (0.5, 0.5)
    target_y: float = 7.15
    cloth: tuple[float, float, float] = (0.03, 0.035, 0.06)
    collar: str = "crew"
    backdrop: str = "room"
    backdrop_seed: int = 0
    noise: float = 0.006


ID_PHOTO = Setting(zoom=190, distance=14.0, target_y=7.02, backdrop="white", noise=0.002)


def room_light(seed: int) -> Light:
    """Uneven light as in a room: a window or lamp from one side, and weak light from around."""
    rng = np.random.default_rng(seed)
    side, height = rng.choice([-1, 1]) * rng.uniform(0.25, 0.8), rng.uniform(0.25, 0.7)
    warmth = rng.uniform(-0.06, 0.1)
    colour = np.array([1 + warmth, 1.0, 1 - 1.2 * warmth])
    strength = rng.uniform(1.0, 1.4)
    around = rng.uniform(0.38, 0.55)
    return Light(
        (side, height, 0.8),
        tuple(strength * colour),
        tuple(np.array([0.22, 0.22, 0.23])),
        (-side, 0.0, 0.7),
        tuple(around * np.array([1, 1, 1.04])),
        tuple(around * 0.55 * np.array([1.05, 1, 0.94])),
        0.08,
    )


def backdrop(setting: Setting, width: int, height: int) -> np.ndarray:
    """Linear RGB (height,width,3) behind the person."""
    if setting.backdrop == "white":
        fall = 1 - 0.03 * np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
        return np.broadcast_to(fall * np.array([0.93, 0.935, 0.94], np.float32), (height, width, 3)).copy()
    return _room(np.random.default_rng(setting.backdrop_seed), width, height)


def _room(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    wall = np.array([0.5, 0.47, 0.43]) * rng.uniform(0.5, 1.1) * (1 + rng.normal(0, 0.05, 3))
    scene = np.empty((120, 90, 3), np.float32)
    scene[:] = (
        wall * np.linspace(1.1, 0.85, 120)[:, None, None] * np.linspace(*rng.uniform(0.8, 1.2, 2), 90)[None, :, None]
    )
    left = rng.random() < 0.5
    column = int(rng.uniform(2, 16) if left else rng.uniform(60, 74))
    kind = rng.integers(0, 3)
    if kind == 0:
        cv2.rectangle(scene, (column, 8), (column + 24, 70), tuple(float(v) for v in (1.3, 1.35, 1.45)), -1)
        cv2.line(scene, (column + 12, 8), (column + 12, 70), tuple(float(v) for v in wall * 0.7), 2)
    elif kind == 1:
        _shelf(scene, rng, column)
    else:
        cv2.rectangle(scene, (column, 15), (column + 22, 120), tuple(float(v) for v in wall * [0.5, 0.4, 0.32]), -1)
    other = int(rng.uniform(56, 70) if left else rng.uniform(4, 20))
    colour = tuple(float(v) for v in rng.uniform(0.08, 0.5, 3))
    cv2.rectangle(
        scene,
        (other, int(rng.uniform(18, 40))),
        (other + int(rng.uniform(12, 20)), int(rng.uniform(48, 66))),
        colour,
        -1,
    )
    furniture = np.array([0.2, 0.13, 0.08]) * rng.uniform(0.6, 1.8)
    top = int(rng.uniform(84, 104))
    cv2.rectangle(scene, (-1, top), (91, 121), tuple(float(v) for v in furniture), -1)
    scene = cv2.GaussianBlur(scene, (0, 0), rng.uniform(2.2, 3.5))
    return cv2.GaussianBlur(cv2.resize(scene, (width, height), interpolation=cv2.INTER_CUBIC), (0, 0), width / 120)


def _shelf(scene: np.ndarray, rng: np.random.Generator, column: int) -> None:
    cv2.rectangle(scene, (column - 2, 6), (column + 26, 120), (0.16, 0.1, 0.06), -1)
    for row in range(10, 110, 18):
        x = column
        while x < column + 22:
            wide, tall = int(rng.integers(2, 5)), int(rng.integers(9, 15))
            colour = tuple(float(v) for v in rng.uniform(0.05, 0.6, 3))
            cv2.rectangle(scene, (x, row + 15 - tall), (x + wide - 1, row + 15), colour, -1)
            x += wide
