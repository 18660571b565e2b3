"""What may be hidden of a field: lines that are missing, and ink that goes on after a box (issue 21)."""

import cv2
import numpy as np
import pytest

from shiming.vision.card.finding.registration import Placed
from shiming.vision.card.layout import COMMON_FRONT
from shiming.vision.card.reading.hidden import cut_short, line_lost
from shiming.vision.card.reading.strips import Strip
from shiming.vision.card.recogniser import Glyph, Reading

CARD = Placed(COMMON_FRONT, np.eye(3), (), 0.0)


def said(p: float, text: str = "虚构市示范区") -> Reading:
    return Reading(tuple(Glyph(char, p, (i + 0.5) / len(text)) for i, char in enumerate(text)))


def line(y: float, guessed: bool = False) -> Strip:
    return Strip(160, y, 560, y, 44, guessed=guessed)


@pytest.mark.parametrize(
    ("strips", "first", "lost"),
    [
        ([line(332), line(382)], said(0.99), False),
        ([line(332, guessed=True), line(382)], Reading(), True),
        ([line(332, guessed=True), line(382)], said(0.4), True),
        ([line(332, guessed=True), line(382)], said(0.97), False),  # overlooked, and read all the same
        ([line(332), line(382), line(432)], said(0.99), False),
        ([line(332), line(432), line(482)], said(0.99), True),
        ([line(332, guessed=True)], Reading(), False),  # nothing was read at all
    ],
)
def test_an_address_without_its_first_or_a_middle_line_is_not_whole(strips, first, lost):
    """It was trusted at 0.999: the lines that were read were read well."""
    assert line_lost(strips, [first, *(said(0.99) for _ in strips[1:])]) is lost


def printed(characters: int) -> np.ndarray:
    """A card's picture with dark squares of a character's size on the address's first line, 40 px apart."""
    card = np.full((631, 1000, 3), 225, np.uint8)
    for i in range(characters):
        left = 165 + 40 * i
        for bar in range(4):
            cv2.rectangle(card, (left, 318 + 8 * bar), (left + 30, 321 + 8 * bar), (40, 40, 40), -1)
    return card


@pytest.mark.parametrize(("characters", "lost"), [(5, False), (6, True), (7, True)])
def test_print_that_goes_on_after_the_box_of_a_line_is_noticed(characters, lost):
    strip = Strip(155, 332, 365, 332, 44)  # round five characters
    assert cut_short(printed(characters), CARD, strip, 610.0) is lost


def test_at_the_end_of_the_column_nothing_can_go_on():
    assert not cut_short(printed(11), CARD, Strip(155, 332, 600, 332, 44), 610.0)


def test_a_pale_mark_after_a_line_is_no_print_of_it():
    card = printed(5)
    cv2.rectangle(card, (370, 318), (400, 346), (170, 170, 170), -1)
    assert not cut_short(card, CARD, Strip(155, 332, 365, 332, 44), 610.0)
