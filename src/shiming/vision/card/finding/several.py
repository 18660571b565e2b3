"""Whether a picture shows more than one card: words of one outside the card that was placed, or more than once."""

from collections.abc import Sequence

import numpy as np

from shiming.vision.card.finding.registration import BIRTH, NUMBER, TERM, Placed, Text, find_marks, strength
from shiming.vision.card.layout import HEIGHT, LAYOUTS, WIDTH, Layout

BESIDE = 60  # card units outside a placed card, from where on print belongs to another
SURE = 1.0  # of marks and values for a second card to be there: a long mark, two short ones, or a number
APART = 5.0  # times its height, from where on a word stands elsewhere


def count(texts: Sequence[Text], placed: Placed) -> int:
    """How many cards the picture shows: one, or two."""
    middles = placed.card(np.array([text.line.point(0.5) for text in texts]))
    beyond = np.maximum(-middles, middles - np.array([WIDTH, HEIGHT])).max(axis=1)
    rest = [text for text, away in zip(texts, beyond, strict=True) if away > BESIDE]
    outside = max(strength(rest, layout) for layout in LAYOUTS)
    return 2 if max(outside, repeated(texts, placed.layout)) >= SURE else 1


def repeated(texts: Sequence[Text], layout: Layout) -> float:
    """How much of a card stands in the picture a second time: 1 for a long mark or another number, half for a short
    mark that is whole both times.
    """
    found = [each for each in find_marks(list(texts), layout) if each.share == 1.0]
    total = 0.0
    for mark in layout.marks:
        lines = [each.text.line for each in found if each.mark == mark]
        away = [np.linalg.norm(a.point(0.5) - b.point(0.5)) / max(a.height, b.height) for a in lines for b in lines]
        total += (max(away, default=0.0) > APART) * (0.5 if len(mark.text) == 2 else 1.0)
    for form in (NUMBER, BIRTH, TERM):
        total += len({match[0] for text in texts if (match := form.search(text.reading.text))}) > 1
    return total
