"""The breaker as a table, and neighbours that fall ill: asked for so long, by so many, and then left alone."""

import threading
import time

import pytest

from shiming.breaker import WELL, Breaker, Health
from shiming.dependencies import Dependencies, Dependency
from shiming.errors import DependencyDown, NotFound, Unavailable

B = Breaker(after=3, rest_ms=100, most_ms=400, probe_ms=50)
OPEN = Health(3, 1100)


@pytest.mark.parametrize(("health", "seen", "now", "then"), [
    (WELL, WELL, 1000, Health(1, 0)),
    (Health(1), Health(1), 1000, Health(2, 0)),
    (Health(2), Health(2), 1000, OPEN),
    (OPEN, WELL, 1050, OPEN),  # had asked before it opened
    (OPEN, Health(3, 1150), 1200, Health(4, 1400)),  # half open, and failed
    (Health(4), Health(4), 1000, Health(5, 1400)),
    (Health(90), Health(90), 1000, Health(91, 1400)),  # never longer than most_ms
])  # fmt: skip
def test_what_is_kept_after_a_failure(health, seen, now, then):
    assert B.failed(health, seen, now) == then


@pytest.mark.parametrize(("health", "now", "wait", "kept"), [
    (WELL, 1000, 0, WELL),
    (Health(2), 1000, 0, Health(2)),
    (OPEN, 1040, 60, Health(3, 1090)),
    (OPEN, 1100, 0, Health(3, 1150)),  # half open: one asks, the others wait for it
    (Health(3, 1150), 1120, 30, Health(3, 1170)),
])  # fmt: skip
def test_who_may_ask(health, now, wait, kept):
    assert (B.wait(health, now), B.asking(health, now)) == (wait, kept)


def hangs(let_go, begun=None):
    def act():
        if begun is not None:
            begun.append(1)
        let_go.wait(60)

    return act


def test_one_that_hangs_is_waited_for_so_long_by_so_many_and_then_left_alone():
    let_go, begun = threading.Event(), []
    ill = Dependency("ill", 0.2, at_once=2, slow=0.0, breaker=Breaker(after=2, rest_ms=20_000))
    for _ in range(2):
        with pytest.raises(DependencyDown) as down:
            ill.call(hangs(let_go, begun))
        assert down.value.unsure, "it may have done what it was asked"
    with pytest.raises(DependencyDown) as down:
        ill.call(hangs(let_go, begun))
    assert len(begun) == 2 and not down.value.unsure and int(down.value.headers["Retry-After"]) > 1
    let_go.set()


def test_after_its_rest_it_is_asked_and_is_well():
    ill = Dependency("ill", 20, slow=0.0, breaker=Breaker(after=1, rest_ms=200))
    with pytest.raises(Unavailable):
        ill.call(throws(Unavailable("no")))
    time.sleep(0.4)
    assert ill.call(lambda: "well") == "well" == ill.call(lambda: "well")


def test_an_answer_that_says_no_is_an_answer():
    well = Dependency("well", 5, slow=0.0, faults=(OSError,), breaker=Breaker(after=1))
    for no in (NotFound("nobody"), FileNotFoundError()):
        with pytest.raises(type(no)):
            well.call(throws(no))
    assert well.call(int) == 0


def test_what_fails_at_once_holds_nobody_up_and_is_asked_again():
    ill = Dependency("ill", 60, faults=(OSError,), breaker=Breaker(after=1), slow=30)
    for fault, told in ((ConnectionError(), DependencyDown), (Unavailable("no"), Unavailable)):
        with pytest.raises(told):
            ill.call(throws(fault))
    assert ill.call(int) == 0


def test_each_neighbour_has_threads_of_its_own():
    let_go, known = threading.Event(), Dependencies(sms=0.1)
    with pytest.raises(DependencyDown):
        known.of("sms", "ill").call(hangs(let_go))
    assert known.of("sms", "well").call(lambda: "sent") == "sent"
    let_go.set()


def test_an_illness_is_told_when_it_begins_and_when_it_ends(caplog):
    """1,709 lines were written of a keys database that was out for two minutes, one for each verification it met."""
    ill = Dependency("ill", 20, slow=0.0, faults=(OSError,), breaker=Breaker(after=99))
    for _ in range(30):
        with pytest.raises(DependencyDown):
            ill.call(throws(ConnectionError()))
    assert ill.call(int) == ill.call(int) == 0
    assert [record.message for record in caplog.records] == ["ill does not answer; in a row: 1", "ill answers again"]


def test_what_is_ours_is_used_within_seconds_of_its_return():
    """A keys database that had been out for ten minutes was left alone for up to five more."""
    for kind in ("keys", "files"):
        breaker, health = Dependencies().of(kind)._breaker, WELL
        for now in range(0, 600_000, 10_000):
            health = breaker.failed(health, health, now)
        assert 0 < breaker.wait(health, now) <= 5_000


def throws(fault):
    def act():
        raise fault

    return act
