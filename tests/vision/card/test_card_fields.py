"""Card fields from characters read: tables, no pictures."""

import numpy as np
import pytest

from shiming.verification.seen import Side
from shiming.vision.card.reading import fields as f
from shiming.vision.card.reading.strips import Strip
from shiming.vision.card.reading.values import ValueReader, Values, to_fields
from shiming.vision.card.recogniser import Glyph, Reading


def said(text: str, p: float = 0.99, rivals: dict[int, tuple[str, float]] | None = None) -> f.Candidate:
    """A reading in which every character has probability p, with rivals at some places."""
    return f.Candidate(
        text, (p,) * len(text), tuple(((rivals or {}).get(i),) if i in (rivals or {}) else () for i in range(len(text)))
    )


RIGHT = "99" + "0123" + "19900307" + "001"
RIGHT += f.check_digit(RIGHT)


@pytest.mark.parametrize(
    ("number", "checks"),
    [
        (RIGHT, True),
        (RIGHT[:-1] + ("0" if RIGHT[-1] != "0" else "1"), False),
        (RIGHT[:17], False),
        ("", False),
        ("990123199002300010", False),  # no 30 February
        ("A" * 18, False),
    ],
)
def test_number_checks(number, checks):
    assert f.number_checks(number) is checks


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("1990年3月7日", "1990-03-07"),
        ("1990年12月31日", "1990-12-31"),
        ("1990年12月31", "1990-12-31"),
        ("1990 3月7日", "1990-03-07"),
        ("1990年13月1日", None),
        ("199年3月7日", None),
        ("", None),
    ],
)
def test_birth(text, date):
    assert f.parse_birth(text) == date


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("2015.03.01-2035.03.01", ("2015-03-01", "2035-03-01")),
        ("2015.03.01-长期", ("2015-03-01", "长期")),
        ("2015.03.01长期", ("2015-03-01", "长期")),
        ("2015030120350301", ("2015-03-01", "2035-03-01")),
        ("2015.03.01-2035.0", ("2015-03-01", None)),
        ("2015.02.30-2035.03.01", (None, "2035-03-01")),
        ("长期", (None, "长期")),
        ("", (None, None)),
    ],
)
def test_validity(text, dates):
    assert f.parse_validity(text) == dates


@pytest.mark.parametrize(
    ("start", "end", "plausible"),
    [
        ("2015-03-01", "2035-03-01", True),
        ("2015-03-01", "2025-03-01", True),
        ("2015-03-01", "2020-03-01", True),
        ("2015-03-01", "2036-03-01", False),
        ("2015-03-01", "2035-03-02", False),
        ("2016-02-29", "2026-03-01", True),
        ("2015-03-01", "长期", True),
    ],
)
def test_term(start, end, plausible):
    assert f.plausible_term(start, end) is plausible


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("汉", "汉"),
        ("汉族", "汉"),
        ("维吾尔", "维吾尔"),
        ("维吾", "维吾尔"),
        ("柯尔克仅", "柯尔克孜"),
        ("漠", None),
        ("", None),
        ("傣傣", None),
    ],
)
def test_ethnicity(text, name):
    assert f.nearest_ethnicity(text) == name


def test_the_check_digit_chooses_between_two_readings():
    wrong = RIGHT[:5] + "8" + RIGHT[6:]
    assert f.choose_number([said(wrong, 0.95), said(RIGHT, 0.9)], [], []).text == RIGHT


def test_a_rival_character_is_taken_when_only_it_checks_and_keeps_its_low_probability():
    wrong = RIGHT[:5] + "8" + RIGHT[6:]
    chosen = f.choose_number([said(wrong, 0.9, {5: (RIGHT[5], 0.3)})], ["1990-03-07"], [])
    assert chosen.text == RIGHT
    assert chosen.confidence == 0.3


