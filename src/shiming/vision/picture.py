"""Uploaded bytes → pixels, within bounds, with nothing of the file kept but the pixels.

Taken: JPEG, PNG, WebP and HEIC stills. What a file claims to be (name, content type) is ignored: its first bytes
decide. Size and motion are read from the header before anything is decoded, so that a decompression bomb costs nothing.
Decoding must still run in a worker process (`shiming.vision.pool`): decoders are C code and the picture is hostile.
"""

import io
import warnings
from contextlib import suppress
from typing import Final

import cv2
import numpy as np
import pi_heif
from PIL import Image, ImageOps

from shiming.vision.task import BadPicture

MAX_BYTES: Final = 30_000_000
MAX_PIXELS: Final = 50_000_000
MAX_SIDE: Final = 16_384  # a strip of 1 × 50,000,000 is within the pixels, but breaks what comes after
LONGEST_READ: Final = 4_096  # what the readers get at most; a card fills 3,000 pixels of it, more shows nothing more
LONGEST_KEPT: Final = 2_560
QUALITY: Final = 90


def decode(data: bytes, longest: int = LONGEST_READ) -> np.ndarray:
    """Bytes of a JPEG, PNG, WebP or HEIC still → BGR (height, width, 3) uint8, upright, longer side ≤ `longest`; not to
    be written to.

    Raises BadPicture with one of the codes picture_empty, picture_too_large, not_a_picture, picture_format,
    picture_animated, picture_too_many_pixels, picture_truncated.
    """
    kind = _kind(data)
    opened = _open_heic(data) if kind == "HEIC" else _open(data, kind)
    try:
        upright = _upright(opened, kind, longest)
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError) as fault:
        raise _truncated() from fault
    pixels = np.frombuffer(upright.tobytes("raw", "BGR"), np.uint8)  # half the time of an array of RGB turned about
    return shrink(pixels.reshape(upright.height, upright.width, 3), longest)


def clean(data: bytes) -> bytes:
    """The same picture as a JPEG with no metadata, upright, longer side ≤ 2560. Raises BadPicture as `decode` does."""
    return encode(decode(data, LONGEST_KEPT))


