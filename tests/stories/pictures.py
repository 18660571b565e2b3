"""Bad pictures, made when they are needed."""

import io
import zlib
from pathlib import Path
from struct import pack

from PIL import Image

from shiming.demo import sample_cases
from shiming.demo.cast import by_slug, face_frames

BAD = Path(__file__).parents[1] / "bad"


def truncated() -> bytes:
    return by_slug("hege").picture("front")[:20_000]


def bomb() -> bytes:
    """A PNG of 100 megapixels in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" * (10_000 * 1251), 9)
    header = pack(">IIBBBBB", 10_000, 10_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def thirty_megabytes() -> bytes:
    return by_slug("hege").picture("front") + b"\0" * (30 * 1024 * 1024)


def animated() -> bytes:
    return (BAD / "animated.gif").read_bytes()


def desk() -> bytes:
    return (BAD / "no_card.jpg").read_bytes()


def two_cards() -> bytes:
    return (BAD / "two_cards.jpg").read_bytes()


def wall() -> bytes:
    """A picture without anybody."""
    return _jpeg(Image.new("RGB", (480, 640), (180, 175, 170)))


def two_faces() -> bytes:
    """Two people side by side."""
    faces = [Image.open(io.BytesIO(face_frames(slug)[0][1])).resize((320, 426)) for slug in ("hege", "changqi")]
    both = Image.new("RGB", (640, 426))
    for place, face in enumerate(faces):
        both.paste(face, (320 * place, 0))
    return _jpeg(both)


def as_format(name: str, **options) -> bytes:
    """The front of 张合格's card in another format."""
    out = io.BytesIO()
    Image.open(io.BytesIO(by_slug("hege").picture("front"))).save(out, name, **options)
    return out.getvalue()


def lying_on_its_side() -> bytes:
    """The same, stored turned, with the EXIF note that says how to turn it back, and a place that must not be kept."""
    picture = Image.open(io.BytesIO(by_slug("hege").picture("front"))).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "taken at home"
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, quality=90)
    return out.getvalue()


def handheld(slug: str) -> bytes:
    """Somebody holding their card up beside their face."""
    return sample_cases.handheld(by_slug(slug))


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()
