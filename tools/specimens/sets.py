"""Draws a whole set of photos with their ground truth from one seed."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from . import card, holders, photo, portrait, presets

BILINGUAL = 0.15  # share of bilingual cards

Faces = Mapping[str, Sequence[Path]]  # sex → face pictures
NO_FACES: Faces = {}


def faces_of(table: Path, folder: Path) -> Faces:
    """The faces of a cast.toml that have been rendered into folder/<slug>/id.jpg, by sex."""
    found: dict[str, list[Path]] = {}
    for row in tomllib.loads(table.read_text("utf-8"))["person"]:
        if (path := folder / row["slug"] / "id.jpg").exists():
            found.setdefault(row["sex"], []).append(path)
    return found


def draw_one(seed: int, index: int, kind: str, faces: Faces = NO_FACES, loose: bool = False) -> photo.Photo:
    """Photo number `index` of the set `seed` of a kind of presets.KINDS; two fronts, one back, and so on.

    The same arguments give the same picture, whatever else is drawn. KeyError for an unknown kind. `loose` cards are
    set otherwise than the layout has them, their mark 样本 at any of its places.
    """
    rng = Random(f"{kind}/{seed}/{index}")
    holder = holders.draw_holder(rng, bilingual=rng.random() < BILINGUAL)
    if index % 3 < 2:
        known = faces.get(holder.sex, ())
        face = portrait.from_file(rng.choice(known)) if known else portrait.stand_in(rng)
        flat = card.draw_front(holder, face, rng, *_looseness("front", rng, loose))
    else:
        flat = card.draw_back(holder, rng, *_looseness("back", rng, loose))
    return photo.take(flat, presets.KINDS[kind](rng), rng.randrange(2**32))


def _looseness(side: str, rng: Random, loose: bool) -> tuple:
    return (rng.choice(tuple(card.MARKS[side])), True) if loose else ()


def write_set(seed: int, count: int, kind: str, out: Path, faces: Faces = NO_FACES, loose: bool = False) -> None:
    """Writes `count` pictures 000.jpg … with 000.json beside them into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        taken = draw_one(seed, index, kind, faces, loose)
        (out / f"{index:03}.jpg").write_bytes(taken.jpeg)
        truth = {"kind": kind, "set_seed": seed, "index": index} | taken.truth
        (out / f"{index:03}.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n")
