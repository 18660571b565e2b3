"""What a mail holds, by its bytes: texts, files, and what could not be used with the reason. All of it bounded."""

import base64
import binascii
import codecs
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote_to_bytes

from shiming.file_kinds import without_base64
from shiming.support import mail_wrapping, tnef
from shiming.support.mail_problems import kind_of
from shiming.support.mail_text import DAMAGED, decoded, header_text, html_text

MOST_TEXT, MOST_HTML, MOST_FILES, LONGEST_NAME = 50_000, 400_000, 40, 4_000
ZIP_MEMBERS, ZIP_BYTES, ZIP_RATIO, ZIP_DIRECTORY = 40, 60 * 1024 * 1024, 200, 40_000
SMALL_INLINE = 12_000
"""A picture within the text that is no larger is a logo or an emoticon."""
_QUIET = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature",
          "application/pgp-encrypted", "application/applefile", "text/calendar", "text/vcard",
          "text/x-vcard")  # fmt: skip
_NO_WORDS = (b"BEGIN:VCALENDAR", b"BEGIN:VCARD")
_PACKED = ("picture", "video", "zip", "tnef", "wrapped")
_CLOUD = re.compile(
    "超大附件|云附件|文件中转站|ftnExs_download|dashi\\.163\\.com|icloud\\.com/attachment|Mail Drop", re.IGNORECASE
)
_NAME = re.compile(
    r"""name(?P<part>\*\d+)?(?P<coded>\*)?\s*=\s*(?:"(?P<quoted>(?:\\.|[^"\\])*+)"?|(?P<plain>[^;]*))""", re.IGNORECASE
)
_UNQUOTED = re.compile(r'\\(["\\])')
_PERCENT = re.compile(r"%[89A-F][0-9A-F]", re.IGNORECASE)
_JUNK = ("__macosx/", ".ds_store", "thumbs.db", "desktop.ini")


@dataclass(slots=True)
class Parts:
    """Texts in the order they came; files as (name, bytes); what was not used as codes of problems."""

    texts: list[str] = field(default_factory=list)
    files: list[tuple[str, bytes, str]] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


def parts_of(message: EmailMessage, opened: Callable[[bytes], EmailMessage]) -> Parts:
    """Take a mail apart, with mails, zips and winmail.dat in it, two deep. Raises nothing."""
    made = Parts()
    _walked(made, message, opened, 2)
    if any(_CLOUD.search(text) for text in made.texts) and not made.files:
        made.unused.append("link")
    return made


def _walked(made: Parts, message: EmailMessage, opened: Callable, depth: int) -> None:
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822" and part.is_multipart() and (coded := _coded_mail(part)):
            part.get_payload(0).set_payload("")
            _file(made, "", coded, opened, depth)
        if part.is_multipart() or kind in _QUIET:
            continue
        data, name = _bytes(part), file_name(part)
        disposition = (part.get("Content-Disposition") or "").lower()
        shown = kind in ("text/plain", "text/html") and not name and not disposition.startswith("attachment")
        if shown and kind_of(data) not in _PACKED:
            _text(made, data, part.get_param("charset") or "", kind == "text/html")
            continue
        inline = bool(part.get("Content-ID")) and not disposition.startswith("attachment")
        if not (inline and len(data) <= SMALL_INLINE):
            _file(made, name, data, opened, depth)


def _coded_mail(part: EmailMessage) -> bytes | None:
    """A forwarded mail that came as base64, which no mail may (RFC 2046) and the library takes for its text."""
    inner = part.get_payload(0)
    try:
        data = base64.b64decode("".join(inner.get_payload().split()), validate=True) if not inner.keys() else b""
    except (binascii.Error, ValueError, AttributeError):
        return None
    return data if kind_of(data) == "mail" else None


def _bytes(part: EmailMessage) -> bytes:
    try:
        return part.get_payload(decode=True) or b""
    except (ValueError, LookupError, AttributeError, binascii.Error):
        return b""


def _text(made: Parts, data: bytes, label: object, page: bool) -> None:
    if not data.strip():
        return
    text = decoded(data[: MOST_HTML if page else MOST_TEXT], str(label))
    text, encrypted = mail_wrapping.without_armour(html_text(text) if page else text)
    made.unused += ["encrypted"] if encrypted else []
    made.texts += [text] if text.strip() else []


def _file(made: Parts, name: str, data: bytes, opened: Callable, depth: int) -> None:
    """One file, by its first bytes; `depth` says how many more times something may be taken out of something."""
    if len(made.files) >= MOST_FILES:
        made.unused.append("too_many")
        return
    data = (without_base64(data) or data).removeprefix(codecs.BOM_UTF8)
    if data.startswith(_NO_WORDS):
        return
    kind = kind_of(data)
    if kind in ("picture", "video"):
        made.files.append((name, data, kind))
    elif kind == "text":
        _text(made, data, "", b"<html" in data[:2000].lower())
    elif kind in ("zip", "tnef", "wrapped", "mail") and not depth:
        made.unused.append("zip_nested" if kind == "zip" else "unknown")
    elif kind == "zip":
        _zip(made, data, opened)
    elif kind == "tnef":
        _tnef(made, data, opened, depth - 1)
    elif kind == "wrapped":
        _wrapped(made, data, opened, depth - 1)
    elif kind == "mail":
        _walked(made, opened(data), opened, depth - 1)
    else:
        made.unused.append(kind)


