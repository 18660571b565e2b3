"""The made attacks: a sheet is held and bent as geometry says, and challenges are acted out in their time."""

import random

import numpy as np
import pytest

from shiming.verification.challenge import Challenge, Step, draw
from tools.attacks import film
from tools.attacks.sheet import Shape, shown
from tools.people.mesh import rotation

ROOM = np.full((120, 90, 3), 40, np.uint8)


def held(turn: float, shape: Shape) -> np.ndarray:
    """Where a white sheet with a black middle line is seen."""
    sheet = np.full((120, 90, 3), 255, np.uint8)
    sheet[:, 43:47] = 0
    return shown(sheet, ROOM, rotation(turn, 0, 0), shape, distance=3.0, scale=0.8)[..., 0]


def test_a_sheet_gets_narrower_as_it_is_turned():
    widths = [int((held(turn, Shape())[60] > 150).sum()) for turn in (0, 30, 60)]
    assert widths[0] == pytest.approx(0.8 * 90 - 4, abs=3)
    assert widths[2] < 0.6 * widths[0] < widths[1] < widths[0]


@pytest.mark.parametrize("shape", [Shape(), Shape("bent", 1.2), Shape("folded", 0.4)])
def test_the_middle_of_a_sheet_stays_where_it_is_held(shape: Shape):
    for turn in (0, 25):
        dark = np.flatnonzero(held(turn, shape)[60, 30:60] < 100) + 30
        assert abs(dark.mean() - 45) < 6


def test_a_willing_person_acts_after_each_step_is_shown():
    asked = Challenge("c", (Step.RIGHT, Step.BLINK, Step.LEFT), (800, 3300, 6000))
    pose = film.act(asked, np.random.default_rng(1))
    yaws = [pose(now).yaw for now in range(0, 9000, 50)]
    assert abs(yaws[800 // 50]) < 5
    assert min(yaws[:60]) < -25 < 25 < max(yaws[120:])
    assert max(pose(now).shut for now in range(3300, 5200, 50)) > 0.9


def test_frames_come_unevenly_until_the_last_step_is_over():
    asked = draw("c", random.Random(3))
    times = film.times(asked, np.random.default_rng(2))
    assert times[-1] > asked.show_ms[-1] + 2_000
    assert np.diff(times).std() > 3
