"""Placing a card from the words on it, and drawing it onto its edges: geometry on made-up points, no networks."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from shiming.verification.seen import Side
from shiming.vision.card.finding.edges import CORNERS, onto_edges
from shiming.vision.card.finding.registration import Placed, Text, find_marks, place_card, project, strength
from shiming.vision.card.finding.text_lines import Line
from shiming.vision.card.layout import BACK, COMMON_FRONT, HEIGHT, WIDTH, Layout
from shiming.vision.card.reading.hidden import enough, lacking
from shiming.vision.card.reading.strips import Strip, strips_of
from shiming.vision.card.recogniser import Glyph, Reading

GLYPH = 36  # card units


def view(turn: float = 10, tilt: float = 0.12, width: float = 900) -> np.ndarray:
    """A homography from card units to picture pixels: turned by degrees, tilted in depth, so many px wide."""
    c, s, k = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn)), width / WIDTH
    middle = np.array([[1, 0, -WIDTH / 2], [0, 1, -HEIGHT / 2], [0, 0, 1]])
    lean = np.array([[1, 0, 0], [0, 1, 0], [tilt / WIDTH, -tilt / WIDTH, 1]])
    return np.array([[k * c, -k * s, 800], [k * s, k * c, 600], [0, 0, 1]]) @ lean @ middle


def text_at(matrix: np.ndarray, said: str, x0: float, x1: float, y: float) -> Text:
    """A line of text whose first and last characters are centred at x0 and x1 on the card, as a photo shows it."""
    left, right = x0 - GLYPH / 2, x1 + GLYPH / 2
    box = np.array([[left, y - 24], [right, y - 24], [right, y + 24], [left, y + 24]], float)
    centres = np.linspace(x0, x1, len(said))
    glyphs = tuple(Glyph(c, 0.99, (x - left) / (right - left)) for c, x in zip(said, centres, strict=True))
    return Text(Line(project(matrix, box).astype(np.float32)), Reading(glyphs))


def printed(matrix: np.ndarray, layout: Layout, off: float = 0.0) -> list[Text]:
    """The marks of a layout in a photo, printed `off` units from their places, and on the front a number."""
    texts = [text_at(matrix, m.text, m.x0 + off, m.x1 + off, m.y + off) for m in layout.marks]
    if layout.side is Side.FRONT:
        texts.append(text_at(matrix, "990123199003070012", 356 + off, 905 + off, 557 + off))
    return texts


@pytest.mark.parametrize("layout", [COMMON_FRONT, BACK], ids=lambda layout: layout.side)
@pytest.mark.parametrize("turn", [0, 30, 100, 190, 275])
@pytest.mark.parametrize("tilt", [0.0, 0.12])
def test_a_card_is_placed_whichever_way_up(layout, turn, tilt):
    matrix = view(turn, tilt)
    placed = place_card(printed(matrix, layout), layout.side)
    assert placed is not None
    assert np.abs(placed.card(project(matrix, CORNERS)) - CORNERS).max() < 30


def test_one_wrong_mark_does_not_bend_the_card():
    matrix = view()
    texts = printed(matrix, COMMON_FRONT)
    texts[4] = text_at(matrix, "住址", 500, 540, 100)
    placed = place_card(texts, Side.FRONT)
    assert np.abs(placed.card(project(matrix, CORNERS)) - CORNERS).max() < 90


def test_marks_are_found_inside_longer_lines_and_with_a_wrong_character():
    texts = [text_at(np.eye(3), "公民身分号码990123", 82, 500, 557), text_at(np.eye(3), "性别男民族汉", 82, 400, 180)]
    found = {f.mark.text: (f.start, f.end) for f in find_marks(texts, COMMON_FRONT)}
    assert found == {"公民身份号码": (0, 6), "性别": (0, 2), "民族": (3, 5)}
    assert 1.5 < strength(texts, COMMON_FRONT) < 2


def test_no_marks_no_card():
    assert place_card([text_at(np.eye(3), "今日特价", 100, 300, 200)], Side.FRONT) is None
    assert place_card([], Side.BACK) is None


def test_a_placed_card_is_drawn_onto_its_edges():
    matrix = view(8, 0.05)
    photo = np.full((1200, 1600, 3), 70, np.uint8)
    cv2.fillConvexPoly(photo, np.rint(project(matrix, CORNERS)).astype(np.int32), (215, 225, 220))
    off = Placed(COMMON_FRONT, np.linalg.inv(matrix @ np.array([[1.02, 0, 14], [0, 1.03, -16], [0, 0, 1]])), (), 0.0)
    fixed = onto_edges(photo, off)
    assert np.abs(off.card(project(matrix, CORNERS)) - CORNERS).max() > 14
    assert np.abs(fixed.card(project(matrix, CORNERS)) - CORNERS).max() < 4


def test_without_edges_to_see_a_card_stays_where_its_marks_put_it():
    placed = Placed(COMMON_FRONT, np.linalg.inv(view()), (), 0.0)
    photo = np.random.default_rng(1).integers(90, 110, (1200, 1600, 3), dtype=np.uint8)
    assert np.allclose(onto_edges(photo, placed).card(CORNERS), replace(placed).card(CORNERS), atol=1e-3)


@pytest.mark.parametrize(
    ("said", "end", "hidden"),
    [
        ("临溪省清河湾市虚设县沙", 600, False),
        ("临溪省清河湾市虚设县", 550, True),  # one character more would have had its place
        ("临溪省虚设县沙枣村14", 550, False),  # digits are narrower
        ("临溪省虚设县沙枣村14", 480, True),
    ],
)
def test_an_address_whose_first_line_stops_early_has_something_hidden(said, end, hidden):
    matrix = view(turn=0, tilt=0.0)
    texts = printed(matrix, COMMON_FRONT)
    texts += [text_at(matrix, said, 185, end, 332), text_at(matrix, "枣村4组", 185, 330, 381)]
    strips = strips_of(place_card(texts, Side.FRONT), texts)["address"]
    assert [strip.late for strip in strips if not strip.guessed] == [hidden, False]


@pytest.mark.parametrize(("start", "late"), [(172, False), (215, True)])
def test_a_name_that_begins_to_the_right_of_the_other_values_has_lost_its_first_character(start, late):
    matrix = view(turn=0, tilt=0.0)
    texts = printed(matrix, COMMON_FRONT)
    place = {mark.text: mark.y for mark in COMMON_FRONT.marks}
    texts += [text_at(matrix, "文鹏", start, start + 90, place["姓名"]), text_at(matrix, "男", 172, 212, place["性别"]),
              text_at(matrix, "1990年1月2日", 172, 420, place["出生"])]  # fmt: skip
    strips = strips_of(place_card(texts, Side.FRONT), texts)
    assert [strips[name][0].late for name in ("name", "sex", "birth")] == [late, False, False]


def read(said: str) -> Reading:
    return Reading(tuple(Glyph(char, 0.99, 0.0) for char in said))


ADDRESS = "临溪省清河湾市"


@pytest.mark.parametrize(("said", "lost", "hidden"), [(ADDRESS, 4, True), (ADDRESS, 0, False), ("张伟", 1, True)])
def test_one_character_hidden_amid_others_is_noticed_by_its_gap(said, lost, hidden):
    places = [36.0 * i for i in range(len(said) + 1) if i != lost or not lost][: len(said)]
    assert lacking(read(said), places, None) is hidden


@pytest.mark.parametrize(("after", "lost"), [(30, False), (70, True)])
def test_a_long_line_that_ends_before_its_box_does_has_lost_its_end(after, lost):
    places = [30 + 36.0 * i for i in range(len(ADDRESS))]
    assert lacking(read(ADDRESS), places, places[-1] + after) is lost


@pytest.mark.parametrize(
    ("first", "width", "lost"), [(36, 105, False), (36, 141, True), (72, 141, True), (36, None, False)]
)
def test_a_rare_character_left_out_leaves_a_box_that_is_too_long(first, width, lost):
    assert lacking(read("张伟"), [first, first + 36.0], width) is lost


@pytest.mark.parametrize(
    ("said", "p", "late", "will_do"),
    [
        ("望湖北路176号", 0.99, False, True),
        ("望湖北路176号", 0.97, False, False),
        ("望湖北路176号", 0.99, True, False),  # something may be hidden before it
        ("望湖北路.176号", 0.99, False, False),
    ],
)
def test_a_rough_reading_that_is_sure_will_do(said, p, late, will_do):
    width = 24 + 36 * len(said)
    glyphs = tuple(Glyph(char, p, (30 + 36 * i) / width) for i, char in enumerate(said))
    strip = Strip(0, 0, width, 0, 46, said=Reading(glyphs), late=late)
    assert enough(strip, np.zeros((48, width, 3), np.uint8), 1.0) is will_do
