"""Two servers on one database, one of whose clocks is an hour ahead: what one of them locks or hands out for minutes
holds, and is good, at the other one too."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from shiming.errors import Conflict
from shiming.review.queue import Taker
from shiming.review.verdict import Verdict
from shiming.store.access import links_and_tokens
from shiming.store.review import cases
from shiming.store.tables import cases as all_cases
from shiming.store.verification import verifications
from shiming.verification.seen import LiveSeen
from shiming.workflows import case_queue
from shiming.workflows.review import rulings
from shiming.workflows.verification import intake
from tests.account.application import application as walk_in
from tests.application import application
from tests.holders import in_review

APP = "demo.test"


@pytest.fixture
def home(tmp_path):
    with application(tmp_path) as made:
        yield made


def ahead(context):
    """The parts of the other server."""
    return replace(context, clock=lambda: context.clock() + timedelta(hours=1))


def waiting(home):
    """A case that waits for somebody."""
    in_review(home)
    with home.context.database.read() as connection:
        return connection.scalar(select(all_cases.c.id))


def test_a_case_that_somebody_holds_is_not_given_away_by_a_clock_that_is_ahead(home):
    id = waiting(home)
    case_queue.take(home.context, APP, id, Taker("xiaolin"))
    with pytest.raises(Conflict, match="Somebody else has this case"):
        case_queue.take(ahead(home.context), APP, id, Taker("xiaowu"))
    assert case_queue.take_next(ahead(home.context), APP, Taker("xiaowu")) is None
    home.later(minutes=11)
    assert case_queue.take(home.context, APP, id, Taker("xiaowu"))


def test_a_ruling_is_not_carried_out_while_it_can_be_undone(home):
    """The engine's queue goes by the clock of whoever looks into it: it may come an hour early."""
    id = waiting(home)
    case_queue.take(home.context, APP, id, Taker("xiaolin"))
    given = Verdict("reject", "face_differs", ("face_authority_mismatch",))
    ruling = rulings.decide(home.context, APP, id, "xiaolin", given)
    assert rulings.conclude(ahead(home.context), APP, ruling) == "early"
    rulings.undo(ahead(home.context), APP, id, "xiaolin")
    again = rulings.decide(home.context, APP, id, "xiaolin", given)
    assert rulings.conclude(ahead(home.context), APP, again) == "early"
    home.later(seconds=31)
    with home.context.database.read() as connection:
        assert cases.ruling(connection, again).state in ("concluded", "first")


def test_a_challenge_of_one_server_is_answered_at_the_other(tmp_path):
    with walk_in(tmp_path, "") as made:
        id = made.post("/verifications", {"account": "zhang", "level": "standard"})["id"]
        made.post(f"/verifications/{id}/identity", {"name": "张合格", "number": "170213199103140138"})
        made.post(f"/verifications/{id}/consent", {"face": True})
        looked = SimpleNamespace(seen=LiveSeen((1,), (), 0.8), frames=[], best=None)
        context = replace(made.context, look=lambda *_: looked, files=None)
        for first, second in ((context, ahead(context)), (ahead(context), context)):
            drawn = intake.challenge(first, APP, id, light=False)
            made.later(seconds=2)
            intake.face(second, APP, id, drawn.id, [b"1"], [1500])


def test_a_code_for_the_phone_is_good_for_two_minutes_wherever_it_is_scanned(tmp_path):
    with walk_in(tmp_path, "") as made:
        id = made.post("/verifications", {"account": "zhang", "level": "basic"})["id"]
        with made.context.database.write() as connection:
            row, now = verifications.get(connection, APP, id), made.context.shared_clock(connection)
            code = links_and_tokens.make_code(connection, row, now, now)
        made.http.app.state.context = ahead(made.context)
        assert str(code.number) in made.http.get(f"/h/{code.text}").text
