"""M41: permitted hours are a calendar: weekdays, holidays, days that are closed, spans of the day."""

from datetime import date, datetime

import pytest

from shiming.account.age import GROWN, Age
from shiming.account.capabilities import Need
from shiming.account.hours import Hours
from shiming.account.standing import CHINA, Account, may
from shiming.account.ways_out import Way, ways_out

GAMES = Hours(frozenset({4, 5, 6}), ((1200, 1260),), frozenset({date(2026, 10, 1)}), frozenset({date(2026, 10, 10)}))
"""Friday to Sunday and on holidays from 20:00 to 21:00; Saturday 10 October is a working day."""
NIGHT = Hours(frozenset({4, 5}), ((0, 60), (1320, 1440)))


@pytest.mark.parametrize(
    ("at", "until", "opens"),
    [
        ("2026-09-30 20:30", None, "2026-10-01 20:00"),
        ("2026-10-01 19:59", None, "2026-10-01 20:00"),
        ("2026-10-01 20:00", "2026-10-01 21:00", "2026-10-02 20:00"),
        ("2026-10-01 21:00", None, "2026-10-02 20:00"),
        ("2026-10-10 20:30", None, "2026-10-11 20:00"),
        ("2026-10-11 21:00", None, "2026-10-16 20:00"),
    ],
)
def test_games_for_minors(at, until, opens):
    when = datetime.fromisoformat(at)
    said = tuple(each and each.isoformat(" ", "minutes") for each in (GAMES.until(when), GAMES.opens(when)))
    assert said == (until, opens)


def test_a_night_is_one_opening_and_what_never_opens_says_so():
    assert NIGHT.until(datetime(2026, 10, 2, 23)) == datetime(2026, 10, 3, 1)
    assert NIGHT.until(datetime(2026, 10, 3, 23)) == datetime(2026, 10, 4, 0)
    never = Hours(frozenset(), ((0, 60),))
    assert never.until(datetime(2026, 10, 2)) is None and never.opens(datetime(2026, 10, 2)) is None


PLAY = Need("basic", hours=GAMES, hours_until=18)
CHILD = Age.born(date(2012, 5, 1), date(2026, 9, 1))


def _at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp() * 1000)


@pytest.mark.parametrize(
    ("age", "at", "codes", "opens", "until"),
    [
        (CHILD, "2026-10-02 20:59", (), None, "2026-10-02 21:00"),
        (CHILD, "2026-10-02 21:00", ("outside_hours",), "2026-10-03 20:00", None),
        (GROWN, "2026-10-02 21:00", (), None, None),
        (None, "2026-10-02 20:30", ("age_unknown",), None, None),
    ],
)
def test_hours_bind_minors_alone(age, at, codes, opens, until):
    answer = may(Account("basic", age=age), (), "play", PLAY, _at(at))
    moments = tuple(each and _at(each) for each in (opens, until))
    assert (answer.codes, answer.allowed_from, answer.allowed_until) == (codes, *moments)
    assert (Way.PERMITTED_HOURS in ways_out((), {}, answer).ways) == bool(opens)
