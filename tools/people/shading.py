"""Light on skin, eyes, cloth and hair."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tools.people import hair, mesh, raster, skin
from tools.people.scene import Expression, Light, Pose, Setting

SHADOW_SIZE, SHADOW_SCALE = 420, 130.0


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (…,3) at length one."""
    vectors = np.asarray(vectors, np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)


def smooth(low: float, high: float, values: np.ndarray) -> np.ndarray:
    """0 below `low`, 1 above `high`, smooth between."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


@dataclass(frozen=True)
class Shadow:
    """Depth as seen from the key light, over the head."""

    axes: np.ndarray
    depth: np.ndarray

    @classmethod
    def cast(cls, positions: np.ndarray, triangles: np.ndarray, strands: np.ndarray, light: Light) -> Shadow:
        """From refined, turned positions and hair points."""
        ahead = unit(light.direction)
        right = unit(np.cross([0, 1, 0], ahead))
        axes = np.stack([right, np.cross(ahead, right), ahead])
        depth = raster.cover(cls._spread(axes, positions), triangles, SHADOW_SIZE, SHADOW_SIZE).depth
        some = cls._spread(axes, strands[::3])
        pixel, nearest = raster.splat(some, depth)
        depth.ravel()[pixel] = some[nearest, 2]
        return cls(axes, depth)

    @staticmethod
    def _spread(axes: np.ndarray, points: np.ndarray) -> np.ndarray:
        local = (points - np.array([0, 7.2, 0.6], np.float32)) @ axes.T
        return np.stack(
            [
                SHADOW_SIZE / 2 + local[:, 0] * SHADOW_SCALE,
                SHADOW_SIZE / 2 - local[:, 1] * SHADOW_SCALE,
                10 - local[:, 2],
            ],
            1,
        ).astype(np.float32)

    def lit(self, points: np.ndarray, normals: np.ndarray, softness: float) -> np.ndarray:
        """How much of the key light reaches each point (N), 0–1, over a soft edge."""
        spread = self._spread(self.axes, points + 0.05 * normals)
        total = np.zeros(len(points), np.float32)
        taps = [(0, 0)] + [(np.cos(a) * r, np.sin(a) * r) for r in (0.5, 1.0) for a in np.arange(6) * np.pi / 3 + r]
        for across, down in taps:
            x = (spread[:, 0] + across * softness * SHADOW_SCALE).astype(int).clip(0, SHADOW_SIZE - 1)
            y = (spread[:, 1] + down * softness * SHADOW_SCALE).astype(int).clip(0, SHADOW_SIZE - 1)
            total += smooth(-0.08, -0.025, self.depth[y, x] - spread[:, 2])
        return total / len(taps)


@dataclass(frozen=True, eq=False)
class View:
    """Everything about one picture that the shaders read."""

    head: mesh.Head
    known: object
    moved: np.ndarray
    turn: np.ndarray
    camera: raster.Camera
    light: Light
    setting: Setting
    shadow: Shadow
    expression: Expression


def collar(rest: np.ndarray) -> np.ndarray:
    """Distance (dm) below the neckline of the clothes at rest positions (N,3)."""
    return 5.74 + 0.2 * np.clip(0.7 - rest[:, 2], 0, 1.1) - rest[:, 1]


def dressed(head: mesh.Head, positions: np.ndarray) -> np.ndarray:
    """Positions with the clothes standing a little off the body."""
    below = smooth(-0.01, 0.06, collar(head.rest)) * (head.rest[:, 1] < 6.3)
    return positions + (0.05 * below)[:, None] * mesh.normals(positions, head.triangles)


def surface(view: View, fragments: raster.Fragments, pose: Pose) -> np.ndarray:
    """Linear RGB (N,3) of the mesh at its covered pixels."""
    triangles = view.head.triangles
    rest = fragments.take(triangles, view.head.rest)
    normal = unit(fragments.take(triangles, mesh.normals(view.moved, triangles)))
    spot = fragments.take(triangles, view.moved)
    part = view.head.part[fragments.triangle]
    lit = _bled(view, fragments.pixel, view.shadow.lit(spot, normal, view.light.softness)[:, None], (0.02,), 1.0)[:, 0]
    openness = _openness(fragments, view.camera)
    out = np.zeros((len(part), 3), np.float32)
    cloth = (part == mesh.SKIN) & (collar(rest) > 0) & (rest[:, 1] < 6.3)
    flesh = (part == mesh.SKIN) & ~cloth
    out[cloth] = _cloth(view, rest[cloth], normal[cloth], lit[cloth], openness[cloth])
    eyes = (part == mesh.LEFT_EYE) | (part == mesh.RIGHT_EYE)
    out[eyes] = _eyes(view, rest[eyes], normal[eyes], spot[eyes], lit[eyes], openness[eyes], part[eyes], pose)
    mouth = part >= mesh.UPPER_TEETH
    out[mouth] = _mouth(view, normal[mouth], part[mouth], openness[mouth])
    uv = fragments.take(triangles, view.head.uv)[flesh]
    out[flesh] = _flesh(
        view, fragments.pixel[flesh], rest[flesh], normal[flesh], spot[flesh], uv, lit[flesh], openness[flesh]
    )
    return out


def _openness(fragments: raster.Fragments, camera: raster.Camera) -> np.ndarray:
    """Cheap ambient occlusion: how little the surroundings stand in front of each pixel, 0–1."""
    depth = np.where(fragments.depth > 1e6, np.float32(camera.distance + 1.2), fragments.depth)
    total = np.zeros(depth.shape, np.float32)
    for reach, weight in ((0.04, 3.2), (0.12, 1.5), (0.35, 0.6)):
        blurred = raster.blur(depth, reach * camera.scale)
        total += weight * np.clip(depth - blurred, 0, 0.3)
    return np.exp(-2.2 * total).ravel()[fragments.pixel]


def diffuse(light: Light, normal: np.ndarray, lit: np.ndarray, openness: np.ndarray, wrap: float) -> np.ndarray:
    """Light (N,3) that falls on the surface; `wrap` lets it creep past the edge of the lit side."""
    key = np.clip((normal @ unit(light.direction) + wrap) / (1 + wrap), 0, None) * lit
    fill = np.clip((normal @ unit(light.fill_from) + 0.4) / 1.4, 0, None)
    up = (0.5 + 0.5 * normal[:, 1])[:, None]
    around = (np.array(light.sky) * up + np.array(light.ground) * (1 - up)) * openness[:, None]
    return (key[:, None] * np.array(light.key) + (fill * openness)[:, None] * np.array(light.fill) + around).astype(
        np.float32
    )


def highlight(view: View, normal: np.ndarray, spot: np.ndarray, lit: np.ndarray, power: float) -> np.ndarray:
    """Mirror-like share (N) of the key light for a shininess."""
    eye = unit(np.array([0, view.camera.target_y, view.camera.distance + view.camera.plane], np.float32) - spot)
    half = unit(eye + unit(view.light.direction))
    fresnel = 0.03 + 0.5 * (1 - np.clip((eye * normal).sum(1), 0, 1)) ** 5
    return np.clip((normal * half).sum(1), 0, 1) ** power * (power + 8) / 25 * fresnel * lit


def _flesh(view: View, pixel, rest, normal, spot, uv, lit, openness) -> np.ndarray:
    known, where = view.known, skin.place(rest)
    person = known.person
    factor = known.skin.sample(known.skin.colour, where)
    front = smooth(-0.1, 0.15, rest[:, 2])[:, None]
    albedo = np.array(person.skin, np.float32) * (factor * front + (1 - front))
    lips, inner = _masked(view.head.lips, uv), _masked(view.head.mouth, uv)
    rough = _rough(view, known, where, rest, normal, lips)
    albedo = albedo * (1 - lips) + lips * (
        albedo * (0.75 - 0.55 * person.lips) * [1, 0.8, 0.82] + person.lips * np.array([0.30, 0.085, 0.085])
    )
    albedo = albedo * (1 - inner) + inner * np.array([0.10, 0.026, 0.024])
    albedo = albedo * _scalp(view, rest)
    fallen = np.stack(
        [diffuse(view.light, rough, lit, openness, wrap)[:, k] for k, wrap in ((0, 0.28), (1, 0.14), (2, 0.1))], 1
    )
    fallen = _bled(view, pixel, fallen)
    warm = 1 - (1 - openness[:, None]) * np.array([0.0, 0.14, 0.2], np.float32)
    gloss = known.skin.sample(known.skin.gloss, where)
    shine = highlight(view, rough, spot, lit, 14) * 0.55 * gloss + highlight(view, rough, spot, lit, 50) * 0.3 * gloss
    shine = shine + lips[:, 0] * highlight(view, rough, spot, lit, 40) * 0.35
    return albedo * fallen * warm * 0.92 + (shine * openness)[:, None] * np.array(view.light.key)


def _masked(mask: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Values 0–1 (N,1) of a mask over the mesh's own texture coordinates."""
    size = mask.shape[0]
    at = np.stack([uv[:, 0] * (size - 1), (1 - uv[:, 1]) * (size - 1)], 1)
    return (raster.look_up(cv2.GaussianBlur(mask, (0, 0), 2.2), at).astype(np.float32) / 255)[:, None]


