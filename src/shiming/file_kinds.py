"""What a file is, by its bytes: one table for uploads, for mail and for the decoder.

What a file claims to be (name, content type) does not matter, nor what stands before a picture: a byte order mark,
empty lines or a form's headers that a careless program left there, or the picture written as base64.
"""

import base64
import binascii
from typing import Final

LEAD: Final = 4_096  # bytes in which a picture has to begin

_HEADS: Final = (
    (b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"GIF8", "GIF"), (b"BM", "BMP"), (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"), (b"\0\0\0\x0cjP", "JPEG 2000"), (b"\xff\x0a", "JPEG XL"), (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"<svg", "SVG"), (b"%PDF", "PDF"), (b"\x1a\x45\xdf\xa3", "video"), (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"),
    (b"\x78\x9f\x3e\x22", "tnef"), (b"{\\rtf", "RTF"), (b"Rar!", "archive"), (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"), (b"BZh", "archive"), (b"\xfd7zXZ", "archive"), (b"\xd0\xcf\x11\xe0", "OLE"),
)  # fmt: skip
_HEIC: Final = {b"heic", b"heix", b"heim", b"heis"}
_HEIC_FILM: Final = {b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"}
_BASE64: Final = (b"/9j/", b"_9j_", b"iVBOR", b"AAAA", b"UklGR", b"UEsDB")  # JPEG (also for URLs), PNG, ISO, RIFF, zip
_FOR_URLS: Final = bytes.maketrans(b"-_", b"+/")

TAKEN: Final = ("JPEG", "PNG", "WEBP", "HEIC", "AVIF")
"""Pictures that are decoded."""
PICTURES: Final = (*TAKEN, "GIF", "BMP", "TIFF", "JPEG 2000", "JPEG XL", "HEIC film", "AVIF film")
"""What people mean as pictures, whether we can use them or not."""


def kind_of(data: bytes) -> str:
    """One of PICTURES, video, AVI, or another kind of the table above; "" for what is none of them."""
    if data[4:8] in (b"ftyp", b"moov", b"wide"):
        return _iso(data) if data[4:8] == b"ftyp" else "video"
    if data[:4] == b"RIFF":
        return "WEBP" if data[8:12] == b"WEBP" else "AVI"
    return next((kind for head, kind in _HEADS if data.startswith(head)), "")


def picture_in(data: bytes) -> bytes:
    """The data from where a picture begins in it, base64 undone; as they are where they are of a known kind already, or
    show no picture.
    """
    if kind_of(data):
        return data
    if plain := without_base64(data):
        return picture_in(plain)
    head = data[:LEAD]
    starts = [head.find(b"\xff\xd8\xff"), head.find(b"\x89PNG\r\n\x1a\n")]
    starts += [at - back for mark, back in ((b"WEBP", 8), (b"ftyp", 4)) if (at := head.find(mark)) >= back]
    found = [at for at in starts if at > 0 and kind_of(data[at : at + 64]) in TAKEN]
    return data[min(found) :] if found else data


def without_base64(data: bytes) -> bytes | None:
    """What is base64 still, as a data URL or bare, also in its form for URLs: its sender forgot to undo it, or did it
    twice. Else None.
    """
    text = data[:LEAD].lstrip()
    if text.startswith(b"data:") and b";base64," in text:
        data = data[data.index(b";base64,") + 8 :]
    elif not text.startswith(_BASE64):
        return None
    try:
        plain = b"".join(data.split()).translate(_FOR_URLS)
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _iso(data: bytes) -> str:
    """Which still or film an ISO file is: its main brand says little, the others what a reader has to know."""
    size = int.from_bytes(data[:4], "big")
    others = data[16 : min(size, 256)]
    major, brands = data[8:12], {data[8:12], *(others[at : at + 4] for at in range(0, len(others), 4))}
    if major in _HEIC:
        return "HEIC"
    if b"avif" in brands:
        return "AVIF"
    if brands & _HEIC or major == b"mif1":
        return "HEIC"
    if b"avis" in brands:
        return "AVIF film"
    return "HEIC film" if major in _HEIC_FILM else "video"
