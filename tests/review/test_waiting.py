"""What somebody who waits for a person is told about the time: true, or nothing (issue 18)."""

import pytest

from shiming.review.waiting import ENOUGH, Wait, expected

HOUR = 3_600_000
NOW = 1000 * HOUR
DEADLINE = NOW + 24 * HOUR


def lately(*took: int) -> list[tuple[int, int]]:
    """Cases that took so many hours each, the last decided just now, one every hour before."""
    return [(NOW - (n + hours) * HOUR, NOW - n * HOUR) for n, hours in enumerate(took)]


@pytest.mark.parametrize(
    ("opened", "ahead", "decided", "usually"),
    [
        (0, 0, lately(*[3] * 10), 3),  # as long as it took others
        (-1, 0, lately(*[3] * 10), 2),
        (0, 20, lately(*[3] * 10), 18),  # twenty before it, ten in nine hours
        (0, 0, lately(1, 1, 1, 1, 1, 1, 1, 2, 9, 9), 2),  # four of five
        (-4, 0, lately(*[3] * 10), None),  # longer than usual already: nothing is promised
        (0, 0, lately(*[3] * (ENOUGH - 1)), None),  # too few to tell
        (0, 0, [], None),
    ],
)
def test_what_is_usual_comes_from_the_queue_itself(opened, ahead, decided, usually):
    at = usually and NOW + usually * HOUR
    assert expected(NOW + opened * HOUR, DEADLINE, ahead, decided, NOW) == Wait(at, DEADLINE)


def test_a_queue_that_stands_still_is_told():
    """Nobody has decided anything since last night: what is before this one takes as long again."""
    decided = [(NOW - 20 * HOUR, NOW - 14 * HOUR)] * 7
    assert expected(NOW, DEADLINE, 14, decided, NOW).usually == NOW + 28 * HOUR
