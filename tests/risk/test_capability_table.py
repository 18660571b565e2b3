"""What a policy document says of capabilities is understood, or refused with its place."""

from datetime import date

import pytest

from shiming.account.capabilities import Need, Spending
from shiming.account.hours import Hours
from shiming.risk.document import read
from shiming.risk.expressions import Wrong

CALENDAR = """
[calendars.games]
weekdays = ["fri", "sat"]
hours = ["20:00-21:00"]
holidays = [2026-10-01]
"""


def _needs(row: str, rest: str = "") -> Need:
    return read(f'name = "x"\n[capabilities]\nlive = {row}\n{rest}').limits.capabilities["live"]


def test_a_level_or_a_table():
    assert _needs('"basic"') == Need("basic")
    whole = '{ level = "standard", within_days = 90, min_age = 16, guardian_until = 18 }'
    assert _needs(whole) == Need("standard", 90, 16, 18)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('{ level = "basic", min_age = 17 }', "live.min_age: must be one of 8, 14, 16, 18"),
        ('{ level = "basic", guardian_until = 21 }', "live.guardian_until: must be one of"),
        ('{ level = "basic", min_age = true }', "live.min_age: must be a whole number"),
        ('{ level = "none", min_age = 18 }', "live.level: an age is known of verified holders only"),
        ('{ level = "basic", min_age = 16, guardian_until = 16 }', "live.guardian_until: must be later than min_age"),
        ('{ level = "basic", minage = 16 }', "did you mean 'min_age'"),
    ],
)
def test_an_age_that_nobody_could_mean_is_refused(row, said):
    with pytest.raises(Wrong, match=said) as found:
        _needs(row)
    assert found.value.line == 3


def test_hours_name_a_calendar():
    need = _needs('{ level = "basic", hours = "games", hours_until = 18 }', CALENDAR)
    assert need.hours == Hours(frozenset({4, 5}), ((1200, 1260),), frozenset({date(2026, 10, 1)}))
    assert need.grown == 18 and str(need) == "basic, within hours until 18"


@pytest.mark.parametrize(
    ("was", "typed", "said"),
    [
        ('hours = "games"', 'hours = "gmes"', "did you mean 'games'"),
        (", hours_until = 18", "", "the age until which it binds"),
        ('"fri"', '"friday"', "did you mean 'fri'"),
        ("20:00-21:00", "20:00-25:00", "write 20:00-21:00"),
        ('["20:00-21:00"]', '["20:00-21:00", "20:30-22:00"]', "in order and apart"),
        ("[2026-10-01]", '["2026-10-01"]', "dates such as 2026-10-01"),
        ("holidays", "holiday", "did you mean 'holidays'"),
    ],
)
def test_a_calendar_that_cannot_be_read_is_refused(was, typed, said):
    text = f'name = "x"\n[capabilities]\nlive = {{ level = "basic", hours = "games", hours_until = 18 }}\n{CALENDAR}'
    assert was in text
    with pytest.raises(Wrong, match=said):
        read(text.replace(was, typed))


FEATURE = '[features.spent]\nvalue = "sum"\nof = "amount"\non = "transaction"\nwindow = "31d"\n'
LIMIT = "{ until = 16, once = 50, most = 200, feature = 'spent' }"


def test_limits_are_sums_of_the_policys_features():
    need = _needs(f'{{ level = "basic", spending = [{LIMIT}] }}', FEATURE)
    assert need.spending == (Spending(16, 50, 200, "spent"),) and need.grown == 16


@pytest.mark.parametrize(
    ("spending", "said"),
    [
        ("[5]", "is a list of"),
        (f"[{LIMIT}, {LIMIT}]", "in the order of their `until`"),
        (f"[{LIMIT.replace('16', '15')}]", "`until` is one of"),
        (f"[{LIMIT.replace('50', '-1')}]", "none below 0"),
        (f"[{LIMIT.replace('spent', 'spnt')}]", "did you mean 'spent'"),
        (f"[{LIMIT.replace('once', 'one')}]", "did you mean 'once'"),
    ],
)
def test_a_limit_that_cannot_be_read_is_refused(spending, said):
    with pytest.raises(Wrong, match=said):
        _needs(f'{{ level = "basic", spending = {spending} }}', FEATURE)
