"""From characters read to a card's fields: parsing, cross-checking, choosing between readings. Pure functions.

Nothing is invented: every text that comes out was read somewhere, character by character, with the probability it is
given. The check digit, the date of birth and the sex only choose *between* readings.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations

from shiming.names import ETHNICITIES, LONG_TERM, check_digit

DIGITS = "0123456789"
NUMBER_LENGTH = 18
UNCHECKED = 0.3  # the most confidence that a number with a wrong check digit, or a date that is no date, may have
HIDDEN = 0.5  # the same for a reading of which a part is probably hidden, or that may be no field at all
DOUBTFUL_BELOW = 0.8  # a character of a name that is less probable has to be confirmed by the holder
# Each first character is what the recogniser makes, surely, of those behind it: it knows none of them, or has hardly
# seen them. It counts as read from the probability before it on, which it reaches where it is printed itself. Found by
# drawing GB 2312 and all of the national standard (docs/accuracy.md, "Rare characters"), and on cards.
MISTAKEN = {
    group[0]: least
    for least, groups in {
        0.9995:
        "城珹 塘𡐓 壶壸 夏夐 媵𦝼 寻𬍤 封堼 岩𬒈 岫𪨰 彭髟 搂𪣻 映咉 暨𬶨 杆杄 江冮 流㳘 渍𣸣 溧凓 "
        "璎𤫉 箦𬕂 绩𬘬 综𬘫 肥舥 茜𬜯 草䓬 裸祼 诚𫍯 豹勠 轨𫐄 鎏瑬 铍𬭛 铸鿏 镇𫓹 院𨺙 饴饸 驱𫸩 "
        "驶𫘝 驹𫘦 骞𬸣 鲍𬶋 龄𬹼 口囗 嘻暿 钱𬬩 劫劼 廷颋 契㛃",
        0.997: "支攴 之辶 中屮 子孓 天夭 掰搿",
        0.98: "乡彡 鸣呜 媛嫒 馨謦 颖颍 权杈 兀丌 饯戗 勺勹 铁𫓧 勋勚 宦宧 槐櫆 程桯 划刬 讦𬣙",
    }.items()
    for group in groups.split()
}  # fmt: skip
MAX_RIVALS = 4  # places of a number where a rival digit is tried


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reading of a text: its characters, and for each its probability and the rivals that were not much weaker.

    `doubt` is why it is not to be trusted, in the words of `seen.Field`.
    """

    text: str
    ps: tuple[float, ...]
    rivals: tuple[tuple[tuple[str, float], ...], ...] = ()
    doubt: str = ""

    @property
    def confidence(self) -> float:
        return min(self.ps, default=0.0)


def number_checks(number: str) -> bool:
    """Whether an ID number has its form, a date that exists and the right check digit. The region is not looked at."""
    form = re.fullmatch(r"\d{17}[\dX]", number)
    return bool(form and birth_of(number)) and check_digit(number[:17]) == number[17]


def birth_of(number: str) -> str | None:
    """The date of birth in an ID number, YYYY-MM-DD; None when it is no date of a living person's."""
    return iso_date(number[6:10], number[10:12], number[12:14])


def sex_of(number: str) -> str | None:
    """男 or 女, from the 17th digit; None when there is none."""
    return "女男"[int(number[16]) % 2] if len(number) > 16 and number[16] in DIGITS else None


def iso_date(year: str, month: str, day: str) -> str | None:
    """YYYY-MM-DD of a date between 1900 and 2099 that exists, else None."""
    try:
        made = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return made.isoformat() if 1900 <= made.year <= 2099 else None


def parse_birth(text: str) -> str | None:
    """YYYY-MM-DD from a card's 1990年1月1日; the signs between may be missing where that leaves no doubt."""
    match = re.search(r"(\d{4})[^\d]{0,2}(\d{1,2})[^\d]{1,2}(\d{1,2})", text)
    return iso_date(*match.groups()) if match else None


