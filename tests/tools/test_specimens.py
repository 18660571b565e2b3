"""The specimen generator: right numbers, honest readability, one seed one picture, no card without its mark."""

import json
import tomllib
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from tools.specimens import camera, card, cast, fonts, holders, photo, portrait, presets, sets, words
from tools.specimens.shot import Finger, Glare, Shot

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "src/shiming/demo/cast.toml"
PLAIN = Shot(size=(1280, 960), desk="desk", pose=camera.Pose(0.85, 2, 3, -3), noise=1.0)


def _missing() -> str:
    try:
        fonts.require_all()
    except fonts.MissingFont as missing:
        return str(missing)
    return ""


drawn = pytest.mark.skipif(bool(_missing()), reason=_missing() or "fonts are there")


def _front(seed: int = 5, mark_at: str = "under_portrait", bilingual: bool = False) -> card.Flat:
    rng = Random(seed)
    return card.draw_front(holders.draw_holder(rng, bilingual), portrait.stand_in(rng), rng, mark_at)


def _readable(flat: card.Flat, shot: Shot) -> set[str]:
    return {name for name, reading in photo.take(flat, shot, 3).truth["fields"].items() if reading["readable"]}


@pytest.mark.parametrize(
    ("first17", "check"),
    [("11010519491231002", "X"), ("17021319910314013", "8"), ("24081719881102026", "X"), ("39110219790625031", "2")],
)
def test_check_digit(first17, check):
    """The example of the standard, and three people of the demo."""
    assert holders.check_digit(first17) == check


def test_numbers_can_be_nobodys_and_agree_with_birth_and_sex():
    rng = Random(1)
    people = [holders.draw_holder(rng) for _ in range(300)]
    for person in people:
        number = person.number
        assert int(number[:2]) in words.UNASSIGNED_PREFIXES
        assert number[6:14] == person.birth.replace("-", "")
        assert (int(number[16]) % 2 == 1) == (person.sex == "男")
        assert number[17] == holders.check_digit(number[:17])
    assert len({person.number[:2] for person in people}) > 40


def test_no_prefix_is_a_province():
    provinces = {
        11,
        12,
        13,
        14,
        15,
        21,
        22,
        23,
        *range(31, 38),
        *range(41, 47),
        *range(50, 55),
        *range(61, 66),
        71,
        81,
        82,
        83,
        91,
    }
    assert not provinces & set(words.UNASSIGNED_PREFIXES)


@drawn
@pytest.mark.parametrize("bilingual", [False, True])
def test_a_plain_photo_is_readable_everywhere(bilingual):
    flat = _front(bilingual=bilingual)
    assert flat.kind == ("uyghur" if bilingual else "common")
    assert _readable(flat, PLAIN) == set(flat.fields)


@drawn
@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"glares": (Glare(52, 48, 30, 4, 0, 3.0),)}, {"number"}),
        ({"fingers": (Finger("bottom", 0.6, 10),)}, {"number"}),
        ({"fingers": (Finger("left", 0.15, 24),)}, {"name"}),
        ({"defocus": 1.5}, {"name", "sex", "ethnicity", "birth", "address", "number"}),
        ({"light": 0.03, "noise": 14.0}, {"name", "sex", "ethnicity", "birth", "address", "number"}),
        ({"pose": camera.Pose(0.2, 0)}, {"name", "sex", "ethnicity", "address"}),
    ],
)
def test_each_effect_loses_what_it_hides(change, lost):
    flat = _front()
    assert set(flat.fields) - _readable(flat, replace(PLAIN, **change)) >= lost


@drawn
def test_the_same_seed_draws_the_same_picture_and_another_does_not():
    first, again, other = (sets.draw_one(seed, 1, "phone") for seed in (8, 8, 9))
    assert first.jpeg == again.jpeg and first.truth == again.truth
    assert first.jpeg != other.jpeg and first.truth["fields"] != other.truth["fields"]


@drawn
@pytest.mark.parametrize("turn", [0, 90, 180, 270, 33])
def test_corners_lie_in_the_picture_unless_the_card_is_cut(turn):
    corners = camera.corners(camera.homography(camera.Pose(0.9, turn, 25, -25, 0.1, 0.9), (1200, 1600)))
    assert (corners >= 0).all() and (corners <= (1200, 1600)).all()


