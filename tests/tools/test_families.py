"""Families of specimens: held-out ones that stay as they were, share nothing with the tuned ones, and are marked."""

import ast
import hashlib
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from shiming.names import SYNTHETIC, IdNumber
from tools.specimens import fonts
from tools.specimens.families.every import PARTS
from tools.specimens.families.held import flat, grounds
from tools.specimens.families.held.people import draw_person

HELD = Path(__file__).parents[2] / "tools/specimens/families/held"
ASIS = "395af36a163883fc"  # of the drawing code as it was committed, before anything was tuned
SHARED = {"fonts", ""}  # modules of the generator that the held-out part may use: how a font's file is found; `Drawn`


def test_the_held_out_families_are_as_they_were_committed():
    """Whoever changes how they are drawn would report on what he has seen. Draw new families instead."""
    digest = hashlib.sha256()
    for path in sorted(HELD.glob("*.py")):
        digest.update(path.read_bytes())
    assert digest.hexdigest()[:16] == ASIS


def test_the_held_out_families_share_no_code_with_the_tuned_ones():
    for path in HELD.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level > 1:
                assert (node.module or "") in SHARED, f"{path.name} imports {node.module}"
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                assert not (node.module or "").startswith("tools"), f"{path.name} imports {node.module}"


def test_the_held_out_families_share_no_font_with_the_tuned_ones():
    held = {face.package for face in (*flat.FACES, *grounds.FACES)}
    assert held.isdisjoint(face.package for face in fonts.ALL)


def test_their_people_can_be_nobody():
    people = [draw_person(Random(seed)) for seed in range(200)]
    for person in people:
        number = IdNumber.parse(person.number)
        assert person.number[:2] in SYNTHETIC
        assert (number.birth.isoformat(), number.sex) == (person.birth, person.sex)
        assert 1 <= len(person.address) <= 44
    assert len({person.name for person in people}) > 190


@pytest.mark.parametrize("part", tuple(PARTS))
def test_one_seed_and_index_is_one_picture_and_bears_the_mark(part):
    """Red print beside the fields: 样本 SPECIMEN."""
    family = PARTS[part][f"{part}_plain"]
    try:
        first = family.draw(3, 0)
    except fonts.MissingFont as missing:
        pytest.skip(str(missing))
    assert first == family.draw(3, 0)
    assert set(first.fields) in ({"name", "sex", "ethnicity", "birth", "address", "number"},
                                 {"authority", "valid_from", "valid_until"})  # fmt: skip
    picture = np.asarray(Image.open(BytesIO(first.jpeg)).convert("RGB")).astype(int)
    assert (picture[..., 0] - picture[..., 1:].max(axis=2) > 40).sum() > 100
