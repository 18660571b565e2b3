"""What keyboards, spreadsheets, messengers and PDFs make of text on its way here: one table, and its reading.

`fold` gives every sign in its plain form; each field's reader then says which signs it is made of. What must be refused
rather than mended, as ids of accounts, asks `text.unseen` instead.
"""

import html
import re
import unicodedata
from dataclasses import dataclass

from shiming.names.text import invisible


@dataclass(frozen=True, slots=True)
class Row:
    """`others` mean `plain`; `why` says who writes them."""

    plain: str
    others: str
    why: str


TABLE = (
    Row("",
        "\u20e3\ufffc\u3164\uffa0\u260e\u260f\u2706\U0001f4de\U0001f4f1\U0001f4f2\U0001f4b3\U0001f194",
        "keycap of an emoji, place of a pasted picture, fillers, emoji of phones and cards; see `text.invisible`"),
    Row(" ",
        "\u00a0\u1680\u2002\u2003\u2007\u2009\u200a\u202f\u205f\u3000\t\r\n",
        "web pages, tables; all white space"),
    Row("-",
        "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u02d7\u058a\u05be\u1400\u1806\u2053\u2796\u2e17\u2e1a"
        "\u2e3a\u2e3b\u2e40\u2e5d\u301c\u3030\u30a0\u30fc\u3161\ufe31\ufe32\ufe58\ufe63\uff0d\uff70\u207b\u208b"
        "\u2500\u2501",
        "smart dashes, dashes of Chinese and Japanese keyboards, minus"),
    Row("~", "\u223c\uff5e\u02dc", "Chinese keyboards' way of writing from–to"),
    Row("·",
        "\u2022\u2023\u2027\u2218\u2219\u22c5\u25cf\u25e6\u25aa\u25ab\u26ab\u26aa\u30fb\uff65\u318d\u119e\u16eb"
        "\u2e31\u2e33\u2e30\u02d9\u0387\u1427\ua78f\U00010101\u2981\u29be\u29bf\u2299\u2b24\u2726\ufe45\ufe46\u4e36",
        "dots that stand for the middle dot of names"),
    Row(".", "\u3002\uff0e\uff61\ufe52\ufe12\u2024\u06d4\ua4f8", "full stops of Chinese keyboards"),
    Row(",", "\uff0c\u3001\uff64\ufe50\ufe51\ufe10\ufe11\u060c\u066c\u201a", "commas of Chinese keyboards"),
    Row("'",
        "\u2018\u2019\u201b\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u00b4`\u2032\u2035\u055a\u05f3"
        "\u07f4\ua78b\ua78c\u275b\u275c\uff07\uff40",
        "smart apostrophes, accents typed for them, spreadsheets' mark of text"),
    Row('"',
        "\u201c\u201d\u201e\u201f\u2033\u2036\u02ba\u02dd\u02ee\u275d\u275e\u301d\u301e\u301f\uff02\u00ab\u00bb"
        "\u2039\u203a",
        "smart quotes"),
    Row("(",
        "[{<\uff08\ufe59\ufe35\uff3b\uff5b\uff1c\u3008\u300a\u300c\u300e\u3010\u3014\u3016\u3018\u301a\ufe5d"
        "\uff5f\uff62\u207d\u208d\u2768\u27e8\u2329",
        "brackets of Chinese keyboards"),
    Row(")",
        "]}>\uff09\ufe5a\ufe36\uff3d\uff5d\uff1e\u3009\u300b\u300d\u300f\u3011\u3015\u3017\u3019\u301b\ufe5e"
        "\uff60\uff63\u207e\u208e\u2769\u27e9\u232a",
        "and the other half of each"),
    Row(":", "\uff1a\ufe55\ufe13\u2236\u02d0\ua789\u05c3\ufe30", "colons of Chinese keyboards"),
    Row(";", "\uff1b\ufe54\ufe14\u037e", "semicolons of Chinese keyboards"),
    Row("/", "\uff0f\u2044\u2215\u29f8\u2571", "slashes that keep a date from being divided"),
    Row("+", "\uff0b\ufe62\u2795\u207a\u208a", "plus signs of Chinese keyboards and emoji"),
)  # fmt: skip
"""Signs by what they mean. Digits of every script and shape, and what nobody sees, go by Unicode's own properties."""

# A part of a character, as PDFs give it where a character was meant (the rest of these NFKC knows).
_RADICALS = ("⺟母 ⺠民 ⻁虎 ⻄西 ⻅见 ⻆角 ⻉贝 ⻋车 ⻑長 ⻓长 ⻔门 ⻘青 "
             "⺒巳 ⺓幺 ⺩王 ⺬示 ⺶羊 ⻊足 ⻚页 ⻛风 ⻜飞 ⻝食 ⻢马 ⻣骨 ⻤鬼 ⻥鱼 ⻦鸟 ⻨麦 ⻩黄 ⻬齐 ⻮齿 ⻰龙"
             .split())  # fmt: skip
_MEANT = {other: row.plain for row in TABLE for other in row.others} | dict(_RADICALS)

# The words of terms that stand on cards, as people write them elsewhere; never used on names.
_TRADITIONAL = str.maketrans(dict(
    "長长 漢汉 維维 爾尔 壯壮 佈布 鮮鲜 滿满 瑤瑶 薩萨 畬畲 東东 鄉乡 納纳 頗颇 達达 錫锡 烏乌 "
    "別别 羅罗 溫温 獨独 龍龙 倫伦 門门 諾诺 茲兹 難难 "
    "彜彝 彞彝".split()
))  # fmt: skip

