"""How well each measure of a card's picture tells its own fault: the area under the ROC curve (AUC)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from shiming.bench.report import Table
from shiming.bench.spoilt import auc
from shiming.vision import quality
from shiming.vision.card import CardLook
from shiming.vision.card.layout import HEIGHT, LAYOUTS, WIDTH

CODE_OF = {  # a folder of faults → the code that should be told
    "blurred": "photo_blurred", "glare": "photo_glare", "dark": "photo_dark", "covered": "photo_occluded",
    "cut": "photo_cut_off", "small": "photo_too_small",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Graded:
    """One picture: its folder, whether people can read every field, and how much of each fault was measured.

    `amounts` is empty where no card was placed.
    """

    species: str
    readable: bool
    amounts: Mapping[str, float]


def amounts_of(look: CardLook, picture: np.ndarray) -> dict[str, float]:
    """How much of each fault is measured, whether or not it is beyond its limit; `picture` as it was read."""
    if look.rectified is None:
        return {}
    corners = np.asarray(look.seen.corners) * picture.shape[1::-1]
    wide = float(np.linalg.norm(corners[1] - corners[0]) + np.linalg.norm(corners[2] - corners[3])) / 2
    edge = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    to_card = cv2.getPerspectiveTransform(corners.astype(np.float32), edge)
    inside = cv2.warpPerspective(np.ones(picture.shape[:2], np.uint8), to_card, (WIDTH, HEIGHT)) > 0
    layout = next(each for each in LAYOUTS if each.side is look.seen.side)
    marks = [(layout.mark(row.mark), row.x1) for row in layout.rows]
    text = [(mark.x0 - 20, mark.y - 30, right, mark.y + 30) for mark, right in marks]
    beyond = float(np.maximum(-corners, corners - np.array(picture.shape[1::-1]) + 1).max())
    card = quality.CardPicture(look.rectified, inside, layout.quiet, text, wide, max(0.0, beyond) / wide)
    return {code: amount for code, (amount, _) in quality.measure(card).items()}


def table(graded: Sequence[Graded], honest: str = "phone") -> Table:
    """For every fault: its measure on pictures with it against honest ones, and against those still readable."""
    good, lines = [row.amounts for row in graded if row.species == honest and row.amounts], []
    for name, code in CODE_OF.items():
        mine = [row for row in graded if row.species == f"defect_{name}"]
        placed = [row for row in mine if row.amounts]
        spoilt, clear = ([r.amounts for r in placed if r.readable is readable] for readable in (False, True))
        if mine:
            lines.append([code, len(mine), len(placed), _auc(code, good, [row.amounts for row in placed]),
                          len(spoilt), _auc(code, good, spoilt), _auc(code, clear, spoilt)])  # fmt: skip
    heads = ["fault", "n", "card placed", f"AUC, all against {honest}", "spoilt and placed",
             f"AUC, spoilt against {honest}", "AUC, spoilt against readable with the fault"]  # fmt: skip
    return Table("How well each measure tells its fault", heads, lines)


def _auc(code: str, good: Sequence[Mapping[str, float]], bad: Sequence[Mapping[str, float]]) -> float | str:
    """Of the measure turned so that less of it is worse; a dash where one side is missing."""
    sign = 1 if code in quality.BELOW else -1
    sides = [[sign * amounts[code] for amounts in some] for some in (good, bad)]
    return round(auc(*sides), 3) if all(sides) else "–"
