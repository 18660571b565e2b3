"""The impact assessment and the page of what is kept name what the code has: tables, pieces, recipients (issue 20)."""

import re
from pathlib import Path

import pytest

import shiming.providers
from shiming.store.audit import audit_log  # noqa: F401  # its tables, too
from shiming.store.tables import metadata
from shiming.verification.evidence import Piece

ROOT = Path(__file__).parents[1]
IMPACT, RETENTION = (ROOT.joinpath("docs", name).read_text("utf-8") for name in ("impact.md", "retention.md"))
NOTHING_ABOUT_ANYBODY = {
    "api_keys", "brands", "chores", "clients", "endpoints", "erasures", "face_changes", "imports", "installation",
    "orders", "policies", "releases", "source_outages", "workers",
}  # fmt: skip
"""Tables of ids, codes, times and settings."""
KINDS = sorted({found.parent.name for found in Path(shiming.providers.__path__[0]).glob("*/__init__.py")} - {"vendors"})


@pytest.mark.parametrize("piece", Piece)
def test_whatever_is_handed_in_has_its_purpose(piece):
    assert f"`{piece}`" in IMPACT


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_is_told_anything_is_a_recipient(kind):
    rows = re.findall(r"^\| `.*\|$", IMPACT, re.MULTILINE)
    assert any(f"`{kind}`" in row.split("|")[1] for row in rows)


@pytest.mark.parametrize("name", sorted(metadata.tables))
def test_every_table_says_what_is_kept_in_it_and_why(name):
    assert bool(re.search(rf"`{name}[`.]", RETENTION)) != (name in NOTHING_ABOUT_ANYBODY)
