"""Bytes of a picture without what its pixels do not need: for files whose broken notes make a decoder stumble."""

import zlib

_KEPT_SEGMENTS = {0xE0, 0xEE}  # of APP0–15 and comments: JFIF, and Adobe, which says how colours are written
_KEPT_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf")


def without_notes(data: bytes, kind: str) -> bytes:
    """A JPEG's or PNG's bytes without EXIF, profiles, text; the others, and those that are too broken, as they are."""
    return {"JPEG": _jpeg, "PNG": _png}.get(kind, bytes)(data)


def _jpeg(data: bytes) -> bytes:
    made, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if not (0xE0 <= marker <= 0xEF or marker == 0xFE) or (marker in _KEPT_SEGMENTS and end - at >= 14):
            made.append(data[at:end])
        at = end
    return b"".join([*made, data[at:]])


def _png(data: bytes) -> bytes:
    """Check sums are made anew, so that a wrong one stops nobody."""
    made, at = [data[:8]], 8
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 4 : at + 8 + size]
        if body[:4] in _KEPT_CHUNKS:
            made += [len(body[4:]).to_bytes(4, "big"), body, zlib.crc32(body).to_bytes(4, "big")]
        at += size + 12
    return b"".join(made)
