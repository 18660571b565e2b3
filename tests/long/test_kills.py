"""Processes of a whole installation are killed at random while clients use it; then the clients' journal is counted.

`KILLS` says how many (1,000), `SEED` which draws, `CLIENTS` how many at once. `FAULTS=kill,freeze` also stops whole
services for a while, as a paused machine does. Result: bench/results/kills.json.
"""

import os
import random
from pathlib import Path

import pytest

from tests import throwaway_postgres as postgres
from tests.long.chaos import faults
from tests.long.chaos import run as chaos

RESULT = Path(__file__).parents[2] / "bench" / "results" / "kills.json"
HOURS = 3600


@pytest.fixture
def databases():
    """The URLs of the main database and of that of the data keys."""
    with postgres.server("max_connections=300") as folder:
        for name in ("main", "keys"):
            postgres.order(folder, f'CREATE DATABASE "{name}" TEMPLATE template0')
        yield postgres.url(folder, "main"), postgres.url(folder, "keys")


@pytest.mark.long
@pytest.mark.timeout(6 * HOURS)
def test_whatever_is_killed_nothing_is_lost_doubled_or_wedged(databases, tmp_path, capfd):
    """Each kill strikes where something is in flight; what was answered is there, once, and what was begun ends."""
    kills, threads = int(os.environ.get("KILLS", "1000")), int(os.environ.get("CLIENTS", "10"))
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 10**6)

    def say(line: str) -> None:
        with capfd.disabled():
            print(line, flush=True)

    kinds = [fault for name in os.environ.get("FAULTS", "kill").split(",") for fault in faults.FAULTS[name]]
    say(f"\n{kills} kills, seed {seed}, {threads} clients; everything lies in {tmp_path}")
    run = chaos.started(tmp_path, *databases, seed, threads)
    try:
        run.break_things(kills, seed, kinds, say)
        run.rest(say)
        with run.database.read() as connection:
            found = chaos.counted(run, connection)
        found["wrong"]["audit"] = chaos.audited(run)
    finally:
        chaos.stop(run)
    chaos.written(RESULT, kept := chaos.result(run, found, seed))
    say("\n".join(f"{name}: {kept[name]}" for name in ("totals", "orphans", "authority", "webhooks", "restarts")))
    assert not {kind: lines[:20] for kind, lines in found["wrong"].items() if lines}
    assert not found["orphans"], "processes outlived the parent that was killed"
