"""A database that is down, full, read-only or overrun: 503 with Retry-After through every door, one line in the log,
and all well again with the first request after its return.

It was 500 («nothing was lost») from each of them, with a traceback per call.
"""

import inspect
import logging
import sqlite3
from contextlib import ExitStack

import psycopg
import pytest
from dbos._sys_db import SystemDatabase, db_retry
from fastapi.testclient import TestClient
from sqlalchemy.exc import DBAPIError

from shiming.commands import mail
from shiming.store import outages
from shiming.store.database import Database
from shiming.web import readiness
from shiming.workflows import engine_outages
from shiming.workflows.plain_json import Stumbled
from tests import throwaway_postgres as postgres
from tests.application import application, on_a_loop

GATE, STANDING = "/v1/accounts/lin/may/live", "/v1/accounts/lin/standing"


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """Nothing has been said yet."""
    monkeypatch.setattr(outages, "LOG", outages.Log())


@pytest.fixture
def file_town(tmp_path):
    """An application on SQLite."""
    with application(tmp_path) as made:
        made.api = made.key()
        made.web.state.readiness = _readiness(made)
        yield made


def test_postgresql_stops_and_comes_back_under_a_running_server(tmp_path, caplog):
    """Issue 13.6: the gate, the API, a holder's page, the console and the readiness; then the first calls after it."""
    with postgres.cluster() as (programs, folder), ExitStack() as server, ExitStack() as stack:
        server.enter_context(postgres.started(programs, folder))
        made = stack.enter_context(application(tmp_path, postgres.url(folder)))
        made.web.state.readiness = _readiness(made)
        api = made.key()
        assert [api.get(path).status_code for path in (GATE, STANDING)] == [200, 404]
        server.close()
        _all_say_unavailable(api, caplog)
        server.enter_context(postgres.started(programs, folder))
        assert [api.get(path).status_code for path in (GATE, STANDING)] == [200, 404]


def _all_say_unavailable(api, caplog) -> None:
    with caplog.at_level(logging.WARNING, logger="shiming"):
        for answer in [api.get(path) for path in (GATE, STANDING) * 3]:
            assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
            assert answer.headers["retry-after"] == "1"
        begun = api.post("/v1/accounts/lin/holds", json={"reason": "login_risk"}, headers={"Idempotency-Key": "k"})
        assert (begun.status_code, begun.headers["retry-after"]) == (503, "1")
        assert TestClient(api.app, cookies={"shiming_staff": "x"}).get("/console/api/session").status_code == 503
        _page_says_so(TestClient(api.app, headers={"Accept": "text/html"}))
    assert [line.name for line in caplog.records] == ["shiming.database"], caplog.text
    assert "database unavailable (down): it does not answer" in caplog.text
    ready = api.get("/v1/ready")
    assert (ready.status_code, ready.json()["parts"]) == (503, {"database": "down"})


def _page_says_so(reader: TestClient) -> None:
    reader.cookies = {"shiming_ver_1": "vt_x"}
    page = reader.get("/v/ver_1/basic")
    assert (page.status_code, page.headers["retry-after"]) == (503, "1")
    assert "页面过几秒会自动再试" in page.text and "现在再试一次" in page.text
    english = reader.get("/v/ver_1/basic?lang=en")
    assert "This page tries again by itself" in english.text and "Try again now</a>" in english.text


def test_a_full_disk_is_told_and_made_room_on(file_town):
    """Reading goes on; whoever writes is told to come again later, and the readiness that the disk is full."""
    with file_town.context.database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    _on_each_connection(file_town, f"PRAGMA max_page_count = {pages}")
    answers = [_hold(file_town, f"lin{n}") for n in range(60)]
    full = next(answer for answer in answers if answer.status_code != 201)
    assert (full.status_code, full.json()["code"], full.headers["retry-after"]) == (503, "database_unavailable", "30")
    assert file_town.api.get(GATE).status_code == 200
    assert file_town.api.get("/v1/ready").json()["parts"] == {"database": "full"}
    _on_each_connection(file_town, "PRAGMA max_page_count = 1000000")
    assert _hold(file_town, "wang").status_code == 201


def test_a_database_that_takes_no_writes_is_told(file_town):
    _on_each_connection(file_town, "PRAGMA query_only = ON")
    refused = _hold(file_town, "lin")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
    assert file_town.api.get("/v1/ready").json()["parts"] == {"database": "read_only"}


def test_a_fault_of_ours_is_still_one(file_town):
    """A statement that is wrong is no outage."""
    _on_each_connection(file_town, "DROP TABLE IF EXISTS holds")
    assert file_town.api.get(STANDING).status_code in (404, 500)
    assert _hold(file_town, "lin").status_code == 500


# ── where nobody waits for an answer ─────────────────────────────────────────────────────────────


