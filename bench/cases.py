"""Writes the demo's people as cases for `shiming bench verification`: rendered faces, specimen cards.

python -m bench.cases --out DIR
"""

import argparse
import json
from pathlib import Path
from random import Random

from shiming.demo import walk
from shiming.demo.cast import Person, people
from shiming.verification.challenge import Challenge, Step

OF_PICTURES = ("document_expired", "photo_glare", "photo_blurred", "document_number_mismatch", "face_document_mismatch",
               "face_authority_mismatch", "document_authority_mismatch", "liveness_failed", "holder_not_present",
               "authority_photo_missing")  # fmt: skip


def write(person: Person, out: Path, seed: int) -> None:
    """One case: a challenge drawn for it, the film that answers it, both sides of the card, the photo on record."""
    random, folder = Random(seed), out / person.slug
    turns = [random.choice((Step.LEFT, Step.RIGHT)) for _ in range(3)]
    frames, times = walk.film(person, Challenge.of("bench", turns), seed)
    (folder / "frames").mkdir(parents=True, exist_ok=True)
    for frame, at in zip(frames, times, strict=True):
        (folder / "frames" / f"{at:05d}.jpg").write_bytes(frame)
    for side in ("front", "back"):
        (folder / f"{side}.jpg").write_bytes(person.picture(side))
    if photo := person.authority_photo():
        (folder / "authority.jpg").write_bytes(photo)
    expect = person.code or "approved"
    truth = {"name": person.name, "number": walk.typed_number(person), "turns": turns, "expect": expect}
    (folder / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.cases")
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    chosen = [person for person in people() if person.code is None or person.code in OF_PICTURES]
    for seed, person in enumerate(chosen):
        write(person, out, seed)
    print(f"{len(chosen)} cases in {out}")


if __name__ == "__main__":
    main()
