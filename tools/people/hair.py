"""Hair as thousands of combed strands that lie on the skull; a style is a row of numbers and a combing direction."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tools.people import mesh, raster
from tools.people.person import Person

CENTRE = np.array([0.0, 7.5, 0.45], np.float32)
STEPS = 16
BROWS = 7.66  # a fringe is cut here (dm)


@dataclass(frozen=True)
class Style:
    """Lengths in dm over the top and at the sides, how it is combed, how far it stands off, and its hairline shift."""

    comb: str
    top: float
    side: float
    lift: float = 0.08
    gravity: float = 0.25
    strands: int = 15000
    raised: float = 0.0
    bald: float = 0.0
    clump: float = 0.35
    ends_at: float = 0.0


STYLES = {
    "short": Style("forward", 0.32, 0.13, 0.07, 0.1, 22000),
    "crop": Style("up", 0.14, 0.08, 0.05, 0.0, 26000, clump=0.1),
    "parted": Style("parted", 0.62, 0.16, 0.10, 0.5, 17000),
    "fringe": Style("fringe", 0.62, 0.22, 0.10, 0.35, 16000, clump=0.5),
    "swept": Style("back", 0.7, 0.16, 0.10, 0.12, 18000),
    "receding": Style("back", 0.4, 0.16, 0.06, 0.1, 17000, raised=0.2),
    "balding": Style("back", 0.3, 0.2, 0.04, 0.1, 14000, raised=0.12, bald=0.8),
    "bob": Style("down", 2.0, 1.5, 0.13, 1.8, 15000, ends_at=6.45),
    "bob_fringe": Style("down_fringe", 2.0, 1.5, 0.13, 1.8, 15000, ends_at=6.5),
    "short_bob": Style("down", 1.4, 0.8, 0.16, 1.5, 15000, ends_at=6.95),
    "long": Style("down", 3.4, 2.8, 0.11, 2.2, 15000, ends_at=5.2),
    "long_fringe": Style("down_fringe", 3.4, 2.8, 0.11, 2.2, 15000, ends_at=5.3),
    "tied": Style("tied", 1.0, 0.9, 0.035, 0.0, 30000, clump=0.1),
}


@dataclass(frozen=True)
class Strands:
    """Paths (N,STEPS,3) in the unturned person's space, tangents alike, and a brightness and depth for each strand."""

    paths: np.ndarray
    shade: np.ndarray
    depth: np.ndarray
    grey: np.ndarray


def hairline(rest: np.ndarray, raised: float = 0.0) -> np.ndarray:
    """How far (dm) each rest position lies inside the hairy part of the scalp; negative outside."""
    angle = abs(np.arctan2(rest[:, 0], rest[:, 2] - 0.35))
    line = np.interp(
        angle,
        [0, 0.3, 0.55, 0.78, 0.95, 1.08, 1.3, 1.45, 1.65, 2.2, 3.2],
        [8.03, 8.02, 7.99, 7.88, 7.65, 7.28, 7.22, 7.45, 7.08, 6.85, 6.78],
    )
    front = np.interp(angle, [0, 0.45, 0.7, 1.0, 1.2], [0.75, 1.0, 1.25, 0.8, 0])
    ear = (abs(rest[:, 0]) > 0.735) & (rest[:, 1] < 7.5) & (rest[:, 2] < 0.85)
    return np.where(ear, -0.2, rest[:, 1] - line - raised * front)


def grow(person: Person, positions: np.ndarray) -> Strands:
    """Strands rooted on the refined, unturned `positions` (V,3) of the person."""
    head, style = mesh.head(), STYLES[person.hair_style]
    rng = np.random.default_rng(person.seed + 5)
    roots, rest, out = _roots(head, style, positions, rng)
    radius = _skull(head, positions, style.comb.startswith("down"))
    nape = 1.0 if style.ends_at else 0.45
    length = np.interp(
        rest[:, 1], [6.6, 7.2, 7.4, 7.95], [nape * style.side, nape * style.side, style.side, style.top]
    ) * rng.uniform(0.82, 1.08, len(roots))
    comb = _comb(style.comb, rest, out, person.parting)
    layer = style.lift * rng.beta(1.3, 1.3, len(roots))
    swell = np.interp(rest[:, 1], [7.2, 8.0], [0.55, 1.0])
    ends = np.full(len(roots), style.ends_at)
    if style.comb in ("fringe", "down_fringe", "forward"):
        front = (rest[:, 2] > 0.85) & (abs(rest[:, 0]) < 0.52) & (rest[:, 1] > 7.8)
        ends = np.where(front, BROWS + rng.normal(0.03, 0.03, len(roots)), ends)
    away = np.where(rest[:, 0] > person.parting, 1.0, -1.0)
    paths = _flow(roots, comb, out, length, layer * swell, style, radius, ends, away, rng)
    paths = _clump(paths, style.clump, rng)
    white = rng.random(len(roots)) < person.grey
    return Strands(paths, rng.normal(1, 0.16, len(roots)).clip(0.5, 1.6), layer / max(style.lift, 1e-3), white)


