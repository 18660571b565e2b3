"""Two hours without a source, many people waiting: what it costs, by why it does not answer (M36).

`python -m tests.providers.test_long_outage 200` prints the figures for two hundred people.
"""

import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shiming.errors import TooMany, Unavailability, Unavailable
from shiming.providers.terms import Terms
from shiming.workflows.verification import verify
from tests.account.application import application as opened
from tests.providers.test_source_health import Vendor
from tests.security.workflows.test_clock_skew import valid

OUTAGE = timedelta(hours=2)


@contextmanager
def house(folder: Path):
    """An installation whose source is told how to fail, and a queue of turns that runs by the turned clock."""
    with opened(folder, "") as made:
        made.vendor, made.turns = Vendor(), []

        def enqueue(connection, workflow, id, *args, delay=None):
            if workflow == "verify":
                made.turns.append((made.at[0] + timedelta(seconds=delay or 0), args))

        terms = {("authority", "vendor"): Terms("test", "vendor", price={"check": 3000})}
        given = {"authorities": [made.vendor], "terms": terms, "enqueue": enqueue}
        made.context = made.http.app.state.context = replace(made.context, **given)
        yield made


def run(made, until) -> None:
    """Every turn that is due by then, in its order."""
    while due := [turn for turn in made.turns if turn[0] <= until]:
        turn = min(due, key=lambda each: each[0])
        made.turns.remove(turn)
        made.at[0] = max(made.at[0], turn[0])
        verify.consult(made.context, *turn[1][:3])
        verify.conclude(made.context, *turn[1])
    made.at[0] = until


def outage(made, kind: Unavailability, people: int) -> dict[str, int]:
    """They all submit while it is out; two hours later it answers again. What became of them."""
    ends = made.at[0] + OUTAGE
    until = int(ends.timestamp() * 1000) if kind is Unavailability.LIMITED else None
    made.vendor.fault = Unavailable("out", kind=kind, until=until)
    for n in range(people):
        id = made.post("/verifications", {"account": f"acc-{n}", "level": "basic"})["id"]
        number = valid(f"1702131991031{n:04d}")
        made.post(f"/verifications/{id}/identity", {"name": "张合格", "number": number})
        made.post(f"/verifications/{id}/submit")
    run(made, ends)
    during, made.vendor.fault = made.vendor.asked, None
    run(made, ends + timedelta(hours=1, minutes=6))
    seen = [made.get(f"/verifications?account=acc-{n}")["items"][0] for n in range(people)]
    states = Counter(each["state"] for each in seen)
    lost = sum(made.get(f"/verifications/{each['id']}")["attempts"]["used"] for each in seen)
    return {"approved": states["approved"], "attempts_lost": lost, "calls_during": during,
            "calls_after": made.vendor.asked - during, "locked_out": _locked_out(made, people)}  # fmt: skip


def _locked_out(made, people: int) -> int:
    """Who cannot begin another verification now, since tries that nobody answered were held against them."""
    refused = 0
    for n in range(0, people, 10):
        id = made.post("/verifications", {"account": f"again-{n}", "level": "basic"})["id"]
        made.post(f"/verifications/{id}/identity", {"name": "张合格", "number": valid(f"1702131991031{n:04d}")})
        try:
            made.post(f"/verifications/{id}/submit")
        except AssertionError as answer:
            refused += TooMany.code in str(answer) or "capped" in str(answer)
    return refused


@pytest.mark.parametrize(("kind", "calls"), [
    (Unavailability.UNPAID, 1 + 9), (Unavailability.MISCONFIGURED, 3 + 9), (Unavailability.LIMITED, 4),
])  # fmt: skip
def test_nobody_loses_anything_and_few_calls_are_made(tmp_path, kind, calls):
    with house(tmp_path) as made:
        figures = outage(made, kind, 4)
    assert figures["approved"] == 4 and figures["attempts_lost"] == figures["locked_out"] == 0
    assert figures["calls_during"] <= calls and figures["calls_after"] == 4


if __name__ == "__main__":
    for each in Unavailability:
        with tempfile.TemporaryDirectory() as folder, house(Path(folder)) as one:
            print(each, outage(one, each, int(sys.argv[1])))
