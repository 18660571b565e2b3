"""Whom play is reported to does not answer, or we are killed meanwhile: nothing is lost, and nobody else waits."""

import pytest

from shiming.errors import Unavailability as KINDS
from shiming.errors import Unavailable
from shiming.providers.play.simulated import Simulated
from shiming.store.database import milliseconds
from shiming.store.tables import authority_calls, source_outages
from shiming.workflows import engine, source_figures
from shiming.workflows.operations import alarms, figures
from shiming.workflows.risk import plays
from tests.risk.playing import counted, pass_time, play, rows, told_by


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_that_does_not_answer_is_told_everything_when_it_does(games, kind):
    """Nothing is lost, the order stays, and after minutes of its return all is told under the same ids."""
    until = milliseconds(games.moment[0]) + 7_200_000 if kind is KINDS.LIMITED else None
    games.register.silent["demo.test"] = Unavailable("x", kind=kind, until=until)
    for n in range(30):
        play(games, f"s-{n:02}")
        pass_time(games)
    waiting = [row.id for row in sorted(rows(games), key=lambda row: row.id)]
    assert len(waiting) == 30 and counted(games) == (0, 30, 0)
    asked = [row for row in rows(games, authority_calls) if row.outcome == "unanswered"]
    assert {row.kind for row in asked} == {kind}
    games.register.silent.clear()
    if kind is KINDS.LIMITED:
        games.later(minutes=89)
        assert games.register.heard == [] and len(asked) == 1, "its quota has not begun anew"
    games.later(minutes=8)
    ((_, told),) = games.register.heard
    assert [one.id for one in told] == waiting and [one.session for one in told] == [f"s-{n:02}" for n in range(30)]
    assert counted(games) == (30, 0, 0)


def test_an_answer_that_may_have_been_lost_is_asked_for_again_under_the_same_ids(games):
    play(games, "s-1")
    (waiting,) = rows(games)
    games.register.silent["demo.test"] = Unavailable("timed out", unsure=True)
    pass_time(games, seconds=5)
    games.register.silent.clear()
    pass_time(games)
    assert [one.id for one in games.register.heard[0][1]] == [waiting.id]
    assert sorted(row.outcome for row in rows(games, authority_calls)) == ["answered", "unsure"]


class Killed(BaseException):
    """The worker is no more."""


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(games):
    """The register has heard it, and nobody has written that down: it is told again, under the same id."""

    def killed():
        games.register.meanwhile = None
        raise Killed

    games.register.meanwhile = killed
    play(games, "s-1")
    with pytest.raises(Killed):
        pass_time(games)
    pass_time(games)
    assert len(games.register.heard) == 1, "whoever has begun may still be at it"
    games.later(milliseconds=plays.LEASE_MS)
    pass_time(games)
    first, again = (told[0] for _, told in games.register.heard)
    assert first == again and counted(games) == (1, 0, 0)


def test_two_workers_never_report_of_one_app_at_once(games):
    said = []
    games.register.meanwhile = lambda: said.append(plays.report(games.context, "demo.test"))
    play(games, "s-1")
    pass_time(games)
    assert said == ["over"] and games.register.sessions() == ["s-1"]


def test_one_app_s_outage_stops_no_other_and_alarms_until_it_is_over(games):
    """Before this one's key is mended, the others' answers do not end its alarm."""
    other = games.key(app="other")
    games.register.silent["demo.test"] = Unavailable("no key", kind=KINDS.MISCONFIGURED, vendor_code="NoSuchApp")
    for n in range(5):
        play(games, f"s-{n}")
        play(games, f"o-{n}", key=other)
        pass_time(games)
        assert games.register.sessions("other.test") == [f"o-{each}" for each in range(n + 1)]
        assert [(one.name, one.why, one.facts["code"]) for one in ailing(games)] == [
            ("register", "misconfigured", "NoSuchApp")]  # fmt: skip
    engine.migrate(games.context.database)
    alarms.look(games.context, lambda: None, ())
    games.register.silent.clear()
    pass_time(games, minutes=8)
    assert games.register.sessions() == [f"s-{n}" for n in range(5)] and ailing(games) == []


def ailing(games):
    with games.context.database.read() as connection:
        return list(source_figures.ailing(games.context, connection))


def test_how_it_goes_is_told_in_figures(games):
    play(games, "s-1")
    games.later(minutes=4)
    games.register.silent["demo.test"] = Unavailable("x")
    pass_time(games, seconds=20)
    assert figure(games, "shiming_plays", state="waiting") == 1
    assert figure(games, "shiming_play_age_seconds") == 260
    with games.context.database.read() as connection:
        (row,) = [row for row in source_figures.of(games.context, connection, "test") if row["kind"] == "play"]
    assert (row["state"], row["calls"], row["failed"]) == ("down", 1, 1)
    games.register.silent.clear()
    pass_time(games)
    assert [figure(games, "shiming_plays", state=state) for state in ("reported", "waiting")] == [1, 0]
    assert rows(games, source_outages)[0].calls == 0


def figure(games, name, **labels):
    with games.context.database.read() as connection:
        gauges = figures._plays(connection, games.context.now())
    (family,) = [each for each in gauges if each.name == name]
    (sample,) = [each for each in family.samples if each.labels == {"app": "demo.test", **labels}]
    return sample.value


def test_every_answer_of_the_simulated_one_can_be_tried_by_hand(games):
    told_by(games, Simulated("register"))
    for session in ("s-1", "s-2-refused", "s-3-late"):
        play(games, session)
    pass_time(games, seconds=10)
    assert counted(games) == (0, 3, 0)
    games.later(minutes=1)
    assert counted(games) == (2, 0, 1)
