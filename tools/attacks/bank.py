"""Banks: one person's pictures in many poses, each with the way every pixel moves when the head turns a little further.

Rendering takes half a second a picture; a clip needs dozens. A bank holds a picture every eight degrees, and a clip
warps the nearest one by the few degrees that are missing, so that no two frames of a clip are the same picture.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from tools.people import cast, mesh, picture, raster
from tools.people.person import Person
from tools.people.scene import Expression, Pose, Setting, room_light

SIZE = (360, 480)
STEP = 8  # degrees between two pictures
POSES = {f"yaw{yaw:+d}": (Pose(yaw), Expression()) for yaw in range(-40, 41, STEP)} | {
    "blink": (Pose(), Expression(blink=1.0)),
    "half-blink": (Pose(), Expression(blink=0.5)),
    "mouth": (Pose(), Expression(mouth=1.0)),
    "half-mouth": (Pose(), Expression(mouth=0.5)),
}
FLOW = (90, 120)  # pixels of a kept flow field, width and height


@dataclass(frozen=True)
class Shot:
    """One picture of a bank: BGR uint8, its yaw (degrees), and pixels moved per degree of yaw and of pitch (H,W,4)."""

    yaw: float
    picture: np.ndarray
    flow: np.ndarray


def draw(who: Person, into: Path) -> None:
    """Renders one person's bank into a folder; nothing is done when it is there."""
    if (into / "bank.json").exists():
        return
    into.mkdir(parents=True, exist_ok=True)
    seed, rng = who.seed, np.random.default_rng(who.seed + 11)
    setting = Setting(
        zoom=float(rng.uniform(165, 200)),
        distance=float(rng.uniform(4.5, 7.5)),
        centre=(0.5 + float(rng.normal(0, 0.02)), 0.52 + float(rng.normal(0, 0.02))),
        cloth=cast.CLOTHES[seed % len(cast.CLOTHES)],
        target_y=7.12,
        backdrop_seed=seed,
        noise=0.0,
    )
    tilt = Pose(0, float(rng.normal(0, 3)), float(rng.normal(0, 2)))
    for name, (pose, expression) in POSES.items():
        pose = Pose(pose.yaw, tilt.pitch, tilt.roll)
        frame = picture.render(who, pose, expression, room_light(seed), SIZE, setting)
        cv2.imwrite(str(into / f"{name}.jpg"), frame[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        np.save(into / f"{name}.npy", flow(who, pose, setting).astype(np.float16))
    about = {"seed": seed, "sex": who.sex, "age": who.age, "glasses": who.glasses, "pitch": tilt.pitch}
    (into / "bank.json").write_text(json.dumps(about) + "\n")


def load(folder: Path) -> dict[str, Shot]:
    """The shots of one bank by name."""
    return {name: _shot(folder, name, pose.yaw) for name, (pose, _) in POSES.items()}


def _shot(folder: Path, name: str, yaw: float) -> Shot:
    field = np.load(folder / f"{name}.npy").astype(np.float32)
    return Shot(yaw, cv2.imread(str(folder / f"{name}.jpg")), cv2.resize(field, SIZE, interpolation=cv2.INTER_LINEAR))


def flow(who: Person, pose: Pose, setting: Setting) -> np.ndarray:
    """(120, 90, 4): how far, in pixels of SIZE, each place moves per degree of yaw (x, y) and of pitch (x, y).

    From the mesh; hair and the air close to the head move along, the room stands still.
    """
    head, known = mesh.head(), picture.likeness(who)
    still = head.refine(head.morph(picture.expressed(who, Expression()))) + known.shift
    middle = setting.centre[0] * FLOW[0], setting.centre[1] * FLOW[1]
    camera = raster.Camera(*FLOW, setting.zoom * FLOW[0] / 480, middle, setting.target_y, setting.distance)
    before = camera.project(_posed(head, still, pose))
    further = (Pose(pose.yaw + 1, pose.pitch, pose.roll), Pose(pose.yaw, pose.pitch + 1, pose.roll))
    after = [camera.project(_posed(head, still, each)) for each in further]
    moved = np.concatenate([each[:, :2] - before[:, :2] for each in after], axis=1) * (SIZE[0] / FLOW[0])
    seen = raster.cover(before, head.triangles, *FLOW)
    field, known_at = np.zeros((FLOW[1] * FLOW[0], 4), np.float32), np.zeros(FLOW[1] * FLOW[0], np.uint8)
    field[seen.pixel], known_at[seen.pixel] = seen.take(head.triangles, moved.astype(np.float32)), 1
    return _spread(field.reshape(FLOW[1], FLOW[0], 4), known_at.reshape(FLOW[1], FLOW[0]))


def _posed(head: mesh.Head, still: np.ndarray, pose: Pose) -> np.ndarray:
    return mesh.turned(still, head.turn, head.neck, mesh.rotation(pose.yaw, pose.pitch, pose.roll))


def _spread(field: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Outside the mesh: what the nearest places of it do, fading over the width of a head of hair."""
    weight = cv2.GaussianBlur(known.astype(np.float32), (0, 0), 4)
    near = cv2.GaussianBlur(field * known[..., None], (0, 0), 4) / np.maximum(weight, 1e-3)[..., None]
    fade = np.clip(weight / 0.12, 0, 1)[..., None]
    return np.where(known[..., None] > 0, field, near * fade)
