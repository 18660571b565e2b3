"""The listed facts in a mail's text, however people fill in a list: bullets, brackets, tables, several in a line."""

import re
import unicodedata
from itertools import takewhile
from types import MappingProxyType

from shiming.names import normalise_number
from shiming.names.person import DOT
from shiming.names.typed import fold
from shiming.support.mail_text import DAMAGED

_LABELS = {
    "account_name": ("账号名称", "账号名", "账号", "帐号名称", "帐号", "帳號名稱", "帳號", "account name", "account"),
    "name": ("真实姓名", "真實姓名", "姓名", "名字", "real name", "full name", "name"),
    "number": ("身份证号码", "身份证号", "身份证", "身份證號碼", "身份證號", "身份證", "身分證號", "身份證字號",
               "身分證字號", "公民身份号码", "居民身份证号码", "居民身份证号",
               "居民身份证", "id card no.", "id card", "id no", "证件号码", "证件号",
               "證件號碼", "id card number",
               "id number", "id no."),
    "prompt_seen": ("失败提示", "失敗提示", "提示内容", "页面提示", "提示", "prompt", "message seen"),
    "device_model": ("手机型号", "手機型號", "设备型号", "机型", "device model", "device"),
    "app_version": ("app版本", "软件版本", "版本号", "版本", "app version", "version"),
    "contact": ("联系方式", "联系电话", "聯絡電話", "聯繫電話", "手机号码", "手机号", "手機號碼", "手機號",
               "电话", "電話",
                "contact", "phone"),
}  # fmt: skip
_FACT_OF = MappingProxyType({label.replace(" ", ""): fact for fact, labels in _LABELS.items() for label in labels})
_SPACED = "|".join(r"\s*".join(map(re.escape, label.replace(" ", ""))) for label in
                   sorted((each for labels in _LABELS.values() for each in labels), key=len, reverse=True))  # fmt: skip
_OPEN, _SHUT = "(\"'*_", ")\"'*_"  # in their plain form, as all signs below
_PICTURES = "\u2190-\u21ff\u2600-\u27bf\U0001f000-\U0001faff"  # arrows, ticks and emoji, with which lists are decorated
_NOTE = (
    r"(?:\s*\((?![\d\s\-]{12}|\d{15})(?:[^()]{0,20}\)(?!\s*(?:$|[,;.。(\t]|\s[^\s:=(]{2,8}[:=(]))"
    r"|[^()]{0,14}(?:填|如|例|须|需|一致|为准|required|optional)[^()]{0,14}\)))?"
)  # said of the label; what else stands in brackets with nothing behind it is the value itself
_LABEL = re.compile(
    rf"(?:^|(?<=[\s,;。.|/)·\-*#\d{re.escape(_OPEN)}{_PICTURES}]))(?:(?:我的|您的|本人|申请人|申诉人|持证人|用户)\s*)?"
    rf"(?P<open>[{re.escape(_OPEN)}]{{0,2}})\s*(?P<label>{_SPACED}){_NOTE}\s*"
    rf"(?P<sep>[:=]?\s*[{re.escape(_SHUT)}]{{1,2}}\s*[:=]?|[:=]|[-~>{_PICTURES}]{{1,3}}(?=\s*\S)|是(?=\s*\S)|为(?=\s*\S)"
    rf"|\s*(?=\([^()]+\)\s*(?:$|[,;。\t]|[^\s:=(]{{2,8}}[:=(]))|(?<=\w)\s+(?=\S)|\t|$)",
    re.IGNORECASE,
)
_FIRST = re.compile(rf"^[\s\d.,)(\-*·_○◆■□►→#{_PICTURES}]*$")
_EDGE = " \t,;。.!|*\"'()_"
_WHO = ("name", "number")
_NUMBER = re.compile(r"(?<![A-Z0-9])[0-9X*]{8,20}(?![A-WYZ0-9])", re.IGNORECASE)  # O7… has lost no digit
_RULE = re.compile(r"^[\s|:\-+=]*$")  # between the rows of a table in text
_HAN = re.compile(r"[㐀-鿿豈-﫿〇\U00020000-\U0003ffff]+(?:[·•・][㐀-鿿〇]+)*")
_AFTER = frozenset("男 女 先生 女士 小姐 谢谢 謝謝 您好 你好 本人 汉族 汉 敬上 经理 經理".split())
_NOBODY = re.compile(
    r"(?:请?[参參]?[见見]|详见|詳見|如|同)(?:附件|附图|附圖|图片|圖片|照片|上|下|前|[上下]?[图圖])"
    r"|请?见?附件|[请請]?填[写寫].*|[暂暫]?[无無]|没有|沒有|不[详詳]|保密|匿名|未知|未填|某+|本人|用户名?|[x×n]+|n/?a|null|none|undefined|test|测试",
    re.IGNORECASE,
)
_PLACE = re.compile(r"\S+[省市区區县縣镇鎮乡鄉村路街号號族]$")
_SOUNDS = frozenset(  # of names written by sound: Uyghur, Kazakh, Tibetan
    "阿艾买買提江古丽麗尔爾木合拉力孜则則吐努热熱依克拜汗娜别別叶巴扎次仁多吉卓玛瑪旺普布旦增德罗羅桑央金格措米马馬"
    "外里甫都不卡迪萨薩帕夏肉孜伊斯坎帝娅婭沙尼亚亞塔哈铁鐵山曼贝貝达達"
)
_BETWEEN = re.compile(r"(?<=[㐀-鿿])(?:_|[\t。]\s*)(?=[㐀-鿿]+$)")
_LISTED = re.compile(r"[㐀-鿿]+[,、]\s*[㐀-鿿]+")
_TITLE = re.compile(
    r"(?:先生|女士|小姐|老师|老師|同学|同學|同志|经理|經理|医生|醫生|律师|律師|师傅|師傅|敬上)$"
    r"|^(?:mr|mrs|ms|miss|dr)\b\.?\s*",
    re.IGNORECASE,
)
_FAMILIES = frozenset(  # the most common: whose name begins so is not written in two parts
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何林高罗羅郑鄭梁谢謝宋唐许許邓鄧韩韓冯馮曹彭曾肖田董潘袁蔡蒋蔣余于杜叶葉"
    "程魏苏蘇吕呂丁任卢盧姚沈钟鐘姜崔谭譚陆陸范汪廖石金韦韋贾賈夏付方邹鄒熊白孟秦邱侯江尹薛闫段雷黎史陶贺賀顾顧毛郝龚龔邵万萬钱錢严嚴"
)
_LONG_FAMILIES = frozenset(
    "欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 夏侯 皇甫 尉迟 尉遲 公孙 公孫 慕容 令狐 司徒 东方 東方".split()
)
_SIGNED = re.compile(r"^(?:(?:发|寄|發|来|來|从|從)自?我的|sent from\b|(?:get|获取|取得)\s*outlook|--$)", re.IGNORECASE)
_REPLIED_TO = re.compile(
    r"^(?:[-_ ]*(?:原始邮件|原始郵件|转发的邮件|original message|forwarded message)[-_ ]*$"
    r"|(?:发件人|寄件者|from):)|(?:写道|寫道|wrote):$",
    re.IGNORECASE,
)