def parse_validity(text: str) -> tuple[str | None, str | None]:
    """The two dates of 2015.03.01-2035.03.01 or 2015.03.01-长期, as YYYY-MM-DD or 长期; None for a part that can't be
    read.

    A lone date is the first only when something follows it, and the last only when a dash goes before it.
    """
    found = list(re.finditer(r"(\d{4})\D?(\d{2})\D?(\d{2})", text))
    dates = [iso_date(*match.groups()) for match in found]
    open_ended = LONG_TERM if re.search("长|期", text) else None
    if len(dates) > 1 or (dates and open_ended):
        return dates[0], open_ended or dates[1]
    if dates and text[found[0].end() :].strip(" ."):
        return dates[0], None
    if dates and re.match(r"\D*[-—一]", text):
        return None, dates[0]
    return None, open_ended


AUTHORITY_ENDS = ("局", "厅", "所", "处", "队")


ADDRESS_GOES_ON = "省市州盟旗县区镇乡路街道单第"
# No province or city has a name of one character, but 津市市 and 沙市区 there are, and 公安县, 市中区 and the like.
HALF_A_PLACE = re.compile("[省县区]|市[^中北南]|.[省市](?![市区])|公安(?!县)")
BARE_NUMBER = re.compile(r".*[^\d-]\d+")
# Every address begins with a province, prefecture or county, whose names have two characters and more before this sign.
DIVISION = re.compile("[一-龥]{1,12}?[省市州盟旗县区]")
# What no address ends in or holds: words laid over copies, whole Latin words, a letter or a sign left at the end.
LAID_OVER = re.compile("仅[供用限]|实名|认证|使用$|他用|无效|复印|核验|专用|样本|[A-Za-z]{3}|[A-Za-z·,，.、(（#-]$")


def plausible_name(text: str) -> bool:
    """Whether the text can be a whole name: two characters at least, and not broken off at the dot within it."""
    return len(text) >= 2 and text[0] != "·" and not LAID_OVER.search(text)


def plausible_address(text: str) -> bool:
    """Whether the text can be a whole address: some length, beginning with a place that has places below it, not within
    its name; not broken off where more must follow, after a word that wants a name, or a number without what it
    counts; and without words that people lay over copies of cards.
    """
    begun = DIVISION.match(text) and not HALF_A_PLACE.match(text)
    whole = text[-1:] not in ADDRESS_GOES_ON and not BARE_NUMBER.fullmatch(text)
    return bool(len(text) >= 6 and begun and whole and not LAID_OVER.search(text))


def plausible_authority(text: str) -> bool:
    """Whether the text has the form of an issuing authority's name, from its first place to its last word."""
    whole = text.endswith(AUTHORITY_ENDS) and not HALF_A_PLACE.match(text)
    return len(text) >= 4 and whole and not LAID_OVER.search(text)


def plausible_term(start: str | None, end: str | None) -> bool:
    """Whether a card may run from `start` to `end`: 5, 10 or 20 years to the day, or for good.

    Resident Identity Card Law, Art. 5. False when one of the two is not known.
    """
    if not start or not end:
        return False
    if end == LONG_TERM:
        return True
    years = int(end[:4]) - int(start[:4])
    same_day = start[5:] == end[5:] or (start[5:] == "02-29" and end[5:] in ("02-28", "03-01"))
    return years in (5, 10, 20) and same_day


def nearest_ethnicity(text: str) -> str | None:
    """The one of the 56 (or 其他) that the text is, or the only nearest with one character wrong; None otherwise."""
    text = text.removesuffix("族")
    if text in ETHNICITIES:
        return text
    near = [name for name in ETHNICITIES if len(name) > 1 and _distance(name, text) == 1]
    return near[0] if len(near) == 1 else None


