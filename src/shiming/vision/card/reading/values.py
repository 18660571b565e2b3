"""Reading the values of a placed card: which recogniser and which characters for which field, and the checks between
fields.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from shiming.names import ETHNICITIES
from shiming.verification.seen import CARD_FIELDS, Box, Field, Side
from shiming.vision.card.finding.registration import Placed
from shiming.vision.card.layout import LAYOUTS
from shiming.vision.card.reading import fields as f
from shiming.vision.card.reading.hidden import FEW, coloured, cut_short, enough, lacking, line_lost
from shiming.vision.card.reading.strips import Strip, cut_strip
from shiming.vision.card.recogniser import Reading, Recogniser

HAN = [chr(c) for c in (*range(0x4E00, 0xA000), *range(0x3400, 0x4DC0), *range(0x20000, 0x323B0))]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# An address or an office is never printed in traditional characters.
PLAIN_HAN = [c for c in HAN if not ("\u4e00" <= c <= "\u9fff" and f.is_traditional(c))]  # Big5 holds no others
CHARSETS = {
    "number": f.DIGITS + "Xx",
    "birth": f.DIGITS + "年月日",
    "sex": "男女",
    "ethnicity": "".join(ETHNICITIES) + "族",
    "validity": f.DIGITS + ".-—一长期",
    "name": [*HAN, "·", "〇"],
    "address": [*PLAIN_HAN, *f.DIGITS, *LETTERS, *"-—#()（）〇·,，.、"],
    "authority": PLAIN_HAN,
}
LONG = {"address", "authority"}  # rows of several lines, or of one that costs as much as all others together
BY_TINY = {"number", "birth", "sex", "validity"}  # read well by the tiny recogniser; everything else by the small one
UNPROVEN = {"name", "ethnicity", "address", "authority"}  # nothing else on the card confirms these
RIGHT = {"name": 560.0, "address": 610.0, "authority": 930.0}  # card units, where the column of such a value ends
LEFT_ALIGNED = {"name", "birth", "address", "authority", "validity"}  # whose every line begins at the same place
SURE = {"name": 0.6, "address": 0.5, "authority": 0.7}  # a reading this sure is not read a second time
RIVAL = 0.6  # a reading this sure that says something else makes the best one doubtful
AGAIN = {"name": 0.97, "address": 0.97, "authority": 0.97}  # nothing but a second reading can confirm these
SURE_OTHERS = 0.9
GUESS_SURE = 0.6  # of a line that no box was found for
SQUEEZE = 0.66  # of a strip's width, for a quick reading: a third of the cost for no error more on sharp photos
PLAIN_SURE = 0.95
PLAIN = {  # what the rough reading of a whole line must look like to be taken as it is
    "number": f.number_checks,
    "birth": lambda text: bool(re.fullmatch(r"\d{4}年\d{1,2}月\d{1,2}日", text) and f.parse_birth(text)),
    "sex": lambda text: text in ("男", "女"),
    "ethnicity": lambda text: text in ETHNICITIES,
    "validity": lambda text: bool(re.fullmatch(r"\d{4}\.\d\d\.\d\d-(\d{4}\.\d\d\.\d\d|长期)", text)),
}
MARK_WORDS = tuple(mark.text for layout in LAYOUTS for mark in layout.marks)


@dataclass(frozen=True)
class Values:
    """What was read of each field: one or more readings, and where."""

    readings: Mapping[str, tuple[Reading, ...]]
    boxes: Mapping[str, Box]

    def said(self) -> set[str]:
        """The rows of which anything at all was read."""
        return {name for name, readings in self.readings.items() if any(r.glyphs for r in readings)}

    def merged(self, other: "Values") -> "Values":
        """Both sets of readings, the other's places where it has any."""
        names = self.readings.keys() | other.readings.keys()
        both = {n: (*self.readings.get(n, ()), *other.readings.get(n, ())) for n in names}
        return Values(both, {**self.boxes, **other.boxes})


NO_VALUES = Values({}, {})


