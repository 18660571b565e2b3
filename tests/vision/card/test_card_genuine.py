"""Copies, screens and changed photos, made here from the demo's photos of people who do not exist."""

import json
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest

from shiming.verification.seen import Box, Field, Side
from shiming.vision.card.judging.genuine import colourfulness, signs_of
from shiming.vision.card.judging.genuine_history import missed_steps
from shiming.vision.card.judging.genuine_pattern import patterns
from shiming.vision.card.layout import HEIGHT, WIDTH
from tools.specimens import copies, effects, printed, retouched, shown
from tools.specimens.card import Flat
from tools.specimens.ink import CARD_MM
from tools.specimens.shot import Shot

CARDS = Path(__file__).parents[3] / "src/shiming/demo/cards"
EDGE = np.float32([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]])
HONEST = ("hege", "mane", "changqi", "guoqi", "tishen")


def photo(who: str, side: str = "front") -> tuple[np.ndarray, np.ndarray]:
    """A demo photo (BGR) and its card's corners in px."""
    told = json.loads((CARDS / who / "truth.json").read_text("utf-8"))[side]["corners"]
    return cv2.imread(str(CARDS / who / f"{side}.jpg")), np.float32(told)


def codes(picture: np.ndarray, corners: np.ndarray, side: Side = Side.FRONT, fields: dict | None = None) -> set[str]:
    rectified = cv2.warpPerspective(picture, cv2.getPerspectiveTransform(corners, EDGE), (WIDTH, HEIGHT))
    shares = [tuple(corner) for corner in corners / picture.shape[1::-1]]
    return {sign.code for sign in signs_of(rectified, picture, shares, fields or {}, side)}


def jpeg(picture: np.ndarray, quality: int = 90) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


@pytest.mark.parametrize("who", HONEST)
@pytest.mark.parametrize("side", ["front", "back"])
def test_an_honest_photo_bears_no_sign(who, side):
    assert codes(*photo(who, side), Side(side)) == set()


def test_a_forwarded_photo_made_smaller_and_saved_again_bears_no_sign():
    picture, corners = photo("hege")
    assert codes(jpeg(cv2.resize(picture, None, fx=0.75, fy=0.75), 60), corners * 0.75) == set()


@pytest.mark.parametrize("way", {**copies.KNOWN, **copies.FOREIGN}.values(), ids=lambda way: way.__name__)
def test_a_messengers_copy_bears_no_sign(way):
    """M20.10. What is printed finely passes for noise in a small copy, and the portrait, which bears none, was called
    pasted in; sharpened, such print passed for a printer's grain."""
    for who, side, quality in (("hege", 640, 50), ("mane", 800, 70), ("guoqi", 1080, 90), ("mane", 1600, 40)):
        picture, corners = photo(who)
        copy = copies.opened(way(picture[..., ::-1], side, quality))[..., ::-1]
        assert codes(np.ascontiguousarray(copy), corners * (copy.shape[1] / picture.shape[1])) == set(), (who, quality)


def test_a_grainy_ground_is_no_witness_against_a_copy_s_portrait():
    """M20.10. Carpets and wood have more grain than a card, and where the ground's word was missing a small copy's fine
    print alone called the portrait pasted in."""
    picture, corners = photo("guoqi")
    off = cv2.fillConvexPoly(np.full(picture.shape[:2], 255, np.uint8), corners.astype(np.int32), 0) > 0
    weave = cv2.GaussianBlur(np.random.default_rng(3).normal(0, 25, off.shape), (0, 0), 0.7)
    laid = np.where(off[..., None], np.clip(picture + weave[..., None], 0, 255), picture).astype(np.uint8)
    copy = copies.opened(copies.resaved(laid[..., ::-1], 640, 80))[..., ::-1]
    assert codes(np.ascontiguousarray(copy), corners * (copy.shape[1] / picture.shape[1])) == set()


