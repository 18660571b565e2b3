"""Where events, holds, phones and the queue of cases meet: a takeover, over HTTP. The people do not exist."""

from datetime import timedelta

from sqlalchemy import select

from shiming.store.tables import cases, phones
from shiming.web.api import views
from tests.risk.watchtower import ABROAD, BEIJING


def taken_over(tower):
    """Somebody logs in from far away on Zhang's account, half an hour after Zhang."""
    tower.event("zhang", "login", ip=BEIJING, device="p1")
    tower.later(minutes=30)
    return tower.event("zhang", "login", ip=ABROAD, device="p2")


def test_a_takeover_hold_says_since_when_and_which_logins_to_end(plain):
    """Design §2: devices and sessions seen since the signal are named to the platform, by the ids of its own events."""
    second = taken_over(plain)
    (hold,) = plain.get("/accounts/zhang/standing")["holds"]
    assert second["id"] in hold["revoke"]
    assert hold["because"]["since"] < views.time(plain.context.now())


def test_a_hold_that_a_person_can_lift_waits_in_the_queue_until_it_is_lifted(plain):
    """M15: a wait for a human is a case with a deadline, not a list that somebody may look at."""
    taken_over(plain)
    (hold,) = plain.get("/accounts/zhang/standing")["holds"]
    with plain.context.database.read() as connection:
        case = connection.execute(select(cases)).one()
    assert (case.kind, case.about, case.state) == ("hold", hold["id"], "open")
    plain.post(f"/holds/{hold['id']}/verdict", {"verdict": "lift"}, by="reviewer")
    with plain.context.database.read() as connection:
        assert connection.scalar(select(cases.c.state)) == "withdrawn"


def test_a_number_that_events_say_was_bound_is_known_and_a_late_report_changes_nothing(plain):
    """M6: what a thief binds does not count; the one bound before the signal does."""
    plain.event("zhang", "phone_bind", phone="120 0000 0001")
    plain.later(days=10)
    plain.event("zhang", "phone_bind", phone="12000000002")
    early = plain.at[0]
    plain.later(days=1)
    plain.event("zhang", "phone_unbind", phone="12000000002", at=early - timedelta(days=1))
    with plain.context.database.read() as connection:
        rows = connection.execute(select(phones).order_by(phones.c.bound_at)).all()
    assert [row.unbound_at is None for row in rows] == [False, True]
