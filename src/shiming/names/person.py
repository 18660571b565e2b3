"""Names of persons as they stand on ID cards: written in many ways by keyboards and readers, compared as one.

Characters that were coded twice (compatibility ideographs, radicals, the private places that old fonts used) become the
one that is meant. A rare character is never replaced by a common one: 䶮 stays 䶮, and 喆 is not 哲.
"""

import re
import unicodedata
from enum import StrEnum
from functools import cache

from shiming.errors import BadInput
from shiming.names import typed

DOT = "·"
SHORTEST, LONGEST = 2, 50  # characters; the longest names on cards are written in full Uyghur, Kazakh or Tibetan form

_PARTED = frozenset("·.,-~'")  # between the parts of a Chinese name; in the table's plain form
_AROUND = "'\"(),;:-~!?@#/\\|_=+^ "  # what spreadsheets, sentences and lists leave at the ends
_TITLE = re.compile(r"(?<=..) (?:先生|女士|小姐)$")
_LATIN_MARKS = frozenset(" '-.,")
_HAN = ((0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))

ETHNICITIES = tuple(
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 "
    "东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 "
    "鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺 其他 穿青人".split()
)
"""What may stand in a card's field 民族: the 56 of GB/T 3304 in its order, and the two that cards also bear."""

# One character in an older and in today's printed form, each with a code of its own. Only forms, never other characters
# of the same sound and sense (喆/哲, 堃/坤, 昇/升, 凃/涂, 甯/宁): those are different names before the law.
_PRINTED_FORMS = dict(
    "呂吕 黃黄 溫温 戶户 戸户 吳吴 呉吴 靑青 淸清 眞真 愼慎 兪俞 郞郎 敎教 旣既 卽即 彥彦 尙尚 値值 別别 內内 "
    "刪删 悅悦 稅税 強强 彔录 冊册 娛娱 曽曾 歩步 晩晚 毎每 徳德 恆恒 姸妍 硏研 奐奂 換换 煥焕 渙涣 屛屏 幷并 "
    "宮宫 侶侣 兌兑 涼凉 減减 況况 靜静 淨净 虛虚".split()
)
_TO_USUAL = str.maketrans(_PRINTED_FORMS)


class NameFault(StrEnum):
    LENGTH = "length"
    CHARACTERS = "characters"


_SAID = {
    NameFault.LENGTH: "Give the whole name as it stands on the ID card, 2 to 50 characters.",
    NameFault.CHARACTERS: "Give the name as it stands on the ID card: Chinese characters, with a dot (·) where the "
    "card has one, or Latin letters throughout; no digits or other signs.",
}


class BadName(BadInput):
    """This cannot be a name. `why` says what is wrong with it; the name itself is not in the message."""

    code = "name_invalid"

    def __init__(self, why: NameFault):
        super().__init__(_SAID[why])
        self.why = why

    def __reduce__(self):  # else a pickled error would be rebuilt from its message
        return type(self), (self.why,)


def normalise_name(text: str) -> str:
    """The name in the one form that is stored and sent: no stray spaces, every middle dot as ·. Raises BadName.

    Chinese names hold Chinese characters and dots; Latin ones (foreigners' permanent residence cards) hold letters,
    single spaces and ' - . , only.
    """
    plain = "".join(map(_meant, typed.bare(text)))
    name = _latin(plain) if any(map(_is_latin, plain)) else _chinese(plain)
    if not SHORTEST <= len(name.replace(DOT, "")) <= LONGEST:
        raise BadName(NameFault.LENGTH)
    return name


def same_name(a: str, b: str) -> bool:
    """Whether two names are one, however their dots, spaces, double-coded characters and printed forms were written.

    What cannot be a name is the same as nothing.
    """
    try:
        return name_key(a) == name_key(b)
    except BadName:
        return False


def rare(name: str) -> tuple[int, ...]:
    """Positions of characters outside GB 2312: readers misread and keyboards hide them; the holder confirms them."""
    return tuple(i for i, c in enumerate(name) if _is_han(c) and not _in_gb2312(c))


def private_form(name: str) -> str | None:
    """The name as registers hold it that still use the private places of old fonts (䶮 as U+E863); None for a name that
    has no such character. It is for asking only: it is neither kept nor shown.
    """
    form = name.translate(_private_places())
    return form if form != name else None


def usual(char: str) -> str | None:
    """Today's form of a character in an older printed form or with a second code (呂 → 吕), else None."""
    form = _meant(typed.fold(char)).translate(_TO_USUAL)
    return form if form != char else None


def mask_name(name: str) -> str:
    """First and last character, the rest as stars, dots and spaces kept: 张*格, 王*, 米***·**江."""
    if len(name) < 2:
        return "*" * len(name)
    hidden = "".join(c if c in (DOT, " ") else "*" for c in name[1:])
    return name[0] + (hidden if len(name) == 2 else hidden[:-1] + name[-1])


def name_key(name: str) -> str:
    """What two ways of writing one name have in common: by it they are compared, and looked up. Raises BadName."""
    return normalise_name(name).replace(DOT, "").translate(_TO_USUAL).casefold()


def _chinese(plain: str) -> str:
    """Chinese characters with single dots between them, or BadName."""
    whole = typed.without_pictures(_TITLE.sub("", plain.strip(_AROUND))).strip(_AROUND)
    whole = whole if len(whole) >= SHORTEST else plain.strip(_AROUND)
    dotted = "".join(DOT if c in _PARTED else c for c in whole if not c.isspace())
    name = DOT.join(part for part in dotted.split(DOT) if part)
    if not all(c == DOT or _is_han(c) for c in name):
        raise BadName(NameFault.CHARACTERS)
    return name


def _latin(plain: str) -> str:
    """Latin letters with single spaces and the marks of names, or BadName."""
    name = " ".join(plain.strip('"(),;:#/\\|_=+^ ').split())
    if not all(_is_latin(c) or c in _LATIN_MARKS for c in name):
        raise BadName(NameFault.CHARACTERS)
    return name


def _meant(char: str) -> str:
    """What a character stands for: nothing if invisible, today's code if it lies in a private place of old fonts."""
    if unicodedata.category(char) in ("Cf", "Mn", "Cc") and not char.isspace():
        return ""
    if "\ue815" <= char <= "\ue864":
        return _from_private(char)
    return char


def _from_private(char: str) -> str:
    """GBK kept 80 places from FE50 that fonts showed before Unicode had the characters; U+E863 was 䶮."""
    low = 0x50 + ord(char) - 0xE815
    today = bytes((0xFE, low + (low >= 0x7F))).decode("gb18030")  # 7F is no second byte
    return today if _is_han(today) else char


@cache
def _private_places() -> dict[int, str]:
    """From today's code to the private place that it had."""
    places = map(chr, range(0xE815, 0xE865))
    return {ord(today): place for place in places if (today := _from_private(place)) != place}


def _is_han(char: str) -> bool:
    """By code point, because new blocks of rare characters come faster than Python's own tables."""
    return any(first <= ord(char) <= last for first, last in _HAN)


def _is_latin(char: str) -> bool:
    return unicodedata.name(char, "").startswith("LATIN ")


def _in_gb2312(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
