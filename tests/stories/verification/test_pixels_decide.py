"""Names steer the simulated authority only; everything about pictures comes from pixels."""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from shiming.demo import walk
from shiming.demo.cast import Person, by_slug, people

RENAMED = Path(__file__).parents[2] / "demo" / "renamed"
PICTURE_DECIDED = ("guoqi", "fanguang", "mohu", "yihao", "tishen", "jiuzhao", "huanxiang", "fanpai", "huanren")


@dataclass(frozen=True, slots=True)
class Dressed(Person):
    """A person who shows another's pictures, or whose card bears another name."""

    front: bytes = b""
    seen_as: str = ""

    def picture(self, side: str) -> bytes:
        return self.front if side == "front" and self.front else by_slug(self.slug).picture(side)

    def frames(self):
        return by_slug(self.seen_as or self.slug).frames() if self.seen_as else by_slug(self.slug).frames()


def dressed(person: Person, **changes) -> Dressed:
    fields = {name: getattr(person, name) for name in Person.__dataclass_fields__}
    return Dressed(**fields | changes)


def test_swapped_faces_change_the_outcome(server):
    """张合格 and 周换源 both pass; each before the other's camera, neither does."""
    for one, other in (("hege", "huanyuan"), ("huanyuan", "hege")):
        person = dressed(by_slug(one), seen_as=other)
        result = walk.verify(server.api(), person, f"swapped-{one}")
        assert (result.verification["state"], result.code) == ("needs_input", "face_document_mismatch")


def test_swapped_cards_change_the_outcome(server):
    """The same name and number with another's card."""
    person = dressed(by_slug("hege"), front=by_slug("changqi").picture("front"))
    result = walk.verify(server.api(), person, "swapped-card")
    assert (result.verification["state"], result.code) == ("needs_input", "document_number_mismatch")


@pytest.mark.parametrize("slug", PICTURE_DECIDED)
def test_another_name_changes_nothing_that_pictures_decide(server, slug):
    """Everybody gets a plain name without meaning; the rows that pictures decide stay what they were."""
    name = tomllib.loads((RENAMED / "names.toml").read_text("utf-8"))[slug]
    person = dressed(by_slug(slug), name=name, front=(RENAMED / slug / "front.jpg").read_bytes())
    result = walk.verify(server.api(), person, f"renamed-{slug}")
    assert (result.verification["state"], result.code) == (person.state, person.code)


def test_a_marker_in_the_name_changes_what_the_authority_says(server):
    """The same pictures as 张合格, who passes; the typed name alone asks the simulated authority to differ."""
    person = replace(by_slug("hege"), name="张不符")
    codes = {r["code"] for r in walk.verify(server.api(), person, "marked").verification["reasons"]}
    assert codes <= {"name_number_mismatch", "document_name_mismatch"}
    assert codes


def test_the_cast_has_at_least_fourteen_people_and_no_two_share_a_number():
    numbers = [person.number for person in people()]
    assert len(numbers) >= 14
    assert len(set(numbers)) == len(numbers)
