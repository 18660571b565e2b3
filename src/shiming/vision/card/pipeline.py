"""The order of work on one picture of a card: upright, find lines, find the card's marks, place the card, read the
values.

A second, slower look (lines found again on the rectified card, the small recogniser for all that the rough reading does
not say surely) follows only when the first left something unread or unchecked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from shiming.verification.seen import Side
from shiming.vision import weights
from shiming.vision.card.finding.amid_print import BOX, another, back, candidates, cut_out, on_outline, same
from shiming.vision.card.finding.edges import onto_edges
from shiming.vision.card.finding.registration import Placed, Text, moved, place_card, strength
from shiming.vision.card.finding.text_lines import (
    DET_SIDE_CARD,
    Line,
    TextFinder,
    evened,
    levelled,
    levels,
    quarter_turns,
    reduced,
)
from shiming.vision.card.layout import HEIGHT, LAYOUTS, WIDTH
from shiming.vision.card.nets import open_net
from shiming.vision.card.reading.strips import cut_line
from shiming.vision.card.recogniser import Recogniser

WORK_SIDE = 2000  # px; larger pictures are shrunk, a card of a quarter of the picture then still has 1,000 px
MIN_STRENGTH = 1.0  # of marks and values for a card to be there: a long mark, or a number of the right form
ROUGH_SQUEEZE = 0.7  # of a line's width, for the rough reading
MAX_LINES = 32  # lines of one picture that are looked at
FLIPPED_LINES = 12  # of these, upside down first; all of them only if that shows more of a card
CROWDED = 22  # lines of a picture, from where on there is other print than a card's: the card is looked for first
CROWD_LINES = 12  # that are looked at in such a picture where no card's outline held one; bounds the time of a page
OTHERS = 1  # further outlines that are looked into, once one held a card
WITHIN_LINES = 22  # within an outline that are looked at
PROBED = 6  # lines within an outline, of which one at least must be a card's for the others to be looked at
FILES = ("orientation.onnx", "det_tiny.onnx", "det_small.onnx", "rec_tiny.onnx", "rec_tiny.txt", "rec_small.onnx")


class Networks:
    """The networks, loaded once per process; the one that only a second look needs, when it comes to one.

    Raises `weights.WeightsError` when a file is missing or altered.
    """

    def __init__(self, folder: Path):
        path = {name: weights.load(name, folder) for name in FILES}
        self.orientation = open_net(path["orientation.onnx"])
        self.finder = TextFinder(open_net(path["det_tiny.onnx"]), 0.2, 0.4)
        self._fine = path["det_small.onnx"]
        tiny, small = open_net(path["rec_tiny.onnx"]), open_net(path["rec_small.onnx"])
        self.tiny = Recogniser(tiny, path["rec_tiny.txt"].read_text("utf-8").splitlines())
        self.small = Recogniser(small, small.get_modelmeta().custom_metadata_map["character"].splitlines())
        self.labels = tuple(weights.row(name).version_label for name in FILES if name.endswith(".onnx"))

    @cached_property
    def fine_finder(self) -> TextFinder:
        """Three times as slow as the other, and sees paler and smaller print."""
        return TextFinder(open_net(self._fine), 0.25, 0.45)


@dataclass(frozen=True)
class Surface:
    """A picture with what is written on it, in its own pixels whichever way up it is."""

    picture: np.ndarray  # at most WORK_SIDE
    level: np.ndarray  # the same with levels stretched, for reading
    texts: tuple[Text, ...]
    strengths: dict[Side, float]
    crowded: bool = False  # there is more print than a card's, and no card's outline that holds one
    others: int = 0  # further cards that were seen beside this one
    outline: np.ndarray | None = None  # of the card (4×2 px, its own upper left first), where it was found by that

    @property
    def side(self) -> Side:
        best = max(self.strengths, key=self.strengths.__getitem__)
        return best if self.strengths[best] >= MIN_STRENGTH * (1 + self.crowded) else Side.NONE


def look(nets: Networks, picture: np.ndarray) -> Surface:
    """Finds the picture's lines, whichever way up it is, and reads them roughly.

    Where that shows no card, once more with the light made even and the slower detector.
    """
    scale = min(1.0, WORK_SIDE / max(picture.shape[:2]))
    work = picture if scale == 1.0 else cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small = reduced(work)
    turns = quarter_turns(nets.orientation, small)
    table = levels(small)
    found = _turned_lines(nets.finder, levelled(small, table), turns)
    level = levelled(work, table)
    if len(found) > CROWDED:
        largest = _largest(found, work)[:CROWD_LINES]
        return _amid_print(nets, work, level) or _surface(nets.tiny, work, level, largest, crowded=True)
    first = _surface(nets.tiny, work, level, _largest(found, work))
    if first.side is not Side.NONE:
        return first
    even = evened(work)
    again = _turned_lines(nets.fine_finder, reduced(even), turns)
    second = _surface(nets.tiny, work, even, _largest(again, work))
    return second if second.side is not Side.NONE else first


def _amid_print(nets: Networks, work: np.ndarray, level: np.ndarray) -> Surface | None:
    """The card in a picture full of other print, by its outline; None where no outline holds one."""
    tried = candidates(work)
    for i, quad in enumerate(tried):
        found = _within(nets, work, level, quad)
        if found is not None and found.side is not Side.NONE:
            others = [other for other in tried[i + 1 :] if another(other, quad)][:OTHERS]
            more = [each for other in others if (each := _within(nets, work, level, other))]
            seen = sum(each.side is not Side.NONE for each in more)
            return replace(_narrowed(nets, found), others=seen)
    return None


def _narrowed(nets: Networks, found: Surface) -> Surface:
    """The same card looked at within what its marks say is the card, where the outline was of something else."""
    placed = place_card(list(found.texts), found.side)
    if placed is None or found.outline is None:
        return found
    corners = placed.picture(BOX.astype(float))
    if same(corners, found.outline):
        return found
    again = _within(nets, found.picture, found.level, corners)
    better = again is not None and again.strengths[found.side] >= found.strengths[found.side]
    return again if again is not None and better else found


def _within(nets: Networks, work: np.ndarray, level: np.ndarray, quad: np.ndarray) -> Surface | None:
    """The lines within an outline and what they say; None where the largest of them say nothing that a card says."""
    card, matrix = cut_out(level, quad)
    over = quarter_turns(nets.orientation, card) == 2
    small = reduced(card)
    scale = np.array(card.shape[1::-1]) / small.shape[1::-1]
    lines = [Line((line.quad * scale).astype(np.float32), line.score) for line in nets.finder.find(small, level=True)]
    lines = [line.flipped() if over else line for line in back(lines, matrix)]
    lines = sorted(lines, key=lambda line: -line.score * line.width * line.height)[:WITHIN_LINES]
    probe = read_lines(nets.tiny, level, lines[:PROBED])
    if max(_strengths(probe).values()) == 0:
        return None
    texts = probe + read_lines(nets.tiny, level, lines[PROBED:])
    outline = np.roll(quad, 2, axis=0) if over else quad
    return Surface(work, level, tuple(texts), _strengths(texts), outline=outline)


def _turned_lines(finder: TextFinder, small: np.ndarray, turns: int) -> list[Line]:
    """The lines found when the picture is turned upright by quarter turns counter-clockwise, each as four corners in
    shares of the picture as it is.
    """
    quads = [(line.quad, line.score) for line in finder.find(np.ascontiguousarray(np.rot90(small, turns)))]
    height, width = small.shape[:2]
    made = []
    for quad, score in quads:
        shares = quad / ((height, width) if turns % 2 else (width, height))
        for _ in range(turns):
            shares = np.c_[1 - shares[:, 1], shares[:, 0]]
        made.append(Line(shares, score))
    return made


def _largest(lines: Iterable[Line], work: np.ndarray) -> list[Line]:
    """Lines (in shares of the picture) in its pixels, the largest first, and no more than are looked at."""
    size = np.array(work.shape[1::-1], np.float32)
    lines = [Line((line.quad * size).astype(np.float32), line.score) for line in lines]
    return sorted(lines, key=lambda line: -line.score * line.width * line.height)[:MAX_LINES]


def _surface(
    recogniser: Recogniser, work: np.ndarray, level: np.ndarray, lines: list[Line], crowded: bool = False
) -> Surface:
    """The rough reading of lines; upside down where they say nothing the way they are."""
    texts = read_lines(recogniser, level, lines)
    strengths = _strengths(texts)
    if max(strengths.values()) < MIN_STRENGTH:
        flipped = [line.flipped() for line in lines]
        other = read_lines(recogniser, level, flipped[:FLIPPED_LINES])
        if max(_strengths(other).values()) > max(strengths.values()):
            texts = other + read_lines(recogniser, level, flipped[FLIPPED_LINES:])
            strengths = _strengths(texts)
    return Surface(work, level, tuple(texts), strengths, crowded)


def read_lines(recogniser: Recogniser, picture: np.ndarray, lines: Iterable[Line]) -> list[Text]:
    """Each line with what it says."""
    return [Text(line, recogniser.read(cut_line(picture, line, ROUGH_SQUEEZE))) for line in lines]


def _strengths(texts: list[Text]) -> dict[Side, float]:
    made = {Side.FRONT: 0.0, Side.BACK: 0.0}
    for layout in LAYOUTS:
        made[layout.side] = max(made[layout.side], strength(texts, layout))
    return made


def rectify(surface: Surface, placed: Placed, margin: int = 0) -> np.ndarray:
    """The card as WIDTH × HEIGHT px BGR (plus a margin on each side), from the picture as it was taken."""
    shift = np.array([[1, 0, margin], [0, 1, margin], [0, 0, 1.0]])
    size = WIDTH + 2 * margin, HEIGHT + 2 * margin
    return cv2.warpPerspective(surface.picture, shift @ placed.to_card, size, flags=cv2.INTER_LINEAR)


AGAIN_SCALE = 1.1  # px of the rectified card per card unit, for the second look
AGAIN_MARGIN = 48  # card units round the card, in case it was placed a little off
CARD_AREA = -AGAIN_MARGIN, -AGAIN_MARGIN, WIDTH + AGAIN_MARGIN, HEIGHT + AGAIN_MARGIN


def settle(surface: Surface, placed: Placed) -> Placed:
    """The card at its own edges: those that it was found by, or those that are seen near it."""
    if surface.outline is not None:
        return on_outline(placed, surface.outline)
    return replace(onto_edges(surface.picture, placed), adrift=surface.crowded)


def look_again(
    nets: Networks, surface: Surface, placed: Placed, rows: set[str], whole: bool
) -> tuple[Surface, Placed, np.ndarray]:
    """The part of the rectified card that holds those rows as a surface of its own, its light made even and its lines
    found afresh; the card placed on it; and the matrix (3×3) from the photo's pixels to the surface's.

    `whole` takes the whole card instead and places it afresh.
    """
    left, top, right, bottom = CARD_AREA if whole else _area_of(placed, rows)
    shift = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1 / AGAIN_SCALE]]) * AGAIN_SCALE
    to_new = shift @ placed.to_card
    size = round((right - left) * AGAIN_SCALE), round((bottom - top) * AGAIN_SCALE)
    card = cv2.warpPerspective(surface.picture, to_new, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    even = evened(card)
    small = reduced(even, round(DET_SIDE_CARD * max(size) / ((WIDTH + 2 * AGAIN_MARGIN) * AGAIN_SCALE)))
    back = np.array(size, np.float32) / small.shape[1::-1]
    lines = [Line(line.quad * back, line.score) for line in nets.fine_finder.find(small, level=True)]
    texts = tuple(read_lines(nets.tiny, even, lines[:MAX_LINES]))
    fresh = Surface(card, even, texts, _strengths(list(texts)))
    again = moved(placed, to_new, np.linalg.inv(shift))
    if whole:
        again = place_card(list(texts), placed.layout.side) or replace(again, marks=())
        again = again if surface.outline is not None else onto_edges(card, again)
    return fresh, again, to_new


def _area_of(placed: Placed, rows: set[str]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom, in card units, of the rows with their marks and a margin."""
    layout, areas = placed.layout, []
    for row in layout.rows:
        if row.name in rows:
            mark = layout.mark(row.mark)
            low = layout.mark(row.above).y if row.above else mark.y
            areas.append((mark.x0, mark.y, row.x1, low))
    low, high = np.min(areas, axis=0)[:2], np.max(areas, axis=0)[2:]
    return (*(low - AGAIN_MARGIN), *(high + AGAIN_MARGIN))


PORTRAIT_MARGIN = 34  # card units round the printed portrait, so that a face detector finds the whole head


def crop_portrait(surface: Surface, placed: Placed) -> np.ndarray | None:
    """The printed portrait with a margin, at about the photo's own resolution; None on the back."""
    if placed.layout.portrait is None:
        return None
    left, top, right, bottom = np.add(placed.layout.portrait, np.array([-1, -1, 1, 1]) * PORTRAIT_MARGIN)
    edge = placed.picture(np.array([[left, top], [right, top], [left, bottom]], float))
    scale = float(np.clip(np.linalg.norm(edge[1] - edge[0]) / (right - left), 0.4, 2.0))
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale], [0, 0, 1.0]]) @ placed.to_card
    size = round((right - left) * scale), round((bottom - top) * scale)
    return cv2.warpPerspective(surface.picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
