"""Pictures reported by people of other systems as refused or misjudged (issue 14), by what a worker says of them."""

import io
from datetime import date

import numpy as np
import pytest
from PIL import Image

from shiming import checks
from shiming.checks import Stage
from shiming.policy import DEFAULT
from shiming.verification.seen import Seen
from shiming.vision import picture_tasks
from tests.stories import pictures
from tests.vision import banks

CARDS = banks.FACES.parent / "cards"


def front(who: str = "hege") -> Image.Image:
    return Image.open(CARDS / who / "front.jpg").convert("RGB")


def written(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def number_read(data: bytes) -> str:
    return picture_tasks.card(data).seen.fields["number"].text


def test_a_scan_of_sixteen_bits_of_grey_is_read():
    """It came out white, and its holder heard that the photo is blurred."""
    grey = np.asarray(front().convert("L")).astype(np.uint16) * 257
    assert number_read(written(Image.fromarray(grey), "PNG")) == number_read(written(front(), quality=92))


def test_a_card_whose_jpeg_lacks_its_last_two_bytes_is_read():
    """Every viewer shows it whole; it was refused as cut off or damaged."""
    whole = written(front(), quality=92)
    assert number_read(whole[:-2]) == number_read(whole)


def test_a_card_of_fifty_megapixels_is_read():
    """8192 × 6144 was refused with "at most 50 megapixels"."""
    large = front().resize((8192, 6144))
    assert number_read(written(large, quality=60)) == number_read(written(front(), quality=92))


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_hand_held_photo_on_its_side_or_head_is_turned(turn: int):
    """Its holder was told to take off a mask."""
    picture = Image.open(io.BytesIO(pictures.handheld("hege")))
    upright = picture_tasks.handheld(written(picture, quality=92), True)
    turned = picture_tasks.handheld(written(picture.rotate(turn, expand=True), quality=92), True)
    assert (turned.seen.faces, turned.seen.flaws) == (1, upright.seen.flaws)
    assert turned.seen.number.text == upright.seen.number.text
    assert Image.open(io.BytesIO(turned.clean)).size == Image.open(io.BytesIO(upright.clean)).size


def test_of_a_photo_that_broke_off_what_is_there_is_read_and_what_is_lost_is_told():
    """Where something was lost by it, its holder hears that the photo did not arrive whole, not that it is bad."""
    whole = written(front(), quality=92)
    desk, card = (picture_tasks.card(whole[: int(len(whole) * part)]).seen for part in (0.97, 0.6))
    assert desk.fields["number"].text == number_read(whole)
    told = {at: {flaw.code for flaw in seen.flaws} for at, seen in (("desk", desk), ("card", card))}
    assert "photo_incomplete" in told["card"]
    found = checks.judge(Seen(front=card, test_mode=True), DEFAULT, date(2026, 11, 30), Stage.MATERIALS)
    assert "photo_incomplete" in {finding.code for finding in found}
    found = checks.judge(Seen(front=desk, test_mode=True), DEFAULT, date(2026, 11, 30), Stage.MATERIALS)
    assert "photo_incomplete" not in {finding.code for finding in found}


def test_a_messengers_copy_of_800_by_600_is_no_forgery():
    """It was called altered for all of three people, who waited for a person to look at it."""
    for who in ("hege", "mane", "guoqi"):
        copy = front(who).resize((800, 600), Image.Resampling.LANCZOS)
        assert [sign.code for sign in picture_tasks.card(written(copy, quality=92)).seen.signs] == [], who
