"""The faces of the demo: who plays whom, and the pictures that are committed for each."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import cv2
import numpy as np

from tools.people import picture
from tools.people.person import Person
from tools.people.scene import ID_PHOTO, STUDIO, STUDIO_LEFT, Expression, Pose, Setting, room_light

DEMO = Path(__file__).resolve().parents[2] / "src/shiming/demo"
FACES = DEMO / "faces"
THIS_YEAR = 2026
LIVE_BYTES = 17_000  # the whole cast stays below 8 MB
ID_SIZE, LIVE_SIZE = (420, 540), (480, 640)
DARK_CLOTHES = (
    (0.02, 0.024, 0.04),
    (0.03, 0.03, 0.032),
    (0.05, 0.02, 0.025),
    (0.018, 0.035, 0.035),
    (0.035, 0.03, 0.05),
)
CLOTHES = (
    (0.30, 0.32, 0.36),
    (0.10, 0.16, 0.30),
    (0.36, 0.12, 0.10),
    (0.45, 0.42, 0.36),
    (0.08, 0.18, 0.12),
    (0.5, 0.5, 0.52),
)

TURN_FURTHER = (
    "mire",
)  # a flat nose moves little: at 38 degrees hers is taken for a photo's, as some people's will be
CHOSEN = Path(__file__).with_name("chosen.json")  # slug → {seed, style, glasses, traits}; made by choose.py


def rows() -> list[tuple[str, str, int]]:
    """(slug, sex, age) of every face needed: the cast's rows, and `stranger`."""
    table = tomllib.loads((DEMO / "cast.toml").read_text("utf-8"))["person"]
    sexes = {"男": "male", "女": "female"}
    listed = [(row["slug"], sexes[row["sex"]], THIS_YEAR - int(row["birth"][:4])) for row in table]
    return [*listed, ("stranger", "female", 35)]


def person(slug: str) -> Person:
    """The person who plays `slug`; KeyError when nobody has been chosen."""
    sex, age = {name: (sex, age) for name, sex, age in rows()}[slug]
    own = json.loads(CHOSEN.read_text("utf-8"))[slug]
    return Person.draw(own["seed"], sex, age, own["style"], own["glasses"], own["traits"])


