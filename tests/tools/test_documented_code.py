"""The code on the pages of docs/ is tried: commands and settings exist, documents are understood.

The guide's own blocks, curl and Python, are run by tests/stories/test_integrate.py.
"""

import json
import re
import tomllib
from pathlib import Path

import pytest

from shiming.__main__ import _parser
from shiming.risk import document
from shiming.settings import Settings
from tests.documented import DOCS, ENVIRONMENT, blocks, commands, inline, page
from tests.providers.test_sources_file import load
from tools.docs.__main__ import PAGES

BY_HAND = sorted(str(file.relative_to(DOCS)) for file in DOCS.rglob("*.md") if "decisions" not in file.parts)
RUN = {"integrate.md", "zh/start.md", "zh/integrate.md", "walk.md", "zh/walk.md"}
"""Their Python and curl: tests/stories/test_integrate.py and verification/test_walk.py."""
LANGUAGES = {"bash", "json", "toml", "python", "mermaid", ""}
PROGRAMS = set("systemctl journalctl psql curl kubectl chmod df du grep sort tail head vault for do done".split())
ELSEWHERE = {"SHIMING_URL", "SHIMING_KEY", "SHIMING_LONG"}
ALONE = re.compile("are required|invalid choice: '[A-Z]+'")
"""A sentence may name a command alone, or `EVENT` for any."""
OURS = re.compile(r"^(?:\.venv/bin/)?shiming$")


@pytest.mark.parametrize("name", BY_HAND)
def test_every_block_is_of_a_kind_that_some_test_tries(name):
    kinds = set(re.findall(r"^[ >]*```(\w*)\n(?:.*?)^[ >]*```$", page(name), re.DOTALL | re.MULTILINE))
    assert kinds <= LANGUAGES
    if "python" in kinds:
        assert name in RUN | {"providers.md", "zh/providers.md"}
    if "mermaid" in kinds:
        assert name in {*(f"{made}.md" for made in PAGES), "impact.md"}


def said(name):
    """Every command of a page: of its blocks, and `shiming …` within a sentence."""
    text = page(name)
    spoken = [code for code in inline(text) if code.startswith(("shiming ", "kubectl "))]
    scripts = [*blocks(text, "bash"), *(each for each in blocks(text, "") if each.startswith("shiming "))]
    return [*(each for script in scripts for each in commands(script)),
            *(each for code in spoken for each in commands(re.sub(r"\[(.*?)\]", r"\1", code)))]  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_commands_exist_with_their_options(name, capsys):
    unknown = []
    for command in said(name):
        if not OURS.match(command[0]) or command[1] == "…":
            continue
        try:
            assert callable(_parser(command[1]).parse_args(command[1:]).run)
        except SystemExit as ended:
            told = capsys.readouterr().err
            if ended.code and not ALONE.search(told):
                unknown.append(f"{' '.join(command)}: {told.splitlines()[-1]}")
    assert unknown == []


@pytest.mark.parametrize("name", BY_HAND)
def test_all_other_programs_of_blocks_are_those_that_a_debian_has_or_the_page_is_about(name):
    others = {each[0] for script in blocks(page(name), "bash") for each in commands(script) if not OURS.match(each[0])}
    assert others <= PROGRAMS


@pytest.mark.parametrize("name", BY_HAND)
def test_settings_exist(name):
    text = page(name)
    there = {f"SHIMING_{field.upper()}" for field in Settings.__dataclass_fields__} | ELSEWHERE
    named = {found[1] for script in blocks(text, "bash") for line in script.splitlines()
             if (found := ENVIRONMENT.match(line)) and found[1].startswith("SHIMING_")}  # fmt: skip
    named |= {found[0] for code in inline(text) if (found := re.match(r"SHIMING_[A-Z_]+(?=$|=)", code))}
    assert named - there == set()


POLICIES = [text for name in ("policy.md", "zh/policy.md") for text in blocks(page(name), "toml")]


@pytest.mark.parametrize("text", POLICIES)
def test_parts_of_policies_are_understood(text):
    """With the feature that the rule speaks of; a rule has either of `hold` and `does`, as the remark there says."""
    features = POLICIES[0] if "[rules." in text else ""
    for line in ("hold", "does") if "[rules." in text else ("#",):
        one = "".join(f"{each}\n" for each in text.splitlines() if not each.startswith(line))
        assert document.read(f'name = "ours"\n{features}\n{one}')


@pytest.mark.parametrize("name", ["providers.md", "zh/providers.md"])
def test_the_file_of_sources_is_understood(name, tmp_path):
    (tmp_path / "secret").write_text("s", "utf-8")
    source, entry = blocks(page(name), "toml")
    (made,) = load(tmp_path, source.replace("/run/secrets/tencent", str(tmp_path / "secret")))
    assert (made.name, made.kind, made.terms.side) == ("tencent", "authority", "live")
    assert tomllib.loads(entry)["project"]["entry-points"]["shiming.authority"]


@pytest.mark.parametrize("name", ["providers.md", "zh/providers.md"])
def test_the_adapter_of_the_page_is_one(name):
    (script,) = blocks(page(name), "python")
    made: dict = {}
    exec(compile(script, name, "exec"), made)  # noqa: S102  # the page's own text
    acme = made["Acme"]("acme", None, made["Secret"]("s"))
    assert acme.name == "acme" and callable(acme.check) and callable(acme.compare)


@pytest.mark.parametrize("name", BY_HAND)
def test_json_is_json(name):
    for text in blocks(page(name), "json"):
        json.loads(text)


def test_a_command_that_does_not_exist_would_be_found(capsys):
    with pytest.raises(SystemExit):
        _parser("keys").parse_args(["keys", "burn"])
    assert "invalid choice" in capsys.readouterr().err
    assert commands("FOO=1 shiming keys list | head -1; # x\nvault a - <<END\n{}\nEND") == [
        ["shiming", "keys", "list"], ["head", "-1"], ["vault", "a", "-"]]  # fmt: skip
    assert Path(DOCS, "zh").is_dir()