@drawn
@pytest.mark.parametrize("place", sorted(card.MARKS["front"]))
def test_the_mark_is_there_and_hides_no_field(place):
    """More red ink at the mark's place than with the mark elsewhere; every field still readable."""
    x, y = (round(v * 16) for v in card.MARKS["front"][place])
    other = next(name for name in card.MARKS["front"] if name != place)

    def red(flat: card.Flat) -> int:
        part = flat.picture[y - 30 : y + 30, x - 150 : x + 150].astype(int)
        return int((part[..., 0] - part[..., 1] > 70).sum())

    marked = _front(mark_at=place)
    assert red(marked) > red(_front(mark_at=other)) + 1000
    assert _readable(marked, PLAIN) == set(marked.fields)


@drawn
def test_rare_characters_are_drawn_in_every_face():
    boxes = [fonts.load(fonts.having(face, "䶮"), 48).getmask("䶮") for face in fonts.HEI]
    undefined = [fonts.load(face, 48).getmask("\U0010fffd") for face in fonts.HEI]
    assert all(bytes(mask) and bytes(mask) not in map(bytes, undefined) for mask in boxes)


@drawn
def test_the_second_script_is_never_set_in_empty_boxes():
    texts = [*words.UYGHUR_LABELS.values(), words.UYGHUR_NUMBER, words.UYGHUR_POLICE, "0123456789"]
    for table in (words.UYGHUR_FEMALE, words.UYGHUR_MALE, words.UYGHUR_COUNTIES, words.UYGHUR_STREETS):
        texts += [uyghur for _, uyghur in table]
    letters = set("".join(texts)) - {" "}
    assert [char for char in letters for face in fonts.UYGHUR if fonts.having(face, char) != face] == []


@drawn
@pytest.mark.parametrize("kind", sorted(presets.KINDS))
def test_presets_draw_decodable_photos_of_phone_size_and_scans_of_card_size(kind):
    taken = sets.draw_one(21, 2, kind)
    with Image.open(BytesIO(taken.jpeg)) as image:
        assert sorted(image.size) == ([638, 1012] if kind == "scan" else [1200, 1600])
        assert np.asarray(image).std() > 1
    assert taken.truth["side"] == "back" and set(taken.truth["fields"]) == {"authority", "valid_from", "valid_until"}


def test_other_names_steer_no_simulated_authority():
    for member in cast.members(TABLE):
        other = cast.renamed(member)
        assert other.holder.name != member.holder.name
        assert not any(marker in other.holder.name for marker in cast.MARKERS)
        assert replace(other.holder, name="", second=None) == replace(member.holder, name="", second=None)


def test_every_number_of_the_cast_is_right_and_nobodys():
    for row in tomllib.loads(TABLE.read_text("utf-8"))["person"]:
        assert row["number"][17] == holders.check_digit(row["number"][:17]), row["slug"]
        assert int(row["number"][:2]) in words.UNASSIGNED_PREFIXES, row["slug"]


@pytest.mark.parametrize("member", cast.members(TABLE), ids=lambda member: member.slug)
def test_the_committed_cards_are_those_of_the_cast(member):
    """Fails when cast.toml or a face changed and the cards were not drawn again."""
    truth = json.loads((TABLE.parent / "cards" / member.slug / "truth.json").read_text("utf-8"))
    printed = {name: field["text"] for side in ("front", "back") for name, field in truth[side]["fields"].items()}
    again = "run: python -m tools.specimens cast && python -m tools.specimens cast --rename"
    assert printed == {name: getattr(member.holder, name) for name in printed}, again
    assert truth["face"] == cast.fingerprint(member, TABLE.parent / "faces"), again


def test_the_renamed_fronts_are_those_of_the_cast():
    folder = ROOT / "tests/demo/renamed"
    names = tomllib.loads((folder / "names.toml").read_text("utf-8"))
    assert names == {member.slug: cast.renamed(member).holder.name for member in cast.members(TABLE)}
    assert all((folder / slug / "front.jpg").stat().st_size < 140_000 for slug in names)


def test_the_twins_have_other_names_and_numbers_that_are_nobodys():
    known = {member.slug: member for member in cast.members(TABLE)}
    twins = tomllib.loads((ROOT / "tests/demo/twins/twins.toml").read_text("utf-8"))
    for slug, row in twins.items():
        drawn_as = cast.twin(known[slug]).holder
        assert (row["name"], row["number"]) == (drawn_as.name, drawn_as.number)
        assert row["number"] != known[slug].holder.number
        assert int(row["number"][:2]) in words.UNASSIGNED_PREFIXES


@drawn
def test_a_missing_font_names_its_package():
    with pytest.raises(fonts.MissingFont, match="apt-get install -y fonts-nowhere"):
        fonts.load(fonts.Face("NoSuchFont.ttf", "fonts-nowhere"), 20)
