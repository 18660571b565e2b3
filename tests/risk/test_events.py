"""Events in, flags and holds out, over HTTP (M1–M7). The people do not exist."""

from datetime import timedelta

import pytest

from shiming.risk.events import VIOLATIONS
from tests.risk.watchtower import ABROAD, BEIJING, SHANGHAI, START


def test_zhang_in_beijing_and_half_an_hour_later_abroad_is_held_and_told_why(tower):
    """M5: impossible travel; the flag names rule, version, values and events."""
    first = tower.event("zhang", "login", ip=BEIJING, device="p1")
    tower.later(minutes=30)
    second = tower.event("zhang", "login", ip=ABROAD, device="p2")
    (flag,) = tower.get("/flags?account=zhang")["items"]
    assert (flag["rule"], flag["policy"], flag["does"]) == ("impossible_travel", "default-1", "hold")
    assert flag["values"] == {"speed": 22288, "distance": 11144} and set(flag["events"]) == {first["id"], second["id"]}
    assert tower.holds("zhang") == {"login_risk": ["verify:standard", "confirm_phone|review"]}
    assert not tower.get("/accounts/zhang/may/withdraw")["allowed"]


def test_a_train_to_shanghai_is_no_finding(plain):
    plain.event("wang", "login", ip=BEIJING, device="p1")
    plain.later(hours=5)
    plain.event("wang", "login", ip=SHANGHAI, device="p1")
    assert plain.rules("wang") == [] and plain.holds("wang") == {}


@pytest.mark.parametrize("category", VIOLATIONS)
def test_every_category_of_violation_opens_a_hold_of_its_own(plain, category):
    """M1."""
    plain.event("liu", "violation", category=category, severity=4, content="video-1")
    assert plain.holds("liu") == {f"violation_{category}": ["verify:standard", "review"]}


def test_a_violation_of_middle_weight_is_served_and_three_slight_ones_are_too(plain):
    """M1, M15."""
    plain.event("he", "violation", category="abuse", severity=3)
    for _ in range(3):
        plain.event("zhu", "violation", category="vulgar", severity=1)
    assert plain.holds("he") == {"violation_abuse": ["serve_until:2026-11-28", "pledge"]}
    assert plain.holds("zhu") == {"violation_vulgar": ["serve_until:2026-11-24", "pledge"]}
    assert plain.rules("zhu") == ["slight_violation", "repeated_violations"]


def test_a_burst_of_likes_is_found_without_anybody_reporting_it(tower):
    """M2."""
    when = START.isoformat()
    likes = [{"id": f"l{n}", "account": "gao", "type": "engagement", "kind": "like", "target": f"t{n}", "at": when}
             for n in range(130)]  # fmt: skip
    tower.post("/events", {"events": likes})
    (flag,) = tower.get("/flags?account=gao")["items"]
    assert (flag["rule"], flag["hits"], flag["values"]["engagements_10m"]) == ("engagement_burst", 10, 121)
    assert tower.holds("gao") == {"engagement_burst": ["verify:basic"]}


def test_missing_fields_hold_until_they_are_filled_in(plain):
    """M3."""
    plain.event("sun", "profile_change", missing=["nickname", "birth_date"])
    assert plain.holds("sun") == {"profile_incomplete": ["complete_profile:birth_date,nickname"]}


def test_new_device_then_money_and_repeated_changes_of_phone_and_password(plain):
    """M5, M6."""
    for _ in range(4):
        plain.event("qian", "login", device="old")
        plain.later(days=2)
    plain.event("qian", "login", device="new")
    plain.event("qian", "transaction", device="new", amount=150_000, kind="withdraw")
    assert plain.rules("qian") == ["new_device", "new_device_then_money"]
    for n in range(4):
        plain.event("feng", "phone_bind", phone=f"1990000000{n}")
        plain.event("feng", "password_change")
        plain.later(hours=20)
    assert plain.holds("feng").keys() == {"phone_changes", "credential_changes"}