def _roots(head: mesh.Head, style: Style, positions: np.ndarray, rng: np.random.Generator):
    triangles = head.triangles[head.part == mesh.SKIN]
    inside = hairline(head.rest, style.raised)
    triangles = triangles[(inside[triangles] > -0.06).any(1)]
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    chosen = rng.choice(len(triangles), style.strands, p=area / area.sum())
    weights = rng.dirichlet([1, 1, 1], style.strands)[:, :, None].astype(np.float32)
    normal = mesh.normals(positions, head.triangles)
    take = lambda values: (values[triangles[chosen]] * weights).sum(1)  # noqa: E731
    roots, rest, out = take(positions), take(head.rest), take(normal)
    keep = hairline(rest, style.raised) + rng.normal(0, 0.028, len(rest)) > 0
    thin = style.bald * np.interp(rest[:, 1] + 0.25 * (rest[:, 2] - 0.4), [7.75, 8.1], [0, 1])
    keep &= rng.random(len(rest)) > thin
    return roots[keep], rest[keep], out[keep]


def _skull(head: mesh.Head, positions: np.ndarray, over_ears: bool) -> np.ndarray:
    """Radius of the head (dm) by direction from CENTRE: 96 angles round × 64 heights."""
    used = np.unique(head.triangles[head.part == mesh.SKIN])
    ears = (abs(head.rest[used, 0]) > 0.76) & (head.rest[used, 1] < 7.6)
    used = used[(head.rest[used, 1] > 5.95) & ~(ears & (not over_ears))]
    offset = positions[used] - CENTRE
    column, row = _direction(offset)
    table = np.zeros((64, 96), np.float32)
    np.maximum.at(table, (row.astype(int).clip(0, 63), column.astype(int) % 96), np.linalg.norm(offset, axis=1))
    for _ in range(12):
        spread = cv2.dilate(cv2.copyMakeBorder(table, 1, 1, 1, 1, cv2.BORDER_REPLICATE), np.ones((3, 3)))[1:-1, 1:-1]
        table = np.where(table == 0, spread, table)
    wide = np.concatenate([table] * 3, 1)
    return cv2.GaussianBlur(wide, (0, 0), 1.5)[:, 96:192]


def _direction(offset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    flat = np.hypot(offset[:, 0], offset[:, 2])
    column = (np.arctan2(offset[:, 0], offset[:, 2]) / (2 * np.pi) % 1.0) * 96
    row = (0.5 - np.arctan2(offset[:, 1], flat) / np.pi) * 64
    return column, row


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)


def _comb(kind: str, rest: np.ndarray, out: np.ndarray, parting: float) -> np.ndarray:
    """The direction (N,3) in which each strand is combed at its root."""
    x, y, z = rest.T
    side = np.sign(x) * np.ones_like(x)
    down = np.stack([0.25 * side, -np.ones_like(x), 0 * x], 1)
    top = np.clip((y - 7.75) / 0.25, 0, 1)[:, None]
    away = np.where(x > parting, 1.0, -1.0)
    behind = np.clip((0.3 - z) / 0.4, 0, 1)[:, None]
    fall = np.stack([away * (0.9 + 0 * x), -0.55 + 0 * x, -0.15 + 0 * x], 1)
    if kind in ("down", "down_fringe"):
        flow = fall * top + down * (1 - top)
        flow = flow * (1 - behind * 0.8) + np.array([0, -0.8, -0.6]) * behind * 0.8
        if kind == "down_fringe":
            front = np.clip((z - 0.95) / 0.2, 0, 1)[:, None] * np.clip((0.52 - abs(x)) / 0.08, 0, 1)[:, None]
            flow = flow * (1 - front) + front * np.stack([0.25 * x, -0.7 + 0 * x, 1.0 + 0 * x], 1)
        return _unit(flow)
    crowns = {
        "forward": np.stack([0.2 * x + 0.25, -0.2 + 0 * x, 0.9 + 0 * x], 1),
        "up": np.stack([0.3 * x, 0.6 + 0 * x, 0.5 + 0 * x], 1),
        "fringe": np.stack([0.35 * x + 0.15, -0.5 + 0 * x, 1.0 + 0 * x], 1),
        "back": np.stack([0.3 * x, 0.35 + 0 * x, -1.0 + 0 * x], 1),
        "parted": np.stack([away * 1.0, 0.05 + 0 * x, 0.15 + 0 * x], 1),
        "tied": _unit(np.array([0, 7.55, -0.45]) - rest),
    }
    flow = crowns[kind] if kind == "tied" else crowns[kind] * top + (down + np.array([0, 0, -0.35])) * (1 - top)
    return _unit(flow)


