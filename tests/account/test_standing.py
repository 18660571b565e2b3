"""Holds → standing → may."""

from datetime import UTC, datetime

import pytest

from shiming.account.standing import Hold, may, standing
from shiming.policy import DEFAULT

THEN = datetime(2026, 1, 1, tzinfo=UTC)


def hold(*requirements, capabilities=("*",), met=()):
    return Hold("hld_1", "login_risk", "platform", THEN, capabilities, requirements, met)


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
    ("level", "state", "holds", "capability", "allowed"),
    [
        ("none", "active", (), "comment", True),
        ("none", "active", (), "live", False),
        ("standard", "active", (), "live", True),
        ("enhanced", "active", (), "live", True),
        ("standard", "active", (hold("review"),), "live", False),
        ("standard", "active", (hold("review", capabilities=("withdraw",)),), "live", True),
        ("standard", "active", (hold("review", capabilities=("withdraw",)),), "withdraw", False),
        ("standard", "banned", (), "comment", False),
    ],
)
def test_may(level, state, holds, capability, allowed):
    """M17: may this account do X."""
    assert may(level, state, holds, capability, DEFAULT).allowed is allowed


def test_each_requirement_lifts_only_its_own_hold():
    """M15: verified but still abnormal needs no special case."""
    identity, period = hold("verify:standard"), hold("serve_until:2026-12-01")
    after = [h.meeting("verify:standard") for h in (identity, period)]
    assert [h.over for h in after] == [True, False]
    assert standing(after) == "abnormal"


def test_a_higher_level_meets_a_lower_requirement_and_not_the_other_way():
    assert hold("verify:basic").meeting("verify:enhanced").over
    assert not hold("verify:enhanced").meeting("verify:basic").over


def test_a_hold_without_requirements_is_never_over():
    assert not hold().meeting("verify:enhanced").over