def encode(picture: np.ndarray, longest: int = LONGEST_KEPT) -> bytes:
    """A BGR array → JPEG bytes without metadata, longer side ≤ `longest` pixels."""
    done, jpeg = cv2.imencode(".jpg", shrink(picture, longest), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise RuntimeError("OpenCV could not write a JPEG")
    return jpeg.tobytes()


def shrink(picture: np.ndarray, longest: int) -> np.ndarray:
    """The picture itself when its longer side is ≤ `longest` pixels, else a smaller copy that is."""
    height, width = picture.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def reduced(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The picture at a smaller size (width, height), by areas; halved first where it can be, which is much quicker."""
    height, width = picture.shape[:2]
    while height % 2 == width % 2 == 0 and width >= 2 * size[0] and height >= 2 * size[1]:
        height, width = height // 2, width // 2
        picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def linear(picture: np.ndarray) -> np.ndarray:
    """sRGB, uint8 → light, 0–1, float32."""
    return _LINEAR[picture]


def encoded(light: np.ndarray) -> np.ndarray:
    """Light, 0–1 → sRGB, uint8."""
    toned = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-6) ** (1 / 2.4) - 0.055)
    return np.clip(toned * 255 + 0.5, 0, 255).astype(np.uint8)


_VALUES: Final = np.arange(256) / 255
_LINEAR: Final = np.where(_VALUES <= 0.04045, _VALUES / 12.92, ((_VALUES + 0.055) / 1.055) ** 2.4).astype(np.float32)


# ── what the first bytes say ────────────────────────────────────────────────────────────────────────────────────────

_OTHERS: Final = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"%PDF", "a PDF"),
    (b"\0\0\0\x0cjP", "a JPEG 2000 file"),
    (b"\xff\x0a", "a JPEG XL file"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"<svg", "an SVG drawing"),
)
_HEIC: Final = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
_HEIC_MOVING: Final = {b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"}
_TAKEN: Final = "Send a JPEG, PNG, WebP or HEIC photo."


def _kind(data: bytes) -> str:
    """JPEG, PNG, WEBP or HEIC by the first bytes; anything else is refused here."""
    if not data:
        raise BadPicture("picture_empty", "The file is empty (0 bytes). Take the photo again and send it once more.")
    if len(data) > MAX_BYTES:
        raise BadPicture(
            "picture_too_large",
            f"The file has {len(data) / 1e6:.0f} MB; at most {MAX_BYTES // 1_000_000} MB are taken. "
            "Send a smaller photo, for example in the camera's normal quality.",
        )
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    return _iso(data) if data[4:8] == b"ftyp" else _refused(data)


def _iso(data: bytes) -> str:
    brand = data[8:12]
    if brand in _HEIC_MOVING:
        raise _animated("a moving HEIC picture")
    if brand not in _HEIC:
        raise _format("an AVIF picture" if brand in (b"avif", b"avis") else "a video")
    return "HEIC"


def _refused(data: bytes) -> str:
    for start, name in _OTHERS:
        if data.startswith(start):
            moving = name == "a GIF" and (data.count(b"\x21\xf9\x04") > 1 or b"NETSCAPE2.0" in data)
            raise _animated("a moving GIF") if moving else _format(name)
    raise BadPicture("not_a_picture", f"This file is not a picture. {_TAKEN}")


def _webp(data: bytes) -> str:
    """Checks size and motion of a WebP by its header, since opening one already makes room for all its pixels."""
    chunk, width, height = data[12:16], 0, 0
    if len(data) < 30:
        raise _truncated()
    if chunk == b"VP8X":
        if data[20] & 0x02:
            raise _animated("a moving WebP")
        width, height = 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    elif chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif chunk == b"VP8 ":
        width = int.from_bytes(data[26:28], "little") & 0x3FFF
        height = int.from_bytes(data[28:30], "little") & 0x3FFF
    _bounded(width, height)
    return "WEBP"


# ── opening and decoding ────────────────────────────────────────────────────────────────────────────────────────────


def _open(data: bytes, kind: str) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about broken EXIF
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(data), formats=(kind,))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:
        raise _too_many_pixels() from fault
    except (OSError, ValueError, SyntaxError, EOFError) as fault:
        raise _truncated() from fault
    _bounded(*opened.size)
    # A phone's JPEG may carry a second, smaller picture (MPO); that is no animation, and only the first is read.
    if kind != "JPEG" and getattr(opened, "is_animated", False):
        raise _animated("a moving picture")
    return opened


def _open_heic(data: bytes) -> Image.Image:
    try:
        opened = pi_heif.open_heif(io.BytesIO(data))
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError) as fault:
        raise _truncated() from fault
    _bounded(*opened.size)
    try:
        return opened.to_pillow()
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError) as fault:
        raise _truncated() from fault


def _upright(opened: Image.Image, kind: str, longest: int) -> Image.Image:
    """Decodes, turns by EXIF (HEIC is turned by its own boxes already), and drops everything but RGB pixels."""
    if kind == "HEIC":
        return opened.convert("RGB")
    width, height = opened.size
    scale = min(1.0, longest / max(width, height))
    opened.draft("RGB", (round(width * scale), round(height * scale)))  # a JPEG is then decoded no larger than needed
    opened.load()
    turned = _turned(opened)
    return turned if turned.mode == "RGB" else turned.convert("RGB")


def _turned(opened: Image.Image) -> Image.Image:
    """Turned by its EXIF; as it is where that is broken, which is no reason to refuse a good photo."""
    with warnings.catch_warnings(), suppress(Exception):
        warnings.simplefilter("ignore")
        ImageOps.exif_transpose(opened, in_place=True)
    return opened


def _bounded(width: int, height: int) -> None:
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise _too_many_pixels(f"{width} × {height} pixels")
    if min(width, height) < 1:
        raise _truncated()


def _too_many_pixels(found: str = "too many pixels") -> BadPicture:
    return BadPicture(
        "picture_too_many_pixels",
        f"The picture has {found}; at most {MAX_PIXELS // 1_000_000} megapixels are taken, no side longer than "
        f"{MAX_SIDE}. Take it with the phone's normal camera setting.",
    )


def _truncated() -> BadPicture:
    return BadPicture("picture_truncated", "The picture is cut off or damaged. Send it again, or take a new one.")


def _animated(what: str) -> BadPicture:
    return BadPicture("picture_animated", f"This is {what}. Send a single still photo.")


def _format(what: str) -> BadPicture:
    return BadPicture("picture_format", f"This is {what}, which is not taken. {_TAKEN}")