def _wrapped(made: Parts, data: bytes, opened: Callable, depth: int) -> None:
    """A mail, or a part of one, that came within its own signature; a signature alone says nothing."""
    try:
        how, held = mail_wrapping.unwrapped(data)
    except ValueError:
        made.unused.append("signature_broken")
        return
    if how == mail_wrapping.ENCRYPTED:
        made.unused.append("encrypted")
    elif how == mail_wrapping.SIGNED:
        part = opened(held)
        _walked(made, part, opened, depth) if "Content-Type" in part else _file(made, "", held, opened, depth)


def _zip(made: Parts, data: bytes, opened: Callable) -> None:
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_600))
    if end < 0:
        made.unused.append("zip_broken")
        return
    count = int.from_bytes(data[end + 10 : end + 12], "little")
    size = int.from_bytes(data[end + 12 : end + 16], "little")
    if count > ZIP_MEMBERS or size > ZIP_DIRECTORY or data[max(0, end - 20) : end].startswith(b"PK\x06\x07"):
        made.unused.append("zip_too_large")
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _members(made, archive, opened)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, LookupError, AttributeError):
        made.unused.append("zip_broken")


def _members(made: Parts, archive: zipfile.ZipFile, opened: Callable) -> None:
    held = [m for m in archive.infolist() if not m.is_dir() and not any(j in m.filename.lower() for j in _JUNK)]
    if any(m.filename == "[Content_Types].xml" for m in held):
        made.unused.append("document")
    elif any(m.flag_bits & 1 for m in held):
        made.unused.append("zip_encrypted")
    elif sum(m.file_size for m in held) > ZIP_BYTES or any(_swells(m) for m in held):
        made.unused.append("zip_too_large")
    else:
        for member in held:
            with archive.open(member) as stream:
                data = stream.read(member.file_size + 1)
            _file(made, _member_name(member), data, opened, 0)


def _swells(member: zipfile.ZipInfo) -> bool:
    return member.file_size > ZIP_RATIO * member.compress_size + 4096


def _member_name(member: zipfile.ZipInfo) -> str:
    """The last part of a member's name; without the UTF-8 flag it is in the character set of its maker's Windows."""
    name = member.filename.replace("\\", "/").rpartition("/")[2]
    return name if member.flag_bits & 0x800 else decoded(name.encode("cp437", "replace"))


def _tnef(made: Parts, data: bytes, opened: Callable, depth: int) -> None:
    try:
        packed = tnef.unpack(data)
    except ValueError:
        made.unused.append("tnef_broken")
        return
    if not (packed.files or packed.texts or packed.pages):
        made.unused.append("tnef_broken")
    for text, label in packed.texts:
        _text(made, text, label, False)
    for page, label in packed.pages:
        _text(made, page, label, True)
    for name, held in packed.files:
        _file(made, decoded(name), held, opened, depth)


def file_name(part: EmailMessage) -> str:
    """A part's file name, however it is encoded: RFC 2231 with continuations, encoded words, percents, bare bytes.

    Of several the first that is whole: programs write one for old readers beside it, in ? and other people's charsets.
    """
    raw = [" ".join(v.split()) for k, v in part.raw_items() if k.lower() in ("content-disposition", "content-type")]
    raw.sort(key=lambda text: "filename" not in text.lower())
    names = [name for header in raw for name in _names(header[:LONGEST_NAME])]
    return next((name for name in names if DAMAGED not in name and "??" not in name), names[0] if names else "")


def _names(header: str) -> Iterator[str]:
    """The names in one header, the one that says its character set first."""
    found = list(_NAME.finditer(header))
    plain = [f for f in found if not f["part"] and not f["coded"]]
    for pieces in ([f for f in found if f["coded"] and not f["part"]], [f for f in found if f["part"]]):
        if pieces:
            yield _put_together(sorted(pieces, key=lambda f: int((f["part"] or "*0")[1:])))
    yield from (_words(_said(f)) for f in plain[:1])


def _said(found: re.Match) -> str:
    return _UNQUOTED.sub(r"\1", found["quoted"]) if found["quoted"] is not None else found["plain"].strip()


def _put_together(pieces: Sequence[re.Match]) -> str:
    """RFC 2231: each piece is percent-encoded or is not; a character may be split between two."""
    if not any(f["coded"] for f in pieces):
        return _words("".join(map(_said, pieces)))
    text = "".join(_said(each) if each["coded"] else _said(each).replace("%", "%25") for each in pieces)
    label, _, rest = text.split("'", 2) if pieces[0]["coded"] and text.count("'") > 1 else ("", "", text)
    return header_text(decoded(unquote_to_bytes(rest.encode("utf-8", "surrogateescape")), label))


def _words(text: str) -> str:
    """What is not in the form of RFC 2231: encoded words, bare bytes, or percents as in an address."""
    read = header_text(text)
    return decoded(unquote_to_bytes(read)) if read.isascii() and _PERCENT.search(read) else read
