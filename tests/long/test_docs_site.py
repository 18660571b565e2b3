"""The documentation as a site: built without network, searched in Chinese and English, asking nobody else for anything.

Needs a package index on its first run.
"""

import json
import re
from importlib.metadata import distributions
from urllib.parse import unquote

import pytest

from tools.licences.distributions import RULES
from tools.site.__main__ import main, programs

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
ALLOWED = {*RULES["allowed"], *RULES["allowed_as_own_library"]}
BY_HAND = {"colorama": "BSD-3-Clause", "pathspec": "MPL-2.0", "jinja2": "BSD-3-Clause"}
"""Read in their licence files."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    assert main(["--out", str(folder)]) == 0
    return folder


def test_it_finds_in_chinese_and_english(site):
    found = json.loads((site / "search" / "search_index.json").read_text("utf-8"))
    text = json.dumps(found, ensure_ascii=False)
    assert {"en", "zh"} <= set(found["config"]["lang"])
    assert "放行" in text and "Idempotency-Key" in text and len(found["docs"]) > 300


def test_no_page_asks_another_address(site):
    pattern = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)=\"?(https?:)?//[^\" >]+")
    outside = {page.name: found[0] for page in site.rglob("*.html")
               if (found := pattern.search(page.read_text("utf-8"))) and "canonical" not in found[0]}  # fmt: skip
    assert outside == {}
    styles = "".join(page.read_text("utf-8") for page in site.rglob("*.css"))
    assert "fonts.googleapis" not in styles and "@import" not in styles


def test_every_link_within_leads_somewhere(site):
    lost = []
    for page in site.rglob("*.html"):
        for target in re.findall(r'href="([^"#?:]+)(?:#[^"]*)?"', page.read_text("utf-8")):
            if page.name != "404.html" and not (page.parent / unquote(target)).exists():
                lost.append(f"{page.relative_to(site)}: {target}")
    assert lost == []


def test_what_builds_it_may_be_used(site):
    """None of it is shipped; its licences are looked at all the same."""
    (packages,) = (programs().parent / "lib").glob("python*/site-packages")
    unknown = {}
    for each in distributions(path=[str(packages)]):
        fields, name = each.metadata, each.metadata["Name"].lower()
        words = [fields.get("License-Expression") or "", fields.get("License") or "",
                 *(value for key, value in fields.items() if key == "Classifier")]  # fmt: skip
        told = {RULES["words"].get(word, word) for word in words} | {BY_HAND.get(name, "")}
        if not any(part in ALLOWED for word in told for part in re.split(r" (?:OR|AND) ", word)):
            unknown[name] = sorted(told)
    assert unknown == {}
