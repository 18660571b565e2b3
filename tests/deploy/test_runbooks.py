"""What people need at three in the morning has its page. Its commands: tests/tools/test_documented_code.py."""

import re

from tests.documented import blocks, page

WANTED = (
    "key file has leaked", "look-up key has leaked", "key outside does not answer", "source is down",
    "database fails over", "inside is suspected", "disk is full", "machine is lost",
)  # fmt: skip


def test_each_page_that_people_need_is_there():
    text = page("runbooks.md")
    titles = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert [title for title, wanted in zip(titles, WANTED, strict=True) if wanted not in title] == []
    assert text.count("*Over when*") == len(titles)
    assert len(blocks(text, "bash")) > 20


def test_each_has_its_page_in_chinese():
    text = page("zh/runbooks.md")
    assert len(re.findall(r"^## ", text, re.MULTILINE)) == len(WANTED) == text.count("*结束的标志*")
