"""Cutting the strips of picture that hold a field's value, straight out of the photo, one warp each.

A strip follows the boxes that the detector found beside the field's mark; only where it found none does the layout
say where to look.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np

from shiming.verification.seen import Box
from shiming.vision.card.finding.fitting import project
from shiming.vision.card.finding.registration import Placed, Text
from shiming.vision.card.finding.text_lines import Line
from shiming.vision.card.layout import HEIGHT, WIDTH, Mark, Row
from shiming.vision.card.recogniser import HEIGHT as STRIP_HEIGHT
from shiming.vision.card.recogniser import NOTHING, Reading

STEEP = 0.18  # rise over run on the card beyond which a box is no printed line of it
TALL = 1.9  # times a row's height beyond which it is none either
PAD_X, PAD_Y = 10, 2  # card units round a value
VALUE_GAP = 30  # from the centre of a mark's last character to where its value may start
FULL, PITCH, SHORT = 100, 49, 110  # a line ending so near the right limit is full; the next is so far below; its width
BROKEN, NARROW = 48, 22  # units short of the right limit, where a line ends that should have gone on; more per digit
LATE = 60  # units after which a value that begins there has probably lost its beginning
ALIGNED, ASIDE = ("name", "sex", "birth", "address"), 30  # begin at one x; a line so far right of it is late as well
MARK_GAP = 24  # from a value's end to the centre of the next mark's first character
NEAR_Y = 25  # within which two things stand on one line
UNSEEN_Y = 38  # above the place of a mark that was not seen, and below the mark above, where its value may start
UNSEEN_LATE = 30  # below the place of a mark that was not seen, from where on a first line is probably the second
OUTSIDE = 36  # left of a block from where on a line below its first is none of it
BLOCK_END = 48  # above the next mark, where a block of lines must have ended


@dataclass(frozen=True, slots=True)
class Strip:
    """A level band in card units: the left and right ends of its middle line, and its height."""

    x0: float
    y0: float
    x1: float
    y1: float
    height: float
    guessed: bool = False  # no box was found there: the place is the layout's
    said: Reading = NOTHING  # what the rough reading of the whole lines said within it
    late: bool = False  # it begins well after its mark, or ends too early: something may hide characters

    @property
    def box(self) -> Box:
        """As fractions of the rectified card."""
        top = (min(self.y0, self.y1) - self.height / 2) / HEIGHT
        return Box(self.x0 / WIDTH, top, (self.x1 - self.x0) / WIDTH, (self.height + abs(self.y1 - self.y0)) / HEIGHT)


@dataclass(frozen=True, slots=True)
class Band:
    """A detected line in card units."""

    x0: float
    y0: float
    x1: float
    y1: float
    height: float
    text: Text
    ends: tuple[float, float]  # x of the whole line, before any cut

    @property
    def y(self) -> float:
        return (self.y0 + self.y1) / 2

    def cut(self, left: float, right: float) -> "Band":
        """The part between two x."""
        slope = (self.y1 - self.y0) / max(1.0, self.x1 - self.x0)
        a, b = max(left, self.x0), min(right, self.x1)
        y0, y1 = self.y0 + (a - self.x0) * slope, self.y0 + (b - self.x0) * slope
        return Band(a, y0, b, y1, self.height, self.text, self.ends)

    def said(self, left: float, right: float) -> Reading:
        """What the rough reading said in this part of the line, with places as shares of what lies between two x."""
        start, end = self.ends
        at = [(start + glyph.at * (end - start), glyph) for glyph in self.text.reading.glyphs]
        inside = (replace(g, at=(x - left) / (right - left)) for x, g in at if self.x0 <= x <= self.x1)
        return Reading(tuple(inside))


def bands(placed: Placed, texts: list[Text]) -> list[Band]:
    """The texts that may be printed lines of the card, in card units."""
    made = [_band(placed, text) for text in texts]
    return [b for b in made if b.x1 > b.x0 and abs(b.y1 - b.y0) <= STEEP * (b.x1 - b.x0) + 8 and b.height < TALL * 60]


def _band(placed: Placed, text: Text) -> Band:
    tl, tr, br, bl = placed.card(text.line.quad)
    height = (np.linalg.norm(bl - tl) + np.linalg.norm(br - tr)) / 2
    left, right = (tl + bl) / 2, (tr + br) / 2
    ends = float(left[0]), float(right[0])
    return Band(ends[0], float(left[1]), ends[1], float(right[1]), float(height), text, ends)


def strips_of(placed: Placed, texts: list[Text]) -> Mapping[str, list[Strip]]:
    """For every row of the layout the strips that hold its value, from the top."""
    found = bands(placed, texts)
    marks = {mark.text: _seen(placed, mark) for mark in placed.layout.marks}
    rows = {
        row.name: _block(row, found, marks) if row.above else _line(row, found, marks) for row in placed.layout.rows
    }
    return rows | _aligned({name: rows[name] for name in ALIGNED if name in rows})


def _aligned(rows: Mapping[str, list[Strip]]) -> Mapping[str, list[Strip]]:
    """Rows whose lines begin at one place, each line held late that begins well to the right of the others."""
    starts = [strips[0].x0 for strips in rows.values() if strips and not strips[0].guessed]
    if len(starts) < 3:
        return rows
    limit = float(np.median(starts)) + ASIDE
    return {
        name: [replace(s, late=s.late or (s.x0 > limit and not s.guessed)) for s in strips]
        for name, strips in rows.items()
    }


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a mark is: as seen, or else where the layout has it."""

    x0: float
    x1: float
    y: float
    seen: bool


