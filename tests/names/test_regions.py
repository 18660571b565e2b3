"""Region codes, also those that no longer exist."""

from datetime import date

import pytest

from shiming.names import PROVINCES, SYNTHETIC, begins_at_a_place, is_synthetic, region_name


@pytest.mark.parametrize(
    ("code", "year", "place"),
    [
        ("110101", 1990, "北京市东城区"),
        ("110000", 1990, "北京市"),
        ("110228", 1990, "北京市密云县"),
        ("210311", 1980, "辽宁省鞍山市郊区"),
        ("210311", 1990, "辽宁省鞍山市旧堡区"),
        ("210311", 2000, "辽宁省鞍山市千山区"),
        ("210200", 1975, "辽宁省旅大市"),
        ("510202", 1990, "四川省重庆市市中区"),  # retired in 1997
        ("510202", 2010, "四川省重庆市渝中区"),
        ("469001", 2005, "海南省五指山市"),
        ("810000", 2000, "香港特别行政区"),
        ("110199", 2000, None),
        ("170213", 1991, None),
    ],
)
def test_the_place_of_a_code(code: str, year: int, place: str | None):
    assert region_name(code, date(year, 1, 1)) == place


def test_synthetic_codes_are_many_and_nobody_elses():
    assert len(SYNTHETIC) >= 40
    assert not SYNTHETIC & set(PROVINCES)
    assert not any(is_synthetic(code) for code in ("0", "10", "90", "99", "11", "83"))


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("北京市东城区东直门街1号", True),
        ("北京东城区东直门街1号", True),
        ("广西南宁市青秀区民族大道1号", True),
        ("内蒙古自治区包头市昆都仑区1号", True),
        ("昆都仑区钢铁大街1号", True),
        ("桃源巷3号1单元201室", False),  # its first line is lost
        ("京市东城区东直门街1号", False),
        ("仅供实名认证使用", False),
        ("", False),
    ],
)
def test_an_address_begins_at_a_place_that_there_is(address, known):
    """The table may only raise doubt: nothing is found or corrected by it."""
    assert begins_at_a_place(address) is known
