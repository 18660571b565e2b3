"""A Chinese page says what its English one says: the same code, numbers, and what stands in code within sentences.

So a setting, call or command that is added, renamed or dropped on one of them is missed on the other by this test. What
is generated comes from one place for both languages, and is no business of this test.
"""

import re
from collections import Counter

import pytest

from tests.documented import DOCS, FENCE, blocks, inline, page
from tools.docs.__main__ import PAGES

TRANSLATED = {
    "import": ("import",), "integrate": ("start", "integrate"), "keys": ("keys",), "operate": ("operate",),
    "policy": ("policy",), "providers": ("providers",), "retention": ("retention",), "runbooks": ("runbooks",),
    "upgrade": ("upgrade",), "walk": ("walk",),
}  # fmt: skip
"""English page → the Chinese ones."""
LEFT_OUT = {"policy": ("## Figures", None), "providers": ("## What an outage costs", "### Trying all of this")}
"""What was measured stands on the English page alone: from this heading to that."""
DIGESTS = {"index", "concepts", "changelog"}


def english(name):
    text = page(f"{name}.md")
    if name in LEFT_OUT:
        begin, end = LEFT_OUT[name]
        text = text[: text.index(begin)] + (text[text.index(end) :] if end else "")
    return text


def chinese(name):
    return "\n".join(page(f"zh/{each}.md") for each in TRANSLATED[name])


@pytest.mark.parametrize("name", TRANSLATED)
def test_the_code_is_the_same(name):
    assert sorted(blocks(chinese(name))) == sorted(blocks(english(name)))


@pytest.mark.parametrize("name", TRANSLATED)
def test_what_sentences_name_is_the_same(name):
    here, there = set(inline(chinese(name))), set(inline(english(name)))
    assert {"not in Chinese": sorted(there - here), "not in English": sorted(here - there)} == {
        "not in Chinese": [], "not in English": []}  # fmt: skip


@pytest.mark.parametrize("name", TRANSLATED)
def test_numbers_in_sentences_are_the_same(name):
    """How long, how many, how much: in figures on both pages or on neither."""
    here, there = numbers(chinese(name)), numbers(english(name))
    assert {"not in Chinese": there - here, "not in English": here - there} == {
        "not in Chinese": Counter(), "not in English": Counter()}  # fmt: skip


def numbers(text):
    return Counter(re.findall(r"\d[\d,.]*\d|\d", re.sub(r"`[^`]*`|\]\([^)]*\)", "", FENCE.sub("", text))))


def test_every_chinese_page_is_held_to_something():
    there = {file.stem for file in (DOCS / "zh").glob("*.md")}
    made = {name.removeprefix("zh/") for name in PAGES if name.startswith("zh/")}
    assert there == made | DIGESTS | {each for pages in TRANSLATED.values() for each in pages}


def test_the_chinese_changelog_has_every_release():
    from_english = [line.split(" ")[1] for line in (DOCS.parent / "CHANGELOG.md").read_text("utf-8").splitlines()
                    if line.startswith("## ")]  # fmt: skip
    assert [
        line.split(" ")[1] for line in page("zh/changelog.md").splitlines() if line.startswith("## ")
    ] == from_english
