"""Nothing costs at rest: workers wait for a wake-up, and look for themselves only where none can come.

Before: each worker asked the database some thirty times a second whether there was work, for a tenth of a core.
"""

import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import make_url, text

from shiming.store.database import Database, after_commit
from shiming.store.wakeups import pipes
from shiming.workflows import dispatch, engine, queues
from tests.application import installed
from tests.standing.slow_receivers import until

PATIENCE = 240
"""A bound against hanging, not a measure."""


@contextmanager
def resting(folder, url: str, *direct: str):
    command = [sys.executable, "-m", "tests.standing.resting_worker", str(folder), url, *direct]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "running\n"
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def queueing(folder, url: str = ""):
    """What queues work for workers in `folder`, as an API process does."""
    with installed(folder, url, [datetime.now(UTC)], {}, enqueue=None) as (context, _):
        engine.migrate(context.database)
        enqueuer = queues.Enqueuer(context.database)
        yield replace(context, enqueue=enqueuer)
        enqueuer.close()


def queue(context, id: str, delay: float | None = None) -> None:
    with context.database.write() as connection:
        context.enqueue(connection, "conclude", id, "demo", id, delay=delay)


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request, tmp_path):
    url = request.getfixturevalue("postgres_tables") if request.param == "postgresql" else ""
    with queueing(tmp_path, url) as context:
        yield context


def test_work_begins_when_it_is_queued_and_when_it_is_due(tmp_path, house):
    """张合格's verdict, and a decision that can be undone for a second. The worker would not look for ten minutes."""
    with resting(tmp_path, house.database.url):
        for id, delay in (("now", None), ("due", 1.0), ("again", None)):
            queue(house, id, delay)
            assert until((tmp_path / id).exists, PATIENCE), id


def test_more_than_it_does_at_once_is_done_without_a_look(tmp_path, house):
    """What is left when all places are taken is taken up as they come free."""
    with resting(tmp_path, house.database.url):
        with house.database.write() as connection:
            for n in range(12):
                house.enqueue(connection, "conclude", f"many{n}", "demo", f"many{n}")
        assert until(lambda: len(list(tmp_path.glob("many*[0-9]"))) == 12, PATIENCE)


def test_the_work_of_a_colleague_who_was_killed_is_taken_up_at_once(tmp_path, house):
    """On one machine the kernel knows who has ended; by the heart it would be ten minutes here."""
    with resting(tmp_path, house.database.url) as dead:
        queue(house, "held")
        assert until((tmp_path / "held.begun").exists, PATIENCE)
        dead.kill()
        dead.wait()
    (tmp_path / "go").touch()
    with resting(tmp_path, house.database.url):
        assert until((tmp_path / "held").exists, PATIENCE)


def test_a_worker_that_rests_asks_the_database_little(tmp_path, postgres_server, postgres_tables):
    """A hundred and fifty transactions in five seconds, it was."""
    with (
        queueing(tmp_path, postgres_tables) as context,
        worker_that_looks(tmp_path, context.database.url),
        psycopg.connect(host=str(postgres_server), user="shiming", dbname="postgres", autocommit=True) as beside,
    ):
        asked = [_in_five_seconds(beside, postgres_tables)]
        while asked[-1] >= 30 and len(asked) < 24:  # it may take long to start
            asked.append(_in_five_seconds(beside, postgres_tables))
        assert asked[-1] < 30, asked


@contextmanager
def worker_that_looks(folder, url: str):
    """One as it comes."""
    command = [sys.executable, "-m", "tests.security.processes.worker", str(folder), url, "0"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "running\n"
        yield process
    finally:
        process.kill()
        process.wait()


def _in_five_seconds(beside, url):
    before = _transactions(beside, url)
    time.sleep(5)
    return _transactions(beside, url) - before


def _transactions(beside, url: str) -> int:
    counted = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s"
    return beside.execute(counted, [make_url(url).database]).fetchone()[0]


def test_a_listener_that_loses_its_connection_looks_once_it_is_back(tmp_path, postgres_tables):
    """What was told meanwhile is not known, so it looks everywhere."""
    with queueing(tmp_path, postgres_tables) as context, resting(tmp_path, postgres_tables):
        queue(context, "first")
        assert until((tmp_path / "first").exists, PATIENCE)
        with context.database.write() as connection:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            assert connection.execute(text(ended)).scalars().all() == [True]
        queue(context, "second")
        assert until((tmp_path / "second").exists, PATIENCE)


# ── the parts ────────────────────────────────────────────────────────────────────────────────────


def test_all_who_listen_hear_and_who_ended_is_told_once(tmp_path):
    """A worker that is killed leaves its pipe; its lock is gone."""
    heard = {"a": [], "b": []}
    one, other = (pipes.Listener(tmp_path / "w", id, heard[id].append) for id in heard)
    pipes.Teller(tmp_path / "w")({"verify", "trial"})
    assert until(lambda: heard == {"a": [{"verify", "trial"}], "b": [{"verify", "trial"}]}, PATIENCE)
    assert pipes.ended(tmp_path / "w") == []
    dead = "import os, sys; from pathlib import Path; from shiming.store.wakeups import pipes;" \
           "pipes.Listener(Path(sys.argv[1]), 'host:dead', print); os._exit(1)"  # fmt: skip
    subprocess.run([sys.executable, "-c", dead, str(tmp_path / "w")], check=False)
    assert (pipes.ended(tmp_path / "w"), pipes.ended(tmp_path / "w")) == (["host:dead"], [])
    one.close(), other.close()
    assert list((tmp_path / "w").iterdir()) == []
    pipes.Teller(tmp_path / "w")({"verify"})  # nobody listens


def test_where_no_pipe_can_be_made_nothing_is_heard(tmp_path):
    (tmp_path / "w").touch()
    listener = pipes.Listener(tmp_path / "w", "a", print)
    assert not listener.hears
    listener.close()


def test_nothing_is_told_of_what_was_not_done(tmp_path):
    database, told = Database(f"sqlite:///{tmp_path}/a.db", connections=3), []
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        after_commit(connection, told.append, "verify")
        raise ZeroDivisionError
    with database.write() as connection:
        after_commit(connection, told.append, "trial")
        after_commit(connection, told.append, "verify")
        assert told == []
    assert told == [{"trial", "verify"}]
    database.close()


def test_a_pause_ends_when_it_is_told_to_and_only_then_while_one_hears():
    heard = [False]
    pause = dispatch.Pause(lambda: heard[0])
    assert not pause.wait(dispatch.REST), "the first look is at once"
    assert not pause.wait(0.01), "as the engine would have it"
    heard[0] = True
    threading.Timer(0.05, pause.wake).start()
    assert not pause.wait(0.01)
    pause.done()
    assert not pause.wait(dispatch.REST) and not pause.wait(0.01), "as if nobody told, for a while"
    pause.set()
    assert pause.wait(dispatch.REST) and pause.is_set()
