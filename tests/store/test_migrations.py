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


def test_a_second_start_costs_next_to_nothing(database_url):
    database = Database(database_url)
    migrations.upgrade(database)
    began = time.process_time()
    for _ in range(10):
        migrations.upgrade(database)
    assert (time.process_time() - began) / 10 < 0.05
    database.close()