def _typed(text: str) -> str:
    """One line in plain signs; tabs and full stops stay, since cells and sentences end there."""
    kept = {"\t": "\t", "。": "。", "｡": "。"}
    if text.count("|") > 1 and text.strip().startswith("|"):  # a row of a table as text
        text = text.strip().strip("|").replace("|", "\t")
    plain = "".join(kept.get(part) or fold(part) for part in re.split("([\t。｡])", text))
    return "\t".join(re.sub(r"\s+", " ", cell).strip() for cell in plain.split("\t")).strip()


def facts_in(body: str) -> dict[str, str]:
    """The listed facts, from lines such as `姓名:…`; the first of each counts, quoted and damaged ones do not.

    Where two numbers stand, nobody knows whose mail it is: names and numbers are left out.
    """
    found, several = _read(body)
    return {fact: values[0] for fact, values in found.items() if not (several and fact in _WHO)}


def two_people(body: str) -> bool:
    """Whether numbers of more than one person are written here, so that it has to be asked whose this is."""
    return _read(body)[1]


def _read(body: str) -> tuple[dict[str, list[str]], bool]:
    """All values of each fact, and whether they are of two people, apart from a mail that is replied to below."""
    found: dict[str, list[str]] = {}
    above, waiting, several, own = [], None, False, True
    for raw in body.splitlines()[:2000]:
        line = _typed(raw.lstrip(" \t>＞").replace("&nbsp;", " "))
        if not line or _RULE.match(line):
            continue
        quoted = raw.lstrip().startswith((">", "＞"))
        own = own and (quoted or not _REPLIED_TO.search(line))
        above, pairs = _row(line, above)
        if quoted:  # a question that is answered below it
            above, waiting = [], pairs[-1][0] if pairs and not pairs[-1][1] else None
            continue
        if waiting and not pairs and not _SIGNED.search(line):
            pairs = [(waiting, line)]
        waiting = pairs[-1][0] if pairs and not pairs[-1][1] else None
        for fact, value in pairs:
            for right in _values(fact, value):
                found.setdefault(fact, []).append(right)
        several = several or (own and len(set(found.get("number", ()))) > 1)
    return found, several


