"""The console's page and its built files, as a browser gets them."""

import ast
import json
import re
from dataclasses import fields
from pathlib import Path

from fastapi.testclient import TestClient

import shiming
from shiming.review import search, side_by_side
from shiming.review.roles import ACTIONS, ROLES
from shiming.risk.document import LIMITS
from shiming.risk.document import REQUIREMENTS as REQUIREMENT_WORDS
from shiming.risk.events import TYPES
from shiming.risk.features import KINDS
from shiming.settings import Settings
from shiming.store.messaging import outbox
from shiming.web.console.account.place_hold import LIFT_GROUNDS, REQUIREMENTS
from shiming.workflows.account import bans

CONSOLE = Path(__file__).parents[2] / "web" / "console"
SOURCES = Path(shiming.__file__).parent


def test_the_page_allows_nothing_but_its_own_files_and_holds_no_data(home):
    shown = TestClient(home.web).get("/console")
    policy = shown.headers["content-security-policy"]
    assert shown.status_code == 200 and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy and "unsafe" not in policy
    assert shown.headers["cache-control"] == "no-store" and "style=" not in shown.text


def test_built_files_are_kept_for_ever_by_version_and_unknown_ones_are_missing(home):
    client, version = TestClient(home.web), home.web.state.console_built.version
    for name, kind in (("console.js", "text/javascript"), ("console.css", "text/css"), ("zh.json", "application/json")):
        answer = client.get(f"/console/assets/{name}?v={version}")
        assert answer.headers["content-type"].startswith(kind) and "immutable" in answer.headers["cache-control"]
    assert client.get("/console/assets/console.js?v=old").headers["cache-control"] == "no-cache"
    assert client.get("/console/assets/other.js").status_code == 404


def test_both_languages_have_the_same_words(home):
    files = home.web.state.console_built.files
    zh, en = (json.loads(files[f"{name}.json"][0]) for name in ("zh", "en"))
    assert zh.keys() == en.keys() and all(zh.values()) and all(en.values())


def test_every_word_that_the_console_asks_for_is_there():
    """Keys written out in its sources, and those put together with what the server names."""
    words = json.loads((CONSOLE / "public" / "zh.json").read_text("utf-8"))
    sources = [path.read_text("utf-8") for path in (CONSOLE / "src").rglob("*.*")]
    asked = {key for text in sources for key in re.findall(r"\bt\('([\w.]+)'", text)}
    named = {"why": {*search.WHY, *side_by_side.WHY}, "lift_ground": LIFT_GROUNDS, "requirement": REQUIREMENTS}
    named |= dict.fromkeys(("ban_kind", "ban_means", "ban_done"), bans.KINDS)
    named |= {"limit": LIMITS, "event_type": TYPES, "feature_kind": KINDS, "asks": REQUIREMENT_WORDS}
    named |= {"delivery": outbox.STATES, "audit_action": noted()}
    named |= {"role": ROLES, "may": ACTIONS, "setting": [row.name for row in fields(Settings)]}
    asked |= {f"{group}.{value}" for group, values in named.items() for value in values}
    assert len(asked) > 500 and asked - words.keys() == set()


def noted() -> set[str]:
    """Every action that the program writes into the audit trail under a name written out there."""
    texts = [path.read_text("utf-8") for path in SOURCES.rglob("*.py")]
    trees = [ast.parse(text) for text in texts if "context.note(" in text]
    calls = [call for tree in trees for call in ast.walk(tree)
             if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "note"]  # fmt: skip
    said = [part.value for call in calls if len(call.args) > 3 for part in ast.walk(call.args[3])
            if isinstance(part, ast.Constant)]  # fmt: skip
    return {name for name in said if isinstance(name, str) and re.fullmatch(r"[a-z_]+\.[a-z_]+", name)}
