"""M41: what an age may do is judged from the verified number, told with its day, and never lies in the clear."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update

from shiming.account.capabilities import NEEDS, Need, Spending
from shiming.account.hours import Hours
from shiming.names import check_digit
from shiming.store.account.accounts import NO_AGE
from shiming.store.crypto.sealed import Sealer
from shiming.store.tables import accounts
from tests import leaks
from tests.account.application import ZHANG, Person
from tests.account.application import application as opened


def _number(birth: str) -> str:
    return (first := f"170213{birth}015") + check_digit(first)


NEARLY = Person("吴将满", _number("20081201"))  # of age on 1 December 2026
CHILD = Person("郑年幼", _number("20120301"))
MIDNIGHT = "2026-11-30T16:00:00.000Z"
EVE, DAY = datetime(2026, 11, 30, 15, 59, tzinfo=UTC), datetime(2026, 11, 30, 16, 0, tzinfo=UTC)


def _why(application, ref, capability):
    return [each["code"] for each in application.get(f"/accounts/{ref}/may/{capability}")["reasons"]]


def _row(application, ref="wu"):
    with application.context.database.read() as connection:
        return connection.execute(select(accounts).where(accounts.c.ref == ref)).one()


def test_a_seventeen_year_old_comes_of_age(application):
    """The gate says from which day, offers no link that would not help, and opens at midnight in China by itself."""
    application.verify("wu", NEARLY)
    refused = application.get("/accounts/wu/may/withdraw")
    assert (refused["allowed_from"], refused["needs_level"], refused["verify_url"]) == (MIDNIGHT, None, None)
    assert refused["ways_out"] == ["come_of_age"] and "2026 年 12 月 1 日" in str(refused["reasons"][0]["zh"])
    assert "2026-12-01" in str(refused["reasons"][0]["en"])
    assert _why(application, "wu", "live") == ["guardian_needed"] and application.may("wu", "publish")
    application.upkeep()
    application.at[0] = EVE
    assert _why(application, "wu", "gift") == ["age_too_young"]
    application.upkeep()
    assert "account.age_band_changed" not in application.events("wu")
    application.at[0] = DAY
    assert application.may("wu", "withdraw") and application.may("wu", "live")
    application.upkeep()
    application.upkeep()
    assert application.events("wu").count("account.age_band_changed") == 1
    assert application.may("wu", "withdraw")


def test_who_asks_to_verify_is_told_that_it_would_not_help(plain):
    """The prompt and the gate's link, the neighbours of the gate: they once knew of levels and holds alone."""
    told = urlsplit(plain.get("/accounts/wu/may/withdraw")["verify_url"]).path
    plain.verify("wu", NEARLY)
    for capability, title in (("withdraw", "还没到可以使用这个功能的年龄"), ("live", "需要监护人同意")):
        asked = plain.post("/accounts/wu/prompt", {"capability": capability})
        assert (asked["needed"], asked["words"]["zh"]["title"]) == (False, title)
    assert "2026 年 12 月 1 日" in plain.http.get(told).text
    assert plain.post("/accounts/wu/prompt", {"capability": "comment"})["url"] is None


def test_an_account_that_nobody_verified_is_asked_to_verify_not_how_old_it_is(plain):
    assert _why(plain, "new", "gift") == ["verification_needed"]
    plain.post("/accounts/known/holds", {"reason": "login_risk", "capabilities": ["live"]})
    assert _why(plain, "known", "gift") == ["verification_needed"]


def test_a_parents_number_makes_no_child_grow_up_but_a_parents_face_does(plain):
    """At the basic level nobody shows a face: the youngest number counts."""
    plain.verify("family", CHILD, "basic")
    assert _why(plain, "family", "gift") == ["age_too_young"]
    plain.verify("family", ZHANG, "basic")
    assert _why(plain, "family", "gift") == ["age_too_young"]
    plain.verify("family", ZHANG)
    assert plain.may("family", "gift")
    plain.verify("family", CHILD, "basic")
    assert plain.may("family", "gift")


def test_a_binding_that_moves_takes_the_age_along_and_leaves_none(plain):
    plain.verify("wu", NEARLY)
    plain.post("/accounts/second/profile", {"filled": ["nickname", "phone"]})
    asked = plain.post("/subjects/moves", {"source": "wu", "target": "second"}, "one")
    plain.post(f"/subjects/moves/{asked['id']}/confirm", by="two")
    assert plain.get("/accounts/second/may/withdraw")["allowed_from"] == MIDNIGHT
    assert _row(plain).sealed_age is None and _why(plain, "wu", "gift") == ["verification_needed"]


def test_accounts_from_before_ages_were_kept(application):
    """Their verification says it, once; where it was erased, they verify again."""
    made = application.verify("wu", NEARLY)
    with application.context.database.write() as connection:
        connection.execute(update(accounts).values(**NO_AGE))
    assert application.get("/accounts/wu/may/gift")["allowed_from"] == MIDNIGHT
    assert _row(application).age_mark
    with application.context.database.write() as connection:
        connection.execute(update(accounts).values(**NO_AGE))
    application.post(f"/verifications/{made['id']}/redact")
    again = application.get("/accounts/wu/may/gift")
    assert (again["reasons"][0]["code"], again["needs_level"]) == ("age_unknown", "basic") and again["verify_url"]


