"""Defects of a card's picture, on drawn cards: each measure moves with its own defect and not with the others."""

import cv2
import numpy as np
import pytest

from shiming.vision.quality import LIMITS, CardPicture, cover, darkness, glare, is_bad, measure, sharpness

TEXT = ((50, 60, 560, 120), (50, 500, 950, 570))
INSIDE = np.ones((631, 1000), bool)


@pytest.fixture
def card() -> np.ndarray:
    """A pale card with two lines of print."""
    made = np.full((631, 1000, 3), (205, 200, 195), np.uint8)
    for left, top, _, bottom in TEXT:
        where = (left + 8, (top + bottom) // 2 + 14)
        cv2.putText(made, "990123 19900307", where, cv2.FONT_HERSHEY_SIMPLEX, 1.3, (40, 40, 40), 3, cv2.LINE_AA)
    return made


def grey(card: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(card, cv2.COLOR_BGR2GRAY)


def test_blur_lowers_sharpness_and_darkness_does_not(card):
    sharp, soft = sharpness(grey(card), TEXT), sharpness(grey(cv2.GaussianBlur(card, (0, 0), 5)), TEXT)
    dark = sharpness(grey((card * 0.3).astype(np.uint8)), TEXT)
    assert not is_bad("photo_blurred", sharp)
    assert is_bad("photo_blurred", soft)
    assert dark == pytest.approx(sharp, rel=0.1)


def test_darkness_is_the_paper_s_luminance(card):
    assert darkness(grey(card), INSIDE) == pytest.approx(200, abs=3)
    assert is_bad("photo_dark", darkness(grey((card * 0.3).astype(np.uint8)), INSIDE))
    assert darkness(grey(card), np.zeros_like(INSIDE)) == 0


def test_glare_is_found_where_it_is(card):
    dull = (card * 0.6).astype(np.uint8)
    cv2.circle(dull, (700, 520), 60, (255, 255, 255), -1)
    amount, where = glare(dull, INSIDE)
    assert is_bad("photo_glare", amount)
    assert where.x < 0.7 < where.x + where.w
    assert where.y < 520 / 631 < where.y + where.h


def test_an_even_card_a_shadow_and_a_bright_portrait_are_no_glare(card):
    assert glare(card, INSIDE)[0] == 0
    shaded = card.copy()
    shaded[:, 400:] = (shaded[:, 400:] * 0.4).astype(np.uint8)
    assert not is_bad("photo_glare", glare(shaded, INSIDE)[0])
    dull = (card * 0.6).astype(np.uint8)
    dull[80:480, 640:940] = 255
    quiet = ((600, 40, 980, 520),)
    assert not is_bad("photo_glare", measure(CardPicture(dull, INSIDE, quiet, TEXT))["photo_glare"][0])


@pytest.mark.parametrize("light", [(1.0, 1.0, 1.0), (0.8, 1.0, 1.15)], ids=["white", "warm"])
def test_a_finger_over_the_edge_is_found_in_any_light(card, light):
    assert not is_bad("photo_occluded", cover(np.clip(card * light, 0, 255).astype(np.uint8), INSIDE)[0])
    cv2.ellipse(card, (1000, 400), (120, 70), 0, 0, 360, (120, 150, 205), -1)
    amount, where = cover(np.clip(card * light, 0, 255).astype(np.uint8), INSIDE)
    assert is_bad("photo_occluded", amount)
    assert where.x > 0.8


def test_every_measure_has_a_limit(card):
    assert measure(CardPicture(card, INSIDE, text=TEXT)).keys() == LIMITS.keys()
