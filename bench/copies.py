"""Honest photos sent on by messengers: how many are called forged, by size and quality; and are real edits still seen?

    python -m bench.copies --data DIR --part held [--count 40] [--edits 12] [--held 8] [--save LABEL]

Draws cards of people who do not exist into DIR (once; kept there), photographs them (`phone` and `clean` in turn), and
sends each photo on at every size and quality, in one of the ways of `tools/specimens/copies.py` drawn by chance. Parts
share neither people nor seeds nor ways: `tuned` is what limits were set on, `held` what is reported. A card is read
once, on its photo; its place in the copies follows from that. Edits are those of
`tools/specimens/attacks.py`, as they are and sent on.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import cv2
import numpy as np

from shiming.bench.report import Rate
from shiming.verification.seen import Side
from shiming.vision import handheld_forgery, weights
from shiming.vision.card import CardReader
from shiming.vision.card.judging.genuine import LEAST_WIDTH, signs_of
from shiming.vision.card.layout import HEIGHT, WIDTH
from shiming.vision.picture import decode
from tools.specimens import attacks, card, copies, handheld, holders, photo, portrait, presets

ROOT = Path(__file__).parents[1]
FACES = sorted((ROOT / "src/shiming/demo/faces").glob("*/id.jpg"))
PARTS = {"tuned": (5107, FACES[0::2], copies.KNOWN), "held": (6211, FACES[1::2], copies.FOREIGN)}
EDITS = ("portrait_crude", "portrait_careful", "print_crude", "print_careful", "copy_colour", "screen", "digital")
EDGE = np.float32([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]])
RESULTS = Path(__file__).parent / "results" / "copies.json"


@dataclass(frozen=True, slots=True)
class Base:
    """A photo (BGR) with what the reader found on it; None fields where it found no card."""

    name: str
    picture: np.ndarray
    corners: tuple
    fields: dict
    side: Side


@cache
def _reader() -> CardReader:
    cv2.setNumThreads(1)
    return CardReader(weights.default_folder())


def honest(folder: Path, seed: int, faces: list[Path], count: int) -> Iterator[Base]:
    """Three fronts, one back, and so on."""
    for index in range(count):
        path = folder / f"honest-{seed}-{index:03}.jpg"
        if not path.exists():
            path.write_bytes(drawn(seed, index, faces).jpeg)
        yield _read(path)


def drawn(seed: int, index: int, faces: list[Path]) -> photo.Photo:
    """An honest photo of a part, with the truth about it."""
    rng = Random(f"copies/{seed}/{index}")
    holder = holders.draw_holder(rng, bilingual=rng.random() < 0.15)
    face = portrait.from_file(rng.choice(faces))
    flat = card.draw_back(holder, rng) if index % 4 == 3 else card.draw_front(holder, face, rng)
    shot = (presets.phone, presets.clean)[index % 2](rng)
    return photo.take(flat, shot, rng.randrange(2**32))


def edited(folder: Path, seed: int, faces: list[Path], species: str, count: int) -> Iterator[Base]:
    for index in range(count):
        path = folder / f"{species}-{seed}-{index:03}.jpg"
        if not path.exists():
            path.write_bytes(attacks.draw_one(seed, index, species, faces))
        yield _read(path)


def _read(path: Path) -> Base:
    picture = decode(path.read_bytes())
    seen = _reader().read(picture).seen
    return Base(path.stem, picture, seen.corners, dict(seen.fields), seen.side)


def signs(base: Base, picture: np.ndarray) -> list[str] | None:
    """The codes told of a copy of a photo; None where its card is too small to look for any, or was not found."""
    if len(base.corners) != 4:
        return None
    quad = (np.array(base.corners) * picture.shape[1::-1]).astype(np.float32)
    if np.linalg.norm(quad[1] - quad[0]) < LEAST_WIDTH:
        return None
    rectified = cv2.warpPerspective(picture, cv2.getPerspectiveTransform(quad, EDGE), (WIDTH, HEIGHT))
    return [sign.code for sign in signs_of(rectified, picture, base.corners, base.fields, base.side)]


def sent(base: Base, side: int, quality: int, ways: dict) -> tuple[str, np.ndarray]:
    rng = Random(f"{base.name}/{side}/{quality}")
    way, data = copies.copied(base.picture[..., ::-1], side, quality, ways, rng)
    return way, decode(data)


def false_alarms(bases: list[Base], ways: dict) -> dict[str, dict[str, str]]:
    """Of copies: share called altered, and share with any sign, by size, by quality, by way and in all."""
    looked, altered, any_sign = Counter(), Counter(), Counter()
    for base in bases:
        for side in copies.SIDES:
            for quality in copies.QUALITIES:
                way, copy = sent(base, side, quality, ways)
                found = signs(base, copy)
                if found is None:
                    continue
                for group in (f"{side} px", f"q {quality}", way, f"{side} px q {quality}", "all"):
                    looked[group] += 1
                    altered[group] += "document_altered" in found
                    any_sign[group] += bool(found)
    groups = sorted(looked, key=lambda name: (" px q" in name, name))
    return {name: _shares(looked[name], altered[name], any_sign[name]) for name in groups}


def handheld_alarms(folder: Path, seed: int, faces: list[Path], ways: dict, count: int) -> dict[str, str]:
    """Of hand-held photos, honest and put together: share called altered, as they are and sent on."""
    hits = Counter()
    for kind, make in (("honest", handheld.held), ("put together", handheld.pasted)):
        for index in range(count):
            picture, corners = _held(folder / f"{make.__name__}-{seed}-{index:03}.jpg", make, faces)
            hits[f"{kind}, as it is"] += bool(handheld_forgery.signs_of(picture, corners))
            for side in (800, 1080, 1280, 1600):
                for quality in copies.QUALITIES[::2]:
                    rng = Random(f"{kind}/{index}/{side}/{quality}")
                    copy = decode(copies.copied(picture[..., ::-1], side, quality, ways, rng)[1])
                    scaled = corners * (copy.shape[1] / picture.shape[1])
                    hits[f"{kind}, sent on"] += bool(handheld_forgery.signs_of(copy, scaled))
    return {name: str(Rate(n, count * (12 if "sent on" in name else 1))) for name, n in hits.items()}


def _held(path: Path, make: Callable, faces: list[Path]) -> tuple[np.ndarray, np.ndarray]:
    """A hand-held photo (BGR) and its card's corners in px."""
    truth = path.with_suffix(".json")
    if not truth.exists():
        rng = Random(path.stem)
        face = rng.choice([each for each in faces if list(each.parent.glob("live-front-*.jpg"))])
        person = copies.opened(rng.choice(sorted(face.parent.glob("live-front-*.jpg"))).read_bytes())
        flat = card.draw_front(holders.draw_holder(rng), portrait.from_file(face), rng)
        made = make(person, flat, rng)
        path.write_bytes(made.jpeg)
        truth.write_text(json.dumps(made.truth))
    return decode(path.read_bytes()), np.array(json.loads(truth.read_text())["corners"])