def test_a_number_that_does_not_check_comes_back_as_read_and_untrusted():
    wrong = RIGHT[:5] + "8" + RIGHT[6:]
    chosen = f.choose_number([said(wrong)], ["1990-03-07"], ["女"])
    assert chosen.text == wrong
    assert chosen.confidence <= f.UNCHECKED


def test_too_short_a_number_is_no_number():
    assert f.choose_number([said("9901231990")], [], []) is None
    assert f.choose_number([], [], []) is None


def test_a_birth_that_contradicts_the_number_is_told_as_read_and_doubted():
    chosen = f.choose_agreeing([said("1991-03-07")], "1990-03-07")
    assert (chosen.text, chosen.confidence, chosen.doubt) == ("1991-03-07", 0.99, "differs_from_number")


def test_of_two_readings_the_one_that_agrees_is_taken():
    assert f.choose_agreeing([said("女", 0.9), said("男", 0.7)], "男").text == "男"


@pytest.mark.parametrize(("char", "rare"), [("张", False), ("婧", False), ("喆", True), ("䶮", True), ("𠮷", True)])
def test_rare(char, rare):
    assert f.is_rare(char) is rare


def test_rare_and_uncertain_characters_are_marked():
    assert f.doubtful_places("张䶮明", (0.99, 0.97, 0.6)) == (1, 2)
    assert f.doubtful_places("阿依·买买提", (0.99,) * 6) == ()


@pytest.mark.parametrize(
    ("printed", "read"), [("王劼", "王劫"), ("李𬒈芳", "李岩芳"), ("王明珹", "王明城"), ("冮华", "江华")]
)
def test_a_common_character_that_a_rare_one_is_taken_for_is_asked_about_unless_it_is_quite_sure(printed, read):
    """Issue 21: such names were accepted as they were read, and nobody was asked."""
    (place,) = [i for i, (a, b) in enumerate(zip(printed, read, strict=True)) if a != b]
    assert f.doubtful_places(read, (0.998,) * len(read)) == (place,)
    assert f.doubtful_places(read, (0.9999,) * len(read)) == ()


@pytest.mark.parametrize(("printed", "read"), [("张丽嫒", "张丽媛"), ("刘颍伟", "刘颖伟"), ("王勚明", "王勋明")])
def test_one_that_is_told_apart_more_easily_is_asked_about_less(printed, read):
    """颖 that is printed reaches 0.995, 颍 is taken for it at 0.95: whoever is called 颖 need not be asked."""
    (place,) = [i for i, (a, b) in enumerate(zip(printed, read, strict=True)) if a != b]
    assert f.doubtful_places(read, (0.965,) * len(read)) == (place,)
    assert f.doubtful_places(read, (0.991,) * len(read)) == ()


def test_a_traditional_character_gives_way_to_a_common_rival_and_stays_doubtful():
    read = f.simplified(f.Candidate("张靜", (0.99, 0.7), ((), (("静", 0.25),))))
    assert read.text == "张静"
    assert f.doubtful_places(read.text, read.ps) == (1,)


@pytest.mark.parametrize(
    ("text", "plausible"),
    [
        ("石桥铺市公安局", True),
        ("望月市公安局柳浪分局", True),
        ("长期", False),
        ("望月市公安", False),
        ("月市公安局柳浪分局", False),
        ("市公安局", False),
        ("公安局柳浪分局", False),
        ("津市市公安局", True),
        ("公安县公安局", True),
    ],
)
def test_authority(text, plausible):
    assert f.plausible_authority(text) is plausible


def test_a_lone_date_is_told_from_its_surroundings():
    assert f.parse_validity("2014.11.11-") == ("2014-11-11", None)
    assert f.parse_validity("-2034.11.11") == (None, "2034-11-11")
    assert f.parse_validity("2034.11.11") == (None, None)


