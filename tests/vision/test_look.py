"""What a worker does with pictures, from bytes to what was seen."""

import io
import pickle

import cv2
import numpy as np
import pytest
from PIL import Image

from shiming.verification.challenge import Challenge, Step
from shiming.verification.said import Thresholds
from shiming.verification.seen import Side
from shiming.vision import look
from shiming.vision.face import similarity
from shiming.vision.picture import BadPicture
from tests.vision import banks

CARDS = banks.FACES.parent / "cards"
HEGE = "hege"


def jpeg(picture: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


def front() -> bytes:
    return (CARDS / HEGE / "front.jpg").read_bytes()


def test_a_card_comes_with_its_portraits_template_and_clean_pictures():
    seen = look.card(front())
    live = look.face([jpeg(banks.frame(HEGE, "front-1"))], [0], Challenge("c", (Step.LEFT,))).seen
    assert seen.seen.side is Side.FRONT
    assert similarity(seen.seen.portrait, live.template) > Thresholds().same_portrait
    for kept in (seen.clean, seen.rectified, seen.portrait):
        assert Image.open(io.BytesIO(kept)).format == "JPEG"
    assert {name.split("@")[0] for name in seen.seen.models} >= {"sface.onnx", "yunet.onnx"}


def test_the_back_has_no_portrait():
    seen = look.card((CARDS / HEGE / "back.jpg").read_bytes())
    assert (seen.seen.side, seen.seen.portrait, seen.portrait) == (Side.BACK, None, None)


def test_a_picture_too_small_for_a_card_says_so():
    seen = look.card(jpeg(np.zeros((40, 300, 3), np.uint8))).seen
    assert [flaw.code for flaw in seen.flaws] == ["photo_too_small"]


def test_frames_come_back_clean_with_the_best_one():
    frames = [jpeg(picture) for picture in banks.film(HEGE, "front-1 left-20 left-38a front-2")]
    result = look.face(frames, banks.times(4), Challenge("c", (Step.LEFT,)))
    assert [turn.followed for turn in result.seen.turns] == [True]
    assert result.best == result.frames[result.seen.best]
    assert len(result.frames) == 4


def test_one_bad_frame_refuses_the_recording():
    with pytest.raises(BadPicture):
        look.face([jpeg(banks.frame(HEGE, "front-1")), b"not a picture"], [0, 100], Challenge("c", (Step.LEFT,)))


def held_up() -> np.ndarray:
    """Somebody holds a card under the chin."""
    face = cv2.resize(banks.frame(HEGE, "front-1"), (1200, 1600))
    card = cv2.resize(cv2.imdecode(np.frombuffer(front(), np.uint8), cv2.IMREAD_COLOR), (1200, 900))
    return np.vstack([face, card])


def test_the_face_printed_on_the_card_is_not_a_second_person():
    held = look.handheld(jpeg(held_up())).seen
    assert (held.faces, held.cards) == (1, 1)
    live = look.face([jpeg(banks.frame(HEGE, "front-2"))], [0], Challenge("c", (Step.LEFT,))).seen
    assert similarity(held.template, live.template) > Thresholds().same_face
    assert held.number is not None


def test_likeness_is_a_cosine_or_none_without_a_face():
    face = jpeg(banks.frame(HEGE, "front-1"))
    assert look.likeness(face, jpeg(banks.frame(HEGE, "front-2"))) > 0.8
    assert look.likeness(face, jpeg(np.full((300, 300, 3), 120, np.uint8))) is None


def test_guidance_tells_where_the_face_is_and_how_it_is_turned():
    told = look.guide(jpeg(cv2.resize(banks.frame(HEGE, "left-30a"), (240, 320))))
    assert told.faces == 1
    assert told.yaw > 20
    assert 0 < told.box[0] < 0.6
    assert look.guide(jpeg(np.zeros((320, 240, 3), np.uint8))).faces == 0


def test_results_cross_between_processes():
    result = look.card(front())
    assert pickle.loads(pickle.dumps(result)) == result  # noqa: S301
