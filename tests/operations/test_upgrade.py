"""An installation that an earlier release left, with work in flight, is upgraded and finishes its work (issue 16)."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from shiming import app
from shiming.settings import Settings
from shiming.store import migrations
from shiming.store.database import Database
from shiming.store.tables import accounts, verifications
from tests.operations.house import opened, set_environment
from tests.operations.release_fixture import HERE, put_back

RELEASES = sorted(HERE.iterdir())
SECONDS = 240


@pytest.fixture(params=RELEASES, ids=lambda path: path.name)
def settings(request, tmp_path):
    put_back(request.param, tmp_path / "data")
    return Settings(data=str(tmp_path / "data"))


def states(database: Database) -> dict[str, str]:
    """Of each account's verification."""
    query = select(accounts.c.ref, verifications.c.state).where(accounts.c.id == verifications.c.account)
    with database.read() as connection:
        return dict([tuple(row) for row in connection.execute(query)])


def test_what_was_in_work_is_finished_after_the_upgrade(settings, monkeypatch):
    app.migrate(settings)
    database = Database(settings.place("database_url"))
    with database.read() as connection:
        assert migrations.current(connection) == migrations.head()
    assert states(database) == {"zhang": "approved", "wei": "checking", "zhou": "checking", "li": "collecting"}
    set_environment(monkeypatch, settings)
    worker = subprocess.Popen([sys.executable, "-m", "tests.operations.upgraded_worker"], stdin=subprocess.PIPE,
                              cwd=Path(__file__).parents[2])  # fmt: skip
    until = time.monotonic() + SECONDS
    while "checking" in states(database).values() and worker.poll() is None and time.monotonic() < until:
        time.sleep(0.2)
    worker.communicate(timeout=SECONDS)
    assert states(database) == {"zhang": "approved", "wei": "needs_input", "zhou": "approved", "li": "collecting"}
    database.close()
    with opened(settings) as home:
        assert home.get("/accounts/zhou/standing")["level"] == "basic"
