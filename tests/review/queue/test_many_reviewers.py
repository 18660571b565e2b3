"""M38: twenty reviewers at once, on both databases: no case twice, none starved."""

import threading
import time
from collections import Counter

import pytest

from shiming.review.queue import Taker
from shiming.review.verdict import Verdict
from shiming.store.review import cases
from shiming.store.tables import rulings
from shiming.workflows import case_queue
from shiming.workflows.review import rulings as ruling
from tests.application import application

REVIEWERS, EACH = 20, 8
KEEP = Verdict("keep", "still_holds")


@pytest.fixture(params=["sqlite", "postgresql"])
def many(request, tmp_path):
    """A house with a case for each reviewer eight times over."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_tables")
    with application(tmp_path, url) as made:
        with made.context.database.write() as connection:
            now = made.context.now()
            for n in range(REVIEWERS * EACH):
                cases.add(connection, "demo.test", "hold", f"hld_{n}", f"acc_{n}", now, now + n, [])
        yield made


def work(context, name, got, start):
    """Take, think for a moment, decide; until nothing is left."""
    start.wait()
    while row := case_queue.take_next(context, "demo.test", Taker(name)):
        got.append((name, row.id))
        time.sleep(0.02)
        ruling.decide(context, "demo.test", row.id, name, KEEP)


def test_no_case_twice_and_none_starved(many):
    got, start = [], threading.Barrier(REVIEWERS)
    people = [threading.Thread(target=work, args=(many.context, f"r{n}", got, start)) for n in range(REVIEWERS)]
    for person in people:
        person.start()
    for person in people:
        person.join(120)
    assert len(got) == len({id for _, id in got}) == REVIEWERS * EACH
    share = Counter(name for name, _ in got)
    assert len(share) == REVIEWERS and min(share.values()) >= 2
    with many.context.database.read() as connection:
        kept = connection.execute(rulings.select()).all()
    assert sorted((r.by, r.case) for r in kept) == sorted(got)
