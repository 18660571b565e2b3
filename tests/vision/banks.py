"""The rendered people's camera frames, as films: people who do not exist, lying beside the demo."""

import json
from pathlib import Path

import cv2
import numpy as np

import shiming

FACES = Path(shiming.__file__).parent / "demo" / "faces"


def slugs() -> list[str]:
    """Everybody with a frame bank."""
    return sorted(path.parent.name for path in FACES.glob("*/live.json"))


def poses(slug: str) -> dict[str, float]:
    """The true yaw in degrees of every frame, by name: front-1 … 5, left-10, 20, 30a, 30b, 38a, 38b, right-…"""
    rows = json.loads((FACES / slug / "live.json").read_text("utf-8"))
    return {row["file"].removeprefix("live-").removesuffix(".jpg"): row["yaw"] for row in rows}


def frame(slug: str, name: str) -> np.ndarray:
    """One BGR frame."""
    return cv2.imread(str(FACES / slug / f"live-{name}.jpg"))


def film(slug: str, names: str) -> list[np.ndarray]:
    """Frames by their names, separated by blanks."""
    return [frame(slug, name) for name in names.split()]


def times(count: int) -> list[int]:
    """Eight frames a second."""
    return [125 * at for at in range(count)]


def turned_photo(photo: np.ndarray, degrees: float, distance: float = 2.0) -> np.ndarray:
    """A flat photo held up and turned about its upright axis, seen from `distance` photo widths."""
    height, width = photo.shape[:2]
    angle, focus = np.radians(degrees), distance * width
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float) - (width / 2, height / 2)
    depth = corners[:, :1] * np.sin(angle)
    seen = np.c_[corners[:, 0] * np.cos(angle), corners[:, 1]] * focus / (focus + depth)
    middle = np.array([width / 2, height / 2])
    matrix = cv2.getPerspectiveTransform((corners + middle).astype(np.float32), (seen + middle).astype(np.float32))
    return cv2.warpPerspective(photo, matrix, (width, height), borderValue=(90, 95, 100))
