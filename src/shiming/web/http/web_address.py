"""Whether a text is the address of a page that a browser can open."""

import re
import unicodedata
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import urlsplit

from shiming.names.text import unkept, unseen

_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}\w)?|_[\w-]{0,62}")
_NEVER = re.compile(r"""[\s"<>\\^`{|}]""")


def fault(text: str) -> str | None:
    """Why no browser opens this address, or opens another one than it seems. None: it can be opened."""
    if not re.match("https?://", text, re.I):
        return "begins with https:// or http://"
    if unkept(text) or unseen(text) or _NEVER.search(text.partition("?")[0]) or re.search(r"\s", text):
        return "holds a character that addresses do not: write it as %.."
    try:
        there = urlsplit(text)
        host, port = there.hostname or "", there.port
    except ValueError:
        return "has no server or port that there could be"
    if "@" in there.netloc:
        return "may not hold a name or password"
    if port == 0 or there.netloc.endswith(":"):
        return "has no server or port that there could be"
    in_brackets = there.netloc.startswith("[")
    known = re.fullmatch(r"\[[^]]*\](?::[0-9]+)?", there.netloc) and _is_v6(host) if in_brackets else _is_host(host)
    return None if known else "has no server or port that there could be"


def _is_v6(host: str) -> bool:
    try:
        return IPv6Address(host).scope_id is None  # browsers know no %eth0
    except AddressValueError:
        return False


def _is_host(host: str) -> bool:
    """A name in labels, or four numbers. What ends in a number is read as IPv4 by browsers (0x7f.1 is 127.0.0.1)."""
    labels = host.removesuffix(".").split(".")
    if re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1]):
        try:
            IPv4Address(host)
            return True
        except AddressValueError:
            return False
    return len(host) <= 253 and all(_is_shown(label) for label in labels)


def _is_label(label: str) -> bool:
    """Whether what a browser asks for (NFKC) is a part of a name; vowel signs are letters of it, never the first."""
    meant = [(char, unicodedata.category(char)[0]) for char in unicodedata.normalize("NFKC", label)]
    return bool(_LABEL.fullmatch("".join("x" if kind == "M" else char for char, kind in meant))) and meant[0][1] != "M"


def _is_shown(label: str) -> bool:
    """Whether a browser has a way to show this part of a name: xn-- has to stand for something, and it for itself;
    letters of scripts from the right do not mix with others.
    """
    if label.startswith("xn--"):
        try:
            plain = label[4:].encode().decode("punycode")
            back = plain.encode("punycode").decode()
        except UnicodeError:
            return False
        if plain.isascii() or unseen(plain) or back != label[4:]:
            return False
        if unicodedata.normalize("NFKC", plain).lower() != plain:
            return False
        label = plain
    elif not _is_label(label):
        return False
    kinds = [unicodedata.bidirectional(char) for char in unicodedata.normalize("NFKC", label)]
    if not {"R", "AL", "AN"} & set(kinds):
        return True
    return kinds[0] in ("R", "AL") and "L" not in kinds and not {"EN", "AN"} <= set(kinds)