def listing(chosen: dict[str, dict]) -> str:
    """chosen.json's text: one person a line, so that a change of one is seen as such."""
    lines = [f"{json.dumps(slug)}: {json.dumps(own, ensure_ascii=False)}" for slug, own in chosen.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def jpeg(rgb: np.ndarray, quality: int, most: int | None = None) -> bytes:
    """JPEG bytes of an RGB picture; quality goes down until the file has at most `most` bytes."""
    while True:
        done, coded = cv2.imencode(".jpg", rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        if not done:
            raise RuntimeError("OpenCV could not write a JPEG")
        if most is None or len(coded) <= most or quality < 40:
            return coded.tobytes()
        quality -= 4


def id_photo(who: Person) -> np.ndarray:
    """The portrait for the card: frontal, neutral, even light, white behind, dark clothes."""
    cloth = DARK_CLOTHES[who.seed % len(DARK_CLOTHES)]
    rng = np.random.default_rng(who.seed)
    pose = Pose(*rng.normal(0, 0.6, 3))
    setting = Setting(**{**vars(ID_PHOTO), "cloth": cloth})
    return picture.render(who, pose, Expression(), STUDIO, ID_SIZE, setting)


def authority_photo(who: Person) -> np.ndarray:
    """Another sitting some years earlier: other light, other clothes."""
    rng = np.random.default_rng(who.seed + 1)
    cloth = CLOTHES[who.seed % len(CLOTHES)]
    pose = Pose(*rng.normal(0, 1.2, 3))
    setting = Setting(**{**vars(ID_PHOTO), "cloth": cloth, "zoom": 183.0, "distance": 11.0})
    return picture.render(who.at_another_sitting(rng), pose, Expression(smile=0.12), STUDIO_LEFT, ID_SIZE, setting)


def live_poses(seed: int) -> list[tuple[str, Pose]]:
    """Names and poses of the bank: five near-frontal, and 10, 20, 30, 30, 38, 38 degrees to either side."""
    rng = np.random.default_rng(seed + 2)
    poses = [(f"front-{k}", Pose(*np.round(rng.uniform([-4, -4, -3], [4, 4, 3]), 1))) for k in range(1, 6)]
    for side, name in ((1, "left"), (-1, "right")):
        for degrees, letter in ((10, ""), (20, ""), (30, "a"), (30, "b"), (38, "a"), (38, "b")):
            jitter = rng.uniform([-1.2, -4, -3], [1.2, 4, 3])
            yaw, pitch, roll = np.round(np.array([side * degrees, 0, 0]) + jitter, 1)
            poses.append((f"{name}-{degrees}{letter}", Pose(yaw, pitch, roll)))
    return poses


def live_frame(who: Person, pose: Pose, expression: Expression, shake: np.random.Generator) -> np.ndarray:
    """One camera frame of the sitting at home: the same room, light and clothes for one person."""
    rng = np.random.default_rng(who.seed + 3)
    cloth = CLOTHES[(who.seed + 3) % len(CLOTHES)]
    centre = (0.5 + shake.normal(0, 0.012) + 0.0010 * pose.yaw * -1, 0.5 + shake.normal(0, 0.008))
    setting = Setting(
        zoom=float(rng.uniform(184, 196)),
        distance=float(rng.uniform(5.5, 7.0)),
        centre=centre,
        cloth=cloth,
        target_y=7.12,
        backdrop_seed=who.seed,
        noise=float(rng.uniform(0.002, 0.0035)),
    )
    return picture.render(who, pose, expression, room_light(who.seed), LIVE_SIZE, setting)


def write(slug: str, only: str = "") -> int:
    """Renders and writes the pictures of `slug` (or one of "id", "authority", "live"); returns the bytes written."""
    return write_person(person(slug), FACES / slug, only)


def write_person(who: Person, folder: Path, only: str = "") -> int:
    """Renders and writes id.jpg, authority.jpg, live-*.jpg and live.json into `folder`; returns the bytes written."""
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    if only in ("", "id"):
        total += (folder / "id.jpg").write_bytes(jpeg(id_photo(who), 92, 33_000))
    if only in ("", "live"):
        total += _write_live(who, folder)
    if only in ("", "authority"):
        total += (folder / "authority.jpg").write_bytes(jpeg(authority_photo(who), 90, 28_000))
    return total


def _write_live(who: Person, folder: Path) -> int:
    for old in folder.glob("live-*.jpg"):
        old.unlink()
    shake, listed, total = np.random.default_rng(who.seed + 4), [], 0
    wide = [(f"{name}-54", Pose(side * 54.0, 0.0, 0.0)) for side, name in ((1, "left"), (-1, "right"))]
    for name, pose in live_poses(who.seed) + (wide if folder.name in TURN_FURTHER else []):
        frame = live_frame(who, pose, Expression(smile=float(shake.uniform(0, 0.1))), shake)
        total += (folder / f"live-{name}.jpg").write_bytes(jpeg(frame, 82, LIVE_BYTES))
        listed.append(
            {"file": f"live-{name}.jpg", "yaw": float(pose.yaw), "pitch": float(pose.pitch), "roll": float(pose.roll)}
        )
    (folder / "live.json").write_text(json.dumps(listed, indent=1) + "\n")
    return total + _write_acts(who, folder)


def _write_acts(who: Person, folder: Path) -> int:
    """Eyes shut and mouth open, in the same sitting."""
    shake, total = np.random.default_rng(who.seed + 5), 0
    for act, expression in (("blink", Expression(blink=1.0)), ("mouth", Expression(mouth=0.95))):
        frame = live_frame(who, Pose(*shake.uniform([-3, -3, -2], [3, 3, 2])), expression, shake)
        total += (folder / f"act-{act}.jpg").write_bytes(jpeg(frame, 82, LIVE_BYTES))
    return total
