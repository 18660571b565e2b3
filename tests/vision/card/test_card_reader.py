"""Whole cards read from the demo's photos of people who do not exist, and from what is done to those photos here."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from shiming.verification.seen import Field, Side
from shiming.vision.card import CardLook, CardReader, region_of
from shiming.vision.card.finding.registration import place_card
from shiming.vision.card.pipeline import Networks, look, look_again
from shiming.vision.card.reading.strips import strips_of
from shiming.vision.weights import default_folder

ROOT = Path(__file__).parents[3]
CARDS, BAD = ROOT / "src/shiming/demo/cards", ROOT / "tests/bad"
PLAIN = ("hege", "mane", "changqi")  # the first two common cards, one of them bilingual, and one valid for good


@pytest.fixture(scope="module")
def reader() -> CardReader:
    return CardReader(default_folder())


def photo(who: str, side: str = "front") -> np.ndarray:
    return cv2.imread(str(CARDS / who / f"{side}.jpg"))


def truth(who: str, side: str = "front") -> dict[str, str]:
    told = json.loads((CARDS / who / "truth.json").read_text("utf-8"))[side]
    return {name: field["text"] for name, field in told["fields"].items()}


def texts(look: CardLook) -> dict[str, str]:
    return {name: field.text for name, field in look.seen.fields.items()}


def codes(look: CardLook) -> set[str]:
    return {flaw.code for flaw in look.seen.flaws}


@pytest.mark.parametrize("who", PLAIN)
@pytest.mark.parametrize("side", ["front", "back"])
def test_a_plain_card_is_read_whole_without_complaint(reader, who, side):
    look = reader.read(photo(who, side))
    assert texts(look) == truth(who, side)
    assert (look.seen.side, look.seen.cards, look.seen.flaws) == (Side(side), 1, ())
    assert look.seen.specimen
    assert look.rectified.shape == (631, 1000, 3)
    assert (look.portrait is None) == (side == "back")


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_card_is_read_whichever_way_up(reader, turns):
    """M24. Its corners come in the card's own order, as fractions of the picture handed in."""
    picture = np.ascontiguousarray(np.rot90(photo("hege"), turns))
    look = reader.read(picture)
    assert texts(look) == truth("hege")
    told = json.loads((CARDS / "hege/truth.json").read_text("utf-8"))["front"]["corners"]
    told = np.array(told) / photo("hege").shape[1::-1]
    for _ in range(turns):
        told = np.c_[told[:, 1], 1 - told[:, 0]]
    assert np.abs(np.array(look.seen.corners) - told).max() < 0.02


def test_a_glare_over_the_number_is_named_with_its_place_and_the_number_is_not_guessed(reader):
    """M20.10"""
    look = reader.read(photo("fanguang"))
    (glare,) = [flaw for flaw in look.seen.flaws if flaw.code == "photo_glare"]
    assert glare.where.y < 0.88 < glare.where.y + glare.where.h
    assert "number" not in look.seen.fields or look.seen.fields["number"].confidence < 0.5
    assert texts(look)["name"] == truth("fanguang")["name"]


@pytest.mark.parametrize("spread", [9, 14])
def test_a_blurred_card_is_named_blurred(reader, spread):
    """M20.10"""
    assert "photo_blurred" in codes(reader.read(cv2.GaussianBlur(photo("hege"), (0, 0), spread)))


def test_a_card_in_the_dark_is_named_dark(reader):
    """M20.10"""
    noise = np.random.default_rng(1).normal(0, 4, photo("hege").shape)
    dark = np.clip(photo("hege") * 0.07 + noise, 0, 255).astype(np.uint8)
    assert "photo_dark" in codes(reader.read(dark))


def test_a_card_that_runs_out_of_the_picture_is_named_cut_off(reader):
    """M20.10"""
    picture = photo("hege")
    assert "photo_cut_off" in codes(reader.read(picture[:, : round(picture.shape[1] * 0.75)]))


def test_a_finger_over_the_number_is_named_occluded(reader):
    """M20.10"""
    picture, corners = photo("hege"), np.array(reader.read(photo("hege")).seen.corners)
    x, y = (corners[2] * 0.75 + corners[3] * 0.25) * picture.shape[1::-1]
    cv2.ellipse(picture, (round(x), round(y)), (75, 160), 0, 0, 360, (110, 140, 200), -1)
    look = reader.read(picture)
    assert "photo_occluded" in codes(look)
    assert "number" not in look.seen.fields or look.seen.fields["number"].confidence < 0.5


