"""What it costs until a worker can look at pictures: CPU time of its start, and memory with all models loaded.

    python -m bench.worker [--times 5] [--save]

Each time, a fresh process does what a worker does when it is started (`shiming.vision.pool`), then looks at one of the
demo's people: a live frame, both sides of the card, a film of 20 frames. CPU time counts from the first instruction of
the interpreter; memory is what is resident. A warm disk is assumed: files are in the system's cache.
"""

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from shiming.demo import walk
from shiming.demo.cast import by_slug
from shiming.verification.challenge import Challenge, Step

RESULTS = Path(__file__).parent / "results" / "worker.json"
PROBE = """
import json, sys, time
from pathlib import Path

def now(step):
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    kept = {line.split(":")[0]: int(line.split()[1]) // 1024 for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    told.append([step, round(time.process_time(), 3), kept["VmRSS"], kept["VmHWM"]])

told = []
now("interpreter")
from shiming.vision import picture_tasks
now("modules")
from shiming.vision.weights import default_folder
picture_tasks.prepare(default_folder())
now("ready")
import pickle
front, back, challenge, frames, times = pickle.loads(Path(sys.argv[1]).read_bytes())
picture_tasks.guide(frames[0])
now("a live frame")
picture_tasks.card(front), picture_tasks.card(back)
now("both sides of a card")
picture_tasks.face(frames[:20], times[:20], challenge)
now("a film of 20 frames")
print(json.dumps(told))
"""


def _pictures() -> tuple:
    """Both sides of a card, a challenge, and the frames and times of a film that answers it."""
    person, challenge = by_slug("hege"), Challenge("bench", (Step.LEFT, Step.RIGHT, Step.LEFT))
    return person.picture("front"), person.picture("back"), challenge, *walk.film(person, challenge, 1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.worker", description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--save", action="store_true", help=f"write {RESULTS}")
    chosen = parser.parse_args()
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.NamedTemporaryFile() as file:
        pickle.dump(_pictures(), file)
        file.flush()
        command = [sys.executable, "-c", PROBE, file.name]
        runs = [json.loads(subprocess.check_output(command, env=alone)) for _ in range(chosen.times)]
    rows = [
        {"until": step[0][0], "cpu_s": round(median(each[1] for each in step), 2),
         "resident_mb": median(each[2] for each in step), "greatest_mb": median(each[3] for each in step)}
        for step in zip(*runs, strict=True)
    ]  # fmt: skip
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))
    if chosen.save:
        RESULTS.write_text(json.dumps({"times": chosen.times, "rows": rows}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
