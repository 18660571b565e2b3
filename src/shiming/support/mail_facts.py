"""The listed facts in a mail's text, however people fill in a list: bullets, brackets, tables, several in a line."""

import re
import unicodedata
from types import MappingProxyType

from shiming.names.typed import fold
from shiming.support.mail_text import DAMAGED

_LABELS = {
    "account_name": ("账号名称", "账号名", "账号", "帐号名称", "帐号", "帳號名稱", "帳號", "account name", "account"),
    "name": ("真实姓名", "真實姓名", "姓名", "real name", "full name", "name"),
    "number": ("身份证号码", "身份证号", "身份证", "身份證號碼", "身份證號", "身份證", "身分證號", "身份證字號",
               "身分證字號", "公民身份号码", "id card no.", "id card", "id no", "证件号码", "证件号",
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
_NOTE = r"(?:\s*\((?![\d\s\-]{12}|\d{15})[^()]{0,20}\))?"  # a number in brackets is the value itself
_LABEL = re.compile(
    rf"(?:^|(?<=[\s,;。.|/)·\-*#\d{re.escape(_OPEN)}{_PICTURES}]))(?:(?:我的|您的|本人|申请人)\s*)?"
    rf"(?P<open>[{re.escape(_OPEN)}]{{0,2}})\s*(?P<label>{_SPACED}){_NOTE}\s*"
    rf"(?P<sep>[:=]?\s*[{re.escape(_SHUT)}]{{1,2}}\s*[:=]?|[:=]|[-~>{_PICTURES}]{{1,3}}(?=\s*\S)|是(?=\s*\S)|为(?=\s*\S)"
    rf"|\s*(?=\(\s*\d)|(?<=\w)\s+(?=\S)|\t|$)",
    re.IGNORECASE,
)
_FIRST = re.compile(rf"^[\s\d.,)(\-*·_○◆■□►→#{_PICTURES}]*$")
_EDGE = " \t,;。.!|*\"'()_"
_DASHES = re.compile(r"[\s\-·.]")
_NUMBER = re.compile(r"[0-9Xx*]{8,20}")
_HAN = re.compile(r"[㐀-鿿豈-﫿〇\U00020000-\U0003ffff]+(?:[·•・][㐀-鿿〇]+)*")
_AFTER = frozenset("男 女 先生 女士 小姐 谢谢 謝謝 您好 你好 本人 汉族 汉".split())


def _typed(text: str) -> str:
    """One line in plain signs; tabs and full stops stay, since cells and sentences end there."""
    kept = {"\t": "\t", "。": "。", "｡": "。"}
    plain = "".join(kept.get(part) or fold(part) for part in re.split("([\t。｡])", text))
    return "\t".join(re.sub(r"\s+", " ", cell).strip() for cell in plain.split("\t")).strip()


def facts_in(body: str) -> dict[str, str]:
    """The listed facts, from lines such as `姓名:…`; the first of each counts, quoted and damaged ones do not."""
    found: dict[str, str] = {}
    above: list[str] = []
    waiting = None
    for line in (_typed(each) for each in body.splitlines()[:2000] if not each.lstrip().startswith((">", "＞"))):
        if not line:
            continue
        cells = [cell for cell in line.split("\t") if cell.strip()]
        if len(cells) > 1 and (row := [_fact(cell) for cell in cells]) and all(row):
            above = row
            continue
        pairs = list(zip(above, cells, strict=True)) if len(above) == len(cells) > 1 else _pairs(line[:1000])
        if waiting and not pairs:
            pairs = [(waiting, line)]
        above, waiting = [], pairs[-1][0] if pairs and not pairs[-1][1] else None
        for fact, value in pairs:
            if fact and (right := _value(fact, value)):
                found.setdefault(fact, right)
    return found


def quoted_only(body: str) -> bool:
    """Whether facts stand in quoted lines alone, which do not count."""
    quoted = (each.lstrip() for each in body.splitlines()[:2000])
    lines = [each.lstrip(" \t>＞") for each in quoted if each.startswith((">", "＞"))]
    return bool(lines) and not facts_in(body) and bool({"name", "number"} & set(facts_in("\n".join(lines))))


def _fact(text: str) -> str | None:
    return _FACT_OF.get(re.sub(r"(?<=\w)\s*\([^()]*\)|[\s:*]", "", text).strip(_EDGE).lower())


def _pairs(line: str) -> list[tuple[str, str]]:
    """Labels of a line with what stands behind each. A label without a colon counts at the beginning alone."""
    hits = [hit for hit in _LABEL.finditer(line) if set(hit["sep"]) - set(" \t") or _FIRST.match(line[: hit.start()])]
    ends = [*(hit.start() for hit in hits[1:]), len(line)][: len(hits)]
    return [(_FACT_OF[re.sub(r"\s", "", hit["label"]).lower()], line[hit.end() : end].strip(_EDGE + ":="))
            for hit, end in zip(hits, ends, strict=True)]  # fmt: skip


def _value(fact: str, text: str) -> str | None:
    """What is meant by a value as it was written; None where it is damaged or cannot be such a fact."""
    text = text.strip(_EDGE + ":=")[:200].strip()
    if not text or DAMAGED in text or _fact(text) or any(unicodedata.category(c) in ("Co", "Cs") for c in text):
        return None
    if fact == "number":
        number = _NUMBER.search(_DASHES.sub("", text))
        return number[0].upper() if number and "*" not in number[0] else None
    if fact == "name":
        return _name(text)
    return text


def _name(text: str) -> str | None:
    text = re.split(r"[(,;/|。\t]", text)[0].strip(_EDGE)
    if "?" in text or any(c.isdigit() for c in text) or not text:
        return None
    words = text.split()
    if not all(_HAN.fullmatch(word) for word in words[:1]):
        return text if any(c.isalpha() for c in text) else None
    kept: list[str] = []
    for word in words:
        if word in _AFTER or not _HAN.fullmatch(word) or (kept and len("".join([*kept, word])) > 4):
            break
        kept.append(word)
    return "".join(kept) or None
