"""Play of games is reported to an outside system where a source for it is configured (issue 20)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shiming.account.age import Age
from shiming.commands import sources as command
from shiming.errors import Unavailability, Unavailable
from shiming.providers.terms import Terms
from shiming.store.account import accounts
from shiming.store.database import milliseconds
from shiming.store.tables import events, play_lines
from shiming.workflows.account import ages
from shiming.workflows.privacy import retention
from tests.risk.playing import counted, pass_time, play, rows, told_by


def test_who_begins_and_ends_to_play_is_reported_once(games):
    """zhang, a guest, plays for an hour; nothing but a count stays of what was told."""
    began = games.moment[0]
    play(games, "s-1", device="IMEI-867530912345678", ip="192.0.2.7")
    games.later(hours=1)
    play(games, "s-1", type="play_end")
    for _ in range(3):
        pass_time(games)
    ((app, (start, end)),) = games.register.heard
    assert (app, start.begins, start.session, start.account, end.begins) == ("demo.test", True, "s-1", "zhang", False)
    assert (start.at, end.at) == tuple(map(milliseconds, (began, began + timedelta(hours=1))))
    assert (start.verified, start.minor) == (False, None)
    assert len(start.device) == 28 and "8675" not in start.device and end.device == ""
    assert rows(games) == [] and counted(games) == (2, 0, 0)


def test_the_same_event_again_is_reported_no_second_time(games):
    for _ in range(2):
        play(games, "s-1", at=games.moment[0] if not games.register.heard else games.moment[0] - timedelta(minutes=1))
        pass_time(games)
    assert games.register.sessions() == ["s-1"]


def test_the_holder_reads_in_the_receipt_to_whom_it_goes(games):
    terms = {("play", "register"): Terms("test", recipient="示例游戏监管平台")}
    games.context = games.web.state.context = replace(games.context, terms=terms)
    for who in ("zhang", "li"):
        play(games, f"s-{who}", account=who, type="play_end" if who == "zhang" else "play_start")
    last = games.moment[0].isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = games.platform.get("/v1/accounts/zhang/receipt").json()["play_told_to"]
    assert told == {"name": "示例游戏监管平台", "region": "CN", "last_at": last}
    games.platform.delete("/v1/accounts/zhang/events")
    assert games.platform.get("/v1/accounts/zhang/receipt").json()["play_told_to"] is None
    told_by(games)
    assert games.platform.get("/v1/accounts/li/receipt").json()["play_told_to"] is None


def test_where_no_source_is_configured_nothing_at_all_is_written(games):
    told_by(games)
    play(games, "s-1")
    pass_time(games)
    assert rows(games) == rows(games, play_lines) == [] and games.queued == []


def test_a_source_of_the_other_side_is_told_nothing(games):
    live = {("play", "register"): Terms("live")}
    games.context = games.web.state.context = replace(games.context, terms=live)
    play(games, "s-1")
    pass_time(games)
    assert rows(games) == [] and games.register.heard == []


def test_what_comes_late_is_told_with_its_own_time(games):
    late = games.moment[0] - timedelta(days=9)
    play(games, "s-1", at=late)
    pass_time(games)
    assert games.register.heard[0][1][0].at == milliseconds(late)


def test_what_is_refused_stays_with_why_and_holds_up_nobody(games):
    games.register.refuses["s-2"] = "no_such_game"
    for n in (1, 2, 3):
        play(games, f"s-{n}")
    for _ in range(3):
        pass_time(games)
    assert games.register.sessions() == ["s-1", "s-2", "s-3"]
    ((kept),) = rows(games)
    assert (kept.event, kept.refused) == ("play_start-s-2", "no_such_game") and counted(games) == (2, 0, 1)
    with games.context.database.read() as connection:
        assert list(command._plays(connection)) == [
            "play of demo.test: 2 reported, 0 waiting, 1 refused",
            f"     {kept.id} refused: no_such_game (event play_start-s-2)",
        ]


def test_many_are_told_in_parts_of_128_the_oldest_first(games):
    at = games.moment[0].isoformat()
    many = [{"id": f"e{n}", "account": f"a{n % 7}", "type": "play_start", "session": f"s{n:03}", "at": at}
            for n in range(300)]  # fmt: skip
    assert games.platform.post("/v1/events", json={"events": many}).status_code == 202
    pass_time(games)
    assert [len(told) for _, told in games.register.heard] == [128, 128, 44]
    assert len(set(games.register.sessions())) == 300 and rows(games) == []


@pytest.mark.parametrize("erase", ["events", "account"])
def test_of_whom_is_erased_nothing_is_told_any_more(games, erase):
    until = milliseconds(games.moment[0] + timedelta(days=10))
    games.register.silent["demo.test"] = Unavailable("x", kind=Unavailability.LIMITED, until=until)
    for who in ("zhang", "li"):
        play(games, f"s-{who}", account=who)
    pass_time(games)
    if erase == "events":
        assert games.platform.delete("/v1/accounts/zhang/events").status_code == 200
    else:
        assert games.platform.post("/v1/accounts/zhang/cancel").is_success
        games.later(days=8)
        assert games.platform.post("/v1/accounts/zhang/erase").is_success
    games.register.silent.clear()
    pass_time(games, days=11)
    assert games.register.sessions() == ["s-li"] and rows(games) == []


def test_what_was_refused_ends_with_its_event(games):
    games.register.refuses["s-1"] = "no_such_game"
    play(games, "s-1")
    pass_time(games)
    assert len(rows(games)) == 1
    games.later(days=games.context.event_days + 1)
    retention.events(games.context, at_once=True)
    assert rows(games) == rows(games, events) == []


def test_a_minor_is_told_as_one_where_the_age_is_known(games):
    """孙未成年 is fifteen, zhao an adult; of a guest nobody knows. The age itself is told to nobody."""
    today = games.context.today()
    for who, years in (("sun", 15), ("zhao", 30)):
        born = today.replace(year=today.year - years)
        with games.context.database.write() as connection:
            row = accounts.get_or_open(connection, "demo.test", who, "personal", "zh-CN", 0)
            ages._keep(games.context, connection, row.id, Age.born(born, today), today)
            connection.execute(accounts.accounts.update().where(accounts.accounts.c.id == row.id).values(level="basic"))
        play(games, f"s-{who}", account=who)
    play(games, "s-guest", account="guest")
    pass_time(games)
    told = {one.session: (one.verified, one.minor) for one in games.register.heard[0][1]}
    assert told == {"s-sun": (True, True), "s-zhao": (True, False), "s-guest": (False, None)}


@pytest.mark.parametrize("given", [{}, {"session": ""}, {"session": "张"}, {"session": "s", "amount": 1}])
def test_a_report_without_its_session_is_refused_by_name(games, given):
    event = {"id": "e", "account": "zhang", "type": "play_end", "at": games.moment[0].isoformat()}
    answer = games.platform.post("/v1/events", json={**event, **given})
    assert answer.status_code == 422 or answer.status_code == 400
    assert ("session" in answer.text) or "amount" in answer.text
