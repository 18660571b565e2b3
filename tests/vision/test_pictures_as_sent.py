"""Pictures as people's devices and messengers really write them: whatever a browser would show is taken."""

import base64
import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from shiming import file_kinds
from shiming.vision.picture import BadPicture, clean, decode, decoded
from shiming.vision.picture_header import MAX_PIXELS
from tests.vision.test_picture import COLOURS, DATA, assert_upright, chunk, quadrants, saved


def noise(width: int = 320, height: int = 240) -> Image.Image:
    return Image.fromarray(np.random.default_rng(3).integers(0, 255, (height, width, 3), np.uint8))


def grey_steps(most: int) -> Image.Image:
    """A ramp from black to `most`, 16 bits a pixel, as scanners write it."""
    return Image.fromarray(np.tile(np.linspace(0, most, 64).astype(np.uint16), (48, 1)))


@pytest.mark.parametrize("most", [65535, 4095, 1023])
def test_sixteen_bits_of_grey_are_scaled_and_not_clipped_to_white(most: int):
    """A scanner's 16-bit PNG came out white, and its holder heard "blurred". Some fill ten or twelve bits only."""
    row = decode(saved(grey_steps(most), "PNG"))[20, :, 0].astype(int)
    assert row[0] == 0 and row[-1] == 255 and abs(row[32] - 129) < 4 and (np.diff(row) >= 0).all()


def test_sixteen_bits_in_the_other_byte_order_and_with_colour_or_alpha_are_scaled_too():
    """PNG knows 16 bits as grey, grey with alpha, colour, colour with alpha."""
    for kind, channels in ((0, 1), (4, 2), (2, 3), (6, 4)):
        pixels = np.full((4, 4, channels), 0x8000, ">u2")
        if channels in (2, 4):
            pixels[..., -1] = 0xFFFF
        rows = b"".join(b"\0" + row.tobytes() for row in pixels)
        png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 16, kind, 0, 0, 0))
        png += chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
        assert abs(int(decode(png).mean()) - 128) <= 1, kind


WHOLE: dict[str, Callable[[bytes], bytes]] = {
    "without its end": lambda jpeg: jpeg[:-2],
    "half of its end": lambda jpeg: jpeg[:-1],
    "its end twice, and a tail": lambda jpeg: jpeg + b"\xff\xd9" + b"tail" * 9,
    "a film behind it (motion photo)": lambda jpeg: jpeg + b"\0\0\0\x18ftypmp42" + bytes(500),
    "a byte order mark before it": lambda jpeg: b"\xef\xbb\xbf" + jpeg,
    "empty lines before it": lambda jpeg: b"\r\n\r\n\n" + jpeg,
    "a form's headers before it": lambda jpeg: b"--X\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg,
    "a MacBinary header before it": lambda jpeg: b"\0\x08IMG.JPEG" + bytes(118) + jpeg,
    "as text": base64.b64encode,
    "as text in lines": base64.encodebytes,
    "as text for URLs": base64.urlsafe_b64encode,
    "as text for URLs, unpadded": lambda jpeg: base64.urlsafe_b64encode(jpeg).rstrip(b"="),
    "as a data URL": lambda jpeg: b"data:image/jpeg;base64," + base64.b64encode(jpeg),
}


@pytest.mark.parametrize("what", WHOLE)
@pytest.mark.parametrize("options", [{}, {"progressive": True}], ids=["baseline", "progressive"])
def test_a_jpeg_that_every_viewer_shows_whole_is_taken_whole(what: str, options: dict):
    """Cameras, mailers and sites cut off or put before what they should not: the picture is all there."""
    jpeg = saved(quadrants(), "JPEG", quality=92, **options)
    found = decoded(WHOLE[what](jpeg))
    assert np.array_equal(found.pixels, decode(jpeg)) and found.lost == 0
    assert_upright(found.pixels)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("turned", [1, 6])
def test_of_a_picture_that_broke_off_the_rest_is_looked_at_and_what_is_lost_is_told(kind: str, turned: int):
    exif = Image.Exif()
    exif[0x0112] = turned
    data = saved(noise(), kind, exif=exif)
    found = decoded(data[: int(len(data) * 0.8)])
    assert found.lost == pytest.approx(0.2, abs=0.05)
    with pytest.raises(BadPicture) as refused:
        decode(data[: int(len(data) * 0.4)])
    assert refused.value.code == "picture_truncated"


