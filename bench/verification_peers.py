"""The CPU time of one verification put together from what a user would pick instead: rapidocr with DeepFace or dlib.

    PEER/bin/python -m bench.verification_peers --faces deepface --data CASES --out verification-peers.json

For each case (`bench/cases.py`): rapidocr with its defaults reads both sides of the card; DeepFace or dlib (which needs
`--models`, see bench/face_peers.py) finds, aligns and embeds the face in eight frames, on the card and in the
authority's photo. That is less than `shiming bench verification` does on the same cases, which looks at all frames and
their head turns, finds the card, checks and decides.
"""

import argparse
import json
import time
from pathlib import Path
from statistics import median

import cv2

from bench import face_peers

FRAMES = 8


def main() -> None:
    parser = argparse.ArgumentParser("bench.verification_peers")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--faces", choices=("deepface", "dlib"), required=True)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--limit", type=int, default=4)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    from rapidocr import RapidOCR  # not above: a second of CPU

    cv2.setNumThreads(1)
    read, rows = RapidOCR(params={"EngineConfig.onnxruntime.intra_op_num_threads": 1}), []
    embed = face_peers.ENGINES[options.faces](options.models)
    folders = sorted(path.parent for path in options.data.glob("*/truth.json"))[: options.limit + 1]
    for folder in folders:
        frames = sorted((folder / "frames").glob("*.jpg"))
        chosen = [frames[round(at * (len(frames) - 1) / (FRAMES - 1))] for at in range(FRAMES)]
        faces = [*chosen, folder / "front.jpg", *folder.glob("authority.jpg")]
        began = time.process_time()
        for side in ("front.jpg", "back.jpg"):
            read(str(folder / side))
        cards = time.process_time()
        for file in faces:
            embed(cv2.imread(str(file)))
        rows.append(((cards - began) * 1000, (time.process_time() - cards) * 1000))
    counted = rows[1:]  # the first also loads
    found = {
        "cases": len(counted), "cards, CPU ms, median": round(median(row[0] for row in counted)),
        "faces, CPU ms, median": round(median(row[1] for row in counted)),
        "all, CPU ms, median": round(median(sum(row) for row in counted)),
    }  # fmt: skip
    print(json.dumps(found, indent=1))
    kept = json.loads(options.out.read_text("utf-8")) if options.out.exists() else {}
    options.out.write_text(json.dumps(kept | {f"rapidocr and {options.faces}": found}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
