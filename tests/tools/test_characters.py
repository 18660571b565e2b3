"""The tables of rare characters as they are served: what people mostly look for is first, nothing an empty box."""

import hashlib
import io
import json
import re
import unicodedata
from pathlib import Path

from fontTools.ttLib import TTFont

from tools.characters.font import in_order

TABLES = Path(__file__).parents[2] / "web" / "flow" / "public" / "characters"


def test_no_private_character_is_offered_and_common_ones_come_first():
    """Issue 18: the list began with characters that no phone can draw."""
    for path in sorted(TABLES.glob("*.json")):
        text = path.read_text("utf-8")
        assert not any(unicodedata.category(char) == "Co" or char == "□" for char in text), path.name
    yan = json.loads((TABLES / "y.json").read_text("utf-8"))["yan"]
    assert next(iter(yan)) == "" and "䶮" in yan[""] and "妍" in yan[""] and "䶮" in yan["20"]


def test_a_character_is_found_by_the_parts_that_people_see():
    files = [json.loads((TABLES / f"parts-{n}.json").read_text("utf-8")) for n in range(16)]
    for parts, char in (("女介", "㛃"), ("女丰刀", "㛃"), ("龙天", "䶮"), ("钅弘", "𬭎")):
        key = "".join(sorted(parts))
        assert char in files[max(map(ord, key)) % 16][key]


def test_every_rare_character_is_in_one_slice_of_the_font_and_drawn_by_it():
    """Issue 18: on a phone without a glyph for it, a character was an empty box. `python -m tools.characters.font`."""
    rules = re.findall(r"url\((\w+\.woff2)\).*unicode-range:([^}]+)", (TABLES / "rare.css").read_text("utf-8"))
    said = {name: codes_of(ranges) for name, ranges in rules}
    for name, codes in said.items():
        content = (TABLES / name).read_bytes()
        assert hashlib.sha256(content).hexdigest().startswith(name.removesuffix(".woff2"))  # kept for ever by browsers
        assert set(TTFont(io.BytesIO(content)).getBestCmap()) == codes
    tables = [json.loads(path.read_text("utf-8")) for path in sorted(TABLES.glob("*.json"))]
    assert sorted(chr(code) for codes in said.values() for code in codes) == sorted(in_order(tables))
    assert {path.name for path in TABLES.glob("*.woff2")} == set(said)
    assert max((TABLES / name).stat().st_size for name in said) < 60_000


def codes_of(ranges: str) -> set[int]:
    found: set[int] = set()
    for each in ranges.split(","):
        first, _, last = each.removeprefix("U+").partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return found
