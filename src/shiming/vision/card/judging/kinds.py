"""Which kind of card a picture shows, by what is written on it.

The second-generation resident ID card is the only one accepted. Two look much like it: the first generation (1985–2013,
laminated paper, a number of 15 digits; invalid since 1 January 2013) and the temporary card, which stands in for three
months (临时居民身份证管理办法, 2005: title and wall on one side; portrait, items, validity and authority on the other).
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date

from shiming.names import LONG_TERM
from shiming.verification.seen import CardKind, Field

TEMPORARY = re.compile(r"临时居民|时居民身|临时.{0,2}身份")
OLD_NUMBER = re.compile(r"(?<![\d.])[1-9]\d{5}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?![\dXx.])")
OLD_TERM = re.compile(r"有效期.{0,2}(?:十|二十|10|20)年|日签发")
OTHERS = re.compile(
    r"驾驶证|行驶证|护照|PASSPORT|居住证|港澳居民|台湾居民|社会保障|军官证|外国人|户口簿|通行证|学生证|工作证"
)
TEMPORARY_DAYS = 200  # three months; no other card is valid for less than five years


def kind_of(lines: Iterable[str], fields: Mapping[str, Field]) -> CardKind:
    """The kind, from everything that was read in the picture, line by line, and the fields made of it."""
    said = list(lines)
    together = "".join(said)
    if any(map(TEMPORARY.search, said)) or _both_sides_in_one(together) or _short(fields):
        return CardKind.TEMPORARY
    if "公民身份" not in together and any(map(OLD_NUMBER.search, said)) and _old(said):
        return CardKind.FIRST_GENERATION
    return CardKind.OTHER if any(map(OTHERS.search, said)) and "number" not in fields else CardKind.RESIDENT


def _both_sides_in_one(together: str) -> bool:
    """A temporary card has number, authority and validity on one side; no other card has."""
    return "公民身份号" in together and "签发机关" in together and "有效期" in together and "居民身份证" not in together


def _short(fields: Mapping[str, Field]) -> bool:
    """Valid for some three months."""
    if "valid_from" not in fields or "valid_until" not in fields or fields["valid_until"].text == LONG_TERM:
        return False
    start, end = (date.fromisoformat(fields[name].text) for name in ("valid_from", "valid_until"))
    return 0 < (end - start).days < TEMPORARY_DAYS


def _old(said: list[str]) -> bool:
    return any("编号" in line or line.startswith("编") or OLD_TERM.search(line) for line in said)
