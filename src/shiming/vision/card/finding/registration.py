"""Placing the card: which words of a picture are the card's own marks, and the homography from picture to card.

Marks alone lie on the card's left half, so a plain fit throws the right corners hundreds of pixels off. Three things
steady it: every line of text on the card is level, perspective in a photo that a hand took is mild, and the last
digit of the number has its place at the right.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from shiming.verification.seen import Side
from shiming.vision.card.finding.fitting import fit, project
from shiming.vision.card.finding.text_lines import Line
from shiming.vision.card.layout import LAYOUTS, Layout, Mark
from shiming.vision.card.recogniser import Reading

MARK_SIGMA = 8.0  # card units: how far a mark may be printed (or seen) from its place
EDGE_SIGMA = 16.0  # the same for the ends of the number
ASLANT = 0.94  # cosine of 20° between a line and the marks, beyond which it is no line of the card
STRAY = 40.0  # card units from its place beyond which a mark is no mark of this card
NUMBER_SPAN = (356.0, 910.0)  # centres of the first and the last digit
BIRTH_SIGNS = (300.0, 400.0, 492.0)  # centres of 年, 月 and 日
NUMBER = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d\d[01]\d[0-3]\d\d{3}[\dXx](?!\d)")
BIRTH = re.compile(r"((?:19|20)\d\d)年(\d{1,2})月(\d{1,2})日")
TERM = re.compile(r"\d{4}\.\d\d\.\d\d-(\d{4}\.\d\d|长)")
# Values that by their form alone speak for one side of a card.
FORMS = {Side.FRONT: (NUMBER, BIRTH), Side.BACK: (TERM,)}


@dataclass(frozen=True)
class Text:
    """A line of text with what it says."""

    line: Line
    reading: Reading


@dataclass(frozen=True)
class Found:
    """A mark found in a text: where it starts and ends among the glyphs, and which of its characters were matched."""

    mark: Mark
    text: Text
    start: int
    end: int
    pairs: tuple[tuple[int, int], ...]  # (index in the mark, index among the glyphs)

    @property
    def share(self) -> float:
        return len(self.pairs) / len(self.mark.text)


@dataclass(frozen=True)
class Placed:
    """A card in a picture. `to_card` is the homography (3×3) from picture pixels to card units."""

    layout: Layout
    to_card: np.ndarray
    marks: tuple[Found, ...]
    cost: float
    adrift: bool = (
        False  # amid other print, and not at an outline of its shape: its strips may hold what is not its own
    )

    @property
    def sparse(self) -> bool:
        """Whether what stands where is not sure: adrift, or with few of the card's marks recognised."""
        return self.adrift or sum(found.share for found in self.marks) < len(self.layout.marks) / 2

    def card(self, points: np.ndarray) -> np.ndarray:
        """Picture points (N×2) in card units."""
        return project(self.to_card, points)

    def picture(self, points: np.ndarray) -> np.ndarray:
        """Card points (N×2) in picture pixels."""
        return project(np.linalg.inv(self.to_card), points)


def moved(placed: Placed, to_new: np.ndarray, to_card: np.ndarray) -> Placed:
    """The same card with its marks on another surface. `to_new` (3×3) leads there from the pixels that it was placed
    in, `to_card` from there to card units.
    """

    def on_new(found: Found) -> Found:
        line = found.text.line
        quad = project(to_new, line.quad.astype(float)).astype(np.float32)
        return replace(found, text=Text(Line(quad, line.score), found.text.reading))

    return replace(placed, to_card=to_card, marks=tuple(on_new(found) for found in placed.marks))


def find_marks(texts: list[Text], layout: Layout) -> list[Found]:
    """All marks of a layout among the texts, also those that occur more than once."""
    found = (_find_mark(text, mark) for mark in layout.marks for text in texts)
    return [each for each in found if each]