def test_a_png_without_its_last_bytes_and_one_with_broken_notes_are_taken():
    png = saved(quadrants(), "PNG")
    assert_upright(decode(png[:-12]))
    assert_upright(decode(png[:-5]))
    at = png.index(b"IDAT") - 4
    assert_upright(decode(png[:at] + b"\0\0\0\x04tEXtabcd\0\0\0\0" + png[at:]))  # with a wrong check sum
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "x" * 2_000_000, zip=True)
    assert_upright(decode(saved(quadrants(), "PNG", pnginfo=notes)))


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


ODD = {
    "a list of pictures that leads nowhere": segment(0xE2, b"MPF\0II*\0\x08\0\0\0\x03\0" + b"\xff" * 40),
    "a list of two pictures, of which one": segment(
        0xE2, b"MPF\0MM\0*\0\0\0\x08\0\x01\xb0\x01\0\x04\0\0\0\x01\0\0\0\x02"
    ),
    "EXIF that ends too soon": segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\x40\0\x12\x01"),
    "EXIF that points to itself": segment(
        0xE1, b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0"
    ),
    "an orientation of 9": segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0\0\0\0\0"),
    "an orientation in words": segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0top\0\0\0\0\0"),
    "a profile in pieces of which some are missing": segment(0xE2, b"ICC_PROFILE\0\x03\x04abc"),
    "a profile that is none": segment(0xE2, b"ICC_PROFILE\0\x01\x01" + b"\xff" * 300),
    "a resource block cut short": segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\x09abc\xff\xff\xff\xff"),
    "XMP with half a character": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>\xff\xfe<hdrgm:Version"),
    "an Adobe mark too short": segment(0xEE, b"Adobe\0"),
    "a JFIF mark too short": segment(0xE0, b"JFIF\0\1"),
}


@pytest.mark.parametrize("what", ODD)
def test_odd_notes_are_no_reason_to_refuse_a_photo(what: str):
    jpeg = saved(quadrants(), "JPEG", quality=92)
    start = 4 + int.from_bytes(jpeg[4:6], "big")  # behind the JFIF mark
    assert_upright(decode(jpeg[:start] + ODD[what] + jpeg[start:]))
    assert_upright(decode(jpeg[:2] + ODD[what] + jpeg[start:]))


def test_of_several_pictures_in_one_file_the_first_is_read():
    """A phone's portrait with its depth, a gain map for bright screens, a 3D camera's second eye."""
    two = saved(quadrants(), "MPO", save_all=True, append_images=[noise(64, 96)])
    assert_upright(decode(two))
    assert_upright(decode(two[:-2]))


def test_print_shops_colours_come_out_as_they_look():
    """Adobe's programs write ink the other way round, and say so in a mark."""
    found = decode(saved(quadrants().convert("CMYK"), "JPEG", quality=95))
    for (y, x), name in zip(((20, 15), (20, 48), (75, 15), (75, 48)), COLOURS, strict=True):
        assert np.abs(found[y, x, ::-1].astype(int) - COLOURS[name]).max() < 60, name


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_what_is_transparent_is_white_as_on_a_page(kind: str):
    """A card cut out by an app lies on nothing; what the file keeps under it may be any colour, black above all."""
    picture = quadrants().convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 48, 64, 96))
    found = decode(saved(picture, kind, lossless=True) if kind == "WEBP" else saved(picture, kind, quality=100))
    assert np.abs(found[20, 15, ::-1].astype(int) - COLOURS["red"]).max() < 40
    assert found[75, 15].min() > 250


