"""What a holder is told while the camera is on the card: where it is, which side, and what to change."""

import json

import cv2
import numpy as np
import pytest

from shiming.vision import picture_tasks
from shiming.vision.task import CardFrameResult
from tests.vision import banks

CARDS = banks.FACES.parent / "cards"
LONG = 960


def frame(who: str, side: str = "front") -> tuple[np.ndarray, np.ndarray]:
    """A camera frame (BGR) and the card's corners as fractions."""
    picture = cv2.imread(str(CARDS / who / f"{side}.jpg"))
    told = json.loads((CARDS / who / "truth.json").read_text("utf-8"))[side]["corners"]
    scale = LONG / max(picture.shape[:2])
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), told / np.array(
        picture.shape[1::-1]
    )


def told(picture: np.ndarray) -> CardFrameResult:
    return picture_tasks.guide_card(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes())


def codes(result: CardFrameResult) -> set[str]:
    return {flaw.code for flaw in result.flaws}


def flat(who: str, side: str = "front") -> np.ndarray:
    """The card alone, seen straight on."""
    picture, corners = frame(who, side)
    seen = (corners * picture.shape[1::-1]).astype(np.float32)
    box = np.float32([[0, 0], [1000, 0], [1000, 631], [0, 631]])
    return cv2.warpPerspective(picture, cv2.getPerspectiveTransform(seen, box), (1000, 631), flags=cv2.INTER_CUBIC)


def laid(card: np.ndarray, share: float, turn: float = 0, slant: float = 0) -> np.ndarray:
    """The card on a brown desk, as wide as that share of a page's frame of 320 px, turned in it, leaning back."""
    wide, high = 1280, 960
    height, width = card.shape[:2]
    size = share * wide * np.array([1, height / width])
    box = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * size / 2
    lean, angle = np.radians(slant), np.radians(turn)
    far = 1.6 * wide
    seen = box * (1, np.cos(lean)) * far / (far + box[:, 1:] * np.sin(lean))
    seen = seen @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) + (wide / 2, high / 2)
    edges = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    matrix = cv2.getPerspectiveTransform(edges, seen.astype(np.float32))
    desk = np.random.default_rng(0).normal((78, 96, 112), 4, (high, wide, 3)).clip(0, 255).astype(np.uint8)
    cv2.warpPerspective(card, matrix, (wide, high), dst=desk, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_TRANSPARENT)
    return cv2.resize(desk, (320, 240), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("side", ["front", "back"])
@pytest.mark.parametrize("who", ["hege", "changqi"])
def test_a_card_in_order_is_found_with_its_side_and_no_flaw(who, side):
    """M24. The same codes as on the finished picture, before it is taken."""
    picture, corners = frame(who, side)
    result = told(picture)
    assert result.side == side
    assert np.abs(np.array(result.corners) - corners).max() < 0.06
    assert result.flaws == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda p: (p * 0.3).astype(np.uint8), "photo_dark"),
        (lambda p: cv2.GaussianBlur(p, (0, 0), 5), "photo_blurred"),
        (lambda p: cv2.circle((p * 0.7).astype(np.uint8), (450, 330), 60, (255, 255, 255), -1), "photo_glare"),
    ],
)
def test_what_spoils_a_picture_is_told_before_it_is_taken(change, code):
    """M13"""
    assert code in codes(told(change(frame("hege")[0])))


def test_a_far_card_is_to_come_closer():
    picture, _ = frame("hege")
    far = cv2.resize(picture, None, fx=0.42, fy=0.42, interpolation=cv2.INTER_AREA)
    edges = (150, 720 - far.shape[0] - 150, 250, 960 - far.shape[1] - 250)
    result = told(cv2.copyMakeBorder(far, *edges, cv2.BORDER_REPLICATE))
    assert "photo_too_small" in codes(result)
    assert result.hints[:1] == ("closer",)


@pytest.mark.parametrize("side", ["front", "back"])
@pytest.mark.parametrize(
    ("share", "turn", "slant", "hints"),
    [
        (0.8, 0, 0, ()),
        (0.6, 0, 0, ()),
        (0.4, 0, 0, ("closer",)),
        (0.8, 8, 0, ()),
        (0.7, 25, 0, ("straight",)),
        (0.8, 0, 40, ("straight",)),
    ],
)
def test_a_sharp_card_in_a_page_s_small_frame_is_not_blurred_nor_covered(side, share, turn, slant, hints):
    """Frames are 320 px wide: there the print of a shrunk card is coarse, however still the phone is held."""
    result = told(laid(flat("hege", side), share, turn, slant))
    assert result.hints == hints
    assert codes(result) <= {"photo_too_small"}
    blurred = cv2.GaussianBlur(flat("hege", side), (0, 0), 4)
    assert "photo_blurred" in codes(told(laid(blurred, share, turn, slant)))


@pytest.mark.parametrize("side", ["front", "back"])
def test_a_finger_on_the_card_is_told_with_its_place(side):
    """M13"""
    held = cv2.line(laid(flat("hege", side), 0.8), (160, 228), (160, 180), (140, 170, 215), 32, cv2.LINE_AA)
    seen = {flaw.code: flaw.where for flaw in told(held).flaws}
    assert 0.35 < seen["photo_occluded"].x < 0.5 and seen["photo_occluded"].y > 0.6


def test_a_card_whose_outline_is_only_guessed_shows_no_finger():
    """M13: what lies beside it would be taken for one."""
    assert "photo_occluded" not in codes(told(laid(flat("hege"), 0.8, 0, 50)))


def test_an_empty_desk_and_a_person_show_no_card():
    desk = cv2.imread(str(CARDS.parents[3] / "tests/bad/no_card.jpg"))
    assert told(desk if desk is not None else np.full((720, 960, 3), 120, np.uint8)) == CardFrameResult("none")
    assert told(np.zeros((480, 640, 3), np.uint8)) == CardFrameResult("none")