@pytest.mark.parametrize("panel", shown.PANELS, ids=lambda panel: panel.name)
def test_a_card_photographed_from_a_screen_is_told_as_that(panel):
    """M20.10"""
    picture, corners = photo("hege")
    low, high = corners.min(axis=0).astype(int), corners.max(axis=0).astype(int)
    part = picture[low[1] : high[1], low[0] : high[0], ::-1]
    taken = shown.photographed(part, panel, (960, 720), Random(5))
    taken = jpeg(effects.sensor(taken, 2.0, np.random.default_rng(1))[..., ::-1])
    spread = np.float32([[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]) * (960, 720)
    assert codes(taken, spread.astype(np.float32)) == {"document_from_screen"}


@pytest.mark.parametrize("make", [printed.grey, printed.colour])
def test_a_copy_on_paper_is_told_as_that(make):
    """M20.10"""
    picture, corners = photo("mane")
    flat = cv2.warpPerspective(picture, cv2.getPerspectiveTransform(corners, EDGE), (WIDTH, HEIGHT))[..., ::-1]
    sheet = make(Flat("front", "common", np.ascontiguousarray(flat), flat[..., 0], (), {}), Random(3))
    scale = 12 / sheet.scale  # 12 px to a mm, as a card nearly as wide as the photo has
    taken = cv2.resize(sheet.picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    taken = cv2.copyMakeBorder(taken, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=(90, 95, 100))
    taken = jpeg(effects.sensor(taken, 2.0, np.random.default_rng(1))[..., ::-1])
    corner = np.float32(sheet.corner) * 12 + 40
    assert codes(taken, corner + EDGE * np.float32(12 * CARD_MM[0] / WIDTH)) == {"document_copy"}


@pytest.mark.parametrize("quality", [90, 50])
def test_a_card_that_no_camera_saw_is_told_as_a_copy(quality):
    picture, corners = photo("hege")
    flat = cv2.warpPerspective(picture, cv2.getPerspectiveTransform(corners, EDGE), (WIDTH, HEIGHT))
    drawn = cv2.copyMakeBorder(flat, 90, 90, 90, 90, cv2.BORDER_CONSTANT, value=(240, 240, 240))
    assert codes(jpeg(drawn, quality), EDGE + 90) == {"document_copy"}


def test_a_table_that_jpeg_wiped_clean_was_still_seen_by_a_camera():
    """Its light is never quite even. It was called a copy."""
    picture, corners = photo("hege")
    x, y = np.meshgrid(np.arange(picture.shape[1]), np.arange(picture.shape[0]))
    table = np.repeat((180 + 40 * x / x.max() - 20 * y / y.max())[..., None], 3, axis=2).astype(np.uint8)
    card = cv2.fillConvexPoly(np.zeros(picture.shape[:2], np.uint8), np.round(corners).astype(np.int32), 1)
    assert codes(jpeg(np.where(card[..., None] > 0, picture, table), 40), corners) == set()


def test_a_copy_on_paper_is_told_by_its_grain_when_it_was_sent_on():
    """Too small for its dots, yet the portrait has their grain like all of the card."""
    picture, corners = photo("mane")
    dots = np.random.default_rng(2).normal(0, 14, picture.shape[:2]).astype(np.float32)[..., None]
    card = cv2.fillConvexPoly(np.zeros(picture.shape[:2], np.float32), np.round(corners).astype(np.int32), 1)
    printed = np.clip(picture + dots * card[..., None], 0, 255).astype(np.uint8)
    copy = copies.opened(copies.plain(jpeg(printed, 92)[..., ::-1], 1080, 80))[..., ::-1]
    assert codes(np.ascontiguousarray(copy), corners * (copy.shape[1] / picture.shape[1])) == {"document_copy"}


@pytest.mark.parametrize("who", ["hege", "mane"])
def test_a_pasted_portrait_is_a_change_with_its_place(who):
    """The reason is vague to the holder; the place is for the person who decides."""
    picture, corners = photo(who)
    to_photo = cv2.getPerspectiveTransform(EDGE / WIDTH * CARD_MM[0], corners)
    face = cv2.imread(str(CARDS.parent / "faces/tishen/id.jpg"))
    forged = retouched.portrait_pasted(picture, to_photo, face, Shot((1, 1), "desk", None), False, Random(2))
    assert codes(jpeg(forged, 92), corners) == {"document_altered"}


def test_a_pasted_portrait_is_noticed_in_a_messengers_copy_too():
    picture, corners = photo("mane")
    to_photo = cv2.getPerspectiveTransform(EDGE / WIDTH * CARD_MM[0], corners)
    face = cv2.imread(str(CARDS.parent / "faces/tishen/id.jpg"))
    forged = retouched.portrait_pasted(picture, to_photo, face, Shot((1, 1), "desk", None), False, Random(2))
    copy = copies.opened(copies.plain(jpeg(forged, 92)[..., ::-1], 1080, 85))[..., ::-1]
    scale = copy.shape[1] / picture.shape[1]
    assert codes(np.ascontiguousarray(copy), corners * scale) == {"document_altered"}


def test_digits_written_over_with_sharper_ones_are_a_change():
    picture, corners = photo("hege")
    picture = jpeg(cv2.GaussianBlur(picture, (0, 0), 1.2))
    rectified = cv2.warpPerspective(picture, cv2.getPerspectiveTransform(corners, EDGE), (WIDTH, HEIGHT))
    truth = json.loads((CARDS / "hege/truth.json").read_text("utf-8"))["front"]["fields"]["number"]["text"]
    field = Field(truth, 0.99, Box(0.34, 0.845, 0.585, 0.085))
    shares = [tuple(corner) for corner in corners / picture.shape[1::-1]]
    assert signs_of(rectified, picture, shares, {"number": field}, Side.FRONT) == ()
    x0, x1, y0, y1 = 720, 925, 533, 587
    rectified[y0:y1, x0:x1] = np.percentile(rectified[y0:y1, x0:x1], 80)
    for at in range(6):
        cv2.putText(rectified, "4", (x0 + 4 + at * 32, 578), cv2.FONT_HERSHEY_SIMPLEX, 1.35, (40, 40, 40), 3)
    (sign,) = signs_of(rectified, picture, shares, {"number": field}, Side.FRONT)
    assert (sign.code, sign.where) == ("document_altered", field.box)


def test_a_small_card_keeps_too_little_to_judge():
    picture, corners = photo("hege")
    scale = 400 / np.linalg.norm(corners[1] - corners[0])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    assert codes(cv2.cvtColor(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), corners * scale) == set()


def test_measures_have_their_ends():
    grey = np.full((HEIGHT, WIDTH, 3), 180, np.uint8)
    assert colourfulness(grey) == 0
    assert patterns(np.zeros((100, 100, 3), np.uint8), EDGE) == (0.0, 0.0)
    assert missed_steps(np.full((2, 3), np.nan), np.zeros((2, 3))) == 0
    rest, part = np.array([[0.1, 0.6]] * 4), np.array([[0.1, 0.1]] * 4)
    assert missed_steps(rest, part) == pytest.approx(0.5)
    assert missed_steps(rest[:1], part[:1]) == pytest.approx(0.125)  # one place is little


@pytest.mark.parametrize("limits", [(2.2, 2.2), (3.9, 3.6)])
@pytest.mark.parametrize("shown_on", [None, *shown.PANELS[:1]], ids=["card", "screen"])
def test_leaving_windows_out_never_changes_whether_a_limit_is_passed(limits, shown_on):
    picture, corners = photo("hege")
    if shown_on:
        low, high = corners.min(axis=0).astype(int), corners.max(axis=0).astype(int)
        part = picture[low[1] : high[1], low[0] : high[0], ::-1]
        picture = np.ascontiguousarray(shown.photographed(part, shown_on, (960, 720), Random(5))[..., ::-1])
        corners = np.float32([[40, 40], [920, 40], [920, 680], [40, 680]])
    whole, some = patterns(picture, corners), patterns(picture, corners, limits)
    passed = [[amount > limit for amount, limit in zip(each, limits, strict=True)] for each in (whole, some)]
    assert passed[0] == passed[1]