def _rough(view: View, known, where, rest, normal, lips) -> np.ndarray:
    """Normals tilted by the bump map."""
    bump = known.skin.bump
    step = 1.5
    here = known.skin.sample(bump, where)
    right = known.skin.sample(bump, where + [step, 0]) - here
    up = known.skin.sample(bump, where - [0, step]) - here
    across = unit(np.cross(view.turn @ np.array([0, 1, 0], np.float32), normal))
    along = np.cross(normal, across)
    front = smooth(0.0, 0.4, rest[:, 2]) * (1 - 0.5 * lips[:, 0]) * smooth(5.9, 6.3, rest[:, 1])
    strength = 0.1 * front
    return unit(normal - (strength * right)[:, None] * across - (strength * up)[:, None] * along)


def _scalp(view: View, rest: np.ndarray) -> np.ndarray:
    """Darkens the skin under the hair, so that gaps between strands look like hair."""
    person = view.known.person
    style = hair.STYLES[person.hair_style]
    inside = smooth(0.0, 0.12, hair.hairline(rest, style.raised))
    thin = style.bald * np.interp(rest[:, 1] + 0.25 * (rest[:, 2] - 0.4), [7.75, 8.1], [0, 1])
    if style.comb.startswith("down"):
        inside = np.maximum(
            inside, (abs(rest[:, 0]) > 0.72) & (rest[:, 1] < 7.6) & (rest[:, 1] > 6.8) & (rest[:, 2] < 0.9)
        )
    share = (inside * (1 - thin) * (0.95 if style.top > 0.2 else 0.8))[:, None]
    return 1 - share * (1 - np.clip(np.array(person.hair_colour) * 1.5 + 0.01, 0, 1))


