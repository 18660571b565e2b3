"""Following the challenge, on bare numbers: which series of looks count."""

import random
from itertools import pairwise

import pytest

from shiming.verification.challenge import COLOUR_MS, LIT, STEPS, TURNS, Challenge, Step, draw, orders
from shiming.vision.liveness.follow import Look, followed

LEFT_RIGHT_LEFT = Challenge("c", (Step.LEFT, Step.RIGHT, Step.LEFT))

ALL, NONE = ["", "", ""], ["missing"] * 3
SERIES = {
    "as asked": ([0, 14, 30, 12, -20, -33, -5, 29, 38, 3], ALL),
    "swinging straight across": ([0, 20, 30, -28, -10, 35, 0], ALL),
    "frames without a face are passed over": ([0, None, 30, None, 2, -30, None, 1, 30, None, 0], ALL),
    "nothing happens": ([0, 1, -2, 3, 0], NONE),
    "not far enough": ([0, 21, 0, -21, 0, 21, 0], ["too_small"] * 3),
    "a flat photo turned as asked": ([0, 12, 19, 0, -18, 0, 20, 0], ["too_small"] * 3),
    "the wrong way round": ([0, -30, 0, 30, 0, -30, 0], ["wrong"] * 3),
    "one step missing": ([0, 30, 0, -30, 0], ["", "", "missing"]),
    "second step wrong": ([0, 30, 0, 30, 0, 30, 0], ["", "wrong", ""]),
    "one turn too many": ([0, 30, 0, -30, 0, 30, 0, -30, 0], ["", "", "wrong"]),
    "turning left and right all the time": ([0, *[30, -30] * 5, 0], ["", "", "wrong"]),
    "never back to the camera": ([0, 30, 0, -30, 0, 30, 31], ["", "", "missing"]),
    "starts with the head turned": ([30, 0, -30, 0, 30, 0], NONE),
    "starts without a face": ([None, 30, 0, -30, 0, 30, 0], NONE),
    "no frames": ([], NONE),
}


@pytest.mark.parametrize("name", SERIES)
def test_a_series_of_turns(name: str):
    yaws, expected = SERIES[name]
    seen = followed([Look(yaw) for yaw in yaws], [125 * at for at in range(len(yaws))], LEFT_RIGHT_LEFT)
    assert [turn.missed for turn in seen] == expected
    assert [turn.followed for turn in seen] == [not missed for missed in expected]
    assert [turn.asked for turn in seen] == ["left", "right", "left"]


@pytest.mark.parametrize("times", [[0, 100, 100, 200, 300, 400, 500], [0, 100, 200, 300, 400, 9000, 9100]])
def test_a_series_that_stands_still_or_has_a_hole_is_not_finished(times: list[int]):
    """M20.4: the camera broke off; that is nobody's failure."""
    seen = followed([Look(yaw) for yaw in [0, 30, 0, -30, 0, 30, 0]], times, LEFT_RIGHT_LEFT)
    assert {turn.missed for turn in seen} == {"missing"}


def test_each_step_tells_its_widest_turn_and_when():
    yaws = [0, 27, 34, 0, -26, 0, 30, 0]
    seen = followed([Look(yaw) for yaw in yaws], [125 * at for at in range(8)], LEFT_RIGHT_LEFT)
    assert [(turn.yaw, turn.at_ms) for turn in seen] == [(34, 250), (-26, 500), (30, 750)]


def looks(**done: tuple[int, int]) -> tuple[list[Look], list[int]]:
    """Forty looks, one each 200 ms, of a face at rest but for what is done from … until …, in ms."""
    times = [200 * at for at in range(40)]

    def during(name: str, now: int) -> bool:
        return name in done and done[name][0] <= now < done[name][1]

    yaw = [32.0 * during("left", now) - 32.0 * during("right", now) for now in times]
    shut = [6.0 if during("blink", now) else -6.0 for now in times]
    mouth = [0.25 if during("mouth", now) else 0.04 for now in times]
    return [Look(*each) for each in zip(yaw, shut, mouth, strict=True)], times


ASKED = Challenge("c", (Step.LEFT, Step.BLINK, Step.RIGHT), (800, 3000, 5200))
IN_TIME = {"left": (1400, 2000), "blink": (3400, 3900), "right": (5800, 6600)}
TIMED = {
    "done when it was asked": ({}, ["", "", ""]),
    "a turn before it was asked for": ({"left": (200, 900)}, ["early", "", ""]),
    "a turn after its time, when the next step was over": ({"left": (4400, 5000)}, ["late", "missing", ""]),
    "a blink of its own accord does not count": ({"blink": (1000, 1200)}, ["", "missing", ""]),
    "eyes shut too late": ({"blink": (6800, 7200)}, ["", "late", ""]),
    "eyes that never open": ({"blink": (0, 8000)}, ["", "missing", ""]),
    "the mouth is open besides": ({"mouth": (4200, 4600)}, ["", "", ""]),
}


@pytest.mark.parametrize("name", TIMED)
def test_each_step_in_its_time(name: str):
    changed, expected = TIMED[name]
    seen = followed(*looks(**(IN_TIME | changed)), ASKED)
    assert [turn.missed for turn in seen] == expected


def test_a_mouth_that_opens_before_it_is_asked_to_is_a_film():
    asked = Challenge("c", (Step.LEFT, Step.MOUTH), (800, 4000))
    for mouth, expected in (((4600, 5200), ""), ((2400, 3000), "early"), ((0, 0), "missing")):
        assert followed(*looks(left=(1400, 2000), mouth=mouth), asked)[1].missed == expected


def test_every_challenge_has_its_turns_and_its_times():
    drawn = [draw("c", random.Random(seed), light=True) for seed in range(400)]
    assert all(len(each.turns) == STEPS and sum(step.is_turn for step in each.turns) >= TURNS for each in drawn)
    assert {step for each in drawn for step in each.turns} == set(Step)
    assert all(later - earlier >= 2_000 for each in drawn for earlier, later in pairwise(each.show_ms))
    assert len({(each.turns, each.show_ms) for each in drawn}) > 390


def test_light_is_asked_for_only_where_the_holder_agrees():
    plain, lit = ([draw("c", random.Random(seed), light=able) for seed in range(400)] for able in (False, True))
    assert not any(Step.LIGHT in each.turns or each.colours for each in plain)
    with_light = [each for each in lit if Step.LIGHT in each.turns]
    assert 50 < len(with_light) < 110 and {each.colours for each in with_light} <= set(orders())
    assert len({each.colours for each in with_light}) > 15
    for each in with_light:  # the next step waits until the colours are over
        _, off = each.lit
        assert all(shown < off - COLOUR_MS * LIT + 1 or shown >= off for shown in each.show_ms)
    assert all(bool(each.colours) == (each in with_light) for each in lit)


@pytest.mark.parametrize(("away", "missed"), [((0, 0), ""), ((1500, 3100), ""), ((2200, 4800), "missing")])
def test_the_step_of_light_is_to_look_at_the_screen(away: tuple[int, int], missed: str):
    asked = Challenge("c", (Step.LIGHT, Step.LEFT), (2000, 6000), ("red", "blue", "green", "red"))
    seen, times = looks(left=(6500, 7200))
    seen = [Look() if away[0] <= now < away[1] else each for each, now in zip(seen, times, strict=True)]
    told = followed(seen, times, asked)
    assert [turn.missed for turn in told] == [missed, ""]
    assert 2000 <= told[0].at_ms < 5200
