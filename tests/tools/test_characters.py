"""The tables of rare characters as they are served: what people mostly look for is first, nothing an empty box."""

import json
import unicodedata
from pathlib import Path

TABLES = Path(__file__).parents[2] / "web" / "flow" / "public" / "characters"


def test_no_private_character_is_offered_and_common_ones_come_first():
    """Issue 18: the list began with characters that no phone can draw."""
    for path in sorted(TABLES.glob("*.json")):
        text = path.read_text("utf-8")
        assert not any(unicodedata.category(char) == "Co" for char in text), path.name
    yan = json.loads((TABLES / "y.json").read_text("utf-8"))["yan"]
    assert next(iter(yan)) == "" and "䶮" in yan[""] and "妍" in yan[""] and "䶮" in yan["20"]


def test_a_character_is_found_by_the_parts_that_people_see():
    files = [json.loads((TABLES / f"parts-{n}.json").read_text("utf-8")) for n in range(16)]
    for parts, char in (("女介", "㛃"), ("女丰刀", "㛃"), ("龙天", "䶮"), ("钅弘", "𬭎")):
        key = "".join(sorted(parts))
        assert char in files[max(map(ord, key)) % 16][key]
