"""The text of a mail as its bytes say it: character sets as mailers really send them, HTML, what headers encode."""

import base64
import binascii
import codecs
import html
import quopri
import re

DAMAGED = "\ufffd"
_CHINESE = ("gb18030", "cp950", "big5hkscs")
_BIG5 = ("big5", "cp950", "ms950")
_OTHERS = ("iso2022_jp", "shift_jis", "euc_jp", "euc_kr", "utf_16", "utf_16_le", "utf_16_be", "koi8_r", "windows-1251")
_KNOWN = re.compile(
    "姓名|身份|身分|證|证件|账号|帐号|帳號|手机|手機|"
    "电话|電話|版本|提示|失败|失敗|联系|聯絡|聯繫|认证|認證|号码|號碼|截图|截圖|手持|正面|反面|背面"
)
_WORD = re.compile(r"=\?([\w\-:.]+)(?:\*[\w-]*)?\?([bq])\?([^?\s]*)\?=", re.IGNORECASE)
_BETWEEN = re.compile(r"(?<=\?=)\s+(?==\?)")
_TAG = re.compile(r"<(/?)([A-Za-z][\w:]*)([^<>]*)>")
_UNSEEN = re.compile(r"<!--|<(style|script|head|title|template|noscript)\b", re.IGNORECASE)
_BLOCKS = frozenset("p div br tr li ul ol dl dt dd h1 h2 h3 h4 h5 h6 table section hr pre blockquote body".split())
_VOID = frozenset("br hr img input meta link col area base wbr source".split())
_HIDDEN = re.compile(r"display\s*:\s*none|\bhidden\b", re.IGNORECASE)


def decoded(data: bytes, label: str = "") -> str:
    """Bytes as text. What they are decides, the label only between readings that are equally good.

    UTF-8 is known by itself; GB and Big5 by what comes out; anything else by its label. What fits nothing holds U+FFFD.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if b"~{" in data and data.isascii():
        return data.decode("hz", "replace")
    told = _told(label)
    if told in _OTHERS and (read := _read(data, told)) is not None:
        return read
    utf8 = _read(data, "utf-8-sig")
    if utf8 is not None and (told not in _CHINESE or any(ord(c) >= 0x800 for c in utf8) or utf8.isascii()):
        return utf8
    found = [(_likely(text) + (0.2 if name == told else 0), text) for name in _CHINESE
             if (text := _read(data, name)) is not None]  # fmt: skip
    best, text = max(found, key=lambda each: each[0], default=(0, ""))
    if found and (best > 0.5 or told in _CHINESE):
        return text
    return data.decode(told if told in _CHINESE else "latin-1" if told == "latin-1" else "utf-8", "replace")


def _told(label: str) -> str:
    """A label by the family that really is meant: whoever says gb2312 may send all of GB 18030."""
    name = label.strip(" \"'").lower()
    if re.match(r"(x-)?(gb|cp936|ms936|windows-936|euc-?cn|hz|chinese)", name):
        return "gb18030"
    if any(name.replace("x-", "").startswith(each) for each in _BIG5):
        return "cp950"
    if re.match(r"(us-)?ascii|iso-?8859-1\b|latin|windows-1252|cp1252", name):
        return "latin-1"
    try:
        found = codecs.lookup(name).name.replace("-", "_") if name.isascii() and name else ""
    except (LookupError, ValueError):
        return ""
    return found if found in _OTHERS else ""


def _read(data: bytes, name: str) -> str | None:
    """Strictly, except that the end may be cut off within a character."""
    try:
        return codecs.getincrementaldecoder(name)("strict").decode(data)
    except (UnicodeError, ValueError):
        return None


def _likely(text: str) -> float:
    """How much a text looks like Chinese that people write: common characters, and words that are looked for."""
    wide = [c for c in text if ord(c) > 0x7F]
    return len(_KNOWN.findall(text)) + sum(map(_common, wide)) / max(1, len(wide))


def _common(letter: str) -> bool:
    """Of the 3,755 and 5,401 characters that GB 2312 and Big5 list first, or their punctuation."""
    for name, first, last in (("gb2312", 0xA1, 0xD7), ("big5", 0xA1, 0xC6)):
        try:
            if first <= letter.encode(name)[0] <= last:
                return True
        except UnicodeError:
            continue
    return False


def header_text(raw: str) -> str:
    """A header's encoded words, and its bare bytes, as text; a character split between two words is put together."""
    raw, out, at = _BETWEEN.sub("", raw), [], 0
    run: list[tuple[str, bytes]] = []
    for found in _WORD.finditer(raw):
        if found.start() > at:
            out += [*_joined(run), _bare(raw[at : found.start()])]
            run = []
        run.append((found[1], _unpacked(found[2].lower(), found[3])))
        at = found.end()
    return "".join([*out, *_joined(run), _bare(raw[at:])])


def _joined(run: list[tuple[str, bytes]]) -> list[str]:
    labels = {label.lower() for label, _ in run}
    if len(labels) == 1:
        return [decoded(b"".join(data for _, data in run), run[0][0])]
    return [decoded(data, label) for label, data in run]


def _unpacked(way: str, text: str) -> bytes:
    try:
        packed = text.encode("ascii", "ignore")
        return quopri.decodestring(packed, header=True) if way == "q" else base64.b64decode(packed + b"==")
    except (binascii.Error, ValueError):
        return b""


def _bare(text: str) -> str:
    return text if text.isascii() else decoded(text.encode("utf-8", "surrogateescape"))


def html_text(source: str) -> str:
    """The lines that a reader of this HTML sees; cells of a row are parted by tabs, quoted lines begin with `>`.

    By hand, in one pass: the standard library's parser takes the square of the length of broken tags.
    """
    out, at, hidden, quoted = [], 0, [], 0
    source = _visible(source)
    for tag in _TAG.finditer(source):
        name, closes = tag[2].lower(), bool(tag[1])
        if not hidden:
            out.append(_words(source[at : tag.start()]))
        at = tag.end()
        if hidden:
            hidden[1] += 0 if name != hidden[0] else -1 if closes else 1
            hidden = hidden if hidden[1] else []
        elif not closes and name not in _VOID and _HIDDEN.search(tag[3]):
            hidden = [name, 1]
        quoted = max(0, quoted + (-1 if closes else 1)) if name == "blockquote" else quoted
        if not hidden:
            out.append("\t" if name in ("td", "th") else "\n" + "> " * min(quoted, 1) if name in _BLOCKS else "")
    return "".join(out) + ("" if hidden else _words(source[at:]))


def _words(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(text))


def _visible(source: str) -> str:
    """Without comments, styles, scripts and the head."""
    out, at, lower = [], 0, source.lower()
    while found := _UNSEEN.search(source, at):
        out.append(source[at : found.start()])
        end = "-->" if found[1] is None else f"</{found[1].lower()}"
        closed = lower.find(end, found.end())
        if closed < 0:
            return "".join(out)
        at = closed + (len(end) if found[1] is None else 0)
    return "".join([*out, source[at:]])
