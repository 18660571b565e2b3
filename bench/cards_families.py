"""Cards as other generators draw them, family by family: how well, how fast, how surely are they read?

`python -m bench.cards_families --part held --each 40 --seed N [--family NAME …] [--save LABEL] [--peer PYTHON]`. Limits
may be set on `--part tuned` only. Every picture is drawn from its seed and forgotten. Times are of the process (CPU),
decoding not counted. `--peer` is the Python of an environment with rapidocr (bench/peers/requirements.txt), which then
reads the same pictures in the same run. Pictures of two cards count as right when the reader says that it saw several.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np

from bench.card_peers import peer
from shiming.bench import card
from shiming.bench.report import Rate, Table
from shiming.verification.seen import CardSeen, Side
from shiming.vision import weights
from shiming.vision.card import CardReader
from tools.specimens.families import Family
from tools.specimens.families.every import PARTS

RESULTS = Path(__file__).parent / "results"
HEADS = ("family", "cards", "fields right", "whole cards", "accepted", "fields right of these",
         "wrong numbers accepted", "wrong trusted", "numbers right", "CPU ms, median", "p95")  # fmt: skip


class Keeping(CardReader):
    """A reader that remembers what it saw last, for what was told."""

    last: CardSeen

    def read(self, picture: np.ndarray):
        look = super().read(picture)
        self.last = look.seen
        return look


def drawn(families: Iterable[Family], seed: int, each: int, folder: Path) -> list[tuple[card.Sample, int]]:
    """The samples, their pictures in the folder (drawn unless they are there), and how many cards each shows."""
    return [_sample(family, seed, index, folder) for family in families for index in range(each)]


def _sample(family: Family, seed: int, index: int, folder: Path) -> tuple[card.Sample, int]:
    path = folder / f"{family.name}-{seed}-{index:04}.jpg"
    if not path.with_suffix(".json").exists():
        made = family.draw(seed, index)
        path.write_bytes(made.jpeg)
        truth = {"side": made.side, "cards": made.cards, "fields": made.fields}
        path.with_suffix(".json").write_text(json.dumps(truth, ensure_ascii=False), "utf-8")
    truth = json.loads(path.with_suffix(".json").read_text("utf-8"))
    fields = truth["fields"]
    return card.Sample(family.name, path, Side(truth["side"]), fields, frozenset(fields)), truth["cards"]


def told(seen: CardSeen, outcome: card.Outcome) -> list[str]:
    """What was said of a card that was not accepted: several cards, flaws, no card; else the fields in doubt."""
    if seen.cards > 1:
        return ["several_cards"]
    if outcome.accepted:
        return []
    if seen.side is Side.NONE:
        return ["no card", *(flaw.code for flaw in seen.flaws)]
    return [flaw.code for flaw in seen.flaws] or [f"confirm {name}" for name in outcome.unsure]


def row(name: str, outcomes: list[card.Outcome]) -> list:
    """The figures of one family, as HEADS says."""
    taken = [o for o in outcomes if o.accepted]
    fronts = [o for o in outcomes if "number" in o.sample.fields]
    trusted = [(o, n) for o in outcomes for n in o.sample.fields if o.side is o.sample.side and n not in o.unsure]
    wrong = [1 for o, n in trusted if n not in o.right]
    ms = [o.ms for o in outcomes]
    return [
        name,
        len(outcomes),
        _fields(outcomes),
        Rate(sum(len(o.right) == len(o.sample.fields) for o in outcomes), len(outcomes)),
        Rate(len(taken), len(outcomes)),
        _fields(taken),
        f"{sum(o.number_wrong for o in taken)} of {sum('number' in o.sample.fields for o in taken)}",
        f"{len(wrong)} of {len(trusted)}",
        f"{sum('number' in o.right for o in fronts)} of {len(fronts)}",
        *(round(float(value)) for value in np.percentile(ms, (50, 95))),
    ]


def _fields(outcomes: Iterable[card.Outcome]) -> Rate:
    return Rate(sum(len(o.right) for o in outcomes), sum(len(o.sample.fields) for o in outcomes))


def tables(outcomes: list[card.Outcome], title: str) -> Table:
    """One row for each family, and one for all of them."""
    names = list(dict.fromkeys(o.sample.kind for o in outcomes))
    some = {name: [o for o in outcomes if o.sample.kind == name] for name in names} | {"all": outcomes}
    return Table(title, HEADS, [row(name, them) for name, them in some.items()])


def mistakes(outcomes: Iterable[card.Outcome]) -> list[dict]:
    """Every field that was trusted and is not what is printed."""
    return [
        {"picture": o.sample.path.stem, "field": name, "read": o.read.get(name), "printed": text, "taken": o.accepted}
        for o in outcomes
        for name, text in o.sample.fields.items()
        if o.side is o.sample.side and name not in o.unsure and name not in o.right
    ]


def measured(told_: argparse.Namespace, folder: Path) -> dict:
    """Draws and reads; the tables and lists of the results."""
    families = {**PARTS[told_.part]}
    chosen = [families[name] for name in told_.family or families]
    samples = drawn(chosen, told_.seed, told_.each, folder)
    reader = Keeping(weights.default_folder())
    reader.read(cv2.imread(str(samples[0][0].path)))  # what is loaded at the first need is no card's time
    single, said, several, paces = [], {}, Counter(), []
    for sample, cards in samples:
        paces.append(card._pace())
        outcome = card.read(reader, sample)
        words = told(reader.last, outcome)
        said.setdefault(sample.kind, Counter()).update(words)
        if cards > 1:
            several.update({f"{sample.kind} told": "several_cards" in words, f"{sample.kind} of": 1})
            several.update({f"{sample.kind} accepted": outcome.accepted and reader.last.cards == 1})
        else:
            single.append(outcome)
        if told_.keep:
            _keep(sample, outcome, words)
    made = {"ours": tables(single, "ours")} if single else {}
    if told_.peer and single:
        made["rapidocr"] = tables(peer(told_.peer, [o.sample for o in single]), "rapidocr")
    return {
        "tables": made,
        "told": said,
        "several": several,
        "mistakes": mistakes(single),
        "pace": round(float(np.median(paces)), 1),
    }


def _keep(sample: card.Sample, outcome: card.Outcome, words: list[str]) -> None:
    wrong = {n: [outcome.read.get(n), t] for n, t in sample.fields.items() if n not in outcome.right}
    print(sample.path.stem, round(outcome.ms), outcome.side.value, ",".join(words), wrong, flush=True)


def written(found: Mapping, told_: argparse.Namespace) -> str:
    """The results as JSON."""
    plain = {name: {"heads": list(t.heads), "rows": [[str(v) if isinstance(v, Rate) else v for v in r] for r in t.rows]}
             for name, t in found["tables"].items()}  # fmt: skip
    head = {"bench": "cards_families", "part": told_.part, "seed": told_.seed, "each": told_.each}
    head["ms of a fixed sum, median"] = found["pace"]  # 6 on this machine when nothing else runs
    rest = {"told": {k: dict(v) for k, v in found["told"].items()}, "several": dict(found["several"])}
    return json.dumps(head | plain | rest | {"mistakes": found["mistakes"]}, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cards_families", description=__doc__.split("\n")[0])
    parser.add_argument("--part", choices=tuple(PARTS), required=True)
    parser.add_argument("--family", nargs="*", help="only these")
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--save", help="a label: bench/results/cards-families-LABEL.json")
    parser.add_argument("--peer", type=Path, help="the Python of an environment with rapidocr")
    parser.add_argument("--keep", type=Path, help="leave the pictures here, take those that are here; tell of each")
    told_ = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as made:
        folder = told_.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        found = measured(told_, folder)
    for table in found["tables"].values():
        print("\n".join(table.lines()))
    print(dict(found["several"]), {k: dict(v) for k, v in found["told"].items()})
    for each in found["mistakes"]:
        print(each)
    if told_.save:
        (RESULTS / f"cards-families-{told_.save}.json").write_text(written(found, told_), "utf-8")


if __name__ == "__main__":
    main()
