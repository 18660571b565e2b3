"""Mail that brings an appeal: what its subject and body say, whether its sender is believed, what is only noise."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from shiming.names.text import invisible
from shiming.support.mail_facts import facts_in, quoted_only, two_people

__all__ = ["SUBJECT", "account_named", "bare", "believed", "facts_in", "noise", "piece_named", "plain",
           "quoted_only", "sender_of", "two_people"]  # fmt: skip

SUBJECT = "个人实名认证失败材料"
"""The agreed beginning of the subject; a dash and the account's name follow."""
_WORD = r"(?:(?![\[【「《<\"“]?\s*[个個]人[实實]名)[^\s:\[\]()]{1,20}\s*(?:\[\d+\]|\(\d+\)|\^?\d+)?\s*:)"
_BADGE = r"(?:[\[【(<{«*《](?!\s*[个個]人[实實]名)[^\]】)>}»》]{0,40}[\]】)>}»》]+|\*+[^*]{1,20}\*+)"
_URGENT = r"(?:关于|關於|紧急|緊急|加急|急|求助|投诉|补充|補充)"
_PREFIX = re.compile(
    rf"^\s*(?:(?:{_WORD}|{_BADGE}|{_URGENT}|[*!#\-,\u2600-\u27bf\U0001f000-\U0001faff]+)\s*:?\s*)+", re.IGNORECASE
)
_SPACED = r"\s*".join(("[个個]", "人", "[实實]", "名", "[认認]", "[证證]", "失", "[败敗]", "材", "料"))
_AGREED = re.compile(rf"^[\[【「《<\"“]?\s*{_SPACED}\s*[\]】」》>\"”]?[\s\-_—–~·:+/|>→]*(?P<account>\S.*?)\s*$")
_SUFFIX = re.compile(
    r"\s*[\[【(](?:external|ext|外部邮件|外部|外網|外网|spam|encrypted|secure)[^\]】)]{0,20}[\]】)]\s*$", re.IGNORECASE
)
_WRAPPED = re.compile(r"^[\[【「《<\"“(]([^\[\]【】「」《》<>\"“”()]+)[\]】」》>\"”)]$")
_PIECE_WORDS = MappingProxyType(
    {
        "handheld_front": ("手持", "handheld", "holding"),
        "card_back": ("反面", "背面", "国徽", "國徽", "back"),
        "card_front": ("正面", "人像", "front"),
        "error_screenshot": ("截图", "截圖", "截屏", "screenshot", "error"),
        "military_papers": ("军人", "军官", "士兵", "military"),
    }
)
_DMARC = re.compile(r"\s*dmarc(?:/\d+)?\s*=\s*(?P<said>\w+)(?=\s|$)(?P<more>.*)", re.IGNORECASE | re.DOTALL)
_FROM = re.compile(r"(?<!\S)header\.from\s*=\s*(?P<domain>[A-Za-z0-9.\-]+)(?=\s|$)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:^|(?<=[\s<,:]))[A-Za-z0-9!#$%&'*+/=^_`{|}~.\-]+@[A-Za-z0-9.\-]+(?=[\s>,;]|$)")
_LONGEST, _LONGEST_SUBJECT = 20_000, 1_000
_BULK = ("bulk", "junk", "list", "auto_reply")


def plain(text: str) -> str:
    """Half width, one space for many: how people type differs, what they mean does not."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


def account_named(subject: str) -> str | None:
    """The account's name out of an agreed subject, whatever its width, and whatever programs put around it."""
    text = _SUFFIX.sub("", plain("".join(c for c in subject[:_LONGEST_SUBJECT] if not invisible(c))))
    found = _AGREED.match(_PREFIX.sub("", text))
    if not found:
        return None
    account = found["account"].rstrip("。;,")
    wrapped = _WRAPPED.match(account)
    return (wrapped[1] if wrapped else account) or None


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
