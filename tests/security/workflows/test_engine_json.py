"""The workflow engine keeps ids and words as JSON. It used to pickle, and who could write one row of its tables could
have a worker run anything."""

import base64
import binascii
import os
import pickle
from contextlib import contextmanager

import pytest
from sqlalchemy import MetaData, Table, inspect, select, update

from shiming.store.database import Database
from shiming.workflows import engine
from tests.security.workflows.test_clock_skew import PEOPLE, until, worker
from tests.security.workflows.test_clock_skew import platform as platform_on


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    return f"sqlite:///{tmp_path}/shiming.db" if request.param == "sqlite" else request.getfixturevalue(
        "postgres_tables")  # fmt: skip


@pytest.fixture
def platform(tmp_path, url):
    with contextmanager(platform_on.__wrapped__)(tmp_path, url) as made:
        yield made


def tables(database: Database):
    schema = None if database.sqlite else "dbos"
    names = inspect(database.engine).get_table_names(schema=schema)
    return [Table(name, MetaData(), schema=schema, autoload_with=database.engine) for name in names]


def pickles(url: str) -> list[str]:
    """Where in the engine's tables a pickle lies."""
    database = Database(url)
    with database.read() as connection:
        found = [
            f"{table.name}.{column}"
            for table in tables(database)
            for row in connection.execute(table.select()).mappings()
            for column, value in row.items() if isinstance(value, str) and is_pickle(value)
        ]  # fmt: skip
    database.close()
    return found


def is_pickle(text: str) -> bool:
    try:
        return base64.b64decode(text, validate=True)[:1] == b"\x80"
    except (binascii.Error, ValueError):
        return False


def left_by_an_earlier_release(url: str, arguments: object) -> None:
    """Make every waiting workflow look as the release before wrote it, with these arguments or its own."""
    database = Database(url)
    of = {table.name: table for table in tables(database)}
    status, inputs = of["workflow_status"], of["workflow_input"]
    with database.write() as connection:
        for id in connection.scalars(select(status.c.workflow_uuid).where(status.c.status == "ENQUEUED")).all():
            _, verification, round, turn = id.split(":")
            own = {"args": ("demo.test", verification, int(round), int(turn)), "kwargs": {}}
            old = {"inputs": base64.b64encode(pickle.dumps(arguments or own)).decode()}
            for one in (status, inputs):
                connection.execute(update(one).where(one.c.workflow_uuid == id).values(old))
            then = {"serialization": "py_pickle", "application_version": "1"}
            connection.execute(update(status).where(status.c.workflow_uuid == id).values(then))
    database.close()


class Bomb:
    """What it does when it is unpickled is up to who wrote it."""

    def __init__(self, does: str):
        self.does = does

    def __reduce__(self):
        return os.system, (self.does,)


def statuses(url: str) -> dict[str, tuple[str, str | None]]:
    """What became of each workflow, and the fault that it ended with."""
    database = Database(url)
    of = {table.name: table for table in tables(database)}
    with database.read() as connection:
        faults = {row.workflow_uuid: row.error for row in connection.execute(of["workflow_output"].select())}
        rows = connection.execute(of["workflow_status"].select()).all()
    database.close()
    return {row.workflow_uuid: (row.status, faults.get(row.workflow_uuid) or row.error) for row in rows}


def test_no_pickle_is_left_after_a_run(tmp_path, url, platform):
    """Arguments, results and faults: the second workflow is about a ruling that never was, and fails."""
    platform.answer()
    platform.submit(PEOPLE[0])
    platform.enqueue("conclude", "conclude:nothing", "demo.test", "rul_nothing")
    with worker(tmp_path, url):
        until(lambda: platform.undecided() == 0)
        until(lambda: {state for state, _ in statuses(url).values()} <= {"SUCCESS", "ERROR"})
    assert statuses(url)["conclude:nothing"][0] == "ERROR"
    assert pickles(url) == []
    left_by_an_earlier_release_finished(url)
    assert pickles(url) == ["workflow_status.error"]  # the search does find one


def left_by_an_earlier_release_finished(url: str) -> None:
    database = Database(url)
    status = {table.name: table for table in tables(database)}["workflow_status"]
    old = {"error": base64.b64encode(pickle.dumps(ValueError("x"))).decode(), "serialization": "py_pickle"}
    with database.write() as connection:
        connection.execute(update(status).where(status.c.workflow_uuid == "conclude:nothing").values(old))
    database.close()


def test_work_that_waited_over_an_upgrade_is_done_once(tmp_path, url, platform):
    for number in PEOPLE[:3]:
        platform.submit(number)
    left_by_an_earlier_release(url, None)
    assert len(pickles(url)) >= 3
    database = Database(url)
    engine.migrate(database)
    engine.migrate(database)
    database.close()
    assert pickles(url) == []
    platform.answer()
    with worker(tmp_path, url):
        until(lambda: platform.undecided() == 0)
    assert dict(platform.asked()) == dict.fromkeys(PEOPLE[:3], 1)


def test_a_pickle_that_does_something_does_not_survive_an_upgrade(tmp_path, url, platform):
    platform.submit(PEOPLE[0])
    left_by_an_earlier_release(url, Bomb(f"touch {tmp_path}/exploded"))
    database = Database(url)
    engine.migrate(database)
    database.close()
    assert list(statuses(url).values()) == [("ERROR", '{"fault": "Unreadable"}')]
    assert pickles(url) == []
    assert not (tmp_path / "exploded").exists()


def test_a_planted_pickle_is_never_opened(tmp_path, url, platform):
    """Nor where its row says that it is of today: then the workflow ends with a fault that says so."""
    platform.submit(PEOPLE[0])
    left_by_an_earlier_release(url, Bomb(f"touch {tmp_path}/exploded"))
    database = Database(url)
    status = {table.name: table for table in tables(database)}["workflow_status"]
    with database.write() as connection:
        connection.execute(update(status).values(application_version=engine.VERSION))
    database.close()
    with worker(tmp_path, url):
        until(lambda: list(statuses(url).values()) == [("ERROR", '{"fault": "Unreadable"}')])
    assert not (tmp_path / "exploded").exists()