class ValueReader:
    """Reads fields with the recogniser and the characters that suit each."""

    def __init__(self, tiny: Recogniser, small: Recogniser):
        self._tiny, self._small = tiny, small
        self._masks = {r: {name: r.charset(chars) for name, chars in CHARSETS.items()} for r in (tiny, small)}

    def read(
        self, picture: np.ndarray, placed: Placed, rows: Mapping[str, list[Strip]], careful: bool = False
    ) -> Values:
        """Reads every row that has a strip; what the rough reading says surely enough is taken from it. When `careful`,
        the small recogniser reads the rest, at its full width.
        """
        readings, boxes = {}, {}
        for name, strips in rows.items():
            if not strips:
                continue
            boxes[name] = _hull([s.box for s in strips])
            if not strips[0].late and plain(name, strips[0].said):
                readings[name] = (strips[0].said,)
                continue
            recogniser = self._tiny if name in BY_TINY and not careful else self._small
            mask = self._masks[recogniser][name]
            squeeze = 1.0 if careful else SQUEEZE
            cuts = [cut_strip(picture, placed, strip, squeeze) for strip in strips]
            kept = [i for i, cut in enumerate(cuts) if not (i and coloured(cut))]  # stamps below the first line
            strips, cuts = [strips[i] for i in kept], [cuts[i] for i in kept]
            long = name in LONG
            parts = [s.said if long and enough(s, cut, squeeze) else _strip(recogniser, cut, mask, squeeze, s.guessed)
                     for s, cut in zip(strips, cuts, strict=True)]  # fmt: skip
            whole = sum((trimmed(part) for part in _believed(parts, strips)), Reading())
            late = any(s.late for s in strips if name in LEFT_ALIGNED) or line_lost(strips, parts)
            late = late or (name in RIGHT and cut_short(picture, placed, strips[-1], RIGHT[name]))
            readings[name] = (whole.at_most(f.HIDDEN, "part_hidden") if late else whole,)
        return Values(readings, boxes)


def roughly(rows: Mapping[str, list[Strip]]) -> Values:
    """What the rough reading of whole lines said of those rows, held doubtful."""
    rows = {name: strips for name, strips in rows.items() if strips}
    said = {name: sum((s.said for s in strips), Reading()) for name, strips in rows.items()}
    readings = {name: (trimmed(each).at_most(f.HIDDEN, "low_probability"),) for name, each in said.items()}
    return Values(readings, {name: _hull([s.box for s in strips]) for name, strips in rows.items()})


def _strip(reader: Recogniser, cut: np.ndarray, mask: np.ndarray, squeeze: float, guessed: bool) -> Reading:
    """One strip read; held doubtful where characters must be hidden, or were left out as the recogniser does with rare
    ones.
    """
    reading, width = reader.read(cut, mask), cut.shape[1] / squeeze
    places = [glyph.at * width for glyph in reading.glyphs]
    lacks = mask.size > FEW and lacking(reading, places, None if guessed else width)
    return reading.at_most(f.HIDDEN, "part_hidden") if lacks else reading


def _believed(parts: list[Reading], strips: list[Strip]) -> list[Reading]:
    """Without further lines that no box was found for and that say nothing sure."""
    together = enumerate(zip(parts, strips, strict=True))
    return [part for i, (part, s) in together if not (i and s.guessed and part.confidence < GUESS_SURE)]


def plain(name: str, said: Reading) -> bool:
    """Whether the rough reading of the whole line will do: surely read, and of a form that proves itself."""
    form = PLAIN.get(name)
    return form is not None and said.confidence >= PLAIN_SURE and form(candidate(said).text)


def trimmed(reading: Reading) -> Reading:
    """Without what is left of a mark at the start of a strip that began too early."""
    for word in MARK_WORDS:
        for tail in (word[i:] for i in range(len(word) - 1)):
            if len(tail) > 1 and reading.text.startswith(tail):
                return reading[len(tail) :]
    return reading


def _hull(boxes: list[Box]) -> Box:
    x, y = min(b.x for b in boxes), min(b.y for b in boxes)
    return Box(x, y, max(b.x + b.w for b in boxes) - x, max(b.y + b.h for b in boxes) - y)


def candidate(reading: Reading) -> f.Candidate:
    """A reading as the pure part takes it."""
    text = "".join(_FOLD.get(g.char, g.char) for g in reading.glyphs)
    return f.Candidate(text, tuple(g.p for g in reading.glyphs), tuple(g.others for g in reading.glyphs), reading.doubt)


_FOLD = {"x": "X", "—": "-", "（": "(", "）": ")", "，": ",", **{chr(0xFF10 + i): str(i) for i in range(10)}}


def to_fields(values: Values, side: Side, sparse: bool = False) -> dict[str, Field]:
    """The fields of a card from all readings of its values, cross-checked. A field that could not be read is absent.

    `sparse` says that few marks were recognised: then only what proves itself is trusted.
    """
    got = {name: [candidate(r) for r in readings if r.glyphs] for name, readings in values.readings.items()}
    made = _front(got) if side is Side.FRONT else _back(got)
    if sparse:
        made |= {name: f.capped(made.get(name), f.HIDDEN, "few_marks") for name in UNPROVEN & made.keys()}
    boxes = {**values.boxes, "valid_from": values.boxes.get("validity"), "valid_until": values.boxes.get("validity")}
    return {name: _field(name, c, boxes.get(name)) for name, c in made.items() if c and c.text}


