"""A fresh database is made by the migrations alone, and is then exactly what tables.py says."""

import threading
import time

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from shiming.store import migrations, tables
from shiming.store.audit import audit_log
from shiming.store.database import Database
from shiming.store.meta import metadata

assert audit_log and tables  # they fill the MetaData


def test_what_is_migrated_equals_the_tables(database_url):
    """Where this fails on a change of tables.py: `python -m tools.baseline` (see there)."""
    database = Database(database_url)
    migrations.upgrade(database)
    with database.engine.connect() as connection:
        options = {"include_object": migrations.ours, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        assert migrations.current(connection) == migrations.head()
    database.close()


def test_tables_of_others_are_left_alone(database_url):
    database = Database(database_url)
    with database.write() as connection:
        connection.execute(text("CREATE TABLE somebody_elses (id INTEGER)"))
    migrations.upgrade(database)
    migrations.upgrade(database)
    assert inspect(database.engine).has_table("somebody_elses")
    database.close()


def test_two_that_start_at_once_make_the_tables_once(database_url):
    databases = [Database(database_url) for _ in range(3)]
    threads = [threading.Thread(target=migrations.upgrade, args=(each,)) for each in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with databases[0].read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1
    for each in databases:
        each.close()


def _before_the_indexes(database: Database) -> str:
    """The step after which `holds` and `rulings` get indexes."""
    step = "0023_lists"
    migrations.upgrade(database, step)
    return step


def _moving(database_url: str) -> tuple[threading.Thread, list]:
    """A process that moves the tables meanwhile, and what went wrong there."""
    faults, mover = [], Database(database_url)

    def move() -> None:
        try:
            migrations.upgrade(mover)
        except Exception as fault:
            faults.append(fault)
        finally:
            mover.close()

    thread = threading.Thread(target=move)
    thread.start()
    return thread, faults


def _waits(database: Database) -> bool:
    """Whether somebody waits for a lock there."""
    with database.read() as connection:
        found = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        return connection.scalar(text(found)) is not None


def test_a_step_goes_out_of_the_way_of_who_is_at_work(postgres_database, monkeypatch):
    """A release was rolled out under load: the step held one table and waited for another, work the other way round,
    and `shiming migrate` ended in a deadlock.
    """
    monkeypatch.setattr(migrations, "PAUSE", 0.1)
    database = Database(postgres_database)
    _before_the_indexes(database)
    locked, wanted = (text(f"LOCK TABLE {name} IN ROW EXCLUSIVE MODE") for name in ("rulings", "holds"))
    with database.write() as connection:
        connection.execute(locked)
        mover, faults = _moving(postgres_database)
        while not _waits(database):
            time.sleep(0.01)
        connection.execute(wanted)
    mover.join()
    assert faults == []
    with database.read() as connection:
        assert migrations.current(connection) == migrations.head()
    database.close()


def test_tables_that_stay_in_use_are_named_as_what_it_is(postgres_database, monkeypatch):
    """Neither the server nor its address is at fault, as was said."""
    monkeypatch.setattr(migrations, "PAUSE", 0.1)
    monkeypatch.setattr(migrations, "TRIES", 2)
    database = Database(postgres_database)
    step = _before_the_indexes(database)
    with database.write() as connection:
        connection.execute(text("LOCK TABLE holds IN ROW EXCLUSIVE MODE"))
        mover, faults = _moving(postgres_database)
        mover.join()
    assert [type(fault) for fault in faults] == [migrations.TablesInUse] and "pg_stat_activity" in str(faults[0])
    with database.read() as connection:
        assert migrations.current(connection) == step
    database.close()


def test_a_second_start_costs_next_to_nothing(database_url):
    database = Database(database_url)
    migrations.upgrade(database)
    began = time.process_time()
    for _ in range(10):
        migrations.upgrade(database)
    assert (time.process_time() - began) / 10 < 0.05
    database.close()