def _find_mark(text: Text, mark: Mark) -> Found | None:
    """The place in the text that agrees best with the mark: 60 % of its characters in order, wherever they stand.

    Of a two-character mark one is enough when it stands first, where a mark stands.
    """
    said, wanted = text.reading.text, mark.text
    need = -(-len(wanted) * 3 // 5)
    if sum(char in said for char in wanted) < (1 if len(wanted) == 2 else need):
        return None  # as of most lines; soon said
    window = len(wanted) + 1  # one character may have been read as two, or lost
    tried = (_in_order(wanted, said, start, start + window) for start in range(max(1, len(said) - need + 1)))
    best = max(tried, key=lambda pairs: (len(pairs), -(pairs[-1][1] - pairs[0][1]) if pairs else 0))
    if len(wanted) == 2 and len(best) < 2:
        best, need = tuple((i, i) for i, char in enumerate(wanted) if said[i : i + 1] == char)[:1], 1
    if len(best) < need:
        return None
    before, after = best[0][0], len(wanted) - 1 - best[-1][0]
    return Found(mark, text, max(0, best[0][1] - before), min(len(said), best[-1][1] + 1 + after), best)


def _in_order(wanted: str, said: str, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Pairs (index in wanted, index in said) of equal characters within the window, both rising."""
    pairs, at = [], start
    for i, char in enumerate(wanted):
        found = said.find(char, at, end)
        if found >= 0:
            pairs.append((i, found))
            at = found + 1
    return tuple(pairs)


def strength(texts: list[Text], layout: Layout) -> float:
    """How sure it is that these texts come from a card: 1 for a whole long mark or a value of its form, half for a
    short mark.
    """
    best: dict[str, float] = {}
    for each in find_marks(texts, layout):
        weight = each.share * (0.5 if len(each.mark.text) == 2 else 1.0)
        best[each.mark.text] = max(weight, best.get(each.mark.text, 0.0))
    values = sum(any(form.search(text.reading.text) for text in texts) for form in FORMS[layout.side])
    return sum(best.values()) + values


def place_card(texts: list[Text], side: Side) -> Placed | None:
    """The card of that side, by the layout that has a place for most of its marks; None when there are too few to go
    by.

    Between equals the first layout wins unless another fits twice as well: it is by far the commonest card.
    """
    made = [_placed(texts, layout) for layout in LAYOUTS if layout.side is side]
    weight = {id(each): each.cost * (2 if i else 1) for i, each in enumerate(made) if each}
    return max((each for each in made if each), key=lambda each: (len(each.marks), -weight[id(each)]), default=None)


def _placed(texts: list[Text], layout: Layout) -> Placed | None:
    marks = _one_each(find_marks(texts, layout))
    placed = _fitted(texts, layout, marks)
    while placed and len(marks) > 2:
        away = [_residual(placed, found) for found in marks]
        if max(away) <= STRAY:
            break
        marks.pop(int(np.argmax(away)))  # the word stands elsewhere too, in the background say
        placed = _fitted(texts, layout, marks)
    return placed


def _fitted(texts: list[Text], layout: Layout, marks: list[Found]) -> Placed | None:
    pins = [pin for found in marks for pin in _pins(found)] + _value_pins(texts, layout)
    if len(pins) < 2:
        return None
    seen, wanted, sigma = (np.array(part, float) for part in zip(*pins, strict=True))
    lines = _level([t.line for t in texts if t.line.width > 3 * t.line.height], marks)
    ends = np.array([[line.point(0.0), line.point(1.0)] for line in lines], float).reshape(-1, 2, 2)
    matrix, cost = fit(seen, wanted, sigma, ends)
    return None if matrix is None else Placed(layout, matrix, tuple(marks), cost)


def _level(lines: list[Line], marks: list[Found]) -> list[Line]:
    """The lines that run nearly as the marks' do: words that somebody laid over the picture aslant are not level."""
    if not marks:
        return lines
    along = sum((_direction(found.text.line) for found in marks), np.zeros(2))
    along /= max(float(np.linalg.norm(along)), 1e-6)
    return [line for line in lines if _direction(line) @ along > ASLANT]


def _direction(line: Line) -> np.ndarray:
    along = line.point(1.0) - line.point(0.0)
    return along / max(float(np.linalg.norm(along)), 1e-6)


def _residual(placed: Placed, found: Found) -> float:
    seen, wanted, _ = (np.array(part, float) for part in zip(*_pins(found), strict=True))
    return float(np.linalg.norm(placed.card(seen) - wanted, axis=1).mean())


def _one_each(found: list[Found]) -> list[Found]:
    """One finding for each mark: the best agreement, then the larger print."""
    best: dict[str, Found] = {}
    for each in sorted(found, key=lambda f: (f.share, f.text.line.height)):
        best[each.mark.text] = each
    return list(best.values())


def _pins(found: Found) -> list[tuple[np.ndarray, tuple[float, float], float]]:
    """Where each matched character was seen, where it belongs, and how far it may be off."""
    glyphs = found.text.reading.glyphs
    return [(found.text.line.point(glyphs[j].at), found.mark.centre(i), MARK_SIGMA) for i, j in found.pairs]


def _value_pins(texts: list[Text], layout: Layout) -> list[tuple[np.ndarray, tuple[float, float], float]]:
    """Pins from values whose form is known: the ends of the number, and 年月日 of the date of birth."""
    if layout.side is not Side.FRONT:
        return []
    pins = []
    for text in texts:
        glyphs, said = text.reading.glyphs, text.reading.text
        if match := NUMBER.search(said):
            ends = match.start(), match.end() - 1
            pins += _pair(text, ends, NUMBER_SPAN, layout.mark("公民身份号码").y, EDGE_SIGMA)
        if (match := BIRTH.search(said)) and len(glyphs) == len(said):
            places = tuple(said.index(sign, match.start()) for sign in "年月日")
            pins += _pair(text, places, BIRTH_SIGNS, layout.mark("出生").y, 1.5 * EDGE_SIGMA)
    return pins


def _pair(text: Text, places: Iterable[int], xs: Iterable[float], y: float, sigma: float) -> list:
    glyphs = text.reading.glyphs
    return [(text.line.point(glyphs[i].at), (x, y), sigma) for i, x in zip(places, xs, strict=True)]