def test_who_is_old_enough_has_nothing_opened(plain, monkeypatch):
    """The gate's way for nearly everybody: one keyed hash, and no data key."""
    plain.verify("zhang", ZHANG)
    monkeypatch.setattr(Sealer, "open", lambda *_: pytest.fail("opened"))
    assert plain.may("zhang", "withdraw") and plain.may("zhang", "live")


def test_ends_and_erasure_take_the_age_along(plain):
    plain.verify("wu", NEARLY)
    assert plain.get("/accounts/wu/receipt")["age_band_kept"]
    plain.post("/accounts/wu/cancel", {"at_once": True})
    assert not plain.get("/accounts/wu/receipt")["age_band_kept"]
    row = _row(plain)
    assert (row.sealed_age, row.age_mark, row.age_day) == (None, None, None)
    assert _why(plain, "wu", "gift") == ["account_cancelled"] and _row(plain).sealed_age is None


def test_no_birthday_lies_in_the_store_and_children_look_like_adults(tmp_path):
    secrets = {"birth": "2008-12-01", "of age": "2026-12-01", "number": NEARLY.number}
    with opened(tmp_path / "data", "") as application:
        application.verify("wu", NEARLY)
        application.verify("zhang", ZHANG)
        application.get("/accounts/wu/may/withdraw")
        young, grown = (_row(application, ref) for ref in ("wu", "zhang"))
        assert leaks.search([tmp_path], secrets) == []
        application.at[0] = DAY
        application.upkeep()
        assert "2026-12-01" not in str(application.get("/accounts/wu/inbox?limit=100"))
    for name in NO_AGE:
        shapes = {len(getattr(row, name)) for row in (young, grown)}
        assert len(shapes) == 1 and getattr(young, name) != getattr(grown, name)


def test_a_policy_may_choose_other_ages(tmp_path):
    """And one that asks for no age asks nobody's."""
    needs = {**NEEDS, "withdraw": replace(NEEDS["withdraw"], min_age=0), "play": Need("basic", min_age=8)}
    with opened(tmp_path, "", capabilities=needs) as application:
        application.verify("child", CHILD)
        assert application.may("child", "withdraw") and application.may("child", "play")
        assert not application.may("child", "gift")


def test_a_child_plays_when_the_calendar_says(tmp_path):
    """Friday to Sunday from 20:00 to 21:00, by China's clock; adults whenever they like."""
    hours = Hours(frozenset({4, 5, 6}), ((1200, 1260),))
    needs = {**NEEDS, "play": Need("basic", hours=hours, hours_until=18)}
    with opened(tmp_path, "", capabilities=needs) as application:
        application.verify("child", CHILD, "basic")
        application.verify("zhang", ZHANG, "basic")
        refused = application.get("/accounts/child/may/play")  # Saturday, noon
        assert (refused["allowed_from"], refused["ways_out"]) == ("2026-11-21T12:00:00.000Z", ["permitted_hours"])
        assert "2026 年 11 月 21 日 20:00（北京时间）" in str(refused["reasons"][0]["zh"])
        asked = application.post("/accounts/child/prompt", {"capability": "play"})
        assert "2026-11-21 20:00" in asked["words"]["en"]["text"]
        assert application.may("zhang", "play")
        application.later(hours=8)
        assert application.get("/accounts/child/may/play")["allowed_until"] == "2026-11-21T13:00:00.000Z"
        application.later(hours=1)
        assert not application.may("child", "play")


def test_what_a_child_spends_is_counted_by_the_policys_own_feature(tmp_path):
    """Once and in all; the same at the prompt; whatever is no amount is refused like elsewhere."""
    limits = (Spending(16, 5000, 8000, "spent_24h"),)
    needs = {**NEEDS, "top_up": Need("basic", spending=limits)}
    with opened(tmp_path, "", capabilities=needs) as application:
        application.verify("child", CHILD, "basic")
        assert application.get("/accounts/child/may/top_up?amount=5000")["allowed"]
        assert not application.get("/accounts/child/may/top_up?amount=5001")["allowed"]
        for n in (1, 2):
            application.post("/events", _bought(f"e{n}", 3500, application.at[0]))
        refused = application.get("/accounts/child/may/top_up?amount=1001")
        assert (refused["at_most"], refused["reasons"][0]["code"]) == (1000, "spending_limit_reached")
        assert "10.00 元" in str(refused["reasons"][0]["zh"])
        assert application.get("/accounts/child/may/top_up?amount=1000")["allowed"]
        application.post("/events", _bought("e3", 1000, application.at[0]))
        asked = application.post("/accounts/child/prompt", {"capability": "top_up"})
        assert asked["words"]["zh"]["title"] == "超过了未成年人的消费限额"
        application.later(hours=26)
        assert application.get("/accounts/child/may/top_up")["at_most"] == 5000
        for bad in ("-1", "1.5", "x", "", "9" * 30):
            application.get(f"/accounts/child/may/top_up?amount={bad}", expect=422)


def _bought(id, amount, at):
    event = {"id": id, "account": "child", "type": "transaction", "at": at.isoformat(), "amount": amount}
    return {"events": [event | {"kind": "top_up"}]}
