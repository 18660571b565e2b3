"""Whether something of a field may be hidden or overlooked: what its characters, lines and the ink round them say."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np

from shiming.vision.card.finding.registration import Placed
from shiming.vision.card.reading.strips import Strip, cut_strip
from shiming.vision.card.recogniser import HEIGHT, Reading

LINE = re.compile(r"[一-龥A-Z\d-]{2,}")  # what most lines of an address are made of
ROUGH_SURE = 0.98  # a line of these that tiny reads as surely as this is not read by small
HOLE = 54  # px between the middles of two characters of a strip 48 px high, where one must be hidden; printed: 24–48
STARTS, ENDS = 60, 46  # px from a box's edges to the middles of its first and last character; printed: 28–55, 20–38
WIDER, ENOUGH = 1.7, 4  # times the usual distance of two Chinese characters, that of so many pairs; one hidden is twice
OPEN = 1.3  # times it, from the last character to the box's end; printed: 0.3–1.1
COLOURED = 0.25  # difference between colours in the share of light that print lets through
FEW = 200  # characters of a mask: dates and numbers, which are spaced as they like
GUESSED = 0.6  # a first line that no box was found for is read less surely than this: it is hidden, or was overlooked
UNEVEN = 1.5  # times the least distance of two lines, at which a line between them was lost
BEYOND, GAP = 44, 7  # px of a strip 48 px high, after a box's end: where a further character would stand
INKED = 0.07  # of that place that is as dark as print; a character covers 0.12 and more, a hairline less


def enough(strip: Strip, cut: np.ndarray, squeeze: float) -> bool:
    """Whether the rough reading of a line will do: surely read, nothing hidden, no stray sign among it."""
    said, width = strip.said, cut.shape[1] / squeeze
    whole = not lacking(said, [glyph.at * width for glyph in said.glyphs], width)
    return not strip.late and said.confidence >= ROUGH_SURE and whole and bool(LINE.fullmatch(said.text))


def lacking(reading: Reading, places: list[float], width: float | None) -> bool:
    """Whether characters centred at those px of a strip 48 px high stand so far apart that some must be hidden between
    them, or beside them in the box of that width (None: no box was found).

    A longer strip's own Chinese characters tell how far apart they are printed.
    """
    apart = [b - a for a, b in pairwise(places)]
    chinese = [all("一" <= glyph.char <= "龥" for glyph in pair) for pair in pairwise(reading.glyphs)]
    own = [gap for gap, both in zip(apart, chinese, strict=True) if both]
    if len(own) >= ENOUGH:
        usual = float(np.median(own))
        return max(apart) > WIDER * usual or bool(width and width - places[-1] > OPEN * usual)
    beside = bool(width and places) and (places[0] > STARTS or width - places[-1] > ENDS)
    return beside or max(apart, default=0.0) > HOLE


def coloured(cut: np.ndarray) -> bool:
    """Whether the print on a strip is coloured: values are printed black, stamps and marks over a card are not.

    The share of light that the print lets through is compared between the three colours, so that coloured light or
    paper does not matter.
    """
    pixels = cut.reshape(-1, 3).astype(np.float32)
    luma = pixels.mean(axis=1)
    ink, paper = luma <= np.percentile(luma, 12), luma >= np.percentile(luma, 60)
    through = pixels[ink].mean(axis=0) / np.maximum(pixels[paper].mean(axis=0), 1)
    return float(np.ptp(through)) > COLOURED


def line_lost(strips: Sequence[Strip], parts: Sequence[Reading]) -> bool:
    """Whether a line of a value of several is missing: its first was not found, or two stand too far apart."""
    if strips[0].guessed and len(strips) > 1 and parts[0].confidence < GUESSED:
        return True
    found = [strip.y0 for strip in strips if not strip.guessed]
    apart = [low - high for high, low in pairwise(found)]
    return len(apart) > 1 and max(apart) > UNEVEN * min(apart)


def cut_short(picture: np.ndarray, placed: Placed, strip: Strip, limit: float) -> bool:
    """Whether print goes on after the end of the box that was found for a line, within the column that ends at `limit`
    (card units): a further character's worth of ink as dark as the line's own.
    """
    more = strip.height * (BEYOND + GAP) / HEIGHT
    if strip.guessed or strip.x1 + more > limit:
        return False
    slope = (strip.y1 - strip.y0) / max(1.0, strip.x1 - strip.x0)
    longer = replace(strip, x1=strip.x1 + more, y1=strip.y1 + slope * more)
    luma = cv2.cvtColor(cut_strip(picture, placed, longer), cv2.COLOR_BGR2GRAY)
    end = luma.shape[1] - BEYOND - GAP
    own, beyond = luma[6:-6, :end], luma[6:-6, end + GAP :]
    ink, paper = np.percentile(own, (6, 80))
    return bool(paper - ink > 24 and (beyond < (ink + paper) / 2).mean() > INKED)
