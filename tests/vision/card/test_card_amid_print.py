"""A card that lies on a page, on a page turned otherwise, beside another card (issue 21).

The pages' print is drawn by OpenCV, the cards are the demo's, cut out of their photos.
"""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from shiming.verification.seen import Side
from shiming.vision.card import CardReader
from shiming.vision.weights import default_folder

CARDS = Path(__file__).parents[3] / "src/shiming/demo/cards"
WORDS = "All parties agree that this contract shall remain in force until it is replaced by another one"


@pytest.fixture(scope="module")
def reader() -> CardReader:
    return CardReader(default_folder())


def cut_out(who: str, side: str = "front", wide: int = 900) -> np.ndarray:
    """A demo card without the table that it lies on."""
    corners = np.float32(json.loads((CARDS / who / "truth.json").read_text("utf-8"))[side]["corners"])
    high = round(wide * 0.631)
    box = np.float32([[0, 0], [wide, 0], [wide, high], [0, high]])
    picture = cv2.imread(str(CARDS / who / f"{side}.jpg"))
    return cv2.warpPerspective(picture, cv2.getPerspectiveTransform(corners, box), (wide, high))


def fields(who: str, side: str = "front") -> dict[str, str]:
    told = json.loads((CARDS / who / "truth.json").read_text("utf-8"))[side]["fields"]
    return {name: field["text"] for name, field in told.items()}


def page(turns: int = 0) -> np.ndarray:
    """A sheet full of print, 1600 × 1200 px."""
    sheet = np.full((1600, 1600, 3), 246, np.uint8)
    for i, y in enumerate(range(30, 1600, 42)):
        text = WORDS[i % 9 :] + " " + WORDS
        cv2.putText(sheet, text, (20, y), cv2.FONT_HERSHEY_DUPLEX, 0.85, (50, 50, 50), 1, cv2.LINE_AA)
    return np.ascontiguousarray(np.rot90(sheet, turns)[:1200])


def laid(ground: np.ndarray, card: np.ndarray, left: int, top: int, lean: float = 0.0) -> np.ndarray:
    """The card on the ground, its shadow round it, turned by some degrees."""
    high, wide = card.shape[:2]
    matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), lean, 1.0)
    matrix[:, 2] += left, top
    size = ground.shape[1::-1]
    share = cv2.warpAffine(np.full((high, wide), 255, np.uint8), matrix, size).astype(np.float32)[..., None] / 255
    shade = 1 - 0.35 * cv2.GaussianBlur(share, (0, 0), 6)[..., None]
    return (ground * shade * (1 - share) + cv2.warpAffine(card, matrix, size) * share).astype(np.uint8)


@pytest.mark.parametrize(("turns", "lean"), [(0, 0.0), (0, 12.0), (1, -6.0), (2, 3.0)])
def test_a_card_on_a_printed_page_is_read_by_its_own_lines(reader, turns, lean):
    """The lines that were kept were the page's; what was left of the card was told blurred and cut off."""
    look = reader.read(laid(page(turns), cut_out("hege"), 380, 300, lean))
    assert {name: field.text for name, field in look.seen.fields.items()} == fields("hege")
    assert (look.seen.side, look.seen.cards, look.seen.flaws) == (Side.FRONT, 1, ())


def test_a_back_on_a_printed_page_is_read(reader):
    look = reader.read(laid(page(), cut_out("hege", "back"), 420, 250, 4.0))
    assert {name: field.text for name, field in look.seen.fields.items()} == fields("hege", "back")


@pytest.mark.parametrize("turns", [0, 1])
def test_a_page_without_a_card_shows_no_card_and_is_called_neither_blurred_nor_cut_off(reader, turns):
    seen = reader.read(page(turns)).seen
    assert (seen.side, seen.cards) == (Side.NONE, 0)
    assert {flaw.code for flaw in seen.flaws} == {"document_unreadable"}


@pytest.mark.parametrize("beside", [True, False])
def test_two_fronts_in_one_picture_are_two_cards_and_nothing_else(reader, beside):
    """One of six such pictures was told blurred, covered and cut off instead."""
    size = (900, 1900) if beside else (1400, 1000)
    ground = np.full((*size, 3), (60, 70, 80), np.uint8)
    first, second = (cut_out(who, wide=820) for who in ("hege", "changqi"))
    at = ((60, 150), (1000, 170)) if beside else ((60, 80), (90, 740))
    picture = laid(laid(ground, first, *at[0], 2.0), second, *at[1], -3.0)
    seen = reader.read(picture).seen
    assert (seen.cards, seen.flaws) == (2, ())