def _seen(placed: Placed, mark: Mark) -> _Spot:
    for found in placed.marks:
        if found.mark == mark:
            glyphs = found.text.reading.glyphs
            points = placed.card(np.array([found.text.line.point(glyphs[j].at) for _, j in found.pairs]))
            dx, dy = np.median(points - np.array([mark.centre(i) for i, _ in found.pairs]), axis=0)
            return _Spot(mark.x0 + dx, mark.x1 + dx, mark.y + dy, True)
    return _Spot(mark.x0, mark.x1, mark.y, False)


def _line(row: Row, found: list[Band], marks: Mapping[str, _Spot]) -> list[Strip]:
    """The one strip of a value that stands on its mark's line, up to the next mark on it."""
    spot = marks[row.mark]
    left = spot.x1 + VALUE_GAP
    right = min([row.x1] + [m.x0 - MARK_GAP for m in marks.values() if m.x0 > left + 30 and abs(m.y - spot.y) < 25])
    here = [b for b in _within(found, left, right, row.height) if abs(b.y - spot.y) < NEAR_Y]
    return [_join(here, left, right) if here else Strip(left, spot.y, right, spot.y, row.height, guessed=True)]


def _block(row: Row, found: list[Band], marks: Mapping[str, _Spot]) -> list[Strip]:
    """The strips of a value of several lines, which ends above the next mark below."""
    spot, below = marks[row.mark], marks[row.above or ""]
    left = spot.x1 + VALUE_GAP
    above = max((m.y for m in marks.values() if m.seen and m.y < spot.y - NEAR_Y), default=0.0)
    top = max(above + UNSEEN_Y, spot.y - (NEAR_Y if spot.seen else UNSEEN_Y))
    own = [b for b in found if b.y < spot.y + NEAR_Y or b.ends[0] > left - OUTSIDE]  # only the first line has a mark
    mine = [b for b in _within(own, left, row.x1, row.height) if top < b.y < below.y - BLOCK_END]
    if not spot.seen:  # a line in another script may run above the value
        mine = [b for b in mine if b.text.reading.mean > 0.6]
    made: list[list[Band]] = []
    for band in sorted(mine, key=lambda b: b.y):
        if made and band.y - np.mean([b.y for b in made[-1]]) < NEAR_Y:
            made[-1].append(band)
        else:
            made.append([band])
    strips = [_join(line, left, row.x1) for line in made]
    if spot.seen and not (strips and abs(strips[0].y0 - spot.y) < NEAR_Y):
        strips.insert(0, Strip(left, spot.y, row.x1, spot.y, row.height, guessed=True))
    if not spot.seen and strips and strips[0].y0 > spot.y + UNSEEN_LATE:
        strips[0] = replace(strips[0], late=True)
    if row.name == "address":
        strips = _broken_off(row, strips)
    return strips + _next_line(row, left, strips, below.y)


