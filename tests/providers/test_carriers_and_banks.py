"""What holds of an authority that does not answer holds of a carrier and a bank (M36): a half answer is gone on with,
an outage uses up nobody's calls, each kind of silence is waited for in its own way, and what does not heal alarms."""

import logging
from datetime import timedelta

import pytest

from bench.outage import TIME_OUTS, fault, house
from shiming.errors import Unavailability
from shiming.policy import DEFAULT
from shiming.workflows import source_figures, source_health

KINDS = Unavailability


@pytest.fixture(params=["carrier", "bank"])
def one(request, tmp_path):
    with house(tmp_path, request.param) as made:
        yield made


def out(one, why, hours=2):
    """It fails in this way from now on; how long it says so, where it does."""
    until = one.at[0] + timedelta(hours=hours)
    one.out.fault = fault(why, int(until.timestamp() * 1000))
    return until


def passes(one, **span):
    one.run(one.at[0] + timedelta(**span))


def newest(one, n, ref="acc"):
    return one.get(f"/verifications?account={ref}-{n}")["items"][0]


@pytest.mark.parametrize("why", [KINDS.DOWN, TIME_OUTS])
def test_the_authority_that_has_answered_is_not_asked_again(one, why):
    out(one, why)
    one.comes(0)
    passes(one, hours=2)
    seen = one.get(f"/verifications/{newest(one, 0)['id']}")
    assert (seen["state"], seen["attempts"]["used"]) == ("checking", 0)
    assert seen["reasons"][0]["code"] == "authority_unavailable" and one.out.asked > 4
    one.out.fault = None
    passes(one, hours=1)
    assert newest(one, 0)["state"] == "approved" and one.context.authorities[0].asked == 1


def test_an_outage_uses_up_nobody_s_calls(one):
    """More of them than the cap has: the same person begins anew on another account all the same."""
    out(one, KINDS.BUSY)
    one.comes(0)
    passes(one, hours=1)
    assert one.out.asked > DEFAULT.authority_calls_per_day
    one.comes(0, again=True)
    one.out.fault = None
    passes(one, minutes=6)
    assert newest(one, 0)["state"] == newest(one, 0, "again")["state"] == "approved"


def test_a_quota_is_waited_for_until_it_begins_anew(one):
    until = out(one, KINDS.LIMITED)
    one.comes(0)
    passes(one, minutes=119)
    assert one.out.asked == 1
    seen = one.get(f"/verifications/{newest(one, 0)['id']}")
    assert seen["reasons"][0]["code"] == "authority_limited" and seen["attempts"]["used"] == 0
    one.out.fault = None
    one.run(until + timedelta(seconds=source_health.SPREAD_SECONDS))
    assert newest(one, 0)["state"] == "approved" and one.out.asked == 2


@pytest.mark.parametrize(("why", "calls"), [(KINDS.UNPAID, 1), (KINDS.MISCONFIGURED, source_health.SURE_AFTER)])
def test_what_a_person_has_to_mend_alarms_once_and_is_left_alone(one, why, calls, caplog):
    out(one, why)
    with caplog.at_level(logging.WARNING, "shiming.sources"):
        for n in range(6):
            one.comes(n)
        one.run(one.at[0])
    assert one.out.asked == calls and len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
    with one.context.database.read() as connection:
        (ailing,) = source_figures.ailing(one.context, connection)
    assert (ailing.kind, ailing.why, ailing.side) == (one.kind, why, "test")
    passes(one, hours=1)
    assert one.out.asked <= calls + 4, "one call of one person in a quarter of an hour"
    one.out.fault = None
    passes(one, minutes=40)
    assert {newest(one, n)["state"] for n in range(6)} == {"approved"}
