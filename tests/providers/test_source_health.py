"""A source that does not answer: how long it is waited for, who is alarmed, what it costs meanwhile (M36)."""

import logging
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from shiming.dependencies import Pace
from shiming.errors import Unavailability, Unavailable
from shiming.providers.authority.simulated import Simulated
from shiming.providers.contracts import Answer
from shiming.providers.terms import Terms
from shiming.store import tables
from shiming.store.verification import source_outages
from shiming.verification.source_answers import Silence
from shiming.web import readiness
from shiming.workflows import source_figures, source_health
from shiming.workflows.operations import figures
from tests.account.application import Person
from tests.account.application import application as opened
from tests.security.workflows.test_clock_skew import valid

HOUR, KINDS = 3_600_000, Unavailability


@pytest.mark.parametrize(("silence", "turn", "seconds"), [
    (None, 0, 30), (Silence(KINDS.DOWN), 3, 240), (Silence(KINDS.DOWN), 20, 3600),
    (Silence(KINDS.BUSY), 0, 2), (Silence(KINDS.BUSY), 9, 60), (Silence(KINDS.BUSY), 20, 300),
    (Silence(KINDS.UNPAID), 0, 30), (Silence(KINDS.MISCONFIGURED), 9, 900),
    (Silence(KINDS.LIMITED), 3, 240), (Silence(KINDS.LIMITED, -1), 3, 240), (Silence(KINDS.LIMITED, -1), 9, 900),
])  # fmt: skip
def test_each_kind_is_waited_for_in_its_own_way(silence, turn, seconds):
    assert source_health.pause(SimpleNamespace(retry_seconds=30.0), silence, turn, 0, "ver_1") == seconds


def test_after_a_quota_not_all_ask_in_the_same_second():
    asked = {source_health.pause(SimpleNamespace(retry_seconds=30.0), Silence(KINDS.LIMITED, HOUR), 0, 0, f"ver_{n}")
             for n in range(50)}  # fmt: skip
    assert min(asked) >= 3600 and max(asked) < 3600 + source_health.SPREAD_SECONDS and len(asked) > 25


def test_of_several_silences_the_one_counts_that_is_over_first():
    faults = [Unavailable(kind=KINDS.LIMITED, until=9), Unavailable(kind=KINDS.UNPAID), Unavailable(kind=KINDS.BUSY)]
    assert source_health.silence(faults) == Silence(KINDS.BUSY)
    assert source_health.silence(faults[:2]) == Silence(KINDS.UNPAID)


def test_a_pace_lets_so_many_through_in_a_second():
    pace = Pace(2.0)
    assert [pace.take(at) for at in (10.0, 10.0, 10.0, 10.5, 10.5, 12.0)] == [True, True, False, True, False, True]


class Vendor:
    """A real source, as far as we know: it serves the test side by its section in the file of sources."""

    name, simulated = "vendor", False

    def __init__(self):
        self.asked, self.fault = 0, None

    def check(self, name, number):
        self.asked += 1
        if self.fault:
            raise self.fault
        return Answer("match", f"req-{self.asked}", True, "police", "0")


@pytest.fixture
def house(tmp_path):
    with opened(tmp_path, "", authority_calls_per_day=1000) as made:
        made.vendor = Vendor()
        terms = {("authority", "vendor"): Terms("test", "vendor", price={"check": 3000})}
        made.context = made.http.app.state.context = replace(made.context, authorities=[made.vendor], terms=terms)
        yield made


def waiting(house, n):
    """Somebody whose verification was submitted and judged once."""
    id = house.post("/verifications", {"account": f"acc-{n}", "level": "basic"})["id"]
    person = Person("张合格", valid(f"1702131991031{n:04d}"))
    house.post(f"/verifications/{id}/identity", {"name": person.name, "number": person.number})
    return house.submit(id)


def rows(house, table, *where):
    with house.context.database.read() as connection:
        return connection.execute(select(table).where(*where)).all()


def told(house):
    """Which sources a person has to see to, as alarms, console and doctor have it."""
    with house.context.database.read() as connection:
        return list(source_figures.ailing(house.context, connection))


@pytest.mark.parametrize("kind", [KINDS.MISCONFIGURED, KINDS.UNPAID])
def test_what_does_not_heal_by_itself_alarms_and_is_left_alone(house, caplog, kind):
    """李欠费's key: eight people wait, three calls go out, one line of the log; then it is mended."""
    house.vendor.fault = Unavailable("no money", kind=kind, vendor_code="UnauthorizedOperation.Arrears")
    with caplog.at_level(logging.WARNING, "shiming.sources"):
        seen = [waiting(house, n) for n in range(8)]
    assert {(s["state"], s["attempts"]["used"]) for s in seen} == {("checking", 0)}
    assert house.vendor.asked == (1 if kind is KINDS.UNPAID else source_health.SURE_AFTER)
    (ailing,) = told(house)
    assert (ailing.kind, ailing.name, ailing.why, ailing.side) == ("authority", "vendor", kind, "test")
    assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
    assert "Arrears" in caplog.text and "170213" not in caplog.text
    house.vendor.fault = None
    assert waiting(house, 21)["state"] == "checking", "it rests"
    house.later(minutes=16)
    assert waiting(house, 22)["state"] == "approved"
    assert waiting(house, 23)["state"] == "approved"
    assert "answers again" in caplog.text and told(house) == []


def test_a_notice_without_a_template_keeps_no_other_notice_waiting(house):
    """Before, three of these in a row had every message of this provider rest. Money is everybody's affair."""

    def failed(kind, why):
        for _ in range(source_health.SURE_AFTER):
            with house.context.database.write() as connection:
                source_health.failed(house.context, connection, kind, house.vendor, Unavailable("x", kind=why))
        with house.context.database.read() as connection:
            return source_outages.outage(connection, kind, "vendor").rests_until > 0

    assert [failed(kind, KINDS.MISCONFIGURED) for kind in ("sms", "identity", "authority")] == [False, False, True]
    assert failed("sms", KINDS.UNPAID)