def _field(name: str, c: f.Candidate, box: Box | None) -> Field:
    doubtful = f.doubtful_places(c.text, c.ps) if name == "name" and len(c.ps) == len(c.text) else ()
    low = "low_probability" if c.confidence < f.DOUBTFUL_BELOW else "rare_character" if doubtful else ""
    return Field(c.text, round(c.confidence, 4), box, doubtful, c.doubt or low)


def _front(got: Mapping[str, list[f.Candidate]]) -> dict[str, f.Candidate | None]:
    births = [replace(c, text=date) for c in got.get("birth", []) if (date := f.parse_birth(c.text))]
    sexes = [c for c in got.get("sex", []) if c.text in ("男", "女")]
    number = f.choose_number(got.get("number", []), [c.text for c in births], [c.text for c in sexes])
    sure = number.text if number and f.number_checks(number.text) else None
    said = got.get("ethnicity", [])
    kinds = [replace(c, text=name) for c in said if (name := f.nearest_ethnicity(c.text))]
    return {
        "name": _of_form([f.simplified(c) for c in got.get("name", [])], f.plausible_name),
        "sex": f.choose_agreeing(sexes, f.sex_of(sure) if sure else None),
        "ethnicity": _best(kinds) or f.capped(_best(said), f.UNCHECKED, "not_in_list"),
        "birth": f.choose_agreeing(births, f.birth_of(sure) if sure else None),
        "address": _of_form(_fullest(got.get("address", [])), f.plausible_address),
        "number": number,
    }


def _back(got: Mapping[str, list[f.Candidate]]) -> dict[str, f.Candidate | None]:
    terms = [(c, *f.parse_validity(c.text)) for c in got.get("validity", [])]
    terms.sort(key=lambda t: (bool(t[1] and t[2]) + f.plausible_term(t[1], t[2]), t[0].confidence))
    made: dict[str, f.Candidate | None] = {"authority": _of_form(got.get("authority", []), f.plausible_authority)}
    if terms:
        read, start, end = terms[-1]
        if not f.plausible_term(start, end):
            read = f.capped(read, f.HIDDEN, "unlikely_form" if start and end else "incomplete") or read
        made["valid_from"] = replace(read, text=start) if start else None
        made["valid_until"] = replace(read, text=end) if end else None
    return made


def _of_form(candidates: list[f.Candidate], form: Callable[[str], bool]) -> f.Candidate | None:
    """The best of those of the right form; else the best of all, held unsure."""
    formed = sorted((c for c in candidates if form(c.text)), key=lambda c: -c.confidence)
    if not formed:
        return f.capped(_best(candidates), f.UNCHECKED, "unlikely_form")
    rivals = any(c.text != formed[0].text and c.confidence >= RIVAL for c in formed[1:])
    return f.capped(formed[0], f.HIDDEN, "readings_differ") if rivals else formed[0]


def _best(candidates: list[f.Candidate]) -> f.Candidate | None:
    return max(candidates, key=lambda c: c.confidence, default=None)


def _fullest(candidates: list[f.Candidate]) -> list[f.Candidate]:
    """Only the longest of those read well enough, where it is clearly longer: a line is overlooked, never invented."""
    best = _best(candidates)
    longer = [c for c in candidates if best and len(c.text) > len(best.text) + 2 and c.confidence > f.HIDDEN]
    return [max(longer, key=lambda c: len(c.text))] if longer else candidates


def settled(fields: Mapping[str, Field], side: Side) -> bool:
    """Whether every field was read surely and the checks between them hold, so that no second look is needed."""
    return not unsettled(fields, side)


def unsettled(fields: Mapping[str, Field], side: Side) -> set[str]:
    """The rows of print that were not read surely enough, or contradict each other."""
    return _rows_below(fields, side, SURE)


def unsure(fields: Mapping[str, Field], side: Side) -> set[str]:
    """The rows of print that are worth reading again with care, which costs little."""
    return _rows_below(fields, side, AGAIN)


def _rows_below(fields: Mapping[str, Field], side: Side, least: Mapping[str, float]) -> set[str]:
    below = set()
    for name in CARD_FIELDS[side]:
        field = fields.get(name)
        if field is None or field.confidence < least.get(name, SURE_OTHERS) or field.doubt.startswith("differs"):
            below.add("validity" if name.startswith("valid_") else name)
    return below
