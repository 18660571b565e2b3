"""Which card it is, from what is written on it."""

import pytest

from shiming.verification.seen import CardKind, Field
from shiming.vision.card.judging.kinds import kind_of

NUMBER = "公民身份号码170213199103140138"
FRONT = ["姓名张合格", "性别男民族汉", "出生1991年3月14日", "住址虚构市示范区梧桐路1号", NUMBER]


def fields(**texts: str) -> dict[str, Field]:
    return {name: Field(text, 0.99) for name, text in texts.items()}


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (FRONT, CardKind.RESIDENT),
        (["中华人民共和国", "居民身份证", "签发机关虚构市公安局", "有效期限2018.06.15-2038.06.15"], CardKind.RESIDENT),
        ([], CardKind.RESIDENT),
        (["中华人民共和国", "临时居民身份证"], CardKind.TEMPORARY),
        ([*FRONT, "签发机关虚构市公安局", "有效期限2026.02.05-2026.05.06"], CardKind.TEMPORARY),
        (["姓名余老", "1988年3月14日签发", "有效期限20年", "编号381031610409594"], CardKind.FIRST_GENERATION),
        (["电话170213610409594"], CardKind.RESIDENT),
        (["中华人民共和国机动车驾驶证", "姓名张合格"], CardKind.OTHER),
    ],
)
def test_the_kind_is_told_by_the_words(lines, kind):
    """A temporary card, an old one, and another document get a reason of their own."""
    assert kind_of(lines, {}) is kind


def test_three_months_of_validity_are_a_temporary_card():
    assert kind_of([], fields(valid_from="2026-02-05", valid_until="2026-05-06")) is CardKind.TEMPORARY
    assert kind_of([], fields(valid_from="2018-06-15", valid_until="2038-06-15")) is CardKind.RESIDENT
    assert kind_of([], fields(valid_from="2018-06-15", valid_until="长期")) is CardKind.RESIDENT


def test_a_card_whose_number_was_read_is_not_another_document_for_words_beside_it():
    assert kind_of(["护照", *FRONT], fields(number="170213199103140138")) is CardKind.RESIDENT
