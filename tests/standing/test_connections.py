"""Connections to PostgreSQL are counted and bounded, and whoever waits for one does not wait for ever.

The gate opened one for each concurrent call and closed none: 150 callers at once were answered 500, and whatever else
asked the database failed until the server was started again.
"""

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import insert, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from shiming import connections
from shiming.settings import Settings
from shiming.startup import CannotStart
from shiming.store import database, tables
from tests import throwaway_postgres as postgres
from tests.application import application, on_a_loop

CALLERS = 150


@pytest.fixture
def town(tmp_path, postgres_tables):
    """An application on PostgreSQL, with an account that platforms ask about."""
    with application(tmp_path, postgres_tables) as made:
        made.api = made.key()
        made.api.post("/v1/accounts/lin/holds", json={"reason": "login_risk"}).raise_for_status()
        yield made


def test_a_crowd_at_the_gate_leaves_the_database_to_the_others(town, postgres_server):
    """Issue 13.1: 林直播's platform asks 150 times at once, while its staff looks her up."""
    statuses = on_a_loop(lambda: _crowd(town, "/v1/accounts/lin/may/live", CALLERS))
    assert set(statuses) <= {200, 503} and statuses[200] > CALLERS // 2, "503: on a machine that is slow, or busy"
    assert 0 < _open(postgres_server, town) <= connections.of_http(Settings()).main + connections.GATE
    assert town.api.get("/v1/accounts/lin/standing").status_code == 200


def test_who_finds_no_connection_is_told_to_come_again(tmp_path, postgres_tables, monkeypatch):
    """Not kept waiting for half a minute and then answered 500. On SQLite: the turn to write."""
    monkeypatch.setattr(database, "POOL_SECONDS", 0.1)
    with application(tmp_path, postgres_tables) as made:
        api = made.key()
        held = [made.context.database.read() for _ in range(database.CONNECTIONS - database.BESIDE)]
        for each in held:
            each.__enter__()
        answer = api.get("/v1/accounts/lin/standing")
        for each in held:
            each.__exit__(None, None, None)
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert answer.headers["retry-after"] == "1"
        assert api.get("/v1/accounts/lin/standing").status_code == 404


def test_a_machine_that_stands_still_keeps_nothing_locked(postgres_tables, monkeypatch):
    """One that is paused in the middle of a transaction goes on saying that it is there: its system answers."""
    monkeypatch.setattr(database, "STOPPED_MS", 300)
    paused, other = database.Database(postgres_tables), database.Database(postgres_tables)
    with paused.write() as connection:
        connection.execute(insert(tables.accounts).values(
            id="acc_lin", app="app", ref="lin", kind="user", locale="zh", state="normal", level="none", created_at=1,
        ))  # fmt: skip
    change = update(tables.accounts).values(created_at=2)
    with pytest.raises(DBAPIError), paused.write() as connection:
        connection.execute(change)
        with other.write() as beside:
            assert beside.execute(change).rowcount == 1
        connection.execute(change)
    for each in (paused, other):
        each.close()


def test_the_gate_waits_for_a_while_only(tmp_path, postgres_tables):
    with application(tmp_path, postgres_tables) as made:
        api, gate = made.key(), made.web.state.gate
        gate._seconds, gate._connections = 0.05, 0
        answer = api.get("/v1/accounts/lin/may/live")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


# ── the sum ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("changed", "main", "keys"), [
    ({}, 14 + 17 + 4, 3 * 4),
    ({"database_connections": 20}, 24 + 27 + 4, 3 * 4),
    ({"serve_processes": 2, "work_processes": 3}, 2 * 14 + 5 * 17 + 4, 8 * 4),
    ({"gate_processes": 2}, 14 + 17 + 2 * 8 + 4, 5 * 4),
])  # fmt: skip
def test_the_sum_is_made_of_all_pools_of_all_processes(changed, main, keys):
    assert connections.budget(Settings(**changed)) == {"database_url": main, "keys_url": keys}


def test_the_sum_is_what_the_manual_says():
    said = (Path(__file__).parents[2] / "docs/operate.md").read_text(encoding="utf-8")
    held = connections.budget(Settings())
    worker = f"10 + {connections.ENGINE} + {connections.LISTENER}"
    assert f"10 + {connections.GATE} + {worker} + {connections.COMMAND} = {held['database_url']} " in said
    assert f"and {held['keys_url']} to the keys database, {held.total()} where both" in said


def test_too_many_processes_are_refused_at_the_start(postgres_tables):
    """One line: how many there is room for, how many it may become, and which setting to change."""
    one = Settings(database_url=postgres_tables, keys_url=postgres_tables)
    connections.check(one)
    with pytest.raises(CannotStart) as refused:
        connections.check(replace(one, work_processes=1))
    assert "has room for 57 connections" in str(refused.value) and "may need 68" in str(refused.value)
    assert "lower SHIMING_DATABASE_CONNECTIONS to 6" in str(refused.value)
    connections.check(replace(one, work_processes=1, database_connections=6))
    connections.check(replace(one, work_processes=1, connection_limit=68))  # what a pooler takes
    with pytest.raises(CannotStart, match="room for 45"):
        connections.check(replace(one, connection_limit=45))


def test_a_limit_of_the_database_itself_counts(postgres_server, postgres_tables):
    one = Settings(database_url=postgres_tables)
    postgres.order(postgres_server, f'ALTER DATABASE "{make_url(postgres_tables).database}" CONNECTION LIMIT 20')
    with pytest.raises(CannotStart, match="room for 20 connections"):
        connections.check(one)


async def _crowd(town, path: str, callers: int) -> Counter[int]:
    """How many answers of each status they got who came at once."""
    door = httpx.ASGITransport(town.web)
    async with httpx.AsyncClient(transport=door, base_url="http://testserver", headers=town.api.headers,
                                 timeout=120) as client:  # fmt: skip
        answers = await asyncio.gather(*(client.get(path) for _ in range(callers)))
    return Counter(answer.status_code for answer in answers)


def _open(folder, town) -> int:
    """How many connections to the town's database PostgreSQL counts."""
    with psycopg.connect(host=str(folder), user="shiming", dbname="postgres") as connection:
        name = make_url(town.context.database.url).database
        counted = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name])
        return counted.fetchone()[0]
