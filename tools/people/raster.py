"""A z-buffer in numpy: triangles and points, many at a time, without a graphics card."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

FAR = np.float32(1e9)


@dataclass(frozen=True)
class Camera:
    """A pinhole before the face that looks along -z; lengths in dm, `scale` in pixels per dm at z = `plane`."""

    width: int
    height: int
    scale: float
    centre: tuple[float, float]
    target_y: float
    distance: float
    plane: float = 1.2

    def project(self, points: np.ndarray) -> np.ndarray:
        """(N,3) dm → (N,3): picture x, y in pixels and depth in dm from the camera."""
        out = np.empty((len(points), 3), np.float32)
        np.subtract(np.float32(self.distance + self.plane), points[:, 2], out=out[:, 2])
        zoom = np.float32(self.scale * self.distance) / np.maximum(out[:, 2], np.float32(0.1))
        out[:, 0] = points[:, 0] * zoom + np.float32(self.centre[0])
        out[:, 1] = np.float32(self.centre[1]) - (points[:, 1] - np.float32(self.target_y)) * zoom
        return out


@dataclass(frozen=True)
class Fragments:
    """What covered pixels show: flat pixel index, triangle, barycentric weights (N,3); `depth` is the full map."""

    pixel: np.ndarray
    triangle: np.ndarray
    weights: np.ndarray
    depth: np.ndarray

    def take(self, triangles: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Vertex values (V,k) interpolated at the pixels (N,k)."""
        corners = triangles[self.triangle]
        return sum(values[corners[:, k]] * self.weights[:, k : k + 1] for k in range(3))


def cover(projected: np.ndarray, triangles: np.ndarray, width: int, height: int) -> Fragments:
    """The nearest front-facing triangle at each pixel centre of a width×height picture."""
    xy, depth = projected[:, :2], projected[:, 2]
    a, b, c = (xy[triangles[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    low = np.ceil(np.minimum(np.minimum(a, b), c) - 0.5).astype(int)
    high = np.floor(np.maximum(np.maximum(a, b), c) - 0.5).astype(int)
    low, high = np.maximum(low, 0), np.minimum(high, [width - 1, height - 1])
    span = (high - low + 1).max(1)
    seen = (area < -1e-6) & (high >= low).all(1)
    buffer = np.full(width * height, FAR, np.float32)
    owner = np.full(width * height, -1, np.int64)
    share = np.zeros((width * height, 3), np.float32)
    inverse = 1 / np.maximum(depth, 1e-3)
    for size in _sizes(span[seen]):
        chosen = np.nonzero(seen & (span <= size) & (span > size // 2))[0]
        for block in np.array_split(chosen, max(1, len(chosen) * size * size // 3_000_000)):
            _paint(block, size, low, high, triangles, xy, inverse, area, width, (buffer, owner, share))
    covered = np.nonzero(owner >= 0)[0]
    return Fragments(covered, owner[covered], share[covered], buffer.reshape(height, width))


def _sizes(span: np.ndarray) -> list[int]:
    biggest = int(span.max(initial=0))
    return [1 << power for power in range(biggest.bit_length() + 1)] if biggest else []


def _paint(block, size, low, high, triangles, xy, inverse, area, width, out) -> None:
    buffer, owner, share = out
    if not len(block):
        return
    step = np.arange(size)
    x = low[block, 0, None, None] + step[None, None, :]
    y = low[block, 1, None, None] + step[None, :, None]
    inside = (x <= high[block, 0, None, None]) & (y <= high[block, 1, None, None])
    index = np.broadcast_to(np.arange(len(block))[:, None, None], inside.shape)[inside]
    x = np.broadcast_to(x, inside.shape)[inside]
    y = np.broadcast_to(y, inside.shape)[inside]
    triangle = block[index]
    corner = triangles[triangle]
    a, b, c = (xy[corner[:, k]] for k in range(3))
    px, py, total = x + 0.5, y + 0.5, area[triangle]
    wb = ((px - a[:, 0]) * (c[:, 1] - a[:, 1]) - (py - a[:, 1]) * (c[:, 0] - a[:, 0])) / total
    wc = ((b[:, 0] - a[:, 0]) * (py - a[:, 1]) - (b[:, 1] - a[:, 1]) * (px - a[:, 0])) / total
    wa = 1 - wb - wc
    hit = (wa >= -1e-5) & (wb >= -1e-5) & (wc >= -1e-5)
    weights = np.stack([wa, wb, wc], 1)[hit] * inverse[corner[hit]]
    whole = weights.sum(1)
    place, z, triangle = (y * width + x)[hit], (1 / whole).astype(np.float32), triangle[hit]
    np.minimum.at(buffer, place, z)
    first = z == buffer[place]
    owner[place[first]] = triangle[first]
    share[place[first]] = (weights / whole[:, None])[first]


def splat(projected: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (N,3) before the depth map (H,W): flat pixels hit and, for each, the index of its nearest point."""
    height, width = depth.shape
    across, down = projected[:, 0], projected[:, 1]
    index = np.nonzero((across >= 0) & (across < width) & (down >= 0) & (down < height))[0]
    pixel = down[index].astype(np.int32) * width + across[index].astype(np.int32)
    front = projected[index, 2] < depth.ravel()[pixel]
    index, pixel = index[front], pixel[front]
    near = np.full(width * height, FAR, np.float32)
    z = projected[index, 2]
    np.minimum.at(near, pixel, z)
    first = z == near[pixel]
    nearest = np.full(width * height, -1, np.int64)
    nearest[pixel[first]] = index[first]
    hit = np.nonzero(nearest >= 0)[0]
    return hit, nearest[hit]


def look_up(layer: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Bilinear values of `layer` (H,W[,k]) at pixels (N,2), edges repeated; cv2 takes rows below 32768 only."""
    count, row = len(points), 4096
    padded = np.zeros((-(-count // row) * row, 2), np.float32)
    padded[:count] = points
    grid = padded.reshape(-1, row, 2)
    values = cv2.remap(layer, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return values.reshape((-1,) + layer.shape[2:])[:count]


def blur(layer: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur of float32 (H,W) that works at a smaller size where the blur is wide."""
    step = 1 if sigma < 4 else 2 if sigma < 10 else 4 if sigma < 30 else 8
    if step == 1:
        return cv2.GaussianBlur(layer, (0, 0), max(0.6, sigma))
    height, width = layer.shape
    small = cv2.resize(layer, (max(1, width // step), max(1, height // step)), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma / step), (width, height), interpolation=cv2.INTER_LINEAR)
