"""Uploaded bytes → pixels, within bounds, with nothing of the file kept but the pixels.

Taken: JPEG, PNG, WebP, HEIC and AVIF stills, as tolerantly as browsers are. What a file claims to be (name, content
type) is ignored: its bytes decide (`shiming.file_kinds`). Size and motion are read from the header before anything is
decoded, so that a decompression bomb costs nothing. Decoding must still run in a worker process
(`shiming.vision.pool`), one picture at a time: decoders are C code and the picture is hostile.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import pi_heif
from PIL import AvifImagePlugin, ExifTags, Image, ImageFile

from shiming.file_kinds import picture_in
from shiming.vision.picture_header import animated, check_pixels, check_size, kind_taken, too_many_pixels, truncated
from shiming.vision.picture_mending import without_notes
from shiming.vision.task import BadPicture

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a worker has one core

LONGEST_READ: Final = 4_096  # what the readers get at most; a card fills 3,000 pixels of it, more shows nothing more
LONGEST_KEPT: Final = 2_560
THUMBNAIL: Final = 64
QUALITY: Final = 90


@dataclass(frozen=True, slots=True)
class Decoded:
    """`pixels`: BGR (height, width, 3) uint8, upright, not to be written to. `lost`: share of the picture's rows that
    the file broke off before, which are grey or black now; MOST_LOST at most.
    """

    pixels: np.ndarray
    lost: float = 0.0


def decode(data: bytes, longest: int = LONGEST_READ) -> np.ndarray:
    """Bytes of a still → its pixels as `decoded` gives them, longer side ≤ `longest`; raises as that does."""
    return decoded(data, longest).pixels


def decoded(data: bytes, longest: int = LONGEST_READ) -> Decoded:
    """Bytes of a JPEG, PNG, WebP, HEIC or AVIF still → pixels, longer side ≤ `longest`.

    Raises BadPicture with one of the codes picture_empty, picture_too_large, not_a_picture, picture_format,
    picture_animated, picture_too_many_pixels, picture_truncated.
    """
    check_size(data)
    data = picture_in(data)
    kind = kind_taken(data)
    try:
        return Decoded(_array(_opened(data, kind), kind, longest))
    except BadPicture:
        raise
    except _BROKEN as fault:
        if kind not in ("JPEG", "PNG"):  # the other decoders give nothing of what is not whole
            raise truncated() from fault
    with _what_there_is():
        return _despite_faults(data, kind, longest)


def clean(data: bytes) -> bytes:
    """The same picture as a JPEG with no metadata, upright, longer side ≤ 2560. Raises BadPicture as `decode` does."""
    return encode(decode(data, LONGEST_KEPT))


def thumbnail(data: bytes) -> bytes:
    """The same picture so small that one sees which it is, and no letter can be read. Raises BadPicture."""
    return encode(decode(data, THUMBNAIL), THUMBNAIL)


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


# ── opening and decoding ────────────────────────────────────────────────────────────────────────────────────────────

_BROKEN: Final = (OSError, ValueError, SyntaxError, EOFError, RuntimeError, LookupError, TypeError, ArithmeticError)
"""What decoders raise over broken files, notes in them included."""


def _opened(data: bytes, kind: str) -> Image.Image:
    """The picture, its size checked, its pixels not yet decoded (but a HEIC's). Raises BadPicture or _BROKEN."""
    if kind == "HEIC":
        heic = pi_heif.open_heif(io.BytesIO(data))
        check_pixels(*heic.size)
        return heic.to_pillow()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about broken EXIF
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(data), formats=(kind,))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:
        raise too_many_pixels() from fault
    check_pixels(*opened.size)
    # A phone's JPEG may carry a second, smaller picture (MPO); that is no animation, and only the first is read.
    if kind != "JPEG" and getattr(opened, "is_animated", False):
        raise animated("a moving picture")
    return opened


def _array(opened: Image.Image, kind: str, longest: int) -> np.ndarray:
    """Decodes, turns by EXIF (HEIC is turned by its own boxes already), and drops everything but colours."""
    _load(opened, longest)
    turn = None if kind == "HEIC" else _turn(opened)
    flat = _flat(opened, longest)
    upright = flat if turn is None else flat.transpose(turn)
    pixels = np.frombuffer(upright.tobytes("raw", "BGR"), np.uint8)  # half the time of an array of RGB turned about
    return shrink(pixels.reshape(upright.height, upright.width, 3), longest)


def _load(opened: Image.Image, longest: int) -> None:
    width, height = opened.size
    scale = min(1.0, longest / max(width, height))
    opened.draft("RGB", (round(width * scale), round(height * scale)))  # a JPEG is then decoded no larger than needed
    opened.load()


def _turn(opened: Image.Image) -> Image.Transpose | None:
    """What its EXIF asks for; nothing where that is broken, which is no reason to refuse a good photo."""
    with warnings.catch_warnings(), suppress(Exception):
        warnings.simplefilter("ignore")
        return _TURNS.get(opened.getexif().get(ExifTags.Base.Orientation))
    return None


_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip


def _flat(picture: Image.Image, longest: int) -> Image.Image:
    """Eight bits of RGB, on white as on a page, and less than twice as large as needed."""
    if picture.mode.startswith("I"):
        picture = _eight_bits(picture)
    clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    if clear or picture.mode in ("P", "1"):  # which cannot be made smaller as they are
        picture = picture.convert("RGBA" if clear else "RGB")
    if (times := max(picture.size) // longest) > 1:
        picture = picture.reduce(times)
    if clear:
        return _on_white(picture)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Sixteen bits of grey, of which scanners and cameras fill ten or twelve now and then, to eight."""
    values = np.asarray(picture)
    most = int(values.max())
    bits = 16 if most > 0xFFF else max(8, most.bit_length())
    return Image.fromarray((values >> (bits - 8)).astype(np.uint8))


def _on_white(picture: Image.Image) -> Image.Image:
    """An RGBA picture as a page shows it; one without a visible spot as it would be without its alpha channel."""
    alpha, colours = picture.getchannel("A"), picture.convert("RGB")
    if alpha.getextrema()[1] == 0:
        return colours
    white = Image.new("RGB", picture.size, "white")
    white.paste(colours, mask=alpha)
    return white


# ── files that are not whole, or whose notes are broken ─────────────────────────────────────────────────────────────

MOST_LOST: Final = 0.5  # of a picture's rows; with less of it left nobody can do anything


@contextmanager
def _what_there_is() -> Iterator[None]:
    """Pillow then gives what it has of a picture that breaks off; it can only be asked so for all pictures."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _despite_faults(data: bytes, kind: str, longest: int) -> Decoded:
    """A JPEG or PNG as far as it goes; without its notes where those are what is broken."""
    last: Exception | None = None
    for each in (data, without_notes(data, kind)):
        try:
            opened = _opened(each, kind)
            _load(opened, longest)
            lost = _lost(opened, kind)
            pixels = _array(opened, kind, longest)
        except BadPicture:
            raise
        except _BROKEN as fault:
            last = fault
            continue
        if lost > MOST_LOST:
            break
        return Decoded(pixels, lost)
    raise truncated() from last


def _lost(loaded: Image.Image, kind: str) -> float:
    """Share of the rows that were not in the file any more: a JPEG's are left in middle grey, a PNG's in zeros."""
    rows, least, most = np.asarray(loaded), *((127, 128) if kind == "JPEG" else (0, 0))
    there = len(rows)
    while there and rows[there - 1].min() >= least and rows[there - 1].max() <= most:
        there -= 1
    return 1 - there / len(rows)