def test_only_one_finds_out_whether_it_was_mended(house):
    house.vendor.fault = Unavailable("no money", kind=KINDS.UNPAID)
    waiting(house, 1)
    house.later(minutes=16)
    asked = house.vendor.asked
    for n in range(2, 8):
        waiting(house, n)
    assert house.vendor.asked == asked + 1


def test_a_quota_of_one_person_s_number_keeps_nobody_else_waiting(house):
    midnight = house.context.now() + 6 * HOUR
    house.vendor.fault = Unavailable("too often", kind=KINDS.LIMITED, until=midnight)
    limited = waiting(house, 1)
    assert limited["reasons"][0]["code"] == "authority_limited"
    house.vendor.fault = None
    assert waiting(house, 2)["state"] == "approved"
    (row,) = rows(house, tables.verifications, tables.verifications.c.id == limited["id"])
    assert 0 <= row.retry_at - midnight < source_health.SPREAD_SECONDS * 1000


def test_a_budget_that_is_used_up_ends_the_day_s_calls(house):
    """Two calls are paid for, the third waits for midnight; from 80 % on people are alarmed."""
    terms = {("authority", "vendor"): Terms("test", "vendor", price={"check": 3000}, budget_per_day=6000)}
    house.context = house.http.app.state.context = replace(house.context, terms=terms)
    assert waiting(house, 0)["state"] == "approved" and told(house) == []
    assert [waiting(house, n)["state"] for n in (1, 2)] == ["approved", "checking"] and house.vendor.asked == 2
    assert [(one.why, dict(one.facts)) for one in told(house)] == [("budget", {"percent": 100})]
    house.later(hours=24)
    assert waiting(house, 4)["state"] == "approved"


def test_what_was_paid_stays_counted_when_a_person_is_erased_and_the_request_does_not(house):
    made = waiting(house, 1)
    (call,) = rows(house, tables.authority_calls)
    assert (call.request_id, call.charged, call.cost, call.provenance) == ("req-1", True, 3000, "police")
    house.post(f"/verifications/{made['id']}/redact")
    (call,) = rows(house, tables.authority_calls)
    assert (call.request_id, call.cost) == (None, 3000)
    with house.context.database.read() as connection:
        assert source_outages.spent(connection, "authority", "vendor", 0) == 3000


def test_simulated_ones_fail_for_one_person_only(house):
    house.context.authorities[:] = [Simulated("first", None, None)]
    id = house.post("/verifications", {"account": "x", "level": "basic"})["id"]
    house.post(f"/verifications/{id}/identity", {"name": "王欠费", "number": valid("17021319910310999")})
    assert house.submit(id)["state"] == "checking"
    assert waiting(house, 5)["state"] == "approved"


def test_an_adapter_that_breaks_counts_as_misconfigured_and_names_nobody(house, caplog):
    """Before, the round stumbled again and again, and nobody heard why. What a fault says may be about a person."""
    house.vendor.fault = KeyError("张合格")
    waits = waiting(house, 1)
    assert (waits["state"], waits["attempts"]["used"]) == ("checking", 0)
    (call,) = rows(house, tables.authority_calls)
    assert (call.outcome, call.kind, call.vendor_code) == ("unsure", "misconfigured", "KeyError")
    assert [one.why for one in told(house)] == ["misconfigured"]
    assert "its adapter broke" in caplog.text


def test_what_comes_and_goes_stands_in_the_log_once_a_minute(house, caplog):
    """A vendor that is busy now and then at a thousand calls a second would fill a disk with lines."""
    with caplog.at_level(logging.WARNING, "shiming.sources"):
        for n in range(6):
            house.vendor.fault = None if n % 2 else Unavailable("busy", kind=KINDS.BUSY)
            waiting(house, n)
            house.later(seconds=1)
        assert [record.getMessage().split(":")[0] for record in caplog.records] == [
            "authority vendor is busy", "authority vendor answers again, 0 minutes and 1 calls later"]  # fmt: skip
        house.later(seconds=61)
        house.vendor.fault = Unavailable("busy", kind=KINDS.BUSY)
        waiting(house, 7)
    assert len(caplog.records) == 3


def test_silences_are_figures_by_their_kinds_and_a_source_that_rests_degrades(house):
    """A source that rests is not asked, so that calls alone would tell nothing any more."""
    look = partial(readiness._sources_answer, house.context)
    house.vendor.fault = Unavailable("no money", kind=KINDS.UNPAID)
    waiting(house, 1)
    house.later(seconds=100)
    with house.context.database.read() as connection:
        (silent,) = figures._sources(connection, house.context.now())
        assert [(sample.labels, sample.value) for sample in silent.samples] == [
            ({"kind": "authority", "source": "vendor", "why": "unpaid"}, 100.0)]  # fmt: skip
        assert [row.outcome for row in figures.facts.asked(connection, "", 9)] == ["unpaid"]
    with pytest.raises(readiness.NotReady, match="no_answer"):
        look()
    house.later(minutes=16)
    house.vendor.fault = None
    waiting(house, 2)
    look()


def test_how_sources_are_is_known_to_the_command_and_the_console(house):
    house.vendor.fault = Unavailable("no money", kind=KINDS.UNPAID)
    waiting(house, 1)
    with house.context.database.read() as connection:
        (vendor,) = (r for r in source_figures.of(house.context, connection, "test") if r["name"] == "vendor")
    assert (vendor["state"], vendor["breaker"], vendor["calls"], vendor["failed"]) == ("unpaid", "open", 1, 1)
