"""`shiming bench card --data DIR`: how well and how fast cards are read.

DIR holds KIND/NAME.jpg and beside each its truth NAME.json: `fields` maps a field's name to its text, or to an object
with `text` and, where the maker knows, `readable` (whether a person could read it; nothing else decides that). `side`
and `corners` (px) are used where they are given. A field is right only when its whole text is.

A card is *accepted* when `shiming.checks.document.to_confirm` names nothing that its holder would have to confirm.
"""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from shiming.bench.report import Curve, Plot, Rate, Report, Table
from shiming.checks.document import to_confirm
from shiming.errors import BadInput
from shiming.names import LONG_TERM
from shiming.policy import DEFAULT
from shiming.verification.seen import CARD_FIELDS, CardSeen, Side
from shiming.vision import weights
from shiming.vision.card import CardReader
from shiming.vision.card.reading.fields import nearest_ethnicity, parse_birth, parse_validity
from shiming.vision.task import BadPicture

PICTURES = (".jpg", ".jpeg", ".png")
ALIASES = {"id_number": "number", "gender": "sex", "nation": "ethnicity", "nationality": "ethnicity",
           "birthday": "birth", "issuing_authority": "authority"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture with its truth. `width`: the card's width in px, where the truth has its corners."""

    kind: str
    path: Path
    side: Side
    fields: Mapping[str, str]
    readable: frozenset[str]
    width: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reader made of one sample. `unsure`: what a holder would have to confirm; `lowest`: the card's least
    confidence, 0 when anything else speaks against the card; `ms`: CPU time.
    """

    sample: Sample
    read: Mapping[str, str]
    side: Side
    unsure: tuple[str, ...]
    lowest: float
    ms: float

    @property
    def right(self) -> frozenset[str]:
        return frozenset(name for name, text in self.sample.fields.items() if self.read.get(name) == text)

    @property
    def accepted(self) -> bool:
        return self.side is not Side.NONE and not self.unsure

    @property
    def number_wrong(self) -> bool:
        """Whether a number was read that is not the card's."""
        return "number" in self.read and self.read["number"] != self.sample.fields.get("number", "")


def measure(data: Path, limit: int | None, say) -> Report:
    """Reads every sample, at most `limit` of each kind. BadInput when there is none, or a truth cannot be used."""
    found, reader, outcomes, paces = samples(data, limit), CardReader(weights.default_folder()), [], []
    reader.read(np.full((480, 640, 3), 128, np.uint8))  # what is loaded at the first need is no card's time
    for count, sample in enumerate(found, 1):
        paces.append(_pace())
        outcomes.append(read(reader, sample))
        if count % 50 == 0:
            say(f"{count} of {len(found)} read")
    kinds = {kind: sum(s.kind == kind for s in found) for kind in sorted({s.kind for s in found})}
    return report({"folder": data.name, "pictures": kinds}, outcomes, min(paces) / float(np.median(paces)))


def _pace() -> float:
    """CPU ms of a sum that is always the same: neighbours on a machine slow it as they slow the reader."""
    square = np.full((512, 512), 0.5, np.float32)
    start = time.process_time()
    square @ square @ square
    return (time.process_time() - start) * 1000


def samples(data: Path, limit: int | None = None) -> list[Sample]:
    """The samples of a folder, by kind and name."""
    paths = sorted(p for p in data.rglob("*") if p.suffix.lower() in PICTURES and p.with_suffix(".json").exists())
    if not paths:
        raise BadInput(f"{data} holds no picture with its truth beside it (NAME.jpg and NAME.json).", "no_data")
    taken: dict[str, list[Path]] = {}
    for path in paths:
        taken.setdefault(path.parent.name, []).append(path)
    return [_sample(kind, path) for kind, some in taken.items() for path in some[:limit]]


def _sample(kind: str, path: Path) -> Sample:
    try:
        truth = json.loads(path.with_suffix(".json").read_text("utf-8"))
        fields, readable = _fields(truth["fields"])
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise BadInput(f"{path.with_suffix('.json')} is no truth: it needs an object `fields`.", "bad_data") from fault
    side = Side(truth["side"]) if truth.get("side") else Side.BACK if "authority" in fields else Side.FRONT
    fields = {name: text for name, text in fields.items() if name in CARD_FIELDS[side]}
    corners = np.array(truth.get("corners") or [], float)
    wide = float(np.linalg.norm(corners[1] - corners[0])) if corners.shape == (4, 2) else None
    return Sample(kind, path, side, fields, readable & fields.keys(), wide)


def _fields(told: Mapping) -> tuple[dict[str, str], frozenset[str]]:
    """Texts in the form that a reader gives them, and the names of those that can be read."""
    fields, readable = {}, set()
    for name, value in told.items():
        text, clear = (value["text"], value.get("readable", True)) if isinstance(value, dict) else (value, True)
        for part, said in _said(ALIASES.get(name, name), str(text)).items():
            fields[part] = said
            readable |= {part} if clear else set()
    return fields, frozenset(readable)


def _said(name: str, text: str) -> dict[str, str]:
    if name == "validity":
        start, end = parse_validity(text)
        return {"valid_from": start or text, "valid_until": end or text}
    if name in ("birth", "valid_from", "valid_until") and text != LONG_TERM:
        return {name: parse_birth(text) or text}
    if name == "ethnicity":
        return {name: nearest_ethnicity(text) or text}
    return {name: text.upper() if name == "number" else text}


def read(reader: CardReader, sample: Sample) -> Outcome:
    """One sample, read from its file's pixels; the time of decoding it is not counted."""
    picture = cv2.imdecode(np.fromfile(sample.path, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise BadInput(f"{sample.path} is no picture that can be read.", "bad_data")
    start = time.process_time()
    try:
        seen = reader.read(picture).seen
    except BadPicture:
        seen = CardSeen(Side.NONE, 0)
    ms = (time.process_time() - start) * 1000
    texts = {name: field.text for name, field in seen.fields.items()}
    told = [seen.fields[n].confidence if n in seen.fields and not seen.fields[n].doubt else 0 for n in sample.fields]
    return Outcome(sample, texts, seen.side, to_confirm(seen, DEFAULT), min(told, default=0.0), ms)


def report(data: Mapping, outcomes: Sequence[Outcome], quiet: float = 1.0) -> Report:
    """Tables by kind, and plots, of everything that was read. `quiet`: the machine's best pace during the run over its
    usual one, by which the CPU times of a quiet machine are estimated.
    """
    kinds = [*sorted({o.sample.kind for o in outcomes}), "all"]
    by_kind = {kind: [o for o in outcomes if kind in (o.sample.kind, "all")] for kind in kinds}
    fields = {
        n: [o for o in outcomes if n in o.sample.fields] for n in (*CARD_FIELDS[Side.FRONT], *CARD_FIELDS[Side.BACK])
    }
    tables = [
        Table("Read right, %", ("kind", "cards", "side", "fields", "readable fields", "whole cards"),
              [_read_row(kind, some) for kind, some in by_kind.items()]),
        Table("Accepted without help, %", ("kind", "accepted", "fields right of these", "wrong numbers accepted"),
              [_accepted_row(kind, some) for kind, some in by_kind.items()]),
        Table("CPU ms for a card", ("kind", "median", "95th percentile", "most", "median quiet", "95th quiet"),
              [[kind, *_times(some), *_times(some, quiet)[:2]] for kind, some in by_kind.items()]),
        Table("By field, %", ("field", "right", "right of readable"),
              [_field_row(name, some) for name, some in fields.items() if some]),
    ]  # fmt: skip
    return Report("card", data, tables, {"quiet": round(quiet, 3)}, plots=[_by_size(outcomes), _by_share(outcomes)])


def _read_row(kind: str, some: list[Outcome]) -> list:
    right = Rate(sum(len(o.right) for o in some), sum(len(o.sample.fields) for o in some))
    readable = Rate(sum(len(o.right & o.sample.readable) for o in some), sum(len(o.sample.readable) for o in some))
    side = Rate(sum(o.side is o.sample.side for o in some), len(some))
    return [kind, len(some), side, right, readable, Rate(sum(_whole(o) for o in some), len(some))]


def _whole(outcome: Outcome) -> bool:
    return len(outcome.right) == len(outcome.sample.fields)


def _accepted_row(kind: str, some: list[Outcome]) -> list:
    taken = [o for o in some if o.accepted]
    right = Rate(sum(len(o.right) for o in taken), sum(len(o.sample.fields) for o in taken))
    fronts = [o for o in taken if "number" in o.sample.fields]
    return [kind, Rate(len(taken), len(some)), right, Rate(sum(o.number_wrong for o in fronts), len(fronts))]


def _field_row(name: str, some: list[Outcome]) -> list:
    clear = [o for o in some if name in o.sample.readable]
    return [
        name,
        Rate(sum(name in o.right for o in some), len(some)),
        Rate(sum(name in o.right for o in clear), len(clear)),
    ]


def _times(some: Iterable[Outcome], pace: float = 1.0) -> list[float]:
    ms = [o.ms * pace for o in some]
    return [round(float(value), 1) for value in (*np.percentile(ms, (50, 95)), max(ms))]


def _by_size(outcomes: Sequence[Outcome]) -> Plot:
    """Share of fields read wrongly against how wide the card is in the picture."""
    known = sorted((o for o in outcomes if o.sample.width), key=lambda o: o.sample.width or 0)
    groups = [known[i : i + max(10, len(known) // 12)] for i in range(0, len(known), max(10, len(known) // 12))]
    points = [(float(np.median([o.sample.width for o in some])), 100 * _error(some)) for some in groups]
    return Plot(
        "difficulty",
        "Errors against the card's size",
        "card width, px",
        "fields wrong, %",
        [Curve("all", points or [(0, 0)])],
    )


def _by_share(outcomes: Sequence[Outcome]) -> Plot:
    """Share of fields wrong among the cards accepted, as the confidence that is asked for falls."""
    ranked = sorted(outcomes, key=lambda o: -o.lowest)
    ends = sorted({max(1, round(len(ranked) * part / 50)) for part in range(1, 51)})
    points = [(100 * end / len(ranked), 100 * _error(ranked[:end])) for end in ends]
    return Plot(
        "accepted", "Errors against cards accepted", "cards accepted, %", "fields wrong, %", [Curve("all", points)]
    )


def _error(some: Sequence[Outcome]) -> float:
    of = sum(len(o.sample.fields) for o in some)
    return 1 - sum(len(o.right) for o in some) / of if of else 0.0