def _shares(of: int, altered: int, any_sign: int) -> dict[str, str | int]:
    return {"n": of, "altered": str(Rate(altered, of)), "any sign": str(Rate(any_sign, of))}


def detections(folder: Path, seed: int, faces: list[Path], ways: dict, count: int) -> dict[str, dict[str, str]]:
    """Of edits as they are, and of the same sent on at 1280 px: share with any sign."""
    made = {}
    for species in EDITS:
        hits = Counter()
        for base in edited(folder, seed, faces, species, count):
            hits["as it is"] += bool(signs(base, base.picture))
            hits["sent on, q 80"] += bool(signs(base, sent(base, 1280, 80, ways)[1]))
        made[species] = {how: str(Rate(hits[how], count)) for how in ("as it is", "sent on, q 80")}
    return made


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.copies", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--part", choices=tuple(PARTS), default="held")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--edits", type=int, default=12)
    parser.add_argument("--held", type=int, default=8)
    parser.add_argument("--save", metavar="LABEL")
    told = parser.parse_args()
    told.data.mkdir(parents=True, exist_ok=True)
    (seed, faces, ways), began = PARTS[told.part], time.process_time()
    bases = list(honest(told.data, seed, faces, told.count))
    as_taken = [signs(base, base.picture) or [] for base in bases]
    result = {
        "photos": len(bases),
        "as taken, any sign": str(Rate(sum(map(bool, as_taken)), len(bases))),
        "false": false_alarms(bases, ways),
        "edits noticed": detections(told.data, seed, faces, ways, told.edits) if told.edits else {},
        "hand-held": handheld_alarms(told.data, seed, faces, ways, told.held) if told.held else {},
    }
    print(json.dumps(result, indent=1, ensure_ascii=False), f"\n{time.process_time() - began:.0f} CPU s")
    if told.save:
        kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        kept[f"{told.part}, {told.save}"] = result
        RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
