"""ID numbers as people type them."""

import pickle
from datetime import date

import pytest

from shiming.names import SYNTHETIC, BadNumber, Fault, IdNumber, Sex, age_on, check_digit, mask_number

GOOD = "170213199103140138"


@pytest.mark.parametrize(
    "typed",
    [
        GOOD,
        " 170213 19910314 0138\n",
        "170213199103140138",
        "170213-19910314-0138",
        "170213–19910314–0138",  # smart dashes
        "١٧٠٢١٣١٩٩١٠٣١٤٠١٣٨",
        "公民身份号码：170213199103140138",
        "\u200b170213199103140138\ufeff",
    ],
)
def test_one_number_however_it_is_typed(typed: str):
    assert IdNumber.parse(typed).text == GOOD


@pytest.mark.parametrize("x", ["X", "x", "X", "x", "×", "Х"])
def test_the_last_x_may_look_in_many_ways(x: str):
    assert IdNumber.parse("24081719881102026" + x).text == "24081719881102026X"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", Fault.LENGTH),
        ("170213910314013", Fault.LENGTH),  # fifteen digits, as before 1999
        ("1702131991031401380", Fault.LENGTH),
        ("17021319910314O138", Fault.CHARACTERS),
        ("17021319910314013Y", Fault.CHARACTERS),
        ("X70213199103140138", Fault.CHARACTERS),
        ("1.70213199103140E+17", Fault.LENGTH),  # a spreadsheet took it for a quantity
        ("170213199103140000.0", Fault.LENGTH),
        ("000213199103140138", Fault.REGION),
        ("100213199103140138", Fault.REGION),
        ("170213199102300138", Fault.DATE),
        ("170213199113140138", Fault.DATE),
        ("170213180003140138", Fault.DATE),
        ("170213199103140137", Fault.CHECK_DIGIT),
        ("170213199103140183", Fault.CHECK_DIGIT),
    ],
)
def test_what_is_wrong_is_named(typed: str, why: Fault):
    with pytest.raises(BadNumber) as bad:
        IdNumber.parse(typed)
    assert bad.value.why is why
    assert not typed or typed not in str(bad.value)


def test_the_error_survives_the_way_through_a_worker():
    assert pickle.loads(pickle.dumps(BadNumber(Fault.DATE))).why is Fault.DATE  # noqa: S301


@pytest.mark.parametrize("place", range(17))
def test_every_single_typing_error_is_caught(place: int):
    for digit in set("0123456789") - {GOOD[place]}:
        with pytest.raises(BadNumber):
            IdNumber.parse(GOOD[:place] + digit + GOOD[place + 1 :])


@pytest.mark.parametrize("place", range(17))
def test_every_swap_of_neighbours_is_caught(place: int):
    swapped = GOOD[:place] + GOOD[place + 1] + GOOD[place] + GOOD[place + 2 :]
    if swapped != GOOD:
        with pytest.raises(BadNumber):
            IdNumber.parse(swapped)


def test_what_a_number_says():
    number = IdNumber.parse(GOOD)
    assert (number.region, number.birth, number.sex) == ("170213", date(1991, 3, 14), Sex.MALE)
    assert IdNumber.parse("24081719881102026X").sex == "女"


def test_it_never_shows_itself():
    number = IdNumber.parse(GOOD)
    assert f"{number} {number!r}" == "1****************8 IdNumber(1****************8)"


@pytest.mark.parametrize(("number", "masked"), [("", ""), ("12", "**"), ("123", "1*3"), (GOOD, "1****************8")])
def test_masking(number: str, masked: str):
    assert mask_number(number) == masked


@pytest.mark.parametrize("prefix", sorted(SYNTHETIC))
def test_people_who_do_not_exist_are_known(prefix: str):
    first17 = prefix + "0100" + "19900101" + "010"
    assert IdNumber.parse(first17 + check_digit(first17)).synthetic


@pytest.mark.parametrize("prefix", ["11", "46", "65", "71", "81", "82", "83", "91"])
def test_numbers_in_use_are_not_synthetic(prefix: str):
    first17 = prefix + "0000" + "19000101" + "000"  # sequence 000 is given to nobody
    assert not IdNumber.parse(first17 + check_digit(first17)).synthetic


@pytest.mark.parametrize(
    ("day", "age"), [("2009-03-13", 17), ("2009-03-14", 18), ("2009-03-15", 18), ("1991-03-14", 0), ("1991-03-13", -1)]
)
def test_age(day: str, age: int):
    assert age_on(date(1991, 3, 14), date.fromisoformat(day)) == age


def test_age_of_who_was_born_on_a_leap_day():
    born = date(2004, 2, 29)
    assert [age_on(born, day) for day in (date(2022, 2, 28), date(2022, 3, 1))] == [17, 18]
