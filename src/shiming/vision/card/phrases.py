"""Reads what is written on any upright picture, roughly and fast, and finds phrases in what was read."""

import re
from collections.abc import Iterable

import numpy as np

from shiming.vision.card.finding.text_lines import Line, levelled, levels, reduced
from shiming.vision.card.pipeline import MAX_LINES, Networks, read_lines

SIDE = 960  # px of the longer side for the detector: a phone's page fills most of a failure video
NEEDED = 0.75  # share of a phrase's pairs of letters that a text must have


def said(nets: Networks, picture: np.ndarray) -> str:
    """The lines of a picture (BGR), as they are read, apart by line ends."""
    small = reduced(picture, SIDE)
    table, size = levels(small), np.array(picture.shape[1::-1], np.float32)
    found = nets.finder.find(levelled(small, table))
    shares = ((line.quad / small.shape[1::-1], line.score) for line in found)
    lines = [Line((quad * size).astype(np.float32), score) for quad, score in shares]
    most = sorted(lines, key=lambda line: -line.width * line.height)[:MAX_LINES]
    texts = read_lines(nets.tiny, levelled(picture, table), most)
    return "\n".join(text.reading.text for text in texts)


def holds(text: str, phrases: Iterable[str]) -> bool:
    """Whether any of the phrases stands in a line of the text, some letters misread allowed."""
    lines = [pairs for line in text.split("\n") if (pairs := _pairs(line))]
    return any(len(wanted & pairs) >= NEEDED * len(wanted) for wanted in map(_pairs, phrases) for pairs in lines)


def _pairs(text: str) -> frozenset[str]:
    """Each two letters that follow each other, spaces and marks left out."""
    plain = re.sub(r"\W+", "", text).lower()
    return frozenset(plain[i : i + 2] for i in range(len(plain) - 1))
