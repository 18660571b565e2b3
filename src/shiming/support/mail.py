"""Mail that brings an appeal: what its subject and body say, whether its sender is believed, what is only noise."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType

SUBJECT = "个人实名认证失败材料"
"""The agreed beginning of the subject; a dash and the account's name follow."""
_PREFIX = re.compile(r"^\s*(?:(?:re|aw|fw|fwd|回复|答复|转发)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_AGREED = re.compile(rf"^{SUBJECT}[\s\-_—–~·:]*(?P<account>\S.*?)\s*$")
_LABELS = MappingProxyType(
    {
        "account_name": ("账号名称", "账号名", "账号", "帐号", "account name", "account"),
        "name": ("真实姓名", "姓名", "name"),
        "number": ("身份证号码", "身份证号", "证件号码", "id number"),
        "prompt_seen": ("失败提示", "提示内容", "页面提示", "提示", "prompt", "message seen"),
        "device_model": ("手机型号", "设备型号", "机型", "device model", "device"),
        "app_version": ("app版本", "软件版本", "版本号", "版本", "app version", "version"),
        "contact": ("联系方式", "联系电话", "手机号码", "手机号", "contact", "phone"),
    }
)
_FACT_OF = MappingProxyType({label: fact for fact, labels in _LABELS.items() for label in labels})
_PIECE_WORDS = MappingProxyType(
    {
        "handheld_front": ("手持", "handheld", "holding"),
        "card_back": ("反面", "背面", "国徽", "back"),
        "card_front": ("正面", "人像", "front"),
        "error_screenshot": ("截图", "截屏", "screenshot", "error"),
        "military_papers": ("军人", "军官", "士兵", "military"),
    }
)
_DMARC = re.compile(r"\s*dmarc(?:/\d+)?\s*=\s*(?P<said>\w+)(?=\s|$)(?P<more>.*)", re.IGNORECASE | re.DOTALL)
_FROM = re.compile(r"(?<!\S)header\.from\s*=\s*(?P<domain>[A-Za-z0-9.\-]+)(?=\s|$)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:^|(?<=[\s<,:]))[A-Za-z0-9!#$%&'*+/=^_`{|}~.\-]+@[A-Za-z0-9.\-]+(?=[\s>,;]|$)")
_LONGEST = 20_000
_BULK = ("bulk", "junk", "list", "auto_reply")


def plain(text: str) -> str:
    """Half width, one space for many: how people type differs, what they mean does not."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


def account_named(subject: str) -> str | None:
    """The account's name out of an agreed subject, whatever its width, and whatever was put before it."""
    found = _AGREED.match(_PREFIX.sub("", plain(subject)))
    return found["account"] if found else None


def facts_in(body: str) -> dict[str, str]:
    """The listed facts, from lines such as `姓名:…`; the first of each counts, quoted lines do not."""
    found: dict[str, str] = {}
    for line in body.splitlines()[:500]:
        label, colon, value = plain(line).partition(":")
        fact = _FACT_OF.get(label.strip().lower().lstrip("0123456789.、) "))
        if colon and fact and value.strip():
            found.setdefault(fact, value.strip()[:200])
    return found


def piece_named(file_name: str) -> str | None:
    """Which piece a file is by its name, where the name says so."""
    name = plain(file_name).lower()
    return next((piece for piece, words in _PIECE_WORDS.items() if any(word in name for word in words)), None)


def bare(header: str) -> str:
    """A header as it was sent, without comments and quoted strings: in those a sender may write anything.

    Empty where one of them is not closed, and for a header longer than people's programs write.
    """
    kept, depth, quoted, escaped = [], 0, False, False
    for letter in header if len(header) <= _LONGEST else "(":
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif quoted:
            quoted = letter != '"'
        elif letter == "(" or (letter == ")" and depth):
            depth += 1 if letter == "(" else -1
            kept.append(" ")
        elif not depth:
            quoted = letter == '"'
            kept.append(letter)
    return "" if depth or quoted else "".join(kept)


def sender_of(headers: Sequence[str]) -> str | None:
    """The one address that a mail's `From` names; where there are several, or something else like one, it is nobody's.

    Programs read `a@x <b@x>` in different ways, and whoever vouched for this mail may have read the other address.
    """
    text = bare(headers[0]) if len(headers) == 1 else ""
    found = [address.lower() for address in _ADDRESS.findall(text)]
    return found[0] if len(found) == text.count("@") and len(set(found)) == 1 else None


def believed(results: Sequence[str], trusted: str, sender: str) -> bool:
    """Whether our own mail server says that the sender's domain vouches for this mail (DMARC, RFC 8601).

    `results` are the Authentication-Results headers as they were sent, topmost first. Only the topmost counts, and only
    from the server that was configured: a sender can write the others. What the topmost repeats of the sender's words
    (an envelope address, a greeting) must not count either: a result stands at the beginning of its part, and is one.
    """
    server, *parts = bare(results[0]).split(";") if results else ("",)
    found = list(filter(None, map(_DMARC.fullmatch, parts)))
    if not trusted or (server.split() or [""])[0].lower() != trusted.lower() or len(found) != 1:
        return False
    domains = {domain.lower() for domain in _FROM.findall(found[0]["more"])}
    return found[0]["said"].lower() == "pass" and domains == {sender.rpartition("@")[2].lower()}


def noise(headers: Mapping[str, str]) -> str | None:
    """Why a mail is no person's: bounces, auto-replies, lists. Answering those, two machines would talk for ever."""
    said = {name.lower(): value.lower() for name, value in headers.items()}
    if said.get("return-path", "x") in ("", "<>"):
        return "bounce"
    if said.get("auto-submitted", "no") != "no" or "x-auto-response-suppress" in said or "x-autoreply" in said:
        return "auto_reply"
    if "list-id" in said or "list-unsubscribe" in said or said.get("precedence", "") in _BULK:
        return "list"
    sender = said.get("from", "")
    return "machine" if re.search(r"mailer-daemon|postmaster@|no-?reply@", sender) else None
