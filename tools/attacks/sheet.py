"""A picture on something thin that is held before a camera: flat, bent, folded, or shaped like a face; and turned.

Every pixel of the camera looks along its ray for where it meets the sheet. Lengths are in widths of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

STEPS = 7  # of the search for where a ray meets the sheet; the shapes are shallow, so it settles soon


@dataclass(frozen=True)
class Shape:
    """How a sheet stands out towards the camera. `kind`: flat, bent, folded or relief.

    `amount` is 1 / radius of the bend, or how far fold or relief stand out. `axis` (degrees) turns the bend's axis away
    from upright. `relief` (H,W) is a face's height above its plane, 0–1, over the whole picture.
    """

    kind: str = "flat"
    amount: float = 0.0
    axis: float = 0.0
    relief: np.ndarray | None = None

    def height(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        if self.kind == "bent":
            across = self._across(x, y)
            return (np.sqrt(np.maximum(1 - (self.amount * across) ** 2, 0.02)) - 1) / self.amount
        if self.kind == "folded":
            return -self.amount * np.abs(self._across(x, y))
        if self.kind == "relief" and self.relief is not None:
            tall, wide = self.relief.shape
            u, v = (x + 0.5) * wide, (y + tall / wide / 2) * wide
            return self.amount * cv2.remap(self.relief, _f(u), _f(v), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.zeros_like(x)

    def on_paper(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where on the unbent paper a place lies; a bent sheet of paper is not stretched."""
        if self.kind != "bent":
            return x, y
        a = np.radians(self.axis)
        across, along = self._across(x, y), -x * np.sin(a) + y * np.cos(a)
        flat = np.arcsin(np.clip(self.amount * across, -1, 1)) / self.amount
        return flat * np.cos(a) - along * np.sin(a), flat * np.sin(a) + along * np.cos(a)

    def _across(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        a = np.radians(self.axis)
        return x * np.cos(a) + y * np.sin(a)


def shown(picture: np.ndarray, room: np.ndarray, turn: np.ndarray, shape: Shape = Shape(),
          distance: float = 2.4, scale: float = 1.0, shift: tuple[float, float] = (0, 0),
          pixels: float = 0.0, grid: float = 0.0) -> np.ndarray:  # fmt: skip
    """The room (H,W,3) with the picture held into it, float32 (H,W,3).

    `turn` is the 3×3 rotation of tools.people.mesh.rotation. The sheet is `scale` times as wide as the room's picture,
    and `distance` of its own widths away. A screen has `pixels` across and a black `grid` between them (0–1); where
    they meet the camera's own pixels, moiré comes about by itself.
    """
    (height, width), (tall, wide) = room.shape[:2], picture.shape[:2]
    focus = distance * width * scale
    across, down = (np.arange(side) - side * (0.5 + off) for side, off in zip((width, height), shift, strict=True))
    px, py = np.meshgrid(_f(across), _f(down))
    rays = np.stack([px / focus, py / focus, -np.ones_like(px)], -1).astype(np.float32) @ _f(turn_down(turn))
    start = np.array([0, 0, distance]) @ turn_down(turn)
    x, y = _meet(start, rays, shape)
    u, v = shape.on_paper(x, y)
    light = 1 - grid * _stripes(u * pixels) * (0.5 + 0.5 * np.cos(2 * np.pi * v * pixels))[..., None] if grid else 1.0
    u, v = (u + 0.5) * wide, v * wide + tall / 2
    inside = ((u >= 0) & (u < wide) & (v >= 0) & (v < tall) & (rays[..., 2] < -0.05)).astype(np.float32)
    paper = cv2.remap(picture, _f(u), _f(v), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) * np.float32(light)
    mask = cv2.GaussianBlur(inside, (0, 0), 0.7)[..., None]
    return (paper * mask + room.astype(np.float32) * (1 - mask)).astype(np.float32)


def _stripes(at: np.ndarray) -> np.ndarray:
    """Where between the pixels of a screen a place lies, for its blue, green and red parts (H,W,3), 0–1."""
    return 0.5 + 0.5 * np.cos(2 * np.pi * (at[..., None] + np.array([0.33, 0.0, -0.33], np.float32)))


def turn_down(turn: np.ndarray) -> np.ndarray:
    """The rotation in axes whose y points down, as in a picture, and z towards the camera."""
    flip = np.diag([1.0, -1.0, 1.0])
    return flip @ turn @ flip


def _meet(start: np.ndarray, rays: np.ndarray, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    down = np.minimum(rays[..., 2], -0.05)
    z = np.zeros(rays.shape[:2], np.float32)
    for _ in range(STEPS if shape.kind != "flat" else 1):
        along = (z - start[2]) / down
        x, y = start[0] + along * rays[..., 0], start[1] + along * rays[..., 1]
        z = 0.5 * z + 0.5 * shape.height(x, y) if shape.kind != "flat" else z
    return x, y


def _f(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32)
