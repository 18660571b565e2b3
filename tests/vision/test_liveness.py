"""Liveness on rendered people: a head that turns follows the challenge, a photo that is turned does not."""

import cv2
import numpy as np
import pytest

from shiming.verification.challenge import MIN_YAW, Challenge, Turn
from shiming.verification.seen import Thresholds
from shiming.vision.face import FaceReader, similarity
from shiming.vision.liveness import LivenessReader
from shiming.vision.weights import default_folder
from tests.vision import banks

LEFT, RIGHT = Turn.LEFT, Turn.RIGHT
CHALLENGE = Challenge("c", (LEFT, RIGHT, LEFT))
AS_ASKED = "front-1 left-20 left-38b front-2 right-20 right-38a front-3 left-30b left-38a front-4"
SOME = banks.slugs()[:3]


@pytest.fixture(scope="module")
def reader() -> LivenessReader:
    return LivenessReader(FaceReader(default_folder()), default_folder())


@pytest.mark.parametrize("slug", SOME)
def test_a_living_person_who_turns_as_asked_is_seen_to(reader: LivenessReader, slug: str):
    frames = banks.film(slug, AS_ASKED)
    seen = reader.look(frames, banks.times(len(frames)), CHALLENGE)
    assert [turn.followed for turn in seen.turns] == [True, True, True]
    assert seen.faces == (1,) * len(frames)
    assert (seen.repeated, seen.flaws) == (0, ())
    assert seen.same_person >= Thresholds().same_session
    assert abs(float(np.linalg.norm(seen.template)) - 1) < 1e-5
    assert AS_ASKED.split()[seen.best].startswith("front")


def test_the_same_film_does_not_answer_another_challenge(reader: LivenessReader):
    frames = banks.film(SOME[0], AS_ASKED)
    for turns in ((RIGHT, LEFT, RIGHT), (LEFT, LEFT, LEFT), (LEFT, RIGHT, RIGHT)):
        seen = reader.look(frames, banks.times(len(frames)), Challenge("c", turns))
        assert not all(turn.followed for turn in seen.turns)


@pytest.mark.parametrize("slug", SOME)
def test_measured_turns_are_true_turns(reader: LivenessReader, slug: str):
    for name, true in banks.poses(slug).items():
        measured = reader.frame(banks.frame(slug, name)).yaw
        assert abs(measured - true) < 11, (name, true, measured)
        assert abs(measured) >= MIN_YAW or abs(true) < 36, (name, true, measured)


@pytest.mark.parametrize("slug", SOME)
def test_a_photo_held_up_and_turned_follows_nothing(reader: LivenessReader, slug: str):
    """M20.7: the photo of the same person, turned as the challenge asks."""
    for widest in (35, 45, 55):
        angles = (0, 0.5, 1, 0, -0.5, -1, 0, 0.5, 1, 0)
        frames = [banks.turned_photo(banks.frame(slug, "front-1"), widest * angle) for angle in angles]
        seen = reader.look(frames, banks.times(len(frames)), CHALLENGE)
        assert not any(turn.followed for turn in seen.turns)
        assert max(abs(turn.yaw) for turn in seen.turns) < MIN_YAW
        assert seen.template is not None


def test_a_photo_shown_between_the_turns_of_somebody_else_is_noticed(reader: LivenessReader):
    """M20.1: a second person acts; the frontal frames show the holder's photo, the turns are another's."""
    holder, other = SOME[:2]
    names = AS_ASKED.split()
    frames = [banks.frame(holder if name.startswith("front") else other, name) for name in names]
    seen = reader.look(frames, banks.times(len(frames)), CHALLENGE)
    assert seen.same_person < Thresholds().same_session


def test_frames_that_come_twice_are_counted_even_when_compressed_anew(reader: LivenessReader):
    frames = banks.film(SOME[0], "front-1 front-2 front-1 left-10")
    again = cv2.imdecode(cv2.imencode(".jpg", frames[1], [cv2.IMWRITE_JPEG_QUALITY, 80])[1], cv2.IMREAD_COLOR)
    seen = reader.look([*frames, again], banks.times(5), CHALLENGE)
    assert seen.repeated == 2


def test_an_empty_room_has_no_face_and_no_template(reader: LivenessReader):
    seen = reader.look([np.full((480, 640, 3), 90, np.uint8)] * 2, [0, 100], CHALLENGE)
    assert (seen.faces, seen.template) == ((0, 0), None)
    assert not any(turn.followed for turn in seen.turns)


def test_two_people_in_front_of_the_camera_are_counted(reader: LivenessReader):
    both = np.hstack([banks.frame(slug, "front-1") for slug in SOME[:2]])
    assert reader.look([both], [0], CHALLENGE).faces == (2,)


def test_the_fused_template_is_the_person(reader: LivenessReader):
    seen = [reader.look(banks.film(s, "front-1 front-2 front-3"), banks.times(3), CHALLENGE) for s in SOME[:2]]
    later = reader.look(banks.film(SOME[0], "front-4 front-5"), banks.times(2), CHALLENGE)
    assert similarity(seen[0].template, later.template) > 0.8
    assert similarity(seen[1].template, later.template) < 0.6


def test_as_many_times_as_frames_are_needed(reader: LivenessReader):
    with pytest.raises(ValueError, match="one time for each frame"):
        reader.look(banks.film(SOME[0], "front-1"), [], CHALLENGE)
