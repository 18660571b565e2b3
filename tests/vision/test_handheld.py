"""Hand-held photos made here: a rendered person's frame above a demo photo of a card."""

import cv2
import numpy as np
import pytest

from shiming.verification.seen import HandheldSeen, Side
from shiming.verification.source_answers import Thresholds
from shiming.vision import picture_tasks
from shiming.vision.face import similarity
from shiming.vision.handheld_forgery import measured
from tests.vision import banks

CARDS = banks.FACES.parent / "cards"


def held_up(side: str = "front", above: int = 0) -> np.ndarray:
    """Hege holds the card under the chin, or `above` px higher."""
    face = cv2.resize(banks.frame("hege", "front-1"), (900, 1200))
    card = cv2.resize(cv2.imread(str(CARDS / "hege" / f"{side}.jpg")), (900, 675))
    if above:
        face = face[: 1200 - above]
    return np.vstack([face, card])


def seen(picture: np.ndarray) -> HandheldSeen:
    return picture_tasks.handheld(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes(), True).seen


def test_face_card_and_printed_portrait_are_one_person():
    """M11"""
    held = seen(held_up())
    assert (held.faces, held.cards, held.side) == (1, 1, Side.FRONT)
    assert held.number is not None
    assert similarity(held.template, held.portrait) > Thresholds().same_portrait_held


def test_a_mirrored_photo_is_read_all_the_same():
    """Front cameras save what the mirror shows; nobody is sent back for that."""
    plain, mirrored = held_up(), seen(np.ascontiguousarray(held_up()[:, ::-1]))
    assert mirrored.number.text == seen(plain).number.text


def test_a_card_held_the_wrong_way_round_is_its_back():
    assert seen(held_up("back")).side is Side.BACK


def test_only_a_person_is_no_card():
    held = seen(banks.frame("hege", "front-1"))
    assert (held.faces, held.cards, held.number, held.signs) == (1, 0, None, ())


def test_a_card_smoother_than_all_round_it_is_measured_as_that():
    dice = np.random.default_rng(1)
    luma = (dice.normal(0, 4, (800, 800)) + 120).astype(np.float32)
    corners = np.float64([[200, 280], [600, 280], [600, 530], [200, 530]])
    assert measured(luma, corners)[1] == pytest.approx(0, abs=0.1)
    luma[280:530, 200:600] = 120
    assert measured(luma, corners)[1] > 1
