"""CPU time of the live face: one frame of guidance, a film of 20 frames, and their parts.

    python -m bench.live_cost [--times 15] [--save]

Frames are those of the demo's camera, as JPEG: 240 × 320 for guidance, 480 × 640 for films. Guidance is measured for 20
frames in a row, as on a server that is busy with it, and for one after other work, when weights come from memory.
Neighbours on the machine slow core and memory down, so a fixed matrix product is timed before each measurement; the
ratio of its least to its median scales the medians to what they would be alone. Least and median as taken are told too.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # as workers have it; a second thread spins

import cv2
import numpy as np

from shiming.demo import walk
from shiming.demo.cast import by_slug
from shiming.verification.challenge import Challenge
from shiming.vision import picture_tasks
from shiming.vision.picture import decode
from shiming.vision.weights import default_folder

RESULTS = Path(__file__).parent / "results" / "live-cost.json"
TURNS, BLINK, FRAMES = ("left", "right", "left"), ("left", "blink", "right"), 20
_FIXED = np.random.default_rng(0).normal(size=(256, 256)).astype(np.float32)


def cost(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return (time.process_time() - began) * 1000


def acts() -> dict[str, Callable[[], object]]:
    """What is measured, by name."""
    picture_tasks.prepare(default_folder())
    read = picture_tasks.readers(default_folder())
    challenge, blink = (Challenge.of("bench", turns) for turns in (TURNS, BLINK))
    frames, times = (each[:FRAMES] for each in walk.film(by_slug("hege"), challenge, 1))
    small = [_small(frame) for frame in frames]
    pictures = [decode(frame) for frame in frames]
    seen = [read.liveness.frame(picture) for picture in pictures]
    one, first = pictures[0], seen[0]
    return {
        f"guidance, {FRAMES} frames of 240 × 320 with their JPEG": lambda: [
            picture_tasks.guide(frame) for frame in small
        ],
        "guidance, one frame after other work": lambda: picture_tasks.guide(small[0]),
        f"a film of {FRAMES} frames of 480 × 640": lambda: read.liveness.look(pictures, times, challenge),
        "the same, a blink asked for": lambda: read.liveness.look(pictures, times, blink),
        "the first, JPEG read and written": lambda: picture_tasks.face(frames, times, challenge),
        "one frame: face and mesh": lambda: read.liveness.frame(one),
        "one frame: passive model": lambda: read.liveness.passive([one], [first]),
        "one template": lambda: read.faces.embedding(one, first.face, first.mesh),
    }


def _small(frame: bytes) -> bytes:
    picture = cv2.resize(cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_COLOR), (240, 320))
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.live_cost", description=__doc__)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--save", action="store_true", help=f"write {RESULTS}")
    chosen = parser.parse_args()
    took: dict[str, list[tuple[float, float]]] = {}
    for name, act in acts().items():
        act()
        took[name] = [(cost(lambda: [_FIXED @ _FIXED for _ in range(20)]), cost(act)) for _ in range(chosen.times)]
    least = min(reference for each in took.values() for reference, _ in each)
    rows = {
        name: {"least": round(min(ms for _, ms in each), 1), "median": round(median(ms for _, ms in each), 1),
               "median scaled": round(median(ms for _, ms in each) * least / median(r for r, _ in each), 1)}
        for name, each in took.items()
    }  # fmt: skip
    print(json.dumps(rows, indent=1, ensure_ascii=False))
    if chosen.save:
        RESULTS.write_text(json.dumps({"CPU ms": rows}, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
