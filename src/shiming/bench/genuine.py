"""Are copies, screens and edited photos of cards noticed, are bad pictures sent back, and are honest ones left alone?

The folder holds one folder per species, named as `python -m tools.specimens attacks` names them, and honest photos in
`clean`, `phone`, `hard` and `forwarded` (`… set`), each picture a .jpg, honest ones with their truth (.json) beside
them. Folders `defect_…` (`… defects`) hold pictures with one known fault of quality.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from shiming import reasons
from shiming.bench import faults
from shiming.bench.report import Rate, Report, Table
from shiming.errors import BadInput
from shiming.reasons import Outcome
from shiming.verification.seen import CardSeen, Flaw, HandheldSeen
from shiming.vision import weights
from shiming.vision.card.judging import genuine
from shiming.vision.handheld import look_at
from shiming.vision.picture import decode
from shiming.vision.picture_tasks import Readers, guide_card, readers

HONEST = ("clean", "phone", "hard", "forwarded", "handheld_honest")
SIGNS = ("document_copy", "document_from_screen", "document_altered")
BLOCKING = {code for code, row in reasons.CATALOGUE.items() if row.outcome is Outcome.ASK_AGAIN}


@dataclass(frozen=True, slots=True)
class Row:
    """What was seen in one picture, and what is true of it."""

    species: str
    seen: CardSeen | HandheldSeen
    readable: bool
    truth: dict
    guided: tuple[str, ...]
    ms: float
    amounts: Mapping[str, float] = field(default_factory=dict)


def measure(data: Path, limit: int | None, say) -> Report:
    """Rates of signs and flaws on every folder of `data`."""
    loaded = readers(weights.default_folder())
    folders = sorted(path for path in data.iterdir() if any(path.glob("*.jpg")))
    if not folders:
        raise BadInput(f"{data} holds no folders of pictures; see python -m tools.specimens attacks --help", "no_data")
    rows: list[Row] = []
    for folder in folders:
        rows += [_looked(loaded, path) for path in sorted(folder.glob("*.jpg"))[:limit]]
        say(f"{folder.name}: {sum(row.species == folder.name for row in rows)} pictures")
    tables = [_signs(rows), _blocked(rows), *_faults(rows)]
    if any(row.species.startswith("defect") for row in rows):
        tables.append(faults.table([faults.Graded(row.species, row.readable, row.amounts) for row in rows]))
    about = {"folder": data.name, "pictures": dict(Counter(row.species for row in rows))}
    cost = np.percentile([row.ms for row in rows if row.ms > 0] or [0], (50, 95)).round(1).tolist()
    return Report("genuine", about, tables, {"cpu_ms_of_signs_median_p95": cost})


def _looked(loaded: Readers, path: Path) -> Row:
    picture, species = decode(path.read_bytes()), path.parent.name
    beside = path.with_suffix(".json")
    truth = json.loads(beside.read_text("utf-8")) if beside.exists() else {}
    readable = all(field["readable"] for field in truth.get("fields", {"": {"readable": False}}).values())
    if species.startswith("handheld"):
        return Row(species, look_at(picture, loaded.cards, loaded.faces), readable, truth, (), 0.0)
    guided = tuple(flaw.code for flaw in guide_card(path.read_bytes()).flaws) if species.startswith("defect") else ()
    look = loaded.cards.read(picture)
    started = time.process_time()
    if look.rectified is not None:
        genuine.signs_of(look.rectified, picture, look.seen.corners, look.seen.fields, look.seen.side)
    ms = 1000 * (time.process_time() - started)
    measured = faults.amounts_of(look, picture) if species == "phone" or species.startswith("defect") else {}
    return Row(species, look.seen, readable, truth, guided, ms, measured)


def _signs(rows: list[Row]) -> Table:
    """Signs per species: on honest photos every one is a false alarm."""
    lines = []
    for species, mine in _by_species(rows):
        if species.startswith("defect"):
            continue
        codes = Counter(flaw.code for row in mine for flaw in row.seen.signs)
        kind = "honest" if species in HONEST else "attack"
        noticed = Rate(sum(bool(row.seen.signs) for row in mine), len(mine))
        lines.append([species, kind, len(mine), noticed, *(codes.get(code, 0) for code in SIGNS)])
    heads = ["set", "what", "n", "noticed", *SIGNS]
    return Table("Pictures with a sign that refers to a person, % (95 %)", heads, lines)


def _blocked(rows: list[Row]) -> Table:
    """Of honest pictures whose every field people can read: how many would be sent back for their quality."""
    lines = []
    for species, mine in _by_species(rows):
        good = [row for row in mine if row.readable]
        if species in HONEST and good and not species.startswith("handheld"):
            sent = [row for row in good if any(flaw.code in BLOCKING for flaw in row.seen.flaws)]
            told = Counter(flaw.code for row in sent for flaw in row.seen.flaws)
            which = ", ".join(f"{code} {n}" for code, n in told.items())
            lines.append([species, len(good), Rate(len(sent), len(good)), which])
    heads = ["set", "n", "sent back", "which"]
    return Table("Readable cards with a flaw that asks for a retake, % (95 %)", heads, lines)


def _faults(rows: list[Row]) -> Iterator[Table]:
    """Pictures with one known fault: whether its code was told, by the reader and live."""
    lines = []
    for species, mine in _by_species(rows):
        code = faults.CODE_OF.get(species.removeprefix("defect_"))
        if code:
            spoilt = [row for row in mine if not row.readable]
            lines.append([
                code, len(mine), len(spoilt), Rate(sum(_has(row.seen.flaws, code) for row in spoilt), len(spoilt)),
                Rate(sum(bool(row.seen.flaws) for row in spoilt), len(spoilt)),
                Rate(sum(_has(row.seen.flaws, code) for row in mine if row.readable), len(mine) - len(spoilt)),
                Rate(sum(code in row.guided for row in mine), len(mine)),
            ])  # fmt: skip
    heads = ["fault", "n", "spoilt", "named", "sent back", "named though readable", "named live"]
    if lines:
        title = "Pictures with one known fault; spoilt = some field cannot be read by people, % (95 %)"
        yield Table(title, heads, lines)


def _has(flaws: tuple[Flaw, ...], code: str) -> bool:
    return any(flaw.code == code for flaw in flaws)


def _by_species(rows: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    names = sorted({row.species for row in rows}, key=lambda name: (name not in HONEST, name))
    for name in names:
        yield name, [row for row in rows if row.species == name]
