"""Filmed or recorded off the screen: how often the finding is right, on clips that are made here (bench/clips.py).

    python -m bench.filmed [--each 24] [--first 1000] [--save]

Seeds below 1000 were looked at while the limits were set; the figures use those from `--first` on. The clips are drawn
and encoded by the machine itself: they show that the measure works as thought, not how phones' own encoders behave.
"""

import argparse
import json
import time
from collections import Counter
from pathlib import Path

from bench import clips
from shiming.bench.report import Rate
from shiming.vision.video import _opened, _sampled, filmed

RESULTS = Path(__file__).parent / "results" / "filmed.json"
PEOPLE = ("hege", "mire", "changqi", "bufu")


def judged(data: bytes) -> tuple[str, float]:
    with _opened(data) as video:
        _, _, pairs, size = _sampled(video)
    found = filmed(pairs, size, data)
    return found.verdict, found.frozen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--each", type=int, default=24)
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    found = {}
    for kind, make in (("recorded", clips.recorded), ("filmed", clips.filmed)):
        made = [make(PEOPLE[n % 4], n, 2.0) for n in range(options.first, options.first + options.each)]
        cpu = time.process_time()
        verdicts = [judged(data) for data in made]
        counts, spread = Counter(v for v, _ in verdicts), sorted(f for _, f in verdicts)
        rate = Rate(counts[kind], options.each)
        found[kind] = {"clips": options.each, "said": dict(counts), "right": str(rate),
                       "frozen": {"least": spread[0], "median": spread[len(spread) // 2], "most": spread[-1]},
                       "cpu_ms_per_clip": round((time.process_time() - cpu) * 1000 / options.each)}  # fmt: skip
    print(json.dumps(found, indent=2))
    if options.save:
        RESULTS.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
