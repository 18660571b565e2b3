"""The pages about security name their evidence; evidence that is gone is no evidence."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [page for page in (ROOT / "docs/threats.md", ROOT / "docs/asvs.md") if page.exists()]
TEST = re.compile(r"`([\w/]+/test_\w+|test_\w+)::(test_\w+)`")
PATH = re.compile(r"`((?:src|web|tests|docs|tools|deploy)/[\w./-]+)`")


def _tests_of(file: Path) -> set[str]:
    module = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_and_file_that_is_named_exists(page: Path):
    text = page.read_text(encoding="utf-8")
    named = {(ROOT / "tests" / f"{file}.py", test) for file, test in TEST.findall(text)}
    assert len(named) > 20
    gone = [f"{file.name}::{test}" for file, test in sorted(named) if not file.exists() or test not in _tests_of(file)]
    gone += [path for path in PATH.findall(text) if not (ROOT / path).exists()]
    assert not gone


def test_every_threat_has_a_control_and_a_test():
    rows = [line for line in (ROOT / "docs/threats.md").read_text(encoding="utf-8").splitlines() if "::" in line]
    assert len(rows) > 30
    assert all(len(row.split("|")) == 5 and "`" in row.split("|")[3] for row in rows if row.startswith("|"))
