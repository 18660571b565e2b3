"""Every call of the API reference has examples, and a server understands them; the site has every page."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.application import application, jpeg
from tools.docs.errors import errors
from tools.docs.words import LANGUAGES
from tools.site.__main__ import linked, sources, staged
from tools.site.examples import Example
from tools.site.reference import calls, pages

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENT = json.loads((DOCS / "openapi.json").read_text("utf-8"))
CALLS = {call["operationId"]: (method, path, call) for method, path, call in calls(DOCUMENT)}
MISUNDERSTOOD = {400, 401, 405, 406, 413, 414, 415, 422, 500}
POLICIES = {"checkPolicy", "addPolicy"}
"""Their examples are the beginning of a text, and are told so."""
ENDLESS = {"followTicket"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with application(tmp_path_factory.mktemp("reference")) as made:
        yield made


@pytest.fixture(scope="module")
def keys(home):
    return {role: home.key(role) for role in ("platform", "reviewer", "support", "operator")}


def sent(client, line):
    """What a server answers to a line of curl."""
    words = shlex.split(line.replace("\\\n", " "))
    given, method, address, files, data = {}, "GET", "", [], {}
    for flag, word in zip(words, [*words[1:], ""], strict=True):
        if word.startswith("$API") or flag.startswith("$API"):
            address = flag if flag.startswith("$API") else address
        if flag == "-X":
            method = word
        elif flag == "--json":
            method, given = "POST" if method == "GET" else method, {"json": json.loads(word)}
        elif flag == "--data-binary":
            given = {"content": b"x" * 10, "headers": {"Upload-Offset": "0",
                                                       "Content-Type": "application/offset+octet-stream"}}  # fmt: skip
        elif flag == "-F":
            method, (name, _, value) = "POST", word.partition("=")
            if value.startswith("@"):
                files.append((name, (value[1:], jpeg(), "image/jpeg")))
            else:
                data[name] = value
    more = {"files": files, "data": data} if files else {}
    return client.request(method, address.replace("$API", "/v1"), **given, **more), method


@pytest.mark.parametrize("id", [id for id in CALLS if id not in ENDLESS])
def test_the_example_in_curl_is_understood(keys, id):
    method, path, call = CALLS[id]
    roles = [role for each in call.get("security", []) for role in each.get("apiKey", [])]
    answer, used = sent(keys[(roles or ["platform"])[0]], Example(method, path, call).curl())
    assert used == method.upper()
    expected = answer.status_code == 422 and (id in POLICIES or answer.json()["code"] in ("not_a_video",))
    assert expected or answer.status_code not in MISUNDERSTOOD, answer.text
    if answer.status_code == 404:
        assert answer.json()["code"] == "not_found" and "route" not in answer.json()["detail"], answer.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_call_has_its_section_and_three_examples(language):
    text = "".join(pages(DOCUMENT, language).values())
    for id, (method, path, _) in CALLS.items():
        section = text.partition(f"## {id}\n")[2].partition("\n## ")[0]
        assert f"`{method.upper()} {path}`" in section, id
        assert [section.count(f'=== "{name}"') for name in ("curl", "Python", "TypeScript")] == [1, 1, 1], id


def test_the_site_has_every_page_and_no_link_that_leads_nowhere(tmp_path):
    """MkDocs is not asked: it lies in no environment of these tests."""
    folder = staged(tmp_path / "site")
    text = (folder / "mkdocs.yml").read_text("utf-8")
    named = set(re.findall(r"([\w/.-]+\.md)$", text, re.MULTILINE))
    there = {str(page.relative_to(folder / "docs")) for page in (folder / "docs").rglob("*.md")}
    assert named == there
    for page in (folder / "docs").rglob("*.md"):
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_what_the_site_does_not_have_is_named_and_not_linked():
    text = linked(DOCS / "operate.md", "operate.md", sources())
    assert "](../bench" not in text and "[runbooks.md](runbooks.md)" in text


def test_every_code_of_an_error_is_explained_in_both_languages():
    rows = [line.split(" | ") for line in errors().split("\n") if line.startswith("| `")]
    assert len(rows) > 70
    assert all(re.search("[\u4e00-\u9fff]", row[2]) and row[1] for row in rows)
