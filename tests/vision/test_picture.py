"""Uploaded pictures: what is taken, what is refused, and that nothing of a file but its pixels is kept."""

import io
import struct
import time
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from shiming.vision.picture import BadPicture, clean, decode, reduced
from shiming.vision.picture_header import MAX_BYTES

DATA = Path(__file__).with_name("data")
COLOURS = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220), "white": (240, 240, 240)}


def quadrants(width: int = 64, height: int = 96) -> Image.Image:
    """Red top left, green top right, blue bottom left, white bottom right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    half_y, half_x = height // 2, width // 2
    pixels[:half_y, :half_x], pixels[:half_y, half_x:] = COLOURS["red"], COLOURS["green"]
    pixels[half_y:, :half_x], pixels[half_y:, half_x:] = COLOURS["blue"], COLOURS["white"]
    return Image.fromarray(pixels)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def assert_upright(picture: np.ndarray) -> None:
    height, width = picture.shape[:2]
    assert (height, width) == (96, 64)
    for (y, x), name in zip(((20, 15), (20, 48), (75, 15), (75, 48)), COLOURS, strict=True):
        assert np.abs(picture[y, x, ::-1].astype(int) - COLOURS[name]).max() < 40, name


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_an_ordinary_picture_comes_out_as_bgr_pixels(kind: str):
    assert_upright(decode(saved(quadrants(), kind)))


@pytest.mark.parametrize("name", ["quadrants.heic", "quadrants_turned.heic"])
def test_a_heic_from_a_phone_comes_out_upright(name: str):
    assert_upright(decode((DATA / name).read_bytes()))


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1", "I;16"])
def test_every_colour_mode_becomes_bgr(mode: str):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    picture = Image.new(mode, (40, 30)) if mode == "I;16" else quadrants(40, 30).convert(mode)
    assert decode(saved(picture, kind)).shape == (30, 40, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_turns_the_picture_and_is_then_gone(kind: str):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "SecretMaker"
    sent = saved(quadrants().transpose(Image.Transpose.ROTATE_90), kind, exif=exif)
    assert b"SecretMaker" in sent
    assert_upright(decode(sent))
    kept = clean(sent)
    assert b"SecretMaker" not in kept
    assert not Image.open(io.BytesIO(kept)).getexif()


def test_broken_exif_is_no_reason_to_refuse_a_photo():
    sent = saved(quadrants(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7fgarbage")
    assert_upright(decode(sent))


def test_comments_profiles_and_trailing_data_do_not_survive():
    sent = saved(quadrants(), "JPEG", comment=b"SecretComment", icc_profile=b"SecretProfile") + b"SecretTail"
    assert b"Secret" not in clean(sent)


def test_a_large_photo_is_kept_smaller():
    sent = saved(Image.new("RGB", (6000, 4000), "grey"), "JPEG")
    assert decode(sent).shape == (2731, 4096, 3)
    assert Image.open(io.BytesIO(clean(sent))).size == (2560, 1707)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of one grey, whose pixels would take width × height bytes: a real one, not only a header."""
    squeeze, rows = zlib.compressobj(1), bytes(width + 1)
    body = b"".join([squeeze.compress(rows) for _ in range(height)]) + squeeze.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def webp_header(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4) + size
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body + bytes(20)


def moving(kind: str) -> bytes:
    return saved(quadrants(), kind, save_all=True, append_images=[Image.new("RGB", (64, 96))], duration=100)


REFUSED = {
    "0 bytes": (lambda: b"", "picture_empty"),
    "text": (lambda: "不是图片".encode(), "not_a_picture"),
    "noise": (lambda: bytes(range(1, 200)), "not_a_picture"),
    "half a JPEG": (lambda: saved(quadrants(640, 960), "JPEG")[:3000], "picture_truncated"),
    "a third of a PNG": (lambda: saved(quadrants(640, 960), "PNG")[:1000], "picture_truncated"),
    "half a WebP": (lambda: saved(quadrants(640, 960), "WEBP")[:400], "picture_truncated"),
    "half a HEIC": (lambda: (DATA / "quadrants.heic").read_bytes()[:500], "picture_truncated"),
    "first bytes of a JPEG": (lambda: b"\xff\xd8\xff\xe0", "picture_truncated"),
    "first bytes of a WebP": (lambda: b"RIFF\0\0\0\0WEBP", "picture_truncated"),
    "31 MB": (lambda: b"\xff\xd8\xff" + bytes(MAX_BYTES), "picture_too_large"),
    "100-megapixel PNG": (lambda: png_bomb(10_000, 10_000), "picture_too_many_pixels"),
    "250-megapixel PNG": (lambda: png_bomb(25_000, 10_000), "picture_too_many_pixels"),
    "a strip of 20,000 pixels": (lambda: png_bomb(20_000, 2), "picture_too_many_pixels"),
    "100-megapixel WebP": (lambda: webp_header(10_000, 10_000), "picture_too_many_pixels"),
    "moving GIF": (lambda: moving("GIF"), "picture_animated"),
    "moving WebP": (lambda: moving("WEBP"), "picture_animated"),
    "moving PNG": (lambda: moving("PNG"), "picture_animated"),
    "still GIF": (lambda: saved(quadrants(), "GIF"), "picture_format"),
    "BMP": (lambda: saved(quadrants(), "BMP"), "picture_format"),
    "TIFF": (lambda: saved(quadrants(), "TIFF"), "picture_format"),
    "PDF": (lambda: b"%PDF-1.7\n", "picture_format"),
    "MP4": (lambda: b"\0\0\0\x20ftypisom" + bytes(40), "picture_format"),
    "first bytes of an AVIF": (lambda: b"\0\0\0\x20ftypavif" + bytes(40), "picture_truncated"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_says_why_and_what_to_do(what: str):
    make, code = REFUSED[what]
    with pytest.raises(BadPicture) as refused:
        decode(make())
    assert refused.value.code == code
    assert "Send" in str(refused.value) or "Take" in str(refused.value)


def test_a_bomb_costs_nothing():
    bomb = png_bomb(12_000, 9_000)
    started = time.process_time()
    with pytest.raises(BadPicture):
        decode(bomb)
    assert time.process_time() - started < 0.05


@pytest.mark.parametrize("size", [(40, 30), (64, 48), (50, 37)])
def test_halving_first_gives_the_picture_that_shrinking_at_once_gives(size: tuple[int, int]):
    picture = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8), (0, 0), 8)
    at_once = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    assert np.abs(reduced(picture, size).astype(int) - at_once).max() <= 3