def test_ten_times_what_the_account_ever_moved_is_unusual_and_a_rich_one_is_not(plain):
    """M6."""
    for amount, who in ((20_000, "xiao"), (900_000, "da")):
        for _ in range(6):
            plain.event(who, "transaction", amount=amount)
            plain.later(days=1)
        plain.event(who, "transaction", amount=1_000_000)
    assert plain.rules("xiao") == ["unusual_transaction"] and plain.rules("da") == []


def test_one_device_with_many_accounts(plain):
    """M5."""
    for n in range(7):
        plain.event(f"doll-{n}", "login", device="one-phone")
    assert [plain.rules(f"doll-{n}") for n in (4, 5, 6)] == [[], ["shared_device"], ["shared_device"]]


def test_a_class_that_the_law_wants_verified_is_held_whatever_it_did(plain):
    """M7: once, and not again with its next event."""
    for _ in range(2):
        plain.event("zhubo", "login", device="p", account_kind="live_publisher")
    assert plain.holds("zhubo") == {"legal_duty": ["verify:standard"]}
    assert len(plain.get("/accounts/zhubo/standing")["holds"]) == 1


def test_an_event_is_taken_once_whoever_sends_it_again(tower):
    given = {"id": "same", "account": "lin", "type": "transaction", "at": START.isoformat(), "amount": 9_000_000}
    states = [tower.post("/events", given)["items"][0]["state"] for _ in range(2)]
    other = tower.post("/events", {**given, "amount": 1})["items"][0]["state"]
    assert (*states, other) == ("taken", "duplicate", "id_used_before")
    assert len(tower.get("/flags?account=lin")["items"]) == 1


def test_a_login_that_comes_late_is_judged_by_its_own_time_and_so_is_what_follows(tower):
    """The flight became impossible only when the login in Beijing arrived, hours later and after the one abroad."""
    tower.event("late", "login", at=START - timedelta(hours=15), ip=SHANGHAI)
    tower.event("late", "login", at=START, ip=ABROAD)
    assert tower.rules("late") == []
    answer = tower.event("late", "login", at=START - timedelta(minutes=20), ip=BEIJING)
    assert answer["flags"] == [] and tower.rules("late") == ["impossible_travel"]
    (flag,) = tower.get("/flags?account=late")["items"]
    assert flag["event"] != answer["id"] and answer["id"] in flag["events"]


@pytest.mark.parametrize(("change", "said"), [
    ({"type": "logn"}, "did you mean 'login'"), ({"devise": "x"}, "did you mean 'device'"),
    ({"ip": "999.1.1.1"}, "IPv4 or"), ({"at": "yesterday"}, "not a time"),
    ({"at": "2026-11-21T04:00:00"}, "no time zone"), ({"at": 1_700_000_000}, "in seconds"),
    ({"account": ""}, "event.account"), ({"id": "a b"}, "event.id"), ({"device": 5}, "event.device"),
])  # fmt: skip
def test_what_is_wrong_with_an_event_is_said_and_nothing_is_kept(plain, change, said):
    given = {"id": "e", "account": "a", "type": "login", "at": START.isoformat()} | change
    assert said in plain.post("/events", given, expect=422)["detail"]
    assert plain.get("/accounts/a/standing", expect=404)


def test_one_bad_event_of_a_batch_is_named_and_none_is_taken(plain):
    good = {"id": "g", "account": "a", "type": "login", "at": START.isoformat()}
    answer = plain.post("/events", {"events": [good, {**good, "id": "h", "type": "transaction"}]}, expect=422)
    assert "events[1].amount is missing" in answer["detail"]
    assert plain.get("/accounts/a/standing", expect=404)


def test_an_overturned_flag_lifts_its_hold_and_the_rule_is_quiet_for_a_day(plain):
    plain.event("mo", "transaction", amount=9_000_000)
    (flag,) = plain.get("/flags?account=mo")["items"]
    plain.post(f"/flags/{flag['id']}/word", {"word": "overturned"}, by="reviewer")
    assert plain.holds("mo") == {}
    plain.event("mo", "transaction", amount=9_000_000)
    assert plain.holds("mo") == {}
    plain.later(days=2)
    plain.event("mo", "transaction", amount=9_000_000)
    assert plain.holds("mo").keys() == {"large_transaction"}