@pytest.mark.parametrize(
    ("text", "plausible"),
    [
        ("青禾省清河湾市柳浪区望湖北路176号", True),
        ("青禾省清河湾市柳浪区望湖北路", False),  # a street, and then it breaks off
        ("60121", False),
        ("禾省清河湾市柳浪区望湖北路176号", False),  # a beginning is hidden
        ("市柳浪区望湖北路176号", False),
        ("青禾省清河湾市柳浪区望湖北路176", False),  # number 176 of what?
        ("沙市区望湖北路3-2-176", True),
        ("桃源巷3号1单元", False),  # the line before it, with the county, is lost
        ("虚构市示范区桃源巷3号1单元", True),
        ("虚构市示范区桃源巷3号A座1单元", True),
        ("虚构市示范区桃源巷3号1单元SPE", False),  # of a mark over the card
        ("虚构市示范区桃源巷3号1单元A", False),
        ("虚构市示范区桃源巷3号仅供实名认证使用", False),
        ("虚构市示范区桃源巷3号1单元，", False),
        ("呼和浩特市土默特左旗白庙子镇3号", True),
    ],
)
def test_address(text, plausible):
    assert f.plausible_address(text) is plausible


def test_a_number_that_disagrees_with_the_printed_birth_says_so():
    assert f.choose_number([said(RIGHT)], ["1991-03-07"], []).doubt == "differs_from_birth"
    assert f.choose_number([said(RIGHT)], ["1990-03-07"], []).doubt == ""


def reading(text: str, p: float = 0.99) -> Reading:
    return Reading(tuple(Glyph(char, p, 0.5) for char in text))


def front(**rows: str) -> dict:
    """The fields of a front whose rows read so."""
    rows = {"name": "张合格", "sex": "女", "birth": "1990年3月7日", "ethnicity": "汉", "number": RIGHT} | rows
    values = Values({name: (reading(text),) for name, text in rows.items()}, {})
    return to_fields(values, Side.FRONT)


def test_a_front_that_agrees_with_itself_leaves_no_doubt():
    assert {field.doubt for field in front(sex=f.sex_of(RIGHT)).values()} == {""}


@pytest.mark.parametrize(
    ("name", "text", "doubt"),
    [
        ("name", "张䶮", "rare_character"),
        ("name", "张", "unlikely_form"),
        ("ethnicity", "漠", "not_in_list"),
        ("birth", "1991年3月7日", "differs_from_number"),
        ("number", RIGHT[:-1] + "0123456789"[int(RIGHT[-2]) - 1], "wrong_check_digit"),
        ("number", RIGHT[:-1], "incomplete"),
    ],
)
def test_what_is_not_to_be_trusted_says_why(name, text, doubt):
    """M24. Marked, never silently guessed."""
    assert front(**{name: text})[name].doubt == doubt


def test_where_few_marks_were_seen_only_what_proves_itself_is_trusted():
    values = Values({"name": (reading("张合格"),), "number": (reading(RIGHT),)}, {})
    fields = to_fields(values, Side.FRONT, sparse=True)
    assert (fields["name"].doubt, fields["number"].doubt) == ("few_marks", "")


class Unread:
    """A recogniser that must not be asked."""

    def charset(self, allowed):
        return set(allowed)


@pytest.mark.parametrize("careful", [False, True])
def test_what_the_rough_reading_of_its_line_proves_is_not_read_again(careful):
    rows = {"number": [Strip(350, 557, 920, 557, 56, said=reading(RIGHT))]}
    values = ValueReader(Unread(), Unread()).read(np.zeros((64, 64, 3), np.uint8), None, rows, careful)
    assert values.readings == {"number": (reading(RIGHT),)}


def test_a_name_that_breaks_off_at_its_dot_is_not_whole():
    assert [f.plausible_name(text) for text in ("阿依·", "阿依·买买提", "阿")] == [False, True, False]


@pytest.mark.parametrize("text", ["辛奇群认证", "王仅供", "李实名认证", "仅限本平台", "艾山江·"])
def test_words_laid_over_a_card_are_no_part_of_a_name(text):
    """A watermark's end after the name was read with it, at 0.99."""
    assert not f.plausible_name(text)
