"""Defects of a card's picture, on drawn cards: each measure moves with its own defect and not with the others."""

import cv2
import numpy as np
import pytest

from shiming.verification.seen import Box
from shiming.vision.quality import LIMITS, CardPicture, darkness, glare, measure, sharpness

TEXT = (Box(0.05, 0.1, 0.5, 0.08), Box(0.05, 0.8, 0.9, 0.1))
INSIDE = np.ones((631, 1000), bool)


@pytest.fixture
def card() -> np.ndarray:
    """A pale card with two lines of print."""
    made = np.full((631, 1000, 3), 200, np.uint8)
    for box in TEXT:
        line = (round(box.x * 1000) + 8, round((box.y + box.h) * 631) - 12)
        cv2.putText(made, "990123 19900307", line, cv2.FONT_HERSHEY_SIMPLEX, 1.2, (40, 40, 40), 3, cv2.LINE_AA)
    return made


def grey(card: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(card, cv2.COLOR_BGR2GRAY)


def test_blur_lowers_sharpness_and_darkness_does_not(card):
    sharp, soft = sharpness(grey(card), TEXT), sharpness(grey(cv2.GaussianBlur(card, (0, 0), 4)), TEXT)
    dark = sharpness(grey((card * 0.4).astype(np.uint8)), TEXT)
    assert sharp > 2 * soft
    assert dark == pytest.approx(sharp, rel=0.15)


def test_darkness_is_the_paper_s_luminance(card):
    assert darkness(grey(card), INSIDE) == pytest.approx(200, abs=2)
    assert darkness(grey(card), np.zeros_like(INSIDE)) == 0


def test_glare_is_found_where_it_is(card):
    dull = (card * 0.6).astype(np.uint8)
    cv2.circle(dull, (700, 520), 60, (255, 255, 255), -1)
    amount, where = glare(grey(dull), INSIDE, ())
    assert amount > LIMITS["photo_glare"]
    assert where.x < 0.7 < where.x + where.w
    assert where.y < 520 / 631 < where.y + where.h


def test_an_even_card_and_a_bright_portrait_are_no_glare(card):
    assert glare(grey(card), INSIDE, ()) == (pytest.approx(1.0, abs=0.05), None)
    dull = (card * 0.6).astype(np.uint8)
    dull[80:480, 640:940] = 255
    assert glare(grey(dull), INSIDE, ((600, 40, 980, 520),))[0] < LIMITS["photo_glare"]


def test_every_measure_has_a_limit(card):
    assert measure(CardPicture(card, INSIDE, text=TEXT)).keys() <= LIMITS.keys()
