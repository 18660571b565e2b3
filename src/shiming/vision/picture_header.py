"""What is refused of uploaded bytes before anything is decoded: too many of them, other files, films, huge pictures.

Every refusal is a BadPicture with a stable code and words that say what to do.
"""

from typing import Final

from shiming.file_kinds import TAKEN, kind_of
from shiming.vision.task import BadPicture

MAX_BYTES: Final = 30_000_000
MAX_PIXELS: Final = 66_000_000  # what phones call 64 megapixels
MAX_SIDE: Final = 16_384  # a strip of 1 × 50,000,000 is within the pixels, but breaks what comes after
_CALLED: Final = {"video": "a video", "AVI": "a video", "SVG": "an SVG drawing"}
_REFUSED: Final = ("GIF", "BMP", "TIFF", "PDF", "JPEG 2000", "JPEG XL", *_CALLED)
_ADVICE: Final = "Send a JPEG, PNG, WebP, HEIC or AVIF photo."


def check_size(data: bytes) -> None:
    if not data:
        raise BadPicture("picture_empty", "The file is empty (0 bytes). Take the photo again and send it once more.")
    if len(data) > MAX_BYTES:
        raise BadPicture(
            "picture_too_large",
            f"The file has {len(data) / 1e6:.0f} MB; at most {MAX_BYTES // 1_000_000} MB are taken. "
            "Send a smaller photo, for example in the camera's normal quality.",
        )


def kind_taken(data: bytes) -> str:
    """One of TAKEN; anything else is refused here."""
    kind = kind_of(data)
    if kind in TAKEN:
        if kind == "WEBP":
            _check_webp(data)
        return kind
    if kind.endswith(" film"):
        raise animated(f"a moving {kind.removesuffix(' film')} picture")
    if kind == "GIF" and (data.count(b"\x21\xf9\x04") > 1 or b"NETSCAPE2.0" in data):
        raise animated("a moving GIF")
    if kind in _REFUSED:
        raise _format(_CALLED.get(kind, f"a {kind} file"))
    raise BadPicture("not_a_picture", f"This file is not a picture. {_ADVICE}")


def _check_webp(data: bytes) -> None:
    """Checks the size of a WebP by its header, since opening one already makes room for all its pixels."""
    chunk, width, height = data[12:16], 0, 0
    if len(data) < 30:
        raise truncated()
    if chunk == b"VP8X":
        width, height = 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    elif chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif chunk == b"VP8 ":
        width = int.from_bytes(data[26:28], "little") & 0x3FFF
        height = int.from_bytes(data[28:30], "little") & 0x3FFF
    check_pixels(width, height)


def check_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise too_many_pixels(f"{width} × {height} pixels")
    if min(width, height) < 1:
        raise truncated()


def too_many_pixels(found: str = "too many pixels") -> BadPicture:
    return BadPicture(
        "picture_too_many_pixels",
        f"The picture has {found}; at most 64 megapixels are taken, no side longer than "
        f"{MAX_SIDE}. Take it with the phone's normal camera setting.",
    )


def truncated() -> BadPicture:
    return BadPicture("picture_truncated", "The picture is cut off or damaged. Send it again, or take a new one.")


def animated(what: str) -> BadPicture:
    return BadPicture("picture_animated", f"This is {what}. Send a single still photo.")


def _format(what: str) -> BadPicture:
    return BadPicture("picture_format", f"This is {what}, which is not taken. {_ADVICE}")
