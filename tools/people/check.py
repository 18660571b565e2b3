"""Are the persons of the committed faces told apart, and does each stay the same? Measured with the product's nets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from shiming.vision.face.pipeline import FaceReader
from shiming.vision.weights import default_folder

SAME, OTHER, STRANGER, SEEN = 0.60, 0.36, 0.25, 0.85


@dataclass(frozen=True)
class Measured:
    """One picture: the file, its template (128,) and the detector's score; None and 0 where no face was found."""

    file: Path
    template: np.ndarray | None
    score: float


def measure(reader: FaceReader, file: Path) -> Measured:
    """The largest face of one picture file."""
    picture = cv2.imread(str(file))
    found = reader.faces(picture)
    return Measured(file, reader.template(picture, found[0]), found[0].score) if found else Measured(file, None, 0.0)


def same_person(folder: Path, reader: FaceReader) -> tuple[float, float, float, float]:
    """Lowest id↔live frontal, lowest live frontal↔authority, id↔authority, lowest detector score of these pictures."""
    card, kept = (measure(reader, folder / name) for name in ("id.jpg", "authority.jpg"))
    live = [measure(reader, file) for file in sorted(folder.glob("live-front-*.jpg"))]
    if any(one.template is None for one in (card, kept, *live)):
        return 0.0, 0.0, 0.0, 0.0
    score = min(one.score for one in (card, kept, *live))
    return (
        min(float(card.template @ one.template) for one in live),
        min(float(kept.template @ one.template) for one in live),
        float(card.template @ kept.template),
        score,
    )


def run(faces: Path) -> int:
    """Prints the figures of all persons under `faces`; returns how many aims were missed."""
    reader = FaceReader(default_folder())
    slugs = sorted(folder.name for folder in faces.iterdir() if (folder / "id.jpg").exists())
    missed = 0
    print(f"{'person':<10} id-live  auth-live  id-auth  detector")
    for slug in slugs:
        *same, score = same_person(faces / slug, reader)
        bad = min(same) < SAME or score < SEEN
        missed += bad
        print(f"{slug:<10} {same[0]:7.3f} {same[1]:10.3f} {same[2]:8.3f} {score:9.3f} {'MISSED' if bad else ''}")
    return missed + _matrix(faces, slugs, reader)


def _matrix(faces: Path, slugs: list[str], reader: FaceReader) -> int:
    """Prints the highest cosine of any frontal picture of one person with any of another (in hundredths)."""
    sets = {
        slug: [
            measure(reader, file).template
            for name in ("id.jpg", "authority.jpg", "live-front-*.jpg")
            for file in sorted((faces / slug).glob(name))
        ]
        for slug in slugs
    }
    sets = {slug: np.array([one for one in all_of if one is not None]) for slug, all_of in sets.items()}
    print("\n" + " " * 10 + " ".join(slug[:4].rjust(4) for slug in slugs))
    missed = 0
    for row, slug in enumerate(slugs):
        cells = []
        for other in slugs[:row]:
            highest = float((sets[slug] @ sets[other].T).max())
            bad = highest >= (STRANGER if "stranger" in (slug, other) else OTHER)
            missed += bad
            cells.append(f"{100 * highest:.0f}{'!' if bad else ''}".rjust(4))
        print(f"{slug:<10}" + " ".join(cells))
    print(f"\naims missed: {missed}")
    return missed
