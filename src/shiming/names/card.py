"""The other fields of an ID card, written in many ways by their holders, in the one form in which they are read."""

import re
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

from shiming.errors import BadInput
from shiming.names import typed
from shiming.names.number import Sex
from shiming.names.person import ETHNICITIES

LONG_TERM = "长期"
LONGEST_FIELD = 100  # characters
_DATE = "is a date, as 2020-01-31"
_WORDS = f"is what stands on the card, {LONGEST_FIELD} characters at most"
_SAID = {
    "sex": "is 男 or 女",
    "ethnicity": "is one of those that stand on cards, such as 汉 or 维吾尔",
    "birth": _DATE,
    "address": _WORDS,
    "authority": _WORDS,
    "valid_from": _DATE,
    "valid_until": f"{_DATE}, or {LONG_TERM}",
}


_LONG = (LONG_TERM, "永久", "无固定期限", "无限期", "无期限", "longterm", "permanent")
_SEXES = MappingProxyType({"m": "男", "male": "男", "男生": "男", "男士": "男", "先生": "男",
                           "f": "女", "female": "女", "女生": "女", "女士": "女", "小姐": "女"})  # fmt: skip
_ALSO = MappingProxyType(
    {"其它": "其他", "穿青": "穿青人", "毛难": "毛南", "乌兹别克": "乌孜别克", "维": "维吾尔", "蒙": "蒙古"}
)
_NUMERALS = MappingProxyType({char: n % 10 for n, char in enumerate("〇一二三四五六七八九零壹贰叁肆伍陆柒捌玖○")})
_NUMERAL = re.compile(f"[{''.join(_NUMERALS)}十]+")
_WEEKDAY = re.compile(
    r" *\(?(?:星期|礼拜|周)[一二三四五六日天]\)?|^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}[,.]? +", re.IGNORECASE
)
_ROUND = re.compile(r"^(?:公元|出?生于)|(?:出生|生)$")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_IN_ENGLISH = re.compile(  # whole, so that no two numbers can be the day
    rf"(?:(?P<d>\d{{1,2}})[ .\-/]*)?(?P<m>{'|'.join(_MONTHS)})[a-z]{{0,6}}(?(d)|[ .]*(?P<e>\d{{1,2}}))"
    r"[ ,.\-/]+(?P<y>\d{4})",
    re.IGNORECASE,
)
_TWELVE = re.compile(r"(?:上午 ?)12(:\d\d(?::\d\d)?)|12(:\d\d(?::\d\d)?) ?am", re.IGNORECASE)
_TERM = re.compile(r"(\d{4}\D{0,2}\d{1,2}\D{0,2}\d{1,2}日?)[-~至到 ]+(.{2,})")
_WRITTEN = re.compile(r"(\d{4})[-·.,/_\\年]?(\d{1,2})[-·.,/_\\月]?(\d{1,2})[日号]?")
_MOMENT = re.compile(
    r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?(?: ?T ?| )(\d{1,2}):(\d\d(?::\d\d)?)(?:\.0+)?"
    r" ?(?:GMT)?(?P<zone>Z|\+00:?00|\+08:?00)?",
    re.IGNORECASE,
)  # fmt: skip
_BEIJING_MIDNIGHT = time(16)
"""What browsers and spreadsheets make of a Beijing day when they write it in UTC."""


class BadField(BadInput):
    """This cannot stand in that field of a card; what was given is not in the message."""

    code = "field_invalid"


def normalise_field(field: str, text: str) -> str:
    """The text of a field (sex, ethnicity, birth, address, authority, valid_from, valid_until) in the form in which it
    is read from cards: without spaces, dates as YYYY-MM-DD. Raises BadField.
    """
    if field not in _SAID:
        raise BadField(f"The fields that can be corrected are {', '.join(_SAID)}; name and number go by themselves.")
    if said := _plain(field, text):
        return said
    raise BadField(f"'{field}' {_SAID[field]}.")


def _plain(field: str, text: str) -> str | None:
    match field:
        case "sex":
            word = typed.term(text).removesuffix("性")
            word = _SEXES.get(word.lower(), word)
            return word if word in tuple(Sex) else None
        case "ethnicity":
            return _ethnicity(typed.term(text))
        case "address" | "authority":
            return _words(text)
        case "valid_from" | "valid_until":
            return _of_term(field, text)
    return _day(text)


def _of_term(field: str, text: str) -> str | None:
    """One of the two ends of a card's term, where both were typed as they are printed: 2015.03.04-2035.03.04."""
    if both := _TERM.fullmatch(typed.bare(text)):
        start, end = _day(both[1]), _end(both[2])
        if start and end:
            return start if field == "valid_from" else end
    return _end(text) if field == "valid_until" else _day(text)


def _end(text: str) -> str | None:
    word = typed.term(text).lower().replace("-", "").removeprefix("至").removesuffix("有效")
    return LONG_TERM if word in _LONG else _day(text)


def _ethnicity(word: str) -> str | None:
    word = _ALSO.get(word.removesuffix("族"), word)
    return next((name for name in (word, word.removesuffix("族")) if name in ETHNICITIES), None)


def _words(text: str) -> str | None:
    """Without spaces, and without what sentences end in."""
    words = typed.bare(text).replace(" ", "").strip("'\".,;:/|")
    return words if len(words) <= LONGEST_FIELD else None


def _day(text: str) -> str | None:
    """1990-1-2, 1990.01.02, 1990年1月2日, in Chinese numerals, 19900102 or a spreadsheet's 1990-01-02T00:00:00 →
    1990-01-02; else None.
    """
    plain = _WEEKDAY.sub("", typed.without_note(typed.bare(text))).strip("'\"(). /|")
    plain = _IN_ENGLISH.sub(_by_number, _ROUND.sub("", plain))
    if "年" in plain:
        plain = _NUMERAL.sub(lambda found: _counted(found[0]), plain.replace("元月", "1月"))
    parts = _WRITTEN.fullmatch(plain.replace(" ", ""))
    try:
        return date(*map(int, parts.groups())).isoformat() if parts else _midnight(plain)
    except ValueError:
        return None


def _by_number(found: re.Match) -> str:
    """4 March 2020, Mar 4, 2020 → 2020-3-4."""
    return f"{found['y']}-{_MONTHS.index(found['m'].lower()) + 1}-{found['d'] or found['e']}"


def _counted(numeral: str) -> str:
    """二〇二〇 → 2020, 十二 → 12, 三十 → 30."""
    tens, ten, ones = numeral.partition("十")
    digits = ["".join(str(_NUMERALS.get(char, "")) for char in part) for part in (tens, ones)]
    return (digits[0] or "1") + (digits[1] or "0") if ten else digits[0]


def _midnight(plain: str) -> str | None:
    """The day that begins at this moment: as it is written, or in Beijing. Another moment is no date."""
    parts = _MOMENT.fullmatch(_TWELVE.sub(lambda twelve: "0" + (twelve[1] or twelve[2]), plain))
    if not parts:
        return None
    moment = datetime.fromisoformat(
        "{:0>4}-{:0>2}-{:0>2}T".format(*parts.group(1, 2, 3)) + f"{parts[4]:0>2}:{parts[5]}"
    )
    if (parts["zone"] or "").upper() in ("Z", "+00:00", "+0000") and moment.time() == _BEIJING_MIDNIGHT:
        moment += timedelta(hours=8)
    return moment.date().isoformat() if moment.time() == time.min else None
