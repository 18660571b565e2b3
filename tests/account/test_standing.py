"""Holds → standing → may."""

from datetime import UTC, date, datetime
from random import Random

import pytest

from shiming.account.age import GROWN
from shiming.account.capabilities import NEEDS, Need, known
from shiming.account.requirements import parse
from shiming.account.slots import keeps_place, masked_ref, scope
from shiming.account.standing import DAY, Account, Hold, checked, day_of, may, open_on, standing
from shiming.errors import BadInput, NotFound

THEN, NOW = datetime(2026, 1, 1, tzinfo=UTC), 1_790_000_000_000


def hold(*requirements, capabilities=("*",), met=(), reason="login_risk", **because):
    return Hold("hld_1", reason, "platform", THEN, capabilities, requirements, met, because)


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ((), "normal"),
        ((hold("review"),), "abnormal"),
        ((hold("review", met=("review",)),), "normal"),
        ((hold(),), "abnormal"),
    ],
)
def test_standing_is_derived(holds, expected):
    assert standing(holds) == expected


@pytest.mark.parametrize(
    ("level", "holds", "capability", "codes"),
    [
        ("none", (), "comment", ()),
        ("none", (), "live", ("verification_needed",)),
        ("basic", (), "withdraw", ("verification_needed",)),
        ("standard", (), "live", ()),
        ("enhanced", (), "live", ()),
        ("standard", (hold("review"),), "live", ("login_risk",)),
        ("standard", (hold("review", capabilities=("withdraw",)),), "live", ()),
        ("standard", (hold("review", capabilities=("withdraw",)),), "withdraw", ("login_risk",)),
        ("standard", (hold(reason="violation_fraud"),), "comment", ("account_barred", "violation_fraud")),
    ],
)
def test_may(level, holds, capability, codes):
    """M17: may this account do X."""
    answer = may(Account(level, NOW - DAY, age=GROWN), holds, capability, NEEDS[capability], NOW)
    assert (answer.codes, answer.allowed) == (codes, not codes)


@pytest.mark.parametrize(("at", "allowed"), [(NOW - 89 * DAY, True), (NOW - 91 * DAY, False), (None, False)])
def test_going_live_needs_the_holder_in_person_every_90_days(at, allowed):
    """M17: dynamic re-verification."""
    answer = may(Account("standard", at), (), "live", Need("standard", 90), NOW)
    assert answer.codes == (() if allowed else ("verification_too_old",))


def test_a_cancelled_account_may_nothing_from_the_moment_that_its_time_is_over():
    ending = Account("standard", NOW, NOW + 1)
    assert may(ending, (), "comment", Need(), NOW).allowed
    assert may(ending, (), "comment", Need(), NOW + 1).codes == ("account_cancelled",)


def test_a_mistyped_capability_does_not_stand_open():
    with pytest.raises(NotFound, match="Did you mean 'withdraw'"):
        known("withdrw", NEEDS)


def test_each_requirement_lifts_only_its_own_hold():
    """M15: verified but still abnormal needs no special case."""
    identity, period = hold("verify:standard"), hold("serve_until:2026-12-01")
    after = [h.meeting("verify:standard") for h in (identity, period)]
    assert [h.over for h in after] == [True, False]
    assert standing(after) == "abnormal"


def test_a_period_is_over_by_the_day_in_china_and_nothing_has_to_run():
    served = hold("serve_until:2026-12-01")
    midnight = datetime(2026, 11, 30, 16, tzinfo=UTC).timestamp() * 1000
    assert open_on([served], day_of(midnight - 1)) == (served,)
    assert open_on([served], day_of(midnight)) == ()
    assert open_on([hold("serve_until:2026-12-01", "pledge")], date(2027, 1, 1))[0].outstanding == ("pledge",)


def test_a_hold_without_requirements_is_a_ban_and_never_over():
    assert hold().ban and not hold().meeting("verify:enhanced").over
    assert not hold("review").ban


@pytest.mark.parametrize("bound", [True, False])
def test_takeover_signals_ask_for_more_where_nobody_is_registered(bound):
    asked = {"reason": "takeover_risk", "capabilities": ["*"], "requirements": ["verify:standard"]}
    made = checked({**asked, "because": {"signal": "takeover"}}, bound)["requirements"]
    assert made == ["verify:standard"] + ([] if bound else ["confirm_phone|review"])
    assert checked(asked, bound)["requirements"] == ["verify:standard"]


def test_an_unknown_reason_is_refused():
    with pytest.raises(BadInput, match="Did you mean 'violation_fraud'"):
        checked({"reason": "violation_frud", "capabilities": ["*"], "requirements": []}, True)


@pytest.mark.parametrize(
    ("holds", "in_appeal", "kept"),
    [
        ((), False, False),
        ((hold("verify:standard"),), False, False),
        ((hold("verify:standard"),), True, True),
        ((hold("pledge", reason="violation_abuse"),), False, True),
        ((hold(),), False, True),
    ],
)
def test_a_place_is_not_laundered(holds, in_appeal, kept):
    """M28, design §3."""
    assert bool(keeps_place(holds, in_appeal)) is kept


def test_whose_accounts_count():
    assert (scope("shop.test", "app"), scope("shop.test", "operator")) == ("shop.test", "*.test")
    assert scope("shop.live", "operator") != scope("shop.test", "operator")


def test_an_account_is_named_so_that_only_its_holder_knows_it():
    assert (masked_ref("user-1042"), masked_ref("zhang")) == ("us***42", "z***")


def test_only_meeting_every_requirement_lifts_a_hold():
    """Design §2, over two thousand random holds and whatever may happen to them: "nothing else does"."""
    random = Random(7)
    possible = ["verify:basic", "verify:standard", "verify:enhanced", "pledge", "review", "confirm_phone",
                "update_document", "complete_profile:a", "complete_profile:a,b", "confirm_phone|review"]  # fmt: skip
    for _ in range(2000):
        asked = random.sample(possible, random.randint(0, 4))
        happening = random.choices([text for text in possible if "|" not in text], k=random.randint(0, 6))
        after = hold(*asked)
        for happened in happening:
            after = after.meeting(happened)
        met = [any(each.met_by(parse(happened)[0]) for each in parse(text) for happened in happening) for text in asked]
        assert after.over is (bool(asked) and all(met))
