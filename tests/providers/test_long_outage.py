"""Two hours without a source, people waiting: what it costs, and whom, by why it does not answer (M36). For two hundred
people: `python -m bench.outage --save`, whose figures stand in docs/providers.md."""

import json
from pathlib import Path

import pytest

from bench.outage import KINDS, RESULTS, TIME_OUTS, house, outage
from shiming.errors import Unavailability

NOBODY = ("not_approved", "attempts_lost", "locked_out", "doubled_messages", "not_told")


@pytest.mark.parametrize(("kind", "calls"), [
    (Unavailability.UNPAID, 1 + 9), (Unavailability.MISCONFIGURED, 3 + 9), (Unavailability.LIMITED, 5),
])  # fmt: skip
def test_nobody_loses_anything_and_few_calls_are_made(tmp_path, kind, calls):
    with house(tmp_path, "authority") as one:
        figures = outage(one, "authority", kind, 4)
    assert not [name for name in NOBODY if figures[name]], figures
    assert figures["calls_during"] <= calls and figures["calls_after"] == 5


@pytest.mark.parametrize("kind", [Unavailability.DOWN, TIME_OUTS])
def test_messages_come_once_however_their_provider_fails(tmp_path, kind):
    """Accepted without our hearing it, half of them: they are looked for, never sent twice."""
    with house(tmp_path, "sms") as one:
        figures = outage(one, "sms", kind, 3)
    assert not [name for name in NOBODY if figures[name]], figures


def test_the_kept_figures_have_every_kind_and_nobody_in_them_lost_anything():
    kept = json.loads(Path(RESULTS).read_text("utf-8"))
    assert set(kept) == {f"{out} {why}" for out, kinds in KINDS.items() for why in kinds}
    for of, figures in kept.items():
        assert not [name for name in NOBODY if figures[name]] and figures["people"] >= 20, of
