"""Cards that were never seen, drawn, read and forgotten by the thousand: how many are accepted, and wrongly?

`python -m bench.ten_thousand --seed N --out FILE [--count 10000]`. Card i is clean, phone, phone or hard by i modulo 4,
so that any beginning of a run has the declared shares 1 : 2 : 1. Nothing typed helps the reader. FILE is rewritten
every twenty cards; the same command goes on where it stopped, and refuses to when the code or the seed has changed.
A card costs 0.4 CPU seconds to draw and 0.15–0.5 to read.
"""

import argparse
import hashlib
import json
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import cv2
import numpy as np

from shiming.bench.report import Rate
from shiming.checks.document import to_confirm
from shiming.policy import DEFAULT
from shiming.vision import weights
from shiming.vision.card import CardReader
from tools.specimens import card, holders, photo, portrait, presets, sets
from tools.specimens.__main__ import FACES, TABLE

KINDS = ("clean", "phone", "phone", "hard")
SAVE_EVERY = 20
ROOT = Path(__file__).parents[1]
CODE = ("src/shiming/vision/card/*.py", "src/shiming/checks/document.py", "src/shiming/vision/models.toml",
        "tools/specimens/*.py")  # fmt: skip


def code() -> str:
    """What the reader, the rule and the drawing are made of, as one hash."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in CODE for path in ROOT.glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def draw(seed: int, index: int, faces: sets.Faces) -> tuple[str, str, dict[str, str], bytes]:
    """Card number `index`: its kind, its side, what is printed on it, and its photo as JPEG."""
    kind = KINDS[index % 4]
    rng = Random(f"ten thousand/{seed}/{index}")
    holder = holders.draw_holder(rng, bilingual=rng.random() < sets.BILINGUAL)
    if rng.random() < 2 / 3:
        known = faces.get(holder.sex, ())
        face = portrait.from_file(rng.choice(known)) if known else portrait.stand_in(rng)
        flat = card.draw_front(holder, face, rng)
    else:
        flat = card.draw_back(holder, rng)
    shot = presets.KINDS[kind](rng)
    exposed = photo.expose(flat, shot, rng.randrange(2**32))
    return kind, flat.side, flat.fields, photo.encode(exposed.picture, shot.jpeg)


def count(reader: CardReader, drawn: tuple[str, str, dict[str, str], bytes], state: dict, index: int) -> None:
    """Reads one card and adds it to the state."""
    kind, side, truth, jpeg = drawn
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    start = time.process_time()
    seen = reader.read(picture).seen
    ms = (time.process_time() - start) * 1000
    got = {name: seen.fields[name].text if name in seen.fields else None for name in truth}
    wrong = {name: [got[name], truth[name]] for name in truth if got[name] != truth[name]}
    unsure = to_confirm(seen, DEFAULT) if seen.side.value == side else tuple(truth)
    tally = Counter(state["kinds"].get(kind, {}))
    tally.update(cards=1, fields=len(truth), fields_right=len(truth) - len(wrong), whole=not wrong)
    if not unsure:
        tally.update(accepted=1, accepted_fields=len(truth), accepted_right=len(truth) - len(wrong))
        tally.update(accepted_numbers="number" in truth, accepted_numbers_wrong="number" in wrong)
    if "number" in truth and "number" not in unsure:
        tally.update(trusted_numbers=1, trusted_numbers_wrong="number" in wrong)
    state["kinds"][kind] = dict(tally)
    times = state["ms"].setdefault(kind, {})
    times[str(round(ms, -1))] = times.get(str(round(ms, -1)), 0) + 1
    if wrong and (not unsure or "number" in wrong.keys() - set(unsure)):
        state["wrong"].append({"index": index, "kind": kind, "accepted": not unsure, "wrong": wrong})


def summary(state: dict) -> str:
    """The figures so far in one line for each kind, and one for all."""
    every: Counter = Counter()
    lines = []
    for kind, tally in [*state["kinds"].items(), ("all", every)]:
        every.update(tally if kind != "all" else {})
        t = Counter(tally)
        numbers = Rate(t["accepted_numbers_wrong"], t["accepted_numbers"])
        fields = Rate(t["fields_right"], t["fields"])
        accepted, right = Rate(t["accepted"], t["cards"]), Rate(t["accepted_right"], t["accepted_fields"])
        lines.append(
            f"{kind:6} cards {t['cards']}, fields {fields} %, accepted {accepted} %, of these right {right} %, "
            f"wrong numbers {numbers.hits} of {numbers.of} (at most {100 * numbers.interval[1]:.3f} %)"
        )
    return "\n".join(lines)


def _begun(path: Path, seed: int) -> dict:
    fresh = {"bench": "ten_thousand", "seed": seed, "code": code(), "done": 0, "kinds": {}, "ms": {}, "wrong": []}
    if not path.exists():
        return fresh
    state = json.loads(path.read_text("utf-8"))
    if (state["seed"], state["code"]) != (seed, fresh["code"]):
        sys.exit(f"{path} was begun with seed {state['seed']} and other code ({state['code']}): take another --out")
    return state


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.ten_thousand", description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=10_000)
    told = parser.parse_args()
    cv2.setNumThreads(1)
    state, faces = _begun(told.out, told.seed), sets.faces_of(TABLE, FACES)
    reader = CardReader(weights.default_folder())
    while state["done"] < told.count:
        count(reader, draw(told.seed, state["done"], faces), state, state["done"])
        state["done"] += 1
        if state["done"] % SAVE_EVERY == 0 or state["done"] == told.count:
            part = told.out.with_suffix(".part")
            part.write_text(json.dumps(state, ensure_ascii=False, indent=1) + "\n", "utf-8")
            part.replace(told.out)
    print(summary(state))


if __name__ == "__main__":
    main()