def test_transparent_colours_of_a_palette_are_white_and_a_picture_all_transparent_is_shown():
    few = Image.new("P", (40, 30), 1)
    few.putpalette([0, 0, 0, 200, 10, 10])
    few.paste(0, (0, 0, 20, 30))
    found = decode(saved(few, "PNG", transparency=0))
    assert found[10, 5].min() == 255 and tuple(found[10, 30]) == (10, 10, 200)
    unseen = quadrants().convert("RGBA")
    unseen.putalpha(0)
    assert_upright(decode(saved(unseen, "PNG")))


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_a_pixel_are_scaled_too(bits: int):
    picture = Image.fromarray(np.tile(np.repeat(np.uint8([0, 255]), 16), (24, 1)))
    few = picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=2)
    found = decode(saved(few, "PNG", bits=bits))
    assert found[5, 2].max() == 0 and found[5, 30].min() == 255


def test_a_moving_kind_of_file_that_holds_one_picture_is_a_picture():
    once = saved(quadrants(), "WEBP", save_all=True, append_images=[quadrants()], duration=100)
    assert b"ANMF" not in once or once.count(b"ANMF") == 1
    assert_upright(decode(once))
    assert_upright(decode(saved(quadrants(), "PNG", save_all=True, append_images=[], duration=100)))


def test_avif_is_taken_turned_and_its_films_are_not():
    """Android's phones and messengers write it; Pillow brings the decoder (libavif, BSD)."""
    exif = Image.Exif()
    exif[0x0112] = 6
    assert_upright(decode(saved(quadrants(), "AVIF", quality=95)))
    assert_upright(decode(saved(quadrants().transpose(Image.Transpose.ROTATE_90), "AVIF", quality=95, exif=exif)))
    film = saved(quadrants(), "AVIF", save_all=True, append_images=[noise(64, 96)], duration=100)
    for data, code in ((film, "picture_animated"), (saved(quadrants(), "AVIF")[:300], "picture_truncated")):
        with pytest.raises(BadPicture) as refused:
            decode(data)
        assert refused.value.code == code


def brands(major: bytes, *others: bytes) -> bytes:
    return struct.pack(">I", 16 + 4 * len(others)) + b"ftyp" + major + bytes(4) + b"".join(others) + b"\0\0\0\x08meta"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (brands(b"heic", b"mif1", b"heic"), "HEIC"),
        (brands(b"mif1", b"mif1", b"heic"), "HEIC"),
        (brands(b"mif1"), "HEIC"),
        (brands(b"hevc", b"heic", b"mif1"), "HEIC"),  # a burst that has a still in front
        (brands(b"msf1", b"hevc"), "HEIC film"),
        (brands(b"avif", b"mif1", b"miaf"), "AVIF"),
        (brands(b"mif1", b"avif", b"miaf"), "AVIF"),
        (brands(b"avis", b"avif", b"msf1"), "AVIF"),
        (brands(b"avis"), "AVIF film"),
        (brands(b"isom", b"mp41"), "video"),
        (brands(b"qt  "), "video"),
    ],
)
def test_the_brands_of_a_file_say_what_it_is(data: bytes, kind: str):
    assert file_kinds.kind_of(data) == kind


def test_a_heic_with_bytes_before_it_and_one_of_a_general_brand_are_read():
    heic = (DATA / "quadrants.heic").read_bytes()
    assert_upright(decode(b"\r\n" + heic))
    assert_upright(decode(heic.replace(b"ftypheic", b"ftypmif1", 1)))


def jpeg_of(width: int, height: int) -> bytes:
    return saved(Image.new("L", (width, height), 90), "JPEG", quality=20)


@pytest.mark.parametrize("size", [(8192, 6144), (9280, 6944)])
def test_phones_of_fifty_and_sixty_four_megapixels_are_taken(size: tuple[int, int]):
    """8192 × 6144 was refused with "at most 50 megapixels"."""
    assert max(decode(jpeg_of(*size), 1280).shape) == 1280


def test_a_side_that_no_phone_has_is_refused_all_the_same():
    assert MAX_PIXELS < 70_000_000
    with pytest.raises(BadPicture) as refused:
        decode(jpeg_of(12_000, 9_000))
    assert refused.value.code == "picture_too_many_pixels" and "64 megapixels" in str(refused.value)


def test_nothing_of_what_was_mended_is_kept_but_pixels():
    jpeg = saved(quadrants(), "JPEG", comment=b"SecretComment")
    assert b"Secret" not in clean(b"SecretHead" + jpeg[:-2])
    assert Image.open(io.BytesIO(clean(jpeg[:-2]))).size == (64, 96)
