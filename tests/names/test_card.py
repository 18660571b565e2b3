"""What holders write into the other fields of a card."""

import pytest

from shiming.names import BadField, normalise_field


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        ("sex", " 女 ", "女"),
        ("ethnicity", "维吾尔族", "维吾尔"),
        ("ethnicity", "汉", "汉"),
        ("birth", "1990年1月2日", "1990-01-02"),
        ("valid_from", "2020.03.04", "2020-03-04"),
        ("valid_until", "20400304", "2040-03-04"),
        ("valid_until", "长期", "长期"),
        ("address", "某省某市 某路1号", "某省某市某路1号"),
        ("authority", "某市公安局", "某市公安局"),
    ],
)
def test_one_form_for_what_is_written_in_many_ways(field: str, given: str, kept: str):
    assert normalise_field(field, given) == kept


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("sex", "外"), ("ethnicity", "火星"), ("birth", "1990-02-30"), ("birth", "长期"), ("valid_from", "soon"),
        ("valid_until", ""), ("address", " "), ("address", "路" * 101), ("authority", ""),
    ],
)  # fmt: skip
def test_what_cannot_stand_there_is_told_by_the_field_and_never_by_its_text(field: str, given: str):
    with pytest.raises(BadField, match=f"^'{field}' is ") as told:
        normalise_field(field, given)
    assert not given.strip() or given == "长期" or given not in str(told.value)


@pytest.mark.parametrize("field", ["name", "number", "colour"])
def test_other_fields_are_refused(field: str):
    with pytest.raises(BadField, match="fields that can be corrected are sex,"):
        normalise_field(field, "x")
