"""Following the challenge, on bare numbers: which series of turns count."""

import pytest

from shiming.verification.challenge import Challenge, Turn
from shiming.vision.liveness.follow import followed

LEFT_RIGHT_LEFT = Challenge("c", (Turn.LEFT, Turn.RIGHT, Turn.LEFT))

ALL, NONE = [True, True, True], [False, False, False]
SERIES = {
    "as asked": ([0, 14, 30, 12, -20, -33, -5, 29, 38, 3], ALL),
    "swinging straight across": ([0, 20, 30, -28, -10, 35, 0], ALL),
    "frames without a face are passed over": ([0, None, 30, None, 2, -30, None, 1, 30, None, 0], ALL),
    "nothing happens": ([0, 1, -2, 3, 0], NONE),
    "not far enough": ([0, 24, 0, -24, 0, 24, 0], NONE),
    "a flat photo turned as asked": ([0, 12, 19, 0, -18, 0, 20, 0], NONE),
    "the wrong way round": ([0, -30, 0, 30, 0, -30, 0], NONE),
    "one step missing": ([0, 30, 0, -30, 0], [True, True, False]),
    "second step wrong": ([0, 30, 0, 30, 0, 30, 0], [True, False, True]),
    "one turn too many": ([0, 30, 0, -30, 0, 30, 0, -30, 0], [True, True, False]),
    "turning left and right all the time": ([0, *[30, -30] * 5, 0], [True, True, False]),
    "never back to the camera": ([0, 30, 0, -30, 0, 30, 31], [True, True, False]),
    "starts with the head turned": ([30, 0, -30, 0, 30, 0], NONE),
    "starts without a face": ([None, 30, 0, -30, 0, 30, 0], NONE),
    "no frames": ([], NONE),
}


@pytest.mark.parametrize("name", SERIES)
def test_a_series_of_turns(name: str):
    yaws, expected = SERIES[name]
    seen = followed(yaws, [125 * at for at in range(len(yaws))], LEFT_RIGHT_LEFT)
    assert [turn.followed for turn in seen] == expected
    assert [turn.asked for turn in seen] == ["left", "right", "left"]


@pytest.mark.parametrize("times", [[0, 100, 100, 200, 300, 400, 500], [0, 100, 200, 300, 400, 9000, 9100]])
def test_a_series_that_stands_still_or_has_a_hole_follows_nothing(times: list[int]):
    seen = followed([0, 30, 0, -30, 0, 30, 0], times, LEFT_RIGHT_LEFT)
    assert not any(turn.followed for turn in seen)


def test_each_step_tells_its_widest_turn_and_when():
    seen = followed([0, 27, 34, 0, -26, 0, 30, 0], [125 * at for at in range(8)], LEFT_RIGHT_LEFT)
    assert [(turn.yaw, turn.at_ms) for turn in seen] == [(34, 250), (-26, 500), (30, 750)]
