"""Rules of the default policy, evaluated: ours beside the peers.

    python -m bench.rules [--peers PYTHON] [--save]

`PYTHON` is the interpreter of a venv with bench/peers/rules.txt; without it only ours is measured. Every engine gets
the same values (an event's facts and features), and must find the same hits. An evaluation is one rule on one event.
"""

import argparse
import json
import random
import subprocess
import time
from pathlib import Path

from shiming.risk.compiled import conditions
from shiming.risk.rules import Plan
from shiming.store.risk.policies import preset, understood

RESULTS = Path(__file__).parent / "results" / "rules.json"
PEERS = Path(__file__).parent / "peers" / "rules.py"
EVENTS = 2000


def material() -> tuple[list, list[dict], list[str]]:
    """The rules' trees, rows of values, and the rules' texts."""
    import tomllib

    plan: Plan = understood(preset("default-1"), "default-1").plan
    texts = {name: row["when"] for name, row in tomllib.loads(preset("default-1"))["rules"].items()}
    names = sorted({name for rule in plan.rules.values() for name in rule.when.names()})
    chance = random.Random(4)
    codes = ["", "subject_mismatch", "phone_not_holders"]
    words = {"device": ["", "d1"], "code": codes, "outcome": ["approved", "rejected"]}
    rows = [{name: chance.choice(words[name]) if name in words else chance.choice((0, 1, 3, 9, 700, 4000, 6_000_000))
             for name in names} for _ in range(EVENTS)]  # fmt: skip
    return [rule.when for rule in plan.rules.values()], rows, [texts[name] for name in plan.rules]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--save", action="store_true")
    told = parser.parse_args()
    trees, rows, texts = material()
    judge = conditions(trees)
    hits = [list(judge(row)) for row in rows]
    begun = time.process_time()
    for _ in range(50):
        for row in rows:
            judge(row)
    ours = 50 * len(rows) * len(trees) / (time.process_time() - begun)
    found = {"rules": len(trees), "ours": {"evaluations_per_cpu_s": round(ours)}}
    if told.peers:
        given = json.dumps({"rows": rows, "texts": texts, "hits": hits})
        done = subprocess.run([told.peers, PEERS], input=given, capture_output=True, text=True, check=True)
        found["peers"] = json.loads(done.stdout)
    print(json.dumps(found, indent=1))
    if told.save:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
