"""A source that does not answer: how long it is waited for, who is alarmed, what it costs meanwhile (M36)."""

import logging
from dataclasses import replace
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
from shiming.workflows import source_health
from tests.account.application import Person
from tests.account.application import application as opened
from tests.security.workflows.test_clock_skew import valid

HOUR, KINDS = 3_600_000, Unavailability


@pytest.mark.parametrize(("silence", "turn", "seconds"), [
    (None, 0, 30), (Silence(KINDS.DOWN), 3, 240), (Silence(KINDS.DOWN), 20, 3600),
    (Silence(KINDS.BUSY), 0, 2), (Silence(KINDS.BUSY), 9, 60),
    (Silence(KINDS.UNPAID), 0, 30), (Silence(KINDS.MISCONFIGURED), 9, 900),
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


@pytest.mark.parametrize("kind", [KINDS.MISCONFIGURED, KINDS.UNPAID])
def test_what_does_not_heal_by_itself_alarms_and_is_left_alone(house, caplog, kind):
    """李欠费's key: twenty people wait, three calls go out, one webhook, one line of the log; then it is mended."""
    house.post("/webhook_endpoints", {"url": "https://93.184.216.34/hook"})
    house.vendor.fault = Unavailable("no money", kind=kind, vendor_code="UnauthorizedOperation.Arrears")
    with caplog.at_level(logging.WARNING, "shiming.sources"):
        seen = [waiting(house, n) for n in range(20)]
    assert {(s["state"], s["attempts"]["used"]) for s in seen} == {("checking", 0)}
    assert house.vendor.asked == (1 if kind is KINDS.UNPAID else source_health.SURE_AFTER)
    alarms = rows(house, tables.messages, tables.messages.c.event == "source.alarm")
    assert [a.payload["why"] for a in alarms] == [str(kind)] and "张" not in str(alarms[0].payload)
    assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
    assert "Arrears" in caplog.text and "170213" not in caplog.text
    house.vendor.fault = None
    assert waiting(house, 21)["state"] == "checking", "it rests"
    house.later(minutes=16)
    assert waiting(house, 22)["state"] == "approved"
    assert waiting(house, 23)["state"] == "approved"
    assert "answers again" in caplog.text or house.vendor.asked


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


def test_a_budget_that_is_used_up_ends_the_day_s_calls(house, caplog):
    """Two calls are paid for, the third waits for midnight; at 80 % somebody hears of it."""
    terms = {("authority", "vendor"): Terms("test", "vendor", price={"check": 3000}, budget_per_day=6000)}
    house.context = house.http.app.state.context = replace(house.context, terms=terms)
    assert [waiting(house, n)["state"] for n in range(3)] == ["approved", "approved", "checking"]
    assert house.vendor.asked == 2 and "used up 100 % of its budget" in caplog.text
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


def test_alarms_are_shown_to_staff_and_to_nobody_else(house):
    house.vendor.fault = Unavailable("no money", kind=KINDS.UNPAID)
    waiting(house, 1)
    house.get("/sources", expect=404)
    assert house.http.get("/console/api/sources").status_code == 401
    with house.context.database.read() as connection:
        from shiming.workflows import source_figures

        (vendor,) = (r for r in source_figures.of(house.context, connection, "test") if r["name"] == "vendor")
    assert (vendor["state"], vendor["breaker"], vendor["calls"], vendor["failed"]) == ("unpaid", "open", 1, 1)
