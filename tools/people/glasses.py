"""Spectacles: two rims, a bridge and temples, as points on thin tubes round the person's own eyes."""

from __future__ import annotations

import numpy as np

from tools.people import mesh

TUBE, ROUND = 0.016, 44  # dm; points round the tube
COLOURS = {"round": (0.012, 0.011, 0.012), "square": (0.016, 0.013, 0.011), "thin": (0.16, 0.15, 0.14)}


def frame(kind: str, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (P,3) and outward normals (P,3) for the refined, unturned `positions` of a head; kinds as in COLOURS."""
    head = mesh.head()
    left, right = (_middle(head, positions, part) for part in (mesh.LEFT_EYE, mesh.RIGHT_EYE))
    level, plane = (left[1] + right[1]) / 2 - 0.02, max(left[2], right[2]) + 0.30
    half = (left[0] - right[0]) / 2
    middle = (left[0] + right[0]) / 2
    curves = [_rim(kind, middle + side * half * 1.02, level, plane, half) for side in (1, -1)]
    inner = half * 0.22
    bridge = np.array(
        [
            [middle - inner, level + 0.045, plane],
            [middle, level + 0.07, plane + 0.01],
            [middle + inner, level + 0.045, plane],
        ]
    )
    curves.append(_dense(bridge, 160))
    for side in (1, -1):
        hinge = [middle + side * half * 1.86, level + 0.06, plane - 0.03]
        curves.append(_dense(np.array([hinge, [middle + side * max(0.78, half * 2.3), level + 0.04, 0.5]]), 460))
    tube = TUBE * (0.5 if kind == "thin" else 1)
    return tuple(np.concatenate(each) for each in zip(*(_tube(curve, tube) for curve in curves), strict=True))


def _middle(head: mesh.Head, positions: np.ndarray, part: int) -> np.ndarray:
    return positions[np.unique(head.triangles[head.part == part])].mean(0)


def _rim(kind: str, x: float, y: float, z: float, half: float) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 500)
    power = {"round": 2.0, "square": 4.5, "thin": 3.0}[kind]
    wide, tall = half * 0.80, half * (0.72 if kind == "round" else 0.58)
    across = np.sign(np.cos(angle)) * abs(np.cos(angle)) ** (2 / power) * wide
    up = np.sign(np.sin(angle)) * abs(np.sin(angle)) ** (2 / power) * tall
    bend = -0.12 * ((x + across) ** 2)
    return _dense(np.stack([x + across, y + up - 0.02, z + bend + 0.02], 1), 900)


def _dense(line: np.ndarray, count: int) -> np.ndarray:
    steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    return np.stack([np.interp(np.linspace(0, steps[-1], count), steps, line[:, k]) for k in range(3)], 1)


def _tube(curve: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    ahead = np.gradient(curve, axis=0)
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
    first = np.cross(ahead, [0.0, 0.31, 0.95])
    first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-9)
    second = np.cross(ahead, first)
    angle = np.linspace(0, 2 * np.pi, ROUND)[:, None, None]
    normal = (np.cos(angle) * first + np.sin(angle) * second).reshape(-1, 3)
    return (np.tile(curve, (ROUND, 1)) + radius * normal).astype(np.float32), normal.astype(np.float32)