def _distance(a: str, b: str) -> int:
    """Levenshtein's distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row, last = [i], row
        for j, y in enumerate(b, 1):
            row.append(min(last[j] + 1, row[-1] + 1, last[j - 1] + (x != y)))
    return row[-1]


def choose_number(readings: Sequence[Candidate], births: Iterable[str], sexes: Iterable[str]) -> Candidate | None:
    """The reading of the number that checks best: check digit first, then birth and sex, then how often and how
    surely read.

    Rivals are tried in at most two places of a reading. A number that does not check keeps at most UNCHECKED.
    """
    births, sexes = set(births), set(sexes)
    whole = [r for r in readings if len(r.text) == NUMBER_LENGTH]
    if not whole:
        longest = max(readings, key=lambda r: len(r.text), default=None)
        return capped(longest, UNCHECKED, "incomplete") if longest and 15 <= len(longest.text) <= 20 else None

    def rank(c: Candidate) -> tuple[bool, int, int, float]:
        agree = (birth_of(c.text) in births) + (sex_of(c.text) in sexes)
        return number_checks(c.text), agree, sum(c.text == r.text for r in whole), c.confidence

    best = max((c for reading in whole for c in _variants(reading)), key=rank)
    if not number_checks(best.text):
        return capped(max(whole, key=lambda r: r.confidence), UNCHECKED, "wrong_check_digit")
    return replace(best, doubt="differs_from_birth") if births and birth_of(best.text) not in births else best


def _variants(reading: Candidate) -> Iterable[Candidate]:
    """The reading itself, and with a rival in one or two places."""
    yield reading
    places = [i for i, rivals in enumerate(reading.rivals) if rivals][:MAX_RIVALS]
    for chosen in [(i,) for i in places] + list(combinations(places, 2)):
        text, ps = list(reading.text), list(reading.ps)
        for i in chosen:
            text[i], ps[i] = reading.rivals[i][0]
        yield replace(reading, text="".join(text), ps=tuple(ps))


def choose_agreeing(readings: Sequence[Candidate], wanted: str | None) -> Candidate | None:
    """The surest reading that says what the number says; else the surest, which then differs from the number.

    How surely it was read stays as it is: a card that contradicts itself has to be told from one that is hard to read.
    """
    agreeing = [r for r in readings if r.text == wanted]
    best = max(agreeing or readings, key=lambda r: r.confidence, default=None)
    return best if agreeing or wanted is None or best is None else replace(best, doubt="differs_from_number")


def capped(candidate: Candidate | None, most: float, doubt: str) -> Candidate | None:
    """The same reading with no character more probable than `most`, and why."""
    if candidate is None:
        return None
    return replace(candidate, ps=tuple(min(p, most) for p in candidate.ps), doubt=candidate.doubt or doubt)


def is_rare(char: str) -> bool:
    """Whether a character lies outside GB 2312's two levels, so that the reader has seen few of its kind."""
    try:
        return len(char.encode("gb2312")) != 2
    except UnicodeEncodeError:
        return True


def is_traditional(char: str) -> bool:
    """Whether a character is in Taiwan's Big5 and not in GB 2312: a traditional form, or a rare one that both leave
    alone.
    """
    try:
        return is_rare(char) and len(char.encode("big5")) == 2
    except UnicodeEncodeError:
        return False


def simplified(reading: Candidate) -> Candidate:
    """A name with its traditional characters replaced by a common rival, where the reader saw one: cards are printed
    simplified.

    The place keeps the rival's own low probability, so that the holder is asked.
    """
    text, ps = list(reading.text), list(reading.ps)
    for i, char in enumerate(text):
        common = [rival for rival in reading.rivals[i] if not is_rare(rival[0])]
        if common and is_traditional(char):
            text[i], ps[i] = common[0]
    return replace(reading, text="".join(text), ps=tuple(ps))


def doubtful_places(text: str, ps: Sequence[float]) -> tuple[int, ...]:
    """Places of a name that the holder should confirm: rare characters, those read with low probability, and those
    that rare ones are taken for.
    """
    return tuple(i for i, (c, p) in enumerate(zip(text, ps, strict=True)) if p < _enough(c))


def _enough(char: str) -> float:
    """The probability from which a character of a name is taken without its holder's word; 2 is never reached."""
    if char != "·" and is_rare(char):
        return 2.0
    return MISTAKEN.get(char, DOUBTFUL_BELOW)
