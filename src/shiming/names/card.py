"""The other fields of an ID card, written in many ways by their holders, in the one form in which they are read."""

import re
from datetime import date

from shiming.errors import BadInput
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


class BadField(BadInput):
    """This cannot stand in that field of a card; what was given is not in the message."""

    code = "field_invalid"


def normalise_field(field: str, text: str) -> str:
    """The text of a field (sex, ethnicity, birth, address, authority, valid_from, valid_until) in the form in which it
    is read from cards: without spaces, dates as YYYY-MM-DD. Raises BadField.
    """
    if field not in _SAID:
        raise BadField(f"The fields that can be corrected are {', '.join(_SAID)}; name and number go by themselves.")
    plain = re.sub(r"\s", "", text)
    if said := _plain(field, plain):
        return said
    raise BadField(f"'{field}' {_SAID[field]}.")


def _plain(field: str, text: str) -> str | None:
    match field:
        case "sex":
            return text if text in tuple(Sex) else None
        case "ethnicity":
            return next((name for name in (text, text.removesuffix("族")) if name in ETHNICITIES), None)
        case "address" | "authority":
            return text if len(text) <= LONGEST_FIELD else None
        case "valid_until" if text == LONG_TERM:
            return text
    return _day(text)


def _day(text: str) -> str | None:
    """1990-1-2, 1990.01.02, 1990年1月2日 or 19900102 → 1990-01-02; None for what is no day."""
    parts = re.fullmatch(r"(\d{4})[-./年]?(\d{1,2})[-./月]?(\d{1,2})日?", text)
    try:
        return date(*map(int, parts.groups())).isoformat() if parts else None
    except ValueError:
        return None
