"""A command in a runbook exists: at three in the morning nobody wants to learn that it does not."""

import re
import shlex
from pathlib import Path

import pytest

from shiming.__main__ import _parser

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/runbooks.md").read_text("utf-8")
PROGRAMS = set("shiming systemctl journalctl psql curl kubectl chmod df du grep sort tail".split())
WANTED = (
    "key file has leaked", "look-up key has leaked", "key outside does not answer", "source is down",
    "database fails over", "inside is suspected", "disk is full", "machine is lost",
)  # fmt: skip


def commands() -> list[list[str]]:
    """Every command of the page's blocks, and each `shiming …` within a sentence; parted at pipes and the like."""
    blocks = "\n".join(re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)).splitlines()
    inline = [each for each in re.findall(r"`([^`\n]+)`", PAGE) if each.startswith(("shiming ", "kubectl "))]
    found = []
    for line in (*blocks, *inline):
        word = shlex.shlex(line.strip(), posix=True, punctuation_chars="|;&")
        word.whitespace_split, word.commenters = True, "#"
        parts: list[list[str]] = [[]]
        for token in word:
            parts.append([]) if set(token) <= set("|;&") else parts[-1].append(token)
        found += [part for part in parts if part]
    return found


OURS = sorted({" ".join(each) for each in commands() if each[0] == "shiming"})


def test_each_page_that_people_need_is_there():
    titles = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    assert [title for title, wanted in zip(titles, WANTED, strict=True) if wanted not in title] == []
    assert PAGE.count("*Over when*") == len(titles)


@pytest.mark.parametrize("command", OURS)
def test_a_command_of_ours_exists_with_its_options(command: str):
    _, *arguments = command.split()
    options = _parser(arguments[0]).parse_args(arguments)
    assert callable(options.run)


def test_all_others_are_programs_that_a_debian_has():
    assert len(OURS) > 12
    assert {each[0] for each in commands()} <= PROGRAMS


def test_a_command_that_does_not_exist_would_be_found():
    with pytest.raises(SystemExit):
        _parser("keys").parse_args(["keys", "burn"])
