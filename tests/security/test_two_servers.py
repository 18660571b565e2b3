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
from shiming.store import cases, links, verifications
from shiming.store.tables import cases as all_cases
from shiming.verification.seen import LiveSeen
from shiming.workflows import intake, queue, rulings
from tests.account.house import house as walk_in
from tests.holders import in_review
from tests.house import house

APP = "demo.test"


@pytest.fixture
def home(tmp_path):
    with house(tmp_path) as made:
        yield made


def ahead(parts):
    """The parts of the other server."""
    return replace(parts, clock=lambda: parts.clock() + timedelta(hours=1))


def waiting(home):
    """A case that waits for somebody."""
    in_review(home)
    with home.parts.database.read() as connection:
        return connection.scalar(select(all_cases.c.id))


def test_a_case_that_somebody_holds_is_not_given_away_by_a_clock_that_is_ahead(home):
    id = waiting(home)
    queue.take(home.parts, APP, id, Taker("xiaolin"))
    with pytest.raises(Conflict, match="Somebody else has this case"):
        queue.take(ahead(home.parts), APP, id, Taker("xiaowu"))
    assert queue.take_next(ahead(home.parts), APP, Taker("xiaowu")) is None
    home.later(minutes=11)
    assert queue.take(home.parts, APP, id, Taker("xiaowu"))


def test_a_ruling_is_not_carried_out_while_it_can_be_undone(home):
    """The engine's queue goes by the clock of whoever looks into it: it may come an hour early."""
    id = waiting(home)
    queue.take(home.parts, APP, id, Taker("xiaolin"))
    given = Verdict("reject", "face_differs", ("face_authority_mismatch",))
    ruling = rulings.decide(home.parts, APP, id, "xiaolin", given)
    assert rulings.conclude(ahead(home.parts), APP, ruling) == "early"
    rulings.undo(ahead(home.parts), APP, id, "xiaolin")
    again = rulings.decide(home.parts, APP, id, "xiaolin", given)
    assert rulings.conclude(ahead(home.parts), APP, again) == "early"
    home.later(seconds=31)
    with home.parts.database.read() as connection:
        assert cases.ruling(connection, again).state in ("concluded", "first")


def test_a_challenge_of_one_server_is_answered_at_the_other(tmp_path):
    with walk_in(tmp_path, "") as made:
        id = made.post("/verifications", {"account": "zhang", "level": "standard"})["id"]
        made.post(f"/verifications/{id}/consent", {"face": True})
        looked = SimpleNamespace(seen=LiveSeen((1,), (), 0.8), frames=[], best=None)
        parts = replace(made.parts, look=lambda *_: looked, files=None)
        for first, second in ((parts, ahead(parts)), (ahead(parts), parts)):
            drawn = intake.challenge(first, APP, id, light=False)
            made.later(seconds=2)
            intake.face(second, APP, id, drawn.id, [b"1"], [1500])


def test_a_code_for_the_phone_is_good_for_two_minutes_wherever_it_is_scanned(tmp_path):
    with walk_in(tmp_path, "") as made:
        id = made.post("/verifications", {"account": "zhang", "level": "basic"})["id"]
        with made.parts.database.write() as connection:
            row, now = verifications.get(connection, APP, id), made.parts.shared_clock(connection)
            code = links.make_code(connection, row, now, now)
        made.http.app.state.parts = ahead(made.parts)
        assert str(code.number) in made.http.get(f"/h/{code.text}").text
