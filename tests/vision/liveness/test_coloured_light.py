"""The screen's coloured light on a face: told from other light, from none, and from the camera's own whims."""

import random
from dataclasses import replace

import cv2
import numpy as np
import pytest

from shiming.checks.liveness import light_answered
from shiming.demo import camera, screen_light
from shiming.demo.cast import face_frames
from shiming.policy import DEFAULT
from shiming.verification.challenge import LIT, Challenge, Step, draw, orders
from shiming.verification.seen import LightSeen
from shiming.vision.face import Face, FaceReader
from shiming.vision.liveness import LivenessReader, coloured_light
from shiming.vision.picture import encoded, linear
from shiming.vision.weights import default_folder

COLOURS = ("green", "red", "blue", "green")
ASKED = Challenge("c", (Step.LEFT, Step.LIGHT, Step.RIGHT), (700, 3100, 7200), COLOURS)
FACE = Face((60.0, 60.0, 120.0, 160.0), 0.9, np.zeros((5, 2), np.float32))


def filmed(strength: float, colours=COLOURS, every: int = 250, seed: int = 1, noise: float = 0.004, late=0) -> list:
    """Times, and tints of a face lit so strongly, before a camera whose measures waver and drift."""
    rng = np.random.default_rng(seed)
    times = np.arange(0, 9000, every) + rng.integers(-15, 15, 9000 // every)
    start, _ = ASKED.lit
    since = [now - start - 150 for now in times]
    lit = np.log1p(strength * np.array([screen_light.light(colours if now > late else (), now) for now in since]))
    tints = np.column_stack([lit[:, 2] - lit[:, 1], lit[:, 0] - lit[:, 1]])
    tints += rng.normal(0, noise, tints.shape) + np.outer(times / 9000, rng.normal(0, 0.03, 2))
    return [tuple(each) for each in tints.tolist()], times.tolist()


def answered(seen: LightSeen) -> bool:
    return light_answered(seen, DEFAULT)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("strength", "every"), [(0.03, 150), (0.05, 300), (0.3, 300)])
def test_a_face_that_is_lit_answers(strength: float, every: int, seed: int):
    colours = random.Random(seed).choice(orders())
    seen = coloured_light.answered(*filmed(strength, colours, every, seed), replace(ASKED, colours=colours))
    assert answered(seen)
    assert seen.strength == pytest.approx(strength, rel=0.35)


@pytest.mark.parametrize("colours", orders())
def test_somebody_who_came_late_answers_with_what_is_left(colours: tuple[str, ...]):
    """The step before went on until most of the first colour was over."""
    seen = coloured_light.answered(*filmed(0.05, colours, late=700), replace(ASKED, colours=colours))
    assert answered(seen)


@pytest.mark.parametrize("seed", range(10))
def test_a_face_that_is_not_lit_answers_nothing(seed: int):
    seen = coloured_light.answered(*filmed(0.0, seed=seed), ASKED)
    assert not answered(seen) and seen.rival < 0.9


@pytest.mark.parametrize("other", [("red", "green", "red", "blue"), ("blue", "green", "red", "blue")])
def test_light_of_other_colours_is_told(other: tuple[str, ...]):
    seen = coloured_light.answered(*filmed(0.1, other), ASKED)
    assert seen.fit < DEFAULT.light_fits and seen.rival > 0.95


def test_too_few_frames_tell_nothing():
    tints, times = filmed(0.1)
    start, end = ASKED.lit
    turned = [None if start + 1000 < now < end else tint for tint, now in zip(tints, times, strict=True)]
    assert coloured_light.answered(turned, times, ASKED) is None
    assert coloured_light.answered(tints, times, Challenge("c", (Step.LEFT,), (700,))) is None


def test_every_order_differs_from_its_neighbours_in_the_row():
    assert len(orders()) == 3 * 2 ** (LIT - 1)


def scene(face: tuple[int, int, int], room: tuple[int, int, int]) -> np.ndarray:
    picture = np.full((320, 240, 3), room, np.uint8)
    cv2.ellipse(picture, (120, 140), (62, 88), 0, 0, 360, face, -1)
    return picture


def test_what_the_camera_does_to_the_whole_picture_does_not_count():
    before = coloured_light.tint(scene((110, 130, 170), (120, 120, 120)), FACE)
    warmer = encoded(linear(scene((110, 130, 170), (120, 120, 120))) * np.array([0.8, 1.0, 1.2]))
    reddish = coloured_light.tint(scene((110, 130, 180), (120, 120, 120)), FACE)
    assert coloured_light.tint(warmer, FACE) == pytest.approx(before, abs=0.02)
    assert reddish[0] - before[0] > 0.05 and reddish[1] == pytest.approx(before[1], abs=0.02)


@pytest.mark.parametrize("face", [(-30.0, -40.0, 300.0, 400.0), (400.0, 10.0, 50.0, 60.0)])
def test_a_face_that_fills_the_picture_or_left_it_tells_nothing(face: tuple[float, ...]):
    seen = coloured_light.tint(scene((110, 130, 170), (120, 120, 120)), replace(FACE, box=face))
    assert seen is None


def test_white_that_is_full_does_not_count():
    assert coloured_light.tint(scene((250, 250, 255), (120, 120, 120)), FACE) is None


@pytest.mark.parametrize("slug", ["hege", "shaohou"])
def test_the_demo_s_people_are_lit_by_their_screens(slug: str):
    """The whole way: a film of a rendered person who answers a challenge with light in it."""
    asked = next(c for seed in range(99) if (c := draw("c", random.Random(f"{slug}{seed}"), light=True)).colours)
    reader = LivenessReader(FaceReader(default_folder()), default_folder())
    frames, times = camera.live(face_frames(slug), asked, 1)
    seen = reader.look([camera.decoded(frame) for frame in frames], times, asked)
    assert [turn.missed for turn in seen.turns] == ["", "", ""]
    assert answered(seen.light)
    dark = reader.look([camera.decoded(frame) for frame in frames], times, replace(asked, colours=asked.colours[::-1]))
    assert not answered(dark.light) or asked.colours == asked.colours[::-1]