SEPARATORS = frozenset(" |-~·.,'\"():;/_=#")
"""Signs between the digits of a number, in their plain form."""
_LABEL = re.compile(
    r"[\W_]*(?:(?:本人|我的|申请人|number|num|no|id|code|tel|phone|mobile|bank|card|mailto|e-?mail|mail|name|sex|birth|address|"
    r"(?:公民)?身份(?:证件?)?号码?|(?:公民)?身份证|"
    r"证件号码?|(?:联系)?电话|手机|(?:银行)?卡号?|(?:真实)?姓 *名|名字?|性别|民族|"
    r"出生(?:日期|年月日?)?|生日|住址|(?:家庭|户籍|户口|居住|常住|现)?地址|家庭住址|签发机关|有效期限?|"
    r"(?:开始|起始|截止|到期)?日期|邮箱|邮件|号码?|编号)[ .]*)+(?P<sign>[.:=#]*)[ ]*",
    re.IGNORECASE,
)  # fmt: skip
_ANY_LABEL = re.compile(  # before digits, words with a colon are one, and so are Chinese words, and others with a space
    r"\W*[^\W\d_][^\d:=#]{0,24}[:=#]+|\W*[㐀-鿿][^\d:=#+(]{0,24}(?=[\d+(])|\W*[a-z]{2,}[ .][ .a-z]{0,20}(?=[\d+(])"
    r"|n[°º][ .]*",
    re.IGNORECASE,
)  # fmt: skip
_NAME_LABEL = re.compile(r"^\W*(?:本人|真实)?姓 ?名[ :=]*(?=[^\W\d_]{2})")  # nobody is called so
_ENTITY = re.compile(r"&(?:#[0-9]{1,6}|#x[0-9a-f]{1,5}|[a-z]{2,8});", re.IGNORECASE)
_LINK = re.compile(r" *\((?:tel|sms|mailto|callto):[^()]*\) *$", re.IGNORECASE)  # [1…](tel:1…), 1… <tel:1…>
_BOLD = re.compile(r" *(\*\*|__)([^*_]+)\1 *")
_PICTURE = "[\u2190-\u21ff\u2600-\u27bf\U0001f000-\U0001faff ]+"
_PICTURES = re.compile(  # behind a digit, a cross is the X of its number
    rf"^{_PICTURE}|(?:(?<!\d)(?<!\d )|(?! *[\u2613\u2715-\u2718\u274c])){_PICTURE}$"
)
_NOTE = re.compile(r" *\((?!\W*x\W*\))[^()\d]*\)[ .,;]*$", re.IGNORECASE)  # (X) is the last sign of a number
_WORDS_AFTER = re.compile(r"(?<=\d|x)(?:[ ,;]+[^\W\d_]{2}|_?(?![转轉分])[㐀-鿿]{2})[^\d]*$", re.IGNORECASE)
_SPREADSHEET = re.compile(r"\d(?:[.,]\d+)?e[+-]?\d{1,3}|(?<![\d.])\d{9,}\.0+(?!\d)", re.IGNORECASE)


def fold(text: str) -> str:
    """The text in plain signs: half width, digits as 0–9, one form of each sign of the table, nothing unseen."""
    return "".join(map(_sign, unicodedata.normalize("NFKC", "".join(map(_sign, text)))))


def bare(text: str, *, label_needs_sign: bool = True) -> str:
    """`fold`, without spaces around, what pages and chats put round a value (&nbsp; **bold**, its link), and a label
    such as 姓名： that was copied along.
    """
    plain = _LINK.sub("", fold(_ENTITY.sub(lambda found: html.unescape(found[0]), text)))
    plain = bold[2] if (bold := _BOLD.fullmatch(plain)) else plain
    label = _LABEL.match(plain)
    if label and (not label_needs_sign or re.search("[:=]", label["sign"])):
        plain = plain[label.end() :]
    return _NAME_LABEL.sub("", plain, 1).strip()


def compact(text: str) -> str:
    """A number without a label, a note behind it and the signs between its digits; what else was typed stays, to be
    refused.

    So do the signs of a number that a spreadsheet has rewritten.
    """
    plain = without_note(_without_label(without_pictures(bare(text, label_needs_sign=False))))
    plain = without_pictures(_WORDS_AFTER.sub("", plain))
    return plain if rewritten(plain) else "".join(c for c in plain if c not in SEPARATORS)


def without_note(plain: str) -> str:
    """Without what somebody added in brackets at the end, in words."""
    return _NOTE.sub("", plain)


def without_pictures(plain: str) -> str:
    """Without ticks, arrows and emoji at its ends."""
    return _PICTURES.sub("", plain)


def _without_label(plain: str) -> str:
    label = _ANY_LABEL.match(plain)
    return plain[label.end() :] if label else plain


def rewritten(text: str) -> bool:
    """Whether a spreadsheet took this for a quantity: 6.22202E+18, or .0 behind. Its last digits may be lost."""
    return _SPREADSHEET.search(fold(text)) is not None


def term(text: str) -> str:
    """A word that stands on cards (长期, 维吾尔), without spaces or quotes, in today's characters."""
    return "".join(c for c in without_note(bare(text)) if c not in " '\"().,;/|").translate(_TRADITIONAL)


def _sign(char: str) -> str:
    """What one character means."""
    if char in _MEANT:
        return _MEANT[char]
    if char.isspace():
        return " "
    if invisible(char):
        return ""
    digit = unicodedata.digit(char, None)
    return char if digit is None else str(digit)
