"""Phone photos with one fault of quality each, of growing strength: for measuring whether it is noticed and named.

The fault's amount is drawn evenly between "hardly there" and "nothing left to read"; the truth beside each picture says
which fields people can still read.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

from . import attacks, photo, presets
from .ink import CARD_MM
from .shot import Finger, Glare, Shot


def blurred(shot: Shot, rng: Random) -> Shot:
    """Out of focus, or moved."""
    if rng.random() < 0.6:
        return replace(shot, defocus=rng.uniform(0.15, 0.7))
    return replace(shot, motion=rng.uniform(0.4, 1.6), motion_turn=rng.uniform(0, 180))


def glare(shot: Shot, rng: Random) -> Shot:
    """A burnt-out reflection over the print."""
    x, y = rng.uniform(15, 60), rng.choice((9.4, 16.4, 22.9, 30.0, 40.6, 47.4, 48.0))
    return replace(shot, glares=(Glare(x, y, rng.uniform(8, 20), rng.uniform(3, 7), rng.uniform(0, 40), 2.2),))


def dark(shot: Shot, rng: Random) -> Shot:
    """Little light, and the noise that comes with it."""
    return replace(shot, light=rng.uniform(0.04, 0.4), noise=rng.uniform(5, 10))


def covered(shot: Shot, rng: Random) -> Shot:
    """A finger over the print."""
    edge = rng.choice(("left", "right", "bottom"))
    return replace(shot, fingers=(Finger(edge, rng.uniform(0.3, 0.9), rng.uniform(8, 24)),))


def cut(shot: Shot, rng: Random) -> Shot:
    """The card runs out of the picture."""
    side = rng.choice((-1, 1))
    x = 0.5 + side * rng.uniform(0.15, 0.35)
    pose = replace(shot.pose, share=rng.uniform(0.7, 0.9), turn=rng.gauss(0, 5), x=x, cut=True)
    return replace(shot, size=presets.LANDSCAPE, pose=pose)


def small(shot: Shot, rng: Random) -> Shot:
    """Too far away."""
    return replace(shot, size=presets.LANDSCAPE, pose=replace(shot.pose, share=rng.uniform(0.1, 0.3)))


DEFECTS: dict[str, Callable[[Shot, Random], Shot]] = {
    each.__name__: each for each in (blurred, glare, dark, covered, cut, small)
}


def write_set(seed: int, count: int, name: str, out: Path, faces: attacks.Faces = ()) -> None:
    """Writes `count` pictures 000.jpg … with their truth into `out`. KeyError for an unknown fault."""
    out.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        rng = Random(f"defect {name}/{seed}/{index}")
        flat = attacks.drawn(rng, list(faces), rng.random() < 0.7)
        shot = replace(presets.phone(rng), glares=(), fingers=(), shadows=())
        taken = photo.take(flat, DEFECTS[name](shot, rng), rng.randrange(2**32))
        (out / f"{index:03}.jpg").write_bytes(taken.jpeg)
        truth = {"species": f"defect_{name}", "set_seed": seed, "index": index, "mm": CARD_MM[0]} | taken.truth
        (out / f"{index:03}.json").write_text(json.dumps(truth, ensure_ascii=False) + "\n", "utf-8")
