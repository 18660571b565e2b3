"""Behind pgbouncer in transaction mode, where every transaction may get another connection: a real one, where it is
installed (Debian: `apt-get install pgbouncer`).
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from shiming import startup
from shiming.settings import Settings
from shiming.store import wakeups
from shiming.store.database import PREPARE_AFTER, Database
from tests.application import application, free_port
from tests.standing.slow_receivers import until

PATIENCE = 240
"""A bound against hanging, not a measure."""
CONFIG = """
[databases]
* = host={server} user=shiming
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
server_reset_query =
"""


@pytest.fixture
def pooled(tmp_path, postgres_server, postgres_database):
    """The address of an empty database behind pgbouncer, which keeps three connections to it."""
    if not (program := shutil.which("pgbouncer", path=f"{os.defpath}:/usr/sbin")):
        pytest.skip("pgbouncer is not installed")
    with _bouncer(program, tmp_path, postgres_server) as port:
        yield f"postgresql+psycopg://shiming@127.0.0.1:{port}/{make_url(postgres_database).database}"


def test_it_is_installed_and_served_behind_a_pooler(tmp_path, pooled, postgres_server):
    """Issue 13.1: first start, twice; then more callers than the pooler has connections."""
    settings = Settings(data=str(tmp_path / "home"), database_url=pooled, keys_url=pooled)
    for _ in range(2):
        startup.migrate(settings)
    _nothing_is_locked(postgres_server)
    with application(tmp_path, pooled) as made:
        api = made.key()
        for n in range(12):
            assert api.post(f"/v1/accounts/lin{n}/holds", json={"reason": "login_risk"}).status_code == 201
            assert not api.get(f"/v1/accounts/lin{n}/may/live").json()["allowed"]
        assert _prepare(made) == {None}


def test_without_one_statements_are_prepared(tmp_path, postgres_database):
    """Planning takes most of the gate's time."""
    with application(tmp_path, postgres_database) as made:
        assert made.key().get("/v1/accounts/lin/may/live").status_code == 200
        assert _prepare(made) == {0, PREPARE_AFTER}


def test_wake_ups_are_heard_where_the_server_itself_is_named(pooled, postgres_database):
    """LISTEN would stay on a connection that is somebody else's in the next moment: workers look by themselves."""
    database, heard = Database(pooled), []
    (through,), (past,) = (wakeups.Station(database, direct).listen(id, heard.append)
                           for id, direct in (("a", ""), ("b", postgres_database)))  # fmt: skip
    assert until(lambda: past.hears, PATIENCE) and until(lambda: not through._thread.is_alive(), PATIENCE)
    assert not through.hears
    tell = wakeups.teller(database)
    tell({"verify"})
    assert until(lambda: {"verify"} in heard, PATIENCE)
    for each in (through, past, tell, database):
        each.close()


def _prepare(made) -> set[int | None]:
    """After how many uses the gate and the others prepare a statement."""
    (own,) = made.web.state.gate._idle
    with made.context.database.read() as connection:
        return {own.prepare_threshold, connection.connection.driver_connection.prepare_threshold}


@contextmanager
def _bouncer(program, folder, server):
    port = free_port()
    config = folder / "pgbouncer.ini"
    config.write_text(CONFIG.format(server=server, port=port))
    below = Path(tempfile.gettempdir())  # somebody else has to read it there
    for each in (folder, *(one for one in folder.parents if one.is_relative_to(below) and one != below)):
        each.chmod(0o755)
    other = {"user": pwd.getpwnam("nobody").pw_uid} if os.geteuid() == 0 else {}
    process = subprocess.Popen([program, "-q", str(config)], **other)
    try:
        _wait(port)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)


def _wait(port: int) -> None:
    for _ in range(600):
        try:
            return psycopg.connect(host="127.0.0.1", port=port, user="shiming", dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise TimeoutError("pgbouncer does not answer")


def _nothing_is_locked(server) -> None:
    """A lock of the session would stay on the pooler's connection, and the next start would wait for it."""
    with psycopg.connect(host=str(server), user="shiming", dbname="postgres") as connection:
        assert connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone()[0] == 0
