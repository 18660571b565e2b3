"""Who is taken for dead: whoever missed several beats of another's, however slow all of them are."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select, update

from shiming.store.tables import workers
from shiming.workflows.engine import MISSED, Worker
from tests.application import installed


class Living(Worker):
    """The heart of a worker alone."""

    def __init__(self, context):
        self._context, self._id, self._missed = context, "me", {}
        self._adopt_from, self.taken = 0.0, []
        self._station = type("Station", (), {"ended": lambda self: ()})()

    def _list_missing(self) -> None:
        pass

    def _resume(self, dead: str) -> None:
        self.taken.append(dead)


@pytest.fixture
def life(tmp_path):
    """A worker that looks, another one `you`, and the database's clock (ms)."""
    clock = [1_800_000_000_000]
    with installed(tmp_path, "", [datetime.now(UTC)], {}, enqueue=None) as (parts, _):
        context = replace(parts, shared_clock=lambda connection: clock[0])
        with context.database.write() as connection:
            connection.execute(insert(workers).values(id="you", seen_at=clock[0]))
        yield Living(context), clock


def beat(worker, clock, seconds: float, other: bool) -> None:
    """So many seconds on: the other beats, perhaps, and then this one."""
    clock[0] += int(seconds * 1000)
    if other:
        with worker._context.database.write() as connection:
            connection.execute(update(workers).where(workers.c.id == "you").values(seen_at=clock[0] - 2500))
    worker._beat()
    worker._adopt()


def test_the_work_of_a_silent_one_is_taken_up_within_six_seconds(life):
    worker, clock = life
    began = clock[0]
    while not worker.taken:
        beat(worker, clock, 1.25, other=False)
    assert worker.taken == ["you"] and clock[0] - began <= 6000


def test_where_all_are_slow_nobody_is_dead_and_the_dead_are_not_waited_for(life):
    """Beats that take four seconds each: it was not before all were fast again that a dead one was found."""
    worker, clock = life
    for _ in range(10):
        beat(worker, clock, 4.0, other=True)
    assert not worker.taken
    for _ in range(MISSED):
        beat(worker, clock, 4.0, other=False)
    assert worker.taken == ["you"]


def test_after_the_whole_machine_stood_still_others_get_the_time_to_beat(life):
    worker, clock = life
    beat(worker, clock, 60, other=False)
    beat(worker, clock, 1.25, other=False)
    assert not worker.taken
    beat(worker, clock, 1.25, other=True)
    beat(worker, clock, 1.25, other=False)
    assert not worker.taken
    with worker._context.database.read() as connection:
        assert set(connection.scalars(select(workers.c.id))) == {"me", "you"}
