"""Two hours without a source, people waiting: what it costs, and whom, by why it does not answer (M36). For two hundred
people: `python -m bench.outage --save`, whose figures stand in docs/providers.md."""

import json

import pytest

from bench.outage import EVERY, RESULTS, TIME_OUTS, house, outage, table
from shiming.errors import Unavailability
from shiming.workflows import source_health

NOBODY = ("not_approved", "attempts_lost", "locked_out", "doubled_messages", "not_told")
KINDS = Unavailability
DOCS = RESULTS.parents[2] / "docs" / "providers.md"


@pytest.mark.parametrize(("out", "why", "calls", "after"), [
    ("authority", KINDS.UNPAID, 1 + 9, 5), ("authority", KINDS.MISCONFIGURED, 3 + 9, 5),
    ("authority", KINDS.LIMITED, 5, 5), ("authority", TIME_OUTS, 40, 5), ("carrier", KINDS.MISCONFIGURED, 3 + 9, 5),
    ("bank", KINDS.DOWN, 40, 5), ("sms", KINDS.LIMITED, 4, 4), ("sms", KINDS.DOWN, 24, 4), ("sms", TIME_OUTS, 4, 2),
    ("tells", KINDS.UNPAID, 1 + 9, 6), ("tells", TIME_OUTS, 40, 6), ("confirms", KINDS.DOWN, 40, 4),
])  # fmt: skip
def test_nobody_loses_anything_and_few_calls_are_made(tmp_path, out, why, calls, after):
    """Messages that were accepted without our hearing it, half of them, are looked for, never sent twice."""
    with house(tmp_path, out) as one:
        figures = outage(one, why, 4)
    assert not [name for name in NOBODY if figures[name]], figures
    assert figures["calls_during"] <= calls and figures["calls_after"] <= after, figures


def test_who_asks_in_the_moment_when_a_quota_begins_anew_is_answered(tmp_path, monkeypatch):
    """One of three hundred people: their turn comes by their number, without any pause behind the quota's own."""
    monkeypatch.setattr(source_health, "SPREAD_SECONDS", 1)
    with house(tmp_path, "authority") as one:
        figures = outage(one, KINDS.LIMITED, 4)
    assert (figures["calls_during"], figures["calls_after"], figures["not_approved"]) == (5, 5, 0), figures


def test_the_kept_figures_have_every_kind_and_nobody_in_them_lost_anything():
    kept = json.loads(RESULTS.read_text("utf-8"))
    assert list(kept) == list(EVERY)
    for of, figures in kept.items():
        assert not [name for name in NOBODY if figures[name]] and figures["people"] >= 20, of
    assert table() in DOCS.read_text("utf-8"), "python -m bench.outage --table"
