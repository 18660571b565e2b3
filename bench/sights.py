"""What a failure video shows: how often each moment is found where it is, and where it is not (M26).

    python -m bench.sights [--each 12] [--first 100] [--save]

Films are drawn (shiming/demo/film.py): the demo's people, their cards, pictures of our own pages, a hand's shake and a
sensor's noise. Each film leaves one of the six moments out, in turn. Seeds below 130 were looked at while the words and
limits were chosen. A platform's own pages, glare on a filmed screen and other phones' encoders are not in it.
"""

import argparse
import json
import time
from collections import Counter
from pathlib import Path

from shiming.bench.report import Rate
from shiming.demo import film
from shiming.demo.cast import people
from shiming.support.film import phrases
from shiming.vision import picture_tasks

RESULTS = Path(__file__).parent / "results" / "sights.json"
NOISES = (1.5, 3.0, 5.0, 8.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--each", type=int, default=12, help="films per moment left out")
    parser.add_argument("--first", type=int, default=200)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    cast = [p for p in people() if not p.photo and p.live == "turns" and p.card == "common"]
    there, found, false, spent, films = Counter(), Counter(), Counter(), 0.0, 0
    for n in range(options.each * len(film.SCENES)):
        out = film.SCENES[n % len(film.SCENES)]
        data = film.shot(cast[n % len(cast)], options.first + n, (out,), NOISES[n % len(NOISES)])
        cpu = time.process_time()
        seen = picture_tasks.video(data, dict(phrases())).seen
        spent, films = spent + time.process_time() - cpu, films + 1
        for sight in seen.sights:
            there[sight.what] += sight.what != out
            found[sight.what] += sight.what != out and sight.at_ms is not None
            false[sight.what] += sight.what == out and sight.at_ms is not None
    shown = {}
    for what in film.SCENES:
        wrongly = Rate(false[what], films - there[what])
        shown[what] = {"found": str(Rate(found[what], there[what])), "said_and_not_there": str(wrongly)}
    told = {"films": films, "sights": shown, "cpu_s_per_film": round(spent / films, 2)}
    print(json.dumps(told, indent=2))
    if options.save:
        RESULTS.write_text(json.dumps(told, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
