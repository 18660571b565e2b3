"""Several processes that start on an empty folder at one moment: one makes everything, the others find it.

Before: `table data_keys already exists`, thirty times of thirty, and two key files were thinkable.
"""

import multiprocessing
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from shiming import app, startup
from shiming.settings import Settings
from shiming.store.crypto.key_check import OtherKeys
from shiming.store.crypto.key_file import KeyFileFault
from shiming.workflows import maintenance

AT_ONCE, ROUNDS, SECONDS = 4, 3, 280  # the last against hanging only


def starts(barrier, results, folder: str, url: str) -> None:
    """What each of the processes does: start on a new folder, again and again, all at one moment."""
    from shiming.store.crypto import key_file

    for n in range(ROUNDS):
        settings = Settings(data=f"{folder}/{n}", database_url=url, keys_url=url)
        barrier.wait(timeout=SECONDS)
        try:
            app.migrate(settings)
            results.put((n, key_file.read(Path(settings.place("key_file"))).audit.hex()))
        except BaseException as fault:
            results.put((n, f"{type(fault).__name__}: {str(fault)[:200]}"))
        url = ""  # the one PostgreSQL is empty once


@pytest.mark.timeout(900)
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_all_that_start_at_once_succeed_with_the_same_keys(tmp_path, engine, request):
    url = request.getfixturevalue("postgres_database") if engine == "postgresql" else ""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(AT_ONCE), context.Queue()
    given = (barrier, results, str(tmp_path), url)
    processes = [context.Process(target=starts, args=given) for _ in range(AT_ONCE)]
    for process in processes:
        process.start()
    said = [results.get(timeout=SECONDS) for _ in range(AT_ONCE * ROUNDS)]
    for process in processes:
        process.join(SECONDS)
    for n in range(ROUNDS):
        keys = {key for round, key in said if round == n}
        assert len(keys) == 1 and len(next(iter(keys))) == 64, keys


def test_a_second_server_on_one_postgresql_makes_no_keys_of_its_own(tmp_path, postgres_database):
    """Before: it made a key file of its own, and each sealed what the other could not read."""
    first, second = (Settings(data=f"{tmp_path}/{name}", database_url=postgres_database) for name in ("one", "two"))
    app.migrate(first)
    with pytest.raises(KeyFileFault, match="another server of this installation was first"):
        app.migrate(second)
    made = Path(second.place("key_file"))
    assert not made.exists()
    made.write_bytes(Path(first.place("key_file")).read_bytes())
    made.chmod(0o600)
    with pytest.raises(OtherKeys, match="SHIMING_KEYS_URL"):  # its own, in its own folder
        app.migrate(second)
    app.migrate(replace(second, keys_url=first.place("keys_url")))


def test_who_waits_too_long_for_another_start_says_so(tmp_path, monkeypatch):
    settings = Settings(data=str(tmp_path))
    monkeypatch.setattr(startup, "LOCK_SECONDS", 0.1)
    with startup.one_at_a_time(settings), pytest.raises(startup.CannotStart, match="Another process"):
        app.migrate(settings)
    app.migrate(settings)


def test_two_that_keep_house_at_once_do_not_collide(tmp_path, postgres_database):
    """The first rounds of two workers, at one moment, on a fresh PostgreSQL."""
    settings = Settings(data=str(tmp_path), database_url=postgres_database)
    together, faults = threading.Barrier(2), []

    def keep(context) -> None:
        for _ in range(5):
            together.wait(60)
            try:
                context.note_something()
                maintenance.run(context.context)
            except Exception as fault:
                faults.append(fault)

    with app.command_context(settings) as one, app.command_context(settings) as two:
        threads = [threading.Thread(target=keep, args=(Noting(context),)) for context in (one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not faults


class Noting:
    """Somebody whose every round has something new to sign."""

    def __init__(self, context):
        self.context = context

    def note_something(self) -> None:
        with self.context.database.write() as connection:
            self.context.note(connection, "demo.test", "machine", "test.noted", "obj_1")