def test_a_rare_character_is_marked_for_the_holder_to_confirm(reader):
    """M24"""
    name = reader.read(photo("yan")).seen.fields["name"]
    assert truth("yan")["name"].index("䶮") in name.doubtful


def test_two_cards_are_counted(reader):
    assert reader.read(cv2.imread(str(BAD / "two_cards.jpg"))).seen.cards == 2
    assert reader.read(np.vstack([photo("hege"), photo("changqi", "back")])).seen.cards == 2


def test_no_card_is_no_card(reader):
    for picture in (cv2.imread(str(BAD / "no_card.jpg")), np.full((480, 640, 3), 128, np.uint8)):
        look = reader.read(picture)
        assert (look.seen.side, look.seen.cards, look.seen.fields) == (Side.NONE, 0, {})
        assert "document_unreadable" in codes(look)


def test_what_is_no_picture_is_refused(reader):
    for wrong in (np.zeros((99, 99), np.uint8), np.zeros((99, 99, 3), np.float32), np.zeros((20, 99, 3), np.uint8)):
        with pytest.raises(ValueError, match="H×W×3"):
            reader.read(wrong)


def test_without_the_mark_the_same_is_read(reader):
    """`design.md` §8.4: no step leans on the mark. Here everything red is painted over, and the mark with it."""
    picture = photo("hege")
    red = picture[..., 2].astype(int) - picture[..., :2].max(axis=2) > 25
    picture[cv2.dilate(red.astype(np.uint8), np.ones((5, 5))) > 0] = np.median(picture, axis=(0, 1))
    look = reader.read(picture)
    assert not look.seen.specimen
    assert texts(look) == truth("hege")


def test_a_card_that_fills_the_picture_is_read_like_a_scan(reader):
    """M24. No edge of the card is to be seen."""
    assert texts(reader.read(reader.read(photo("hege")).rectified)) == truth("hege")


def test_a_stamp_below_the_address_is_no_line_of_it(reader):
    """Printed words in colour, or begun left of the column, are not the holder's address."""
    card = reader.read(photo("hege")).rectified
    cv2.putText(card, "STAMP 123", (170, 515), cv2.FONT_HERSHEY_DUPLEX, 1.1, (40, 40, 215), 3, cv2.LINE_AA)
    assert texts(reader.read(card))["address"] == truth("hege")["address"]


def test_odd_pictures_are_answered_and_never_raise(reader):
    dice = np.random.default_rng(3)
    odd = [
        dice.integers(0, 256, (700, 900, 3), dtype=np.uint8),
        np.full((64, 3000, 3), 255, np.uint8),
        np.zeros((3000, 64, 3), np.uint8),
        np.full((600, 800, 3), 240, np.uint8),
    ]
    cv2.putText(odd[-1], "88", (0, 590), cv2.FONT_HERSHEY_SIMPLEX, 24, (0, 0, 0), 70)
    assert [reader.read(picture).seen.side for picture in odd] == [Side.NONE] * len(odd)


def test_the_place_of_a_number_is_that_of_the_year_of_birth(reader):
    """Test people's codes belong to no place; a real code's place is the one of its time."""
    assert reader.read(photo("hege")).seen.region is None
    nobodys = Field("110103190001010009", 0.99)  # sequence 000 was never given out
    assert region_of(nobodys) == "北京市崇文区"  # a district until 2010


@pytest.mark.parametrize("row", ["name", "address"])
def test_a_second_look_at_one_row_takes_in_little_of_the_card_and_finds_the_row_there(row):
    nets = Networks(default_folder())
    surface = look(nets, photo("hege"))
    placed = place_card(list(surface.texts), Side.FRONT)
    fresh, again, to_fresh = look_again(nets, surface, placed, {row}, whole=False)
    whole, _, _ = look_again(nets, surface, placed, {row}, whole=True)
    assert fresh.picture.size < whole.picture.size / 2
    there = again.to_card @ to_fresh
    assert np.allclose(there / there[2, 2], placed.to_card / placed.to_card[2, 2], atol=1e-6)
    first, second = strips_of(placed, list(surface.texts))[row][0], strips_of(again, list(fresh.texts))[row][0]
    assert not second.guessed
    assert abs(first.x0 - second.x0) < 15 and abs(first.y0 - second.y0) < 8
