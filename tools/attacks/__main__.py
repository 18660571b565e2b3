"""`python -m tools.attacks …` from the repository root: clips for `shiming bench liveness`.

banks --seed 720000 --count 60 --out B      render people (8 CPU seconds each); --cast: the demo's cast instead
live --banks B --out DATA --each 2          willing people, as DATA/live/CASE/
attack --banks B --out DATA --each 28       every species, as DATA/attack/SPECIES/CASE/; --only names some
… --light 0.1                               challenges with coloured light; the screen's, of the room's light
attack --faces LFW --out DATA --each 10     prints and screens of the photographs in FOLDER/NAME/*.jpg
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

import cv2
import numpy as np

from shiming.verification.challenge import Challenge, draw
from tools.attacks import bank, film
from tools.attacks.bank import SIZE
from tools.attacks.species import LIT, MOVING, STILL, Means
from tools.people import cast, origin, picture
from tools.people.person import Person

FACES_SUFFIX = "_lfw"


def main() -> int:
    """Reads the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.attacks", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("order", choices=["banks", "live", "attack"])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--banks", type=Path, help="folder made by `banks`")
    parser.add_argument("--apart", type=Path, help="banks of people whom a recogniser tells apart, for swaps")
    parser.add_argument("--faces", type=Path, help="folder of photographs, one folder a person")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--each", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--light", type=float, help="ask for coloured light, of this strength on the living")
    parser.add_argument("--cast", action="store_true")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    {"banks": _banks, "live": _live, "attack": _attack}[chosen.order](chosen)
    return 0


def _banks(chosen: argparse.Namespace) -> None:
    origin.fetch()
    picture.SHARPER = 1  # half the detail of the demo's faces in a quarter of the time
    people = {row[0]: cast.person(row[0]) for row in cast.rows()} if chosen.cast else {
        str(seed): Person.draw(seed) for seed in range(chosen.seed, chosen.seed + chosen.count)}  # fmt: skip
    for name, who in list(people.items())[: chosen.count if chosen.cast else None]:
        bank.draw(who, chosen.out / name)
        print(name, flush=True)


def _live(chosen: argparse.Namespace) -> None:
    for number, folder in enumerate(_folders(chosen.banks)):
        known = bank.load(folder)
        for take in range(chosen.each):
            seed = chosen.seed + 1_000 * number + take
            rng = np.random.default_rng(seed)
            made = film.live(known, _asked(seed, chosen), rng, chosen.light)
            made.write(chosen.out / "live" / f"{folder.name}-{take}", rng)


def _attack(chosen: argparse.Namespace) -> None:
    makers = STILL if chosen.faces else LIT if chosen.light else STILL | MOVING
    for name in [each for each in makers if not chosen.only or each in chosen.only.split(",")]:
        means = _of_photos(chosen) if chosen.faces else _of_banks(chosen, name)
        for case in range(chosen.each):
            seed = chosen.seed + 7_919 * case + sum(map(ord, name))
            rng = np.random.default_rng(seed)
            into = chosen.out / "attack" / (name + (FACES_SUFFIX if chosen.faces else "")) / f"{case:03}"
            if not (into / "challenge.json").exists():  # written last
                makers[name](means(case), _asked(seed, chosen), rng).write(into, rng)
        print(name, flush=True)


def _asked(seed: int, chosen: argparse.Namespace) -> Challenge:
    """A drawn challenge; with coloured light in it where that was ordered."""
    source = random.Random(seed)
    while True:
        drawn = draw(str(seed), source, light=chosen.light is not None)
        if drawn.colours or chosen.light is None:
            return drawn


def _of_banks(chosen: argparse.Namespace, name: str):
    folders = _folders(chosen.apart if name == "swapped" and chosen.apart else chosen.banks)

    def means(case: int) -> Means:
        mine, other = (bank.load(folders[(5 * case + step) % len(folders)]) for step in (0, 3))
        return Means(mine["yaw+0"].picture, mine, other)

    return means


def _of_photos(chosen: argparse.Namespace):
    pictures = sorted(chosen.faces.glob("*/*_0001.jpg"))
    random.Random(chosen.seed).shuffle(pictures)

    def means(case: int) -> Means:
        photo = cv2.imread(str(pictures[case % len(pictures)]))
        tall, wide = photo.shape[:2]
        middle = photo[int(0.08 * tall) : int(0.92 * tall), int(0.18 * wide) : int(0.82 * wide)]
        return Means(cv2.resize(middle, SIZE, interpolation=cv2.INTER_CUBIC))

    return means


def _folders(banks: Path | None) -> list[Path]:
    if banks is None:
        raise SystemExit("say where the banks are: --banks FOLDER (made by `python -m tools.attacks banks`)")
    return sorted(path.parent for path in banks.glob("*/bank.json"))


if __name__ == "__main__":
    sys.exit(main())