def _broken_off(row: Row, strips: list[Strip]) -> list[Strip]:
    """An address fills a line before it begins the next: what ended one that stops early is hidden or overlooked."""
    return [replace(s, late=s.late or row.x1 - s.x1 > _room(s)) for s in strips[:-1]] + strips[-1:]


def _room(strip: Strip) -> float:
    """What a full line may leave free at its end."""
    return BROKEN + NARROW * sum(glyph.char.isascii() for glyph in strip.said.glyphs)


def _next_line(row: Row, left: float, strips: list[Strip], below: float) -> list[Strip]:
    """After a full line the place where a last short one may stand: detectors overlook single characters."""
    if not strips or strips[-1].x1 < row.x1 - FULL:
        return []
    last = strips[-1]
    pitch = last.y0 - strips[-2].y0 if len(strips) > 1 else PITCH
    y = last.y0 + pitch
    end = Strip(left, y, left + SHORT, y + (last.y1 - last.y0) * SHORT / (last.x1 - last.x0), last.height, guessed=True)
    return [end] if y < below - BLOCK_END else []


def _within(found: list[Band], left: float, right: float, height: float) -> list[Band]:
    """The bands that reach into the columns, cut to them."""
    reach = (b for b in found if b.x1 > left + 12 and b.x0 < right - 12 and b.height < TALL * height)
    return [b.cut(left - 4, right) for b in reach]


def _join(here: list[Band], left: float, right: float) -> Strip:
    first, last = min(here, key=lambda b: b.x0), max(here, key=lambda b: b.x1)
    x0, x1 = max(first.x0 - PAD_X, left - PAD_X), min(last.x1 + PAD_X, right + PAD_X)
    slope = (last.y1 - first.y0) / max(40.0, last.x1 - first.x0)
    height = float(np.median([b.height for b in here])) + 2 * PAD_Y
    y0 = first.y0 + (x0 - first.x0) * slope
    said = sum((b.said(x0, x1) for b in sorted(here, key=lambda b: b.x0)), NOTHING)
    return Strip(x0, y0, x1, y0 + (x1 - x0) * slope, height, said=said, late=x0 > left + LATE)


def cut_strip(picture: np.ndarray, placed: Placed, strip: Strip, squeeze: float = 1.0) -> np.ndarray:
    """The strip as an upright BGR picture, STRIP_HEIGHT high, its width times `squeeze`."""
    up = np.array([0.0, strip.height / 2])
    a, b = np.array([strip.x0, strip.y0]), np.array([strip.x1, strip.y1])
    corners = project(np.linalg.inv(placed.to_card), np.array([a - up, b - up, b + up, a + up]))
    return warp_quad(picture, corners, STRIP_HEIGHT / strip.height * (strip.x1 - strip.x0) * squeeze)


def cut_line(picture: np.ndarray, line: Line, squeeze: float = 1.0) -> np.ndarray:
    """A detected line as an upright BGR picture, STRIP_HEIGHT high, its width times `squeeze`."""
    return warp_quad(picture, line.quad, STRIP_HEIGHT * line.width / max(line.height, 1.0) * squeeze)


def warp_quad(picture: np.ndarray, corners: np.ndarray, width: float) -> np.ndarray:
    """A quadrilateral (corners from top left clockwise) as a picture of STRIP_HEIGHT by `width` px."""
    size = max(16, min(1600, round(width))), STRIP_HEIGHT
    target = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(np.asarray(corners, np.float32), target)
    return cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