def _row(line: str, above: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """The labels of the table that a line may belong to, and its facts with their values."""
    cells = [cell for cell in line.split("\t") if cell.strip()]
    stated = all(cell.rstrip().endswith(")") for cell in cells)  # each with its value in brackets
    if len(cells) > 1 and not stated and (row := [_fact(cell) for cell in cells]) and all(row):
        return row, []
    if len(cells) > 2 and len(cells) % 2 == 0 and all(map(_fact, cells[::2])) and not any(map(_fact, cells[1::2])):
        return [], [(_fact(label), value) for label, value in zip(cells[::2], cells[1::2], strict=True)]
    if len(above) == len(cells) > 1 and not any(map(_fact, cells)):
        return above, list(zip(above, cells, strict=True))
    return [], _pairs(line[:1000])


def quoted_only(body: str) -> bool:
    """Whether facts stand in quoted lines alone, which do not count."""
    quoted = (each.lstrip() for each in body.splitlines()[:2000])
    lines = [each.lstrip(" \t>＞") for each in quoted if each.startswith((">", "＞"))]
    return bool(lines) and not facts_in(body) and bool({"name", "number"} & set(facts_in("\n".join(lines))))


def _fact(text: str) -> str | None:
    return _FACT_OF.get(re.sub(r"(?<=\w)\s*\([^()]*\)|[\s:*]", "", text).strip(_EDGE).lower())


def _pairs(line: str) -> list[tuple[str, str]]:
    """Labels of a line with what stands behind each. A label without a colon counts at the beginning alone."""
    hits = [hit for hit in _LABEL.finditer(line)
            if hit["sep"].strip() or line[hit.end() :][:1] == "(" or _FIRST.match(line[: hit.start()])]  # fmt: skip
    ends = [*(hit.start() for hit in hits[1:]), len(line)][: len(hits)]
    return [(_FACT_OF[re.sub(r"\s", "", hit["label"]).lower()], line[hit.end() : end].strip(_EDGE + ":="))
            for hit, end in zip(hits, ends, strict=True)]  # fmt: skip


def _values(fact: str, text: str) -> list[str]:
    """What is meant by a value as it was written, or by several; nothing where it is damaged or no such fact."""
    text = text.strip(_EDGE + ":=")[:200].strip()
    if not text or DAMAGED in text or _fact(text) or any(unicodedata.category(c) in ("Co", "Cs") for c in text):
        return []
    if fact == "number":
        return _numbers(text)
    if fact == "name":
        return [name] if (name := _name(text)) else []
    return [text]


def _numbers(text: str) -> list[str]:
    listed = [_NUMBER.search(normalise_number(part)) for part in re.split(r"[,;/|。\t]", text)]
    whole = [found[0] for found in listed if found and len(found[0]) in (15, 18)]
    found = _NUMBER.search(normalise_number(text))
    return [each for each in whole or ([found[0]] if found else []) if "*" not in each]


def _name(text: str) -> str | None:
    """A name without what stands around it; None for what is none, or a family's alone, as in 欧阳先生."""
    text = _BETWEEN.sub(lambda sign: DOT if sign[0] == "_" or _by_sound(text) else sign[0], text.strip(_EDGE + "-"))
    given = "".join(c for c in re.split(r"[(),;/|。\t]", text)[0] if unicodedata.category(c) != "So").strip(_EDGE + "-")
    if _LISTED.fullmatch(text) and _by_sound(text):
        return None  # one name or two
    text = _TITLE.sub("", given).strip()
    family = text in _LONG_FAMILIES or len(text) < 2 or (text.isascii() and " " not in text)
    if not text or re.search(r"\?|\d", text) or (text != given and family) or _NOBODY.fullmatch(text):
        return None
    words = text.split()
    if not _HAN.fullmatch(words[0]):
        return text if any(c.isalpha() for c in text) else None
    return _of_words(list(takewhile(lambda word: word not in _AFTER and _HAN.fullmatch(word), words)))


def _of_words(words: list[str]) -> str | None:
    """A name of several words: of two syllables or three parted by blanks, or one whose dot became a blank.

    None where it begins like a Han name and goes on otherwise: nobody knows which of it is the name.
    """
    while len(words) > 1 and _PLACE.match(words[-1]):
        words = words[:-1]
    whole = "".join(words)
    if len(whole) <= 4:
        return whole if len(whole) > 1 else None
    doubtful = len(words) > 1 and words[0][0] in _FAMILIES and not _by_sound("".join(words[1:]))
    return None if doubtful else DOT.join(words)


def _by_sound(text: str) -> bool:
    """Whether all that is Han in it is what foreign sounds are written with."""
    return all(c in _SOUNDS for c in text if "㐀" <= c <= "鿿")
