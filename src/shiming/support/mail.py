"""Mail that brings an appeal: what its subject and body say, whether its sender is believed, what is only noise."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
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
_RESULT = re.compile(r"\bdmarc\s*=\s*pass\b[^;]*?header\.from\s*=\s*(?P<domain>[A-Za-z0-9.\-]+)", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")
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


def believed(results: Iterable[str], trusted: str, sender: str) -> bool:
    """Whether our own mail server says that the sender's domain vouches for this mail (DMARC, RFC 8601).

    `results` are the Authentication-Results headers, topmost first. Only the topmost counts, and only from the server
    that was configured: a sender can write the others.
    """
    first = next(iter(results), "")
    server, _, said = _COMMENT.sub(" ", first).partition(";")
    if not trusted or server.strip().split(" ")[0].lower() != trusted.lower():
        return False
    found = _RESULT.search(said)
    return bool(found) and found["domain"].lower() == sender.rpartition("@")[2].lower()


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
