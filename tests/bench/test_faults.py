"""AUC of quality measures: graded pictures in, a table out."""

import numpy as np
import pytest

from shiming.bench import faults
from shiming.bench.faults import Graded
from shiming.verification.seen import CardSeen, Side
from shiming.vision import quality
from shiming.vision.card import CardLook


def graded(species: str, light: float, readable: bool = True) -> Graded:
    return Graded(species, readable, dict.fromkeys(quality.LIMITS, 1.0) | {"photo_dark": light})


def test_a_fault_is_told_by_its_measure_where_less_is_worse():
    """M24: of two dark pictures one is as bright as an honest one; the other cannot be read."""
    rows = [graded("phone", 200.0), graded("phone", 150.0), graded("defect_dark", 150.0),
            graded("defect_dark", 40.0, readable=False), Graded("defect_dark", False, {})]  # fmt: skip
    (line,) = faults.table(rows).rows
    assert line == ["photo_dark", 3, 2, pytest.approx(0.875), 1, 1.0, 1.0]


def test_a_fault_without_a_clear_picture_to_set_it_against_has_no_figure():
    (line,) = faults.table([graded("defect_glare", 90.0, readable=False)]).rows
    assert line[3:] == ["–", 1, "–", "–"]


def test_all_measures_are_taken_of_a_placed_card_and_none_of_one_that_was_not():
    corners = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5))
    picture = np.full((1262, 2000, 3), 180, np.uint8)
    look = CardLook(CardSeen(Side.FRONT, 1, corners=corners), picture[:631, :1000])
    amounts = faults.amounts_of(look, picture)
    assert amounts["photo_too_small"] == pytest.approx(1000, abs=1)
    assert amounts["photo_dark"] == 180
    assert faults.amounts_of(CardLook(CardSeen(Side.NONE, 0)), picture) == {}
