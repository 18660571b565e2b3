"""A person in a pose under a light, rendered to a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from tools.people import glasses, hair, mesh, overlay, raster, shading, skin
from tools.people.person import Person
from tools.people.scene import Expression, Light, Pose, Setting, backdrop

EYE_MIDDLE = np.array([0.0, 7.28, 1.25], np.float32)
AHEAD, NEUTRAL, DAYLIGHT, AT_HOME = Pose(), Expression(), Light(), Setting()
SHARPER = 2  # rendered at twice the size, then averaged


@dataclass(frozen=True, eq=False)
class Likeness:
    """What stays the same from picture to picture of one person: skin maps, hair, and how far the head is moved to sit
    with its eyes at EYE_MIDDLE."""

    person: Person
    skin: skin.Skin
    hair: hair.Strands
    glasses: tuple[np.ndarray, np.ndarray] | None
    shift: np.ndarray


_KEPT: dict[str, Likeness] = {}


def likeness(person: Person) -> Likeness:
    """The prepared person; the last one asked for is kept."""
    key = repr(person)
    if key not in _KEPT:
        head = mesh.head()
        positions = head.refine(head.morph(person.shape))
        middle = positions[np.unique(head.triangles[np.isin(head.part, (mesh.LEFT_EYE, mesh.RIGHT_EYE))])].mean(0)
        shift = EYE_MIDDLE - middle
        _KEPT.clear()
        worn = glasses.frame(person.glasses, positions + shift) if person.glasses else None
        _KEPT[key] = Likeness(person, skin.make(person), hair.grow(person, positions + shift), worn, shift)
    return _KEPT[key]


def expressed(person: Person, expression: Expression) -> dict[str, float]:
    """The person's shape with the expression added."""
    amounts = dict(person.shape)
    for name, amount in (
        ("eyeBlinkLeft", expression.blink),
        ("eyeBlinkRight", expression.blink),
        ("jawOpen", 0.62 * expression.mouth),
        ("mouthFunnel", 0.1 * expression.mouth),
        ("mouthSmileLeft", 0.6 * expression.smile),
        ("mouthSmileRight", 0.6 * expression.smile),
        ("cheekSquintLeft", 0.4 * expression.smile),
        ("cheekSquintRight", 0.4 * expression.smile),
    ):
        amounts[name] = amounts.get(name, 0.0) + amount
    return amounts


def render(
    person: Person,
    pose: Pose = AHEAD,
    expression: Expression = NEUTRAL,
    light: Light = DAYLIGHT,
    size: tuple[int, int] = (480, 640),
    setting: Setting = AT_HOME,
) -> np.ndarray:
    """RGB uint8 (height,width,3) for `size` = (width, height). Raises origin.MeshMissing before `fetch`."""
    head, known = mesh.head(), likeness(person)
    width, height = size[0] * SHARPER, size[1] * SHARPER
    turn = mesh.rotation(pose.yaw, pose.pitch, pose.roll)
    still = head.refine(head.morph(expressed(person, expression))) + known.shift
    still = shading.dressed(head, still)
    moved = mesh.turned(still, head.turn, head.neck, turn)
    camera = raster.Camera(
        width,
        height,
        setting.zoom * width / 480,
        (setting.centre[0] * width, setting.centre[1] * height),
        setting.target_y,
        setting.distance,
    )
    hairs = replace(
        known.hair, paths=((known.hair.paths - mesh.NECK_PIVOT) @ turn.T + mesh.NECK_PIVOT).astype(np.float32)
    )
    strands, tangents, which, along = hair.points(hairs, camera.scale)
    shadow = shading.Shadow.cast(moved, head.triangles, strands, light)
    view = shading.View(head, known, moved, turn, camera, light, setting, shadow, expression)
    shut = expression.mouth + expression.smile < 0.2  # teeth of an unusual jaw would show through the chin
    triangles = np.where(((head.part >= mesh.UPPER_TEETH) & shut)[:, None], 0, head.triangles)
    picture = backdrop(setting, width, height).reshape(-1, 3)
    fragments = raster.cover(camera.project(moved), triangles, width, height)
    picture[fragments.pixel] = shading.surface(view, fragments, pose)
    depth = fragments.depth.copy()
    overlay.lashes(view, picture, depth)
    overlay.spectacles(view, picture, depth)
    overlay.comb(view, picture, depth, strands, tangents, which, along)
    return _develop(picture.reshape(height, width, 3), size, setting)


def _develop(linear: np.ndarray, size: tuple[int, int], setting: Setting) -> np.ndarray:
    """Average down, roll off the highlights, sensor noise, sRGB."""
    small = cv2.resize(linear.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    small = np.where(small > 0.7, 0.7 + 0.3 * np.tanh((small - 0.7) / 0.45), small)
    reach = max(0.7, size[0] / 240)  # cameras sharpen; faces without it look painted
    small = np.clip(small + 0.45 * (small - cv2.GaussianBlur(small, (0, 0), reach)), 0, 1.2)
    rng = np.random.default_rng(int(abs(small[::7, ::7].sum()) * 1000) % 2**31)
    grain = cv2.GaussianBlur(rng.standard_normal(small.shape).astype(np.float32), (0, 0), 0.7)
    small = np.clip(small + setting.noise * 2 * grain * np.sqrt(np.clip(small, 0.01, 1)), 0, 1)
    encoded = np.where(small <= 0.0031308, 12.92 * small, 1.055 * small ** (1 / 2.4) - 0.055)
    return np.clip(np.round(encoded * 255), 0, 255).astype(np.uint8)
