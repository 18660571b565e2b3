"""Several processes that start on an empty folder at one moment: one makes everything, the others find it.

Before: `table data_keys already exists`, thirty times of thirty, and two key files were thinkable.
"""

import multiprocessing
from pathlib import Path

import pytest

from shiming.settings import Settings

AT_ONCE, ROUNDS = 4, 5


def starts(barrier, results, folder: str, url: str) -> None:
    """What each of the processes does: start on a new folder, again and again, all at one moment."""
    from shiming import app
    from shiming.store import key_file

    for n in range(ROUNDS):
        settings = Settings(data=f"{folder}/{n}", database_url=url, keys_url=url)
        barrier.wait(timeout=120)
        try:
            app.migrate(settings)
            results.put((n, key_file.read(Path(settings.place("key_file"))).audit.hex()))
        except BaseException as fault:
            results.put((n, f"{type(fault).__name__}: {str(fault)[:200]}"))
        url = ""  # the one PostgreSQL is empty once


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_all_that_start_at_once_succeed_with_the_same_keys(tmp_path, engine, request):
    url = request.getfixturevalue("postgres_database") if engine == "postgresql" else ""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(AT_ONCE), context.Queue()
    given = (barrier, results, str(tmp_path), url)
    processes = [context.Process(target=starts, args=given) for _ in range(AT_ONCE)]
    for process in processes:
        process.start()
    said = [results.get(timeout=120) for _ in range(AT_ONCE * ROUNDS)]
    for process in processes:
        process.join(30)
    for n in range(ROUNDS):
        keys = {key for round, key in said if round == n}
        assert len(keys) == 1 and len(next(iter(keys))) == 64, keys
