"""Geometry of the head: morphing, Catmull-Clark refinement, normals, and turning the head on the neck."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from tools.people import origin

SKIN, LEFT_EYE, RIGHT_EYE, UPPER_TEETH, LOWER_TEETH, TONGUE = range(6)
NECK_PIVOT = np.array([0.0, 6.55, 0.25], np.float32)


@dataclass(frozen=True)
class Refinement:
    """One step of Catmull-Clark on fixed quads, as index tables; `apply` maps (V,k) values to the refined (V',k)."""

    quads: np.ndarray
    edges: np.ndarray
    edge_of: np.ndarray
    refined: np.ndarray

    @classmethod
    def of(cls, quads: np.ndarray, count: int) -> Refinement:
        """Tables for `quads` (F,4) over `count` vertices; the refined vertices are old ones, edges, then faces."""
        sides = np.stack([quads, np.roll(quads, -1, 1)], 2).reshape(-1, 2)
        edges, edge_of = np.unique(np.sort(sides, 1), axis=0, return_inverse=True)
        edge_of = edge_of.reshape(-1, 4)
        middle = count + len(edges) + np.arange(len(quads))
        after, before = count + edge_of, count + np.roll(edge_of, 1, 1)
        refined = np.stack([quads, after, np.repeat(middle[:, None], 4, 1), before], 2).reshape(-1, 4)
        return cls(quads, edges, edge_of, refined)

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Refined positions of `values` (V,k): old vertices moved, then edge points, then face points."""
        count, ends = len(values), values[self.edges]
        face = values[self.quads].mean(1)
        touching = _gather(self.edge_of.ravel(), np.repeat(face, 4, 0), len(self.edges))
        number = np.bincount(self.edge_of.ravel(), minlength=len(self.edges))
        inner = number == 2
        middle = ends.mean(1)
        edge = np.where(inner[:, None], (ends.sum(1) + touching) / 4, middle)
        valence = np.maximum(np.bincount(self.quads.ravel(), minlength=count), 1)[:, None]
        faces = _gather(self.quads.ravel(), np.repeat(face, 4, 0), count) / valence
        degree = np.maximum(np.bincount(self.edges.ravel(), minlength=count), 1)[:, None]
        middles = _gather(self.edges.ravel(), np.repeat(middle, 2, 0), count) / degree
        moved = (faces + 2 * middles + (valence - 3) * values) / valence
        border = np.zeros(count, bool)
        border[self.edges[~inner].ravel()] = True
        moved[border | (np.bincount(self.quads.ravel(), minlength=count) == 0)] = 0
        moved += np.where((border | (np.bincount(self.quads.ravel(), minlength=count) == 0))[:, None], values, 0)
        return np.concatenate([moved, edge, face]).astype(np.float32)


def _gather(index: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    return np.stack([np.bincount(index, values[:, k], count) for k in range(values.shape[1])], 1)


@dataclass(frozen=True)
class Head:
    """The unmorphed head: base vertices and targets, refined triangles with their part, and rest positions (V',3)."""

    base: np.ndarray
    targets: dict[str, np.ndarray]
    steps: tuple[Refinement, ...]
    triangles: np.ndarray
    part: np.ndarray
    rest: np.ndarray
    uv: np.ndarray
    turn: np.ndarray
    neck: np.ndarray
    lashes: np.ndarray
    lips: np.ndarray
    mouth: np.ndarray

    def morph(self, amounts: dict[str, float]) -> np.ndarray:
        """Base vertices (V,3, dm) with targets added; an unknown target name raises KeyError."""
        moved = self.base.copy()
        for name, amount in amounts.items():
            if amount:
                moved += self.targets[name].astype(np.float32) * np.float32(amount)
        return moved

    def refine(self, values: np.ndarray) -> np.ndarray:
        """Values at base vertices carried to the refined vertices."""
        for step in self.steps:
            values = step.apply(values)
        return values


@cache
def head() -> Head:
    """The head from the fetched data (raises origin.MeshMissing), refined once; kept for the life of the process."""
    raw = origin.load()
    quads, part, steps, count = raw["quads"], raw["part"], [], len(raw["positions"])
    step = Refinement.of(quads, count)
    steps.append(step)
    rest, uv = step.apply(raw["positions"]), step.apply(raw["uv"])
    turn, neck = (step.apply(raw[name][:, None])[:, 0] for name in ("head", "neck"))
    quads, part = step.refined, np.repeat(part, 4)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    targets = dict(zip(raw["names"].tolist(), raw["deltas"], strict=True))
    return Head(
        raw["positions"],
        targets,
        tuple(steps),
        triangles,
        np.concatenate([part, part]),
        rest,
        uv,
        turn,
        neck,
        raw["lashes"],
        raw["lips"],
        raw["mouth"],
    )


def normals(positions: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Unit vertex normals (V,3), weighted by triangle area."""
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    summed = _gather(triangles.T.ravel(), np.tile(face, (3, 1)), len(positions))
    return (summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def rotation(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """3×3 rotation; degrees; yaw > 0 to the holder's own left, pitch > 0 up, roll > 0 to the own left shoulder."""
    y, p, r = np.radians([yaw, -pitch, -roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return (about_z @ about_y @ about_x).astype(np.float32)


def turned(positions: np.ndarray, head_weight: np.ndarray, neck_weight: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Positions with the head turned by the 3×3 `turn`; the neck follows by its weight."""
    share = np.clip(head_weight + 0.55 * neck_weight, 0, 1)[:, None]
    return positions + share * ((positions - NECK_PIVOT) @ turn.T + NECK_PIVOT - positions)