def _bled(view: View, pixel: np.ndarray, values: np.ndarray, reaches=(0.026, 0.011, 0.006), share=0.75) -> np.ndarray:
    """Values (N,k) spread over the covered pixels by `reaches` dm a channel; light under skin: red far, blue hardly."""
    width, height = view.camera.width, view.camera.height
    mask = np.zeros((height, width), np.float32)
    mask.ravel()[pixel] = 1
    out = np.empty_like(values)
    for channel, reach in enumerate(reaches):
        sigma = reach * view.camera.scale
        full = np.zeros((height, width), np.float32)
        full.ravel()[pixel] = values[:, channel]
        blurred = raster.blur(full, sigma).ravel()[pixel]
        weight = raster.blur(mask, sigma).ravel()[pixel]
        out[:, channel] = share * blurred / np.maximum(weight, 0.05) + (1 - share) * values[:, channel]
    return out


def _cloth(view: View, rest, normal, lit, openness) -> np.ndarray:
    weave = 1 + 0.12 * np.sin(rest[:, 0] * 9 + 3 * np.sin(rest[:, 1] * 5)) * 0.5
    edge = 0.65 + 0.35 * smooth(0.0, 0.03, collar(rest))
    hem = 1 - 0.25 * (smooth(0.10, 0.108, collar(rest)) - smooth(0.112, 0.12, collar(rest)))
    colour = np.array(view.setting.cloth, np.float32)
    return colour * diffuse(view.light, normal, lit, openness, 0.1) * (weave * edge * hem)[:, None]


def _mouth(view: View, normal, part, openness) -> np.ndarray:
    colours = np.array([[0.62, 0.58, 0.5], [0.55, 0.51, 0.44], [0.35, 0.12, 0.11]], np.float32)
    fallen = diffuse(view.light, normal, np.full(len(part), 0.45, np.float32), openness**2, 0.3)
    shown = 0.1 + 0.9 * smooth(0.12, 0.5, np.float32(view.expression.mouth + 0.6 * view.expression.smile))
    return colours[part - mesh.UPPER_TEETH] * fallen * 0.55 * shown


def _eyes(view: View, rest, normal, spot, lit, openness, part, pose: Pose) -> np.ndarray:
    person, head = view.known.person, view.head
    direction = np.empty_like(rest)
    for which in (mesh.LEFT_EYE, mesh.RIGHT_EYE):
        used = np.unique(head.triangles[head.part == which])
        centre = (head.rest[used].min(0) + head.rest[used].max(0)) / 2
        direction[part == which] = unit(rest[part == which] - centre)
    share = view.expression.gaze
    back = mesh.rotation(-pose.yaw * share, -pose.pitch * share, 0)
    ahead = unit(back @ np.array([0, -0.02, 1], np.float32))
    angle = np.arccos(np.clip(direction @ ahead, -1, 1))
    iris, pupil = 1 - smooth(0.45, 0.51, angle), 1 - smooth(0.17, 0.21, angle)
    ring = smooth(0.33, 0.48, angle) * iris
    spokes = 0.75 + 0.35 * np.sin(np.arctan2(direction[:, 1], direction[:, 0]) * 40 + angle * 30)
    sclera = np.array([0.62, 0.58, 0.56], np.float32) * (
        1 - 0.25 * smooth(0.6, 1.1, angle)[:, None] * np.array([0.3, 1, 1])
    )
    colour = np.array(person.iris, np.float32) * (0.7 + 0.6 * smooth(0.42, 0.2, angle) * spokes)[:, None]
    colour = colour * (1 - 0.7 * ring[:, None]) * (1 - 0.96 * pupil[:, None])
    albedo = sclera * (1 - iris[:, None]) + colour * iris[:, None]
    fallen = (
        diffuse(view.light, normal, 0.25 + 0.5 * lit, openness, 0.35)
        * (1 - 0.55 * smooth(0.12, 0.5, direction[:, 1]))[:, None]
    )
    toward = unit(0.45 * unit(view.light.direction) + np.array([0, 0.0, 0.75]))
    glint = smooth(0.9955, 0.998, (direction @ view.turn.T) @ toward) * 0.75
    return albedo * fallen * (0.35 + 0.65 * openness[:, None]) + glint[:, None]