def test_a_step_of_a_workflow_outlasts_an_outage(monkeypatch):
    """It ended its workflow as an error, once the database was back: a decision that was never carried out."""
    monkeypatch.setattr(engine_outages, "LONGEST_PAUSE", 0)
    down = [psycopg.OperationalError("connection to server failed") for _ in range(30)]
    assert engine_outages.outlasting(_after(down)) == "done"
    locked = psycopg.errors.LockNotAvailable("somebody else has it")
    with pytest.raises(Stumbled, match="LockNotAvailable"):
        engine_outages.outlasting(_after([locked] * 30))
    with pytest.raises(Stumbled, match="KeyError"):
        engine_outages.outlasting(_after([KeyError("x")]))


def _after(faults: list[Exception]):
    """A step that fails with these, and then is done."""
    left = iter(faults)

    def act() -> str:
        for fault in left:
            raise fault
        return "done"

    return act


def test_the_engine_looks_again_within_a_second():
    """Its library pauses for up to a minute, in a place that has no setting."""
    engine_outages.look_again_soon()
    for method in (SystemDatabase.init_workflow, SystemDatabase.update_workflow_outcome):
        assert inspect.getclosurevars(method).nonlocals["max_backoff"] == engine_outages.LONGEST_PAUSE
    assert inspect.getclosurevars(db_retry()(_after([]))).nonlocals["max_backoff"] == engine_outages.LONGEST_PAUSE


def test_mail_that_cannot_be_kept_just_now_comes_again():
    """It was answered 500 with the database's address: for good, and an appeal went back to its writer."""
    taken = mail.MailHandler(lambda raw: "")
    for fault in (psycopg.OperationalError("connection to server at db, user shiming failed"), KeyError("x")):
        said = on_a_loop(lambda fault=fault: taken.handle_exception(fault))
        assert said == "451 4.3.0 Not now; please try again"


# ── what the drivers say ─────────────────────────────────────────────────────────────────────────


POSTGRES = {
    "full": ["DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"],
    "read_only": ["SET TRANSACTION READ ONLY", "CREATE TABLE t (n int)"],
    "overloaded": ["SET LOCAL statement_timeout = 1", "SELECT pg_sleep(60)"],
    "contended": ["SET LOCAL lock_timeout = 1", "LOCK TABLE held"],
    "lost": ["SELECT pg_terminate_backend(pg_backend_pid())"],
    None: ["SELECT nothing"],
}


@pytest.mark.parametrize("kind", POSTGRES)
def test_what_postgresql_says(postgres_database, kind):
    opened = Database(postgres_database)
    with opened.write() as connection:
        connection.exec_driver_sql("CREATE TABLE held (n int)")
    with opened.read() as holder:
        holder.exec_driver_sql("LOCK TABLE held")
        with pytest.raises(DBAPIError) as fault, opened.write() as connection:
            for statement in POSTGRES[kind]:
                connection.exec_driver_sql(statement)
    opened.close()
    assert _kind(fault.value) == kind


def test_a_connection_that_is_refused_because_there_are_too_many(postgres_server):
    """Refused while connecting, an error has no SQLSTATE."""
    postgres.order(postgres_server, "CREATE ROLE narrow LOGIN CONNECTION LIMIT 1")
    at = {"host": str(postgres_server), "user": "narrow", "dbname": "postgres"}
    with psycopg.connect(**at), pytest.raises(psycopg.OperationalError) as fault:
        psycopg.connect(**at)
    assert _kind(fault.value) == "too_many_connections"
    with pytest.raises(psycopg.OperationalError) as fault:
        psycopg.connect(host="/nowhere", user="narrow", dbname="postgres")
    assert _kind(fault.value) == "down"


def test_what_sqlite_says(tmp_path):
    with pytest.raises(sqlite3.OperationalError) as missing:
        sqlite3.connect(tmp_path / "no" / "folder.db")
    first, second = (sqlite3.connect(tmp_path / "a.db", timeout=0, isolation_level=None) for _ in range(2))
    first.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as locked:
        second.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as wrong:
        first.execute("SELECT nothing")
    first.close()
    second.close()
    assert [_kind(each.value) for each in (missing, locked, wrong)] == ["down", "contended", None]


def _kind(fault: BaseException) -> str | None:
    found = outages.outage(fault)
    return found and found.kind


def _readiness(made) -> readiness.Readiness:
    """Of the database alone, as a server looks at it."""
    return readiness.Readiness({"database": readiness.looks(made.context, None, None)["database"]}, seconds=30)


def _on_each_connection(town, statement: str) -> None:
    """On every connection of the pool."""
    engine = town.context.database.engine
    connections = [engine.connect() for _ in range(engine.pool.size())]
    for connection in connections:
        connection.connection.driver_connection.execute(statement)
        connection.close()


def _hold(town, account: str):
    return town.api.post(f"/v1/accounts/{account}/holds", json={"reason": "login_risk"})
