"""M41: bands, and the days on which they change. A birthday is a day in China."""

from datetime import date

import pytest

from shiming.account.age import GROWN, Age, birthday
from shiming.account.capabilities import NEEDS, Need, Spending
from shiming.account.standing import Account, may
from shiming.account.ways_out import Way, ways_out
from tests.account.test_standing import NOW, hold

TODAY = date(2026, 9, 21)
SIXTEEN, FIFTEEN = (Age.born(date(year, 9, 22), TODAY) for year in (2009, 2010))


@pytest.mark.parametrize(
    ("birth", "today", "band", "changes"),
    [
        (date(2019, 1, 1), date(2026, 12, 31), 0, date(2027, 1, 1)),
        (date(2010, 6, 15), date(2026, 6, 14), 14, date(2026, 6, 15)),
        (date(2010, 6, 15), date(2026, 6, 15), 16, date(2028, 6, 15)),
        (date(2008, 2, 29), date(2026, 2, 28), 16, date(2026, 3, 1)),
        (date(2008, 2, 29), date(2026, 3, 1), 18, None),
        (date(1950, 1, 1), date(2026, 1, 1), 18, None),
    ],
)
def test_bands(birth, today, band, changes):
    age = Age.born(birth, today)
    assert (age.band(today), age.changes(today)) == (band, changes)


def test_what_is_sealed_is_of_one_length_and_says_nothing_of_adults():
    """A length must not tell a child from an adult, and a birthday that is over is not kept."""
    child = Age.born(date(2019, 1, 1), TODAY)
    assert Age.read(child.text) == child and Age.read(GROWN.text) == GROWN
    assert len(child.text) == len(GROWN.text) == len(SIXTEEN.text)
    assert Age.born(date(1990, 5, 5), TODAY) == GROWN
    assert str(SIXTEEN.text).count("0000-00-00") == 3 and birthday(date(2009, 9, 22), 18).isoformat() in SIXTEEN.text


def test_who_grows_stays_the_same_person():
    """16 from the leap day on, then 18: no day is lost by keeping only those ahead."""
    born = date(2008, 2, 29)
    young = Age.born(born, date(2023, 1, 1))
    for day in (date(2024, 2, 28), date(2024, 2, 29), date(2026, 3, 1)):
        young = young.past(day)
        assert young == Age.born(born, day)


@pytest.mark.parametrize(
    ("level", "age", "capability", "codes", "needs"),
    [
        ("none", None, "withdraw", ("verification_needed",), "standard"),
        ("standard", None, "withdraw", ("age_unknown",), "standard"),
        ("standard", None, "comment", (), None),
        ("standard", GROWN, "withdraw", (), None),
        ("standard", SIXTEEN, "withdraw", ("age_too_young",), None),
        ("basic", SIXTEEN, "withdraw", ("age_too_young",), None),
        ("standard", SIXTEEN, "live", ("guardian_needed",), None),
        ("basic", SIXTEEN, "live", ("guardian_needed", "verification_needed"), "standard"),
        ("standard", FIFTEEN, "live", ("age_too_young",), None),
    ],
)
def test_may_by_age(level, age, capability, codes, needs):
    """Who is too young is not asked to verify: it would not help."""
    answer = may(Account(level, NOW, age=age), (), capability, NEEDS[capability], NOW)
    assert (answer.codes, answer.allowed, answer.needs_level) == (codes, not codes, needs)


def test_the_day_begins_at_midnight_in_china():
    at = 1_790_006_400_000  # 2026-09-22 00:00 in Shanghai, still the 21st in UTC
    almost = Age.born(date(2008, 9, 22), TODAY)
    before, after = (may(Account("basic", age=almost), (), "gift", NEEDS["gift"], each) for each in (at - 1, at))
    assert (before.from_day, before.codes, after.allowed) == (date(2026, 9, 22), ("age_too_young",), True)


def test_a_ban_is_told_before_an_age_and_an_end_before_both():
    account = Account("standard", NOW, age=FIFTEEN)
    banned = may(account, (hold(reason="violation_fraud"),), "live", NEEDS["live"], NOW)
    assert banned.codes == ("account_barred", "violation_fraud")
    held = may(account, (hold("verify:standard"),), "live", NEEDS["live"], NOW)
    assert held.codes == ("login_risk", "age_too_young") and held.needs_level is None
    out = ways_out(held.holds, {}, held)
    assert (Way.COME_OF_AGE in out.ways, Way.VERIFY in out.ways, out.level) == (True, False, "none")
    ended = may(Account("standard", NOW, NOW, FIFTEEN), (), "live", NEEDS["live"], NOW)
    assert ended.codes == ("account_cancelled",) and Way.COME_OF_AGE not in ways_out((), {}, ended).ways


def test_a_need_says_itself():
    assert str(NEEDS["live"]) == "standard, in person within 90 days, from 16 years, with a guardian until 18"
    assert (str(Need()), Need().grown, NEEDS["live"].grown) == ("none", 0, 18)


TOP_UP = Need("basic", min_age=8, spending=(Spending(16, 5000, 20000, "f"), Spending(18, 10000, 40000, "f")))


@pytest.mark.parametrize(
    ("age", "spent", "amount", "at_most", "codes"),
    [
        (FIFTEEN, 0, 5000, 5000, ()),
        (FIFTEEN, 0, 5001, 5000, ("spending_limit_reached",)),
        (FIFTEEN, 18000, 2000, 2000, ()),
        (FIFTEEN, 25000, 0, 0, ("spending_limit_reached",)),
        (SIXTEEN, 18000, 10000, 10000, ()),
        (GROWN, 10**9, 10**9, None, ()),
    ],
)
def test_what_minors_may_spend(age, spent, amount, at_most, codes):
    answer = may(Account("basic", age=age, spent=spent), (), "top_up", TOP_UP, NOW, amount)
    assert (answer.at_most, answer.codes) == (at_most, codes)