def _flow(roots, comb, out, length, layer, style: Style, radius, ends, away, rng) -> np.ndarray:
    paths = np.empty((len(roots), STEPS, 3), np.float32)
    spot, heading = (
        roots - 0.01 * out,
        _unit(comb + 0.55 * out * (style.lift / 0.13) + rng.normal(0, 0.09, roots.shape)),
    )
    pull = np.array([0, -1.0, 0], np.float32)
    for step in range(STEPS):
        paths[:, step] = spot
        along = step / (STEPS - 1)
        ahead = 0.75 * heading + 0.2 * comb * (1 - along) + style.gravity * (0.35 + along) * pull
        if style.comb == "tied":
            ahead = np.array([0, 7.55, -0.45]) - spot
        before = spot
        spot = spot + _unit(ahead) * (length / (STEPS - 1))[:, None]
        if style.comb.startswith("down"):
            spot = _beside_the_face(spot, away, ends)
        offset = spot - CENTRE
        column, row = _direction(offset)
        table = raster.look_up(radius, np.stack([column - 0.5, row - 0.5], 1))
        least = table + 0.012 + layer * min(1.0, 2.5 * (along + 0.12))
        reach = np.linalg.norm(offset, axis=1)
        free = (spot[:, 1] < 6.2) & (spot[:, 2] < 1.0)
        spot = CENTRE + offset * np.where(free, 1, np.maximum(1, least / np.maximum(reach, 1e-6)))[:, None]
        spot = spot.astype(np.float32)
        heading = _unit(spot - before)
        over = (ends > 0) & (spot[:, 1] < ends + 0.1 * layer / style.lift)
        spot = np.where(over[:, None], paths[:, step], spot)
    return paths


def _beside_the_face(spot: np.ndarray, away: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Long hair falls to either side: points in front of the face are moved out of it, except those of a cut fringe."""
    least = np.interp(spot[:, 1], [5.8, 6.4, 7.0, 7.6, 7.85, 8.02], [0.42, 0.55, 0.69, 0.68, 0.5, 0.0])
    ahead = np.clip((spot[:, 2] - 0.45) / 0.25, 0, 1) * (ends < BROWS - 0.3)
    across = np.where(spot[:, 0] * away < least, away * least, spot[:, 0])
    moved = spot.copy()
    moved[:, 0] += ahead * 0.6 * (across - spot[:, 0])
    return moved


def _clump(paths: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Strands drawn towards the nearest of some hundred guides, more so at the tip."""
    guides = rng.choice(len(paths), min(len(paths), 500), replace=False)
    nearest = np.empty(len(paths), int)
    for block in np.array_split(np.arange(len(paths)), 12):
        gap = ((paths[block, None, 2] - paths[None, guides, 2]) ** 2).sum(2)
        nearest[block] = guides[gap.argmin(1)]
    share = (strength * np.linspace(0, 1, STEPS) ** 0.8)[None, :, None].astype(np.float32)
    return paths + share * (paths[nearest] - paths) + rng.normal(0, 0.004, paths.shape).astype(np.float32) * share


def points(strands: Strands, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Samples about a pixel apart at `scale` pixels per dm: positions (P,3), unit tangents (P,3), strand index (P),
    and how far along the strand each lies (P, 0–1)."""
    paths = strands.paths
    tangent = np.diff(paths, axis=1)
    reach = np.linalg.norm(tangent, axis=2)
    per_step = int(np.clip(np.quantile(reach, 0.8) * scale * 0.9, 3, 24))
    share = (np.arange(per_step) / per_step).astype(np.float32)
    spots = paths[:, :-1, None] + tangent[:, :, None] * share[None, None, :, None]
    tangents = np.repeat((tangent / np.maximum(reach, 1e-6)[..., None]).reshape(-1, 3), per_step, 0)
    strand = np.repeat(np.arange(len(paths), dtype=np.int32), (STEPS - 1) * per_step)
    along = ((np.arange(STEPS - 1, dtype=np.float32)[:, None] + share) / (STEPS - 1)).astype(np.float32)
    return spots.reshape(-1, 3), tangents, strand, np.tile(along.ravel(), len(paths))
