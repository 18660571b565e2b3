"""Ours beside what a user would pick instead, on the same pairs: accuracy and CPU ms of detect, align and embed.

    python bench/face_peers.py shiming --data LFW --pairs 300 --out bench/results/face-peers.json
    PEER/bin/python bench/face_peers.py dlib --data LFW --models MODELS --pairs 300 --out …

Each engine runs in an environment of its own (`bench/peers/requirements.txt`); none of the peers is a dependency of
the product. dlib's weights lie in the package face_recognition_models. DeepFace downloads its weights when it is first
used, which no registry has: `bench.verification_peers` runs its networks with the weights that they begin with, which
takes as long, so that its CPU time is measured and its accuracy is not.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import cv2
import numpy as np

Embed = Callable[[np.ndarray], np.ndarray | None]


def shiming(_: Path | None) -> Embed:
    """The fast point: one crop."""
    from shiming.bench.face import middle_face
    from shiming.vision.face import FaceReader
    from shiming.vision.weights import default_folder

    reader = FaceReader(default_folder())

    def embed(picture: np.ndarray) -> np.ndarray | None:
        found = reader.faces(picture, (320,))
        return reader.template(picture, middle_face(found, picture)) if found else None

    return embed


def dlib(models: Path) -> Embed:
    """Its HOG detector, five points, and ResNet: what `face_recognition` does by default."""
    import dlib as library

    detector = library.get_frontal_face_detector()
    points = library.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
    net = library.face_recognition_model_v1(str(models / "dlib_face_recognition_resnet_model_v1.dat"))

    def embed(picture: np.ndarray) -> np.ndarray | None:
        rgb = np.ascontiguousarray(picture[:, :, ::-1])
        half = np.array(picture.shape[1::-1]) / 2
        found = sorted(detector(rgb, 1), key=lambda r: np.hypot(r.center().x - half[0], r.center().y - half[1]))
        return np.array(net.compute_face_descriptor(rgb, points(rgb, found[0]))) if found else None

    return embed


def deepface(_: Path | None) -> Embed:
    """What `DeepFace.represent` does by default: OpenCV's cascades, eyes levelled, VGG-Face; the time of it only."""
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TF_USE_LEGACY_KERAS": "1"}
    from deepface.commons import weight_utils

    weight_utils.download_weights_if_necessary = lambda file_name, *_, **__: file_name
    weight_utils.load_model_weights = lambda model, **_: model
    from deepface import DeepFace

    def embed(picture: np.ndarray) -> np.ndarray:
        return np.array(DeepFace.represent(picture, enforce_detection=False)[0]["embedding"])

    return embed


ENGINES = {"shiming": shiming, "dlib": dlib, "deepface": deepface}


def named_pairs(data: Path, count: int) -> list[tuple[bool, Path, Path]]:
    """The first `count` pairs of each kind from pairs.txt: (same person?, one picture, the other)."""
    rows = [line.split() for line in (data / "pairs.txt").read_text("utf-8").splitlines()[1:]]
    kept = [row for length in (3, 4) for row in [r for r in rows if len(r) == length][:count]]

    def picture(name: str, number: str) -> Path:
        return data / name / f"{name}_{int(number):04d}.jpg"

    return [(len(r) == 3, picture(r[0], r[1]), picture(r[-2] if len(r) == 4 else r[0], r[-1])) for r in kept]


def measured(embed: Embed, pairs: list[tuple[bool, Path, Path]]) -> dict:
    """Accuracy at each pair list's own best distance (the same favour for everybody), misses, and CPU ms a picture."""
    values, took = {}, []
    for file in dict.fromkeys(path for _, one, other in pairs for path in (one, other)):
        picture = cv2.imread(str(file))
        began = time.process_time()
        values[file] = embed(picture)
        took.append((time.process_time() - began) * 1000)
    usable = [(same, values[a], values[b]) for same, a, b in pairs if values[a] is not None and values[b] is not None]
    same = np.array([s for s, _, _ in usable])
    apart = np.array([float(np.linalg.norm(a - b)) for _, a, b in usable])
    accuracy = max(float(((apart <= at) == same).mean()) for at in apart)
    return {
        "pairs": len(usable), "pictures without a face": sum(v is None for v in values.values()),
        "accuracy at its best threshold": round(accuracy, 4),
        "CPU ms, median": round(median(took), 1), "CPU ms, p95": round(float(np.quantile(took, 0.95)), 1),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser("face_peers")
    parser.add_argument("engine", choices=("shiming", "dlib"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, help="folder of dlib's .dat files")
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    embed = ENGINES[options.engine](options.models)
    found = json.loads(options.out.read_text("utf-8")) if options.out.exists() else {}
    found[options.engine] = measured(embed, named_pairs(options.data, options.pairs))
    options.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
