"""Names as keyboards, cards and authorities write them."""

import pickle

import pytest

from shiming.names import (
    ETHNICITIES,
    BadName,
    NameFault,
    mask_name,
    normalise_name,
    private_form,
    rare,
    same_name,
    usual,
)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("张合格", "张合格"),
        (" 张 合格 ", "张合格"),
        ("\u200b张合格\ufe00", "张合格"),
        ("韩䶮", "韩䶮"),
        ("韩\ue863", "韩䶮"),  # where old fonts had it
        ("𠮷不符", "𠮷不符"),
        ("张\U00031350", "张\U00031350"),  # newer than Python 3.11's own tables
        ("⼈合格", "人合格"),  # a radical's code
        ("\uf9e1过期", "李过期"),  # a compatibility ideograph
        ("胡〇", "胡〇"),
        ("米热古丽•艾山江", "米热古丽·艾山江"),
        ("米热古丽 ・ 艾山江", "米热古丽·艾山江"),
        ("米热古丽.艾山江", "米热古丽·艾山江"),
        ("·米热古丽··艾山江·", "米热古丽·艾山江"),
        ("  Jane  O'Neil ", "Jane O'Neil"),
        ("Jane", "Jane"),
    ],
)
def test_one_form_for_every_name(typed: str, name: str):
    assert normalise_name(typed) == name
    assert normalise_name(name) == name


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", NameFault.LENGTH),
        ("张", NameFault.LENGTH),
        ("··", NameFault.LENGTH),
        ("张" * 51, NameFault.LENGTH),
        ("张3", NameFault.CHARACTERS),
        ("赵C", NameFault.CHARACTERS),
        ("张😀", NameFault.CHARACTERS),
        ("张合格\ue000", NameFault.CHARACTERS),
        ("<b>张</b>", NameFault.CHARACTERS),
        ("170213199103140138", NameFault.CHARACTERS),
    ],
)
def test_what_cannot_be_a_name(typed: str, why: NameFault):
    with pytest.raises(BadName) as bad:
        normalise_name(typed)
    assert bad.value.why is why
    assert pickle.loads(pickle.dumps(bad.value)).why is why  # noqa: S301


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("张合格", "张合格", True),
        ("米热古丽·艾山江", "米热古丽艾山江", True),
        ("呂过期", "吕过期", True),
        ("韩䶮", "韩\ue863", True),
        ("Jane Doe", "JANE DOE", True),
        ("张合格", "张合", False),
        ("张喆", "张哲", False),
        ("凃合格", "涂合格", False),
        ("韩䶮", "韩龑", False),
        ("3", "3", False),
    ],
)
def test_sameness(a: str, b: str, same: bool):
    assert same_name(a, b) is same_name(b, a) is same


@pytest.mark.parametrize(
    ("name", "places"), [("张合格", ()), ("韩䶮", (1,)), ("呂镕喆", (0, 1, 2)), ("米热古丽·艾山江", ()), ("Jane", ())]
)
def test_rare_characters_are_pointed_at(name: str, places: tuple[int, ...]):
    assert rare(name) == places


@pytest.mark.parametrize(("char", "form"), [("呂", "吕"), ("\ue863", "䶮"), ("⼈", "人"), ("吕", None), ("喆", None)])
def test_look_alikes_have_a_usual_form(char: str, form: str | None):
    assert usual(char) == form


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张合格", "张*格"),
        ("王符", "王*"),
        ("张", "*"),
        ("", ""),
        ("米热古丽·艾山江", "米***·**江"),
        ("Jane Doe", "J*** **e"),
    ],
)
def test_masking(name: str, masked: str):
    assert mask_name(name) == masked


def test_ethnicities():
    assert len(ETHNICITIES) == len(set(ETHNICITIES)) == 58
    assert {"汉", "维吾尔", "珞巴", "其他", "穿青人"} <= set(ETHNICITIES)


def test_a_register_may_hold_a_rare_character_in_its_private_place():
    """Asked once more in that form, it finds who it would not find else; what was typed so is the same name."""
    assert private_form("韩䶮") == "韩\ue863" and private_form("䥺䲟") == "\ue84a\ue857"
    assert private_form("张合格") is None and private_form("Jane O'Neil") is None
    assert normalise_name(private_form("韩䶮")) == "韩䶮"
