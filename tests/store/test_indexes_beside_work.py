"""A release is rolled out on tables with a hundred million rows: nobody waits for an index to be built."""

import threading
import time

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from shiming.store import migrations
from shiming.store.database import Database
from shiming.store.meta import metadata
from shiming.store.migrations import indexes
from tests.store.test_migrations import _waits

EARLIER = "0004_authority_reservations"


def moved(database: Database) -> None:
    """As every start does it."""
    migrations.upgrade(database)
    migrations.build_indexes(database)


@pytest.fixture
def database(postgres_database):
    made = Database(postgres_database)
    yield made
    made.close()


@pytest.fixture
def other(postgres_database):
    made = Database(postgres_database)
    yield made
    made.close()


@pytest.fixture
def third(postgres_database):
    made = Database(postgres_database)
    yield made
    made.close()


def differences(database: Database) -> list:
    with database.engine.connect() as connection:
        options = {"include_object": migrations.ours, "compare_type": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def break_one(database: Database, name: str) -> None:
    """As a build leaves it whose machine went down."""
    with database.write() as connection:
        broken = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = CAST(:name AS regclass)"
        connection.execute(text(broken), {"name": name})


def unusable(database: Database) -> list[str | None]:
    with database.read() as connection:
        return [index.name for index in indexes.missing(connection)]


def test_tables_in_use_get_every_index_without_keeping_a_writer_waiting(database, other, third):
    migrations.upgrade(database, EARLIER)
    migrations.upgrade(database, migrations.steps()[-1])  # as a restore does it: to a step, no further
    left = unusable(database)
    assert {"holds_by_rule", "verifications_by_number", "accounts_by_age_day"} <= {*left}
    writes = text("LOCK TABLE holds IN ROW EXCLUSIVE MODE")
    with database.write() as connection:
        connection.execute(writes)
        mover = threading.Thread(target=moved, args=(third,))
        mover.start()
        while not _waits(database):
            time.sleep(0.01)
        with other.write() as beside:
            beside.execute(text("SET LOCAL lock_timeout = 5000"))
            beside.execute(writes)
    mover.join()
    assert unusable(database) == [] and differences(database) == []


def test_several_that_start_at_once_build_each_once(database, other):
    migrations.upgrade(database, EARLIER)
    threads = [threading.Thread(target=moved, args=(each,)) for each in (database, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert unusable(database) == [] and differences(database) == []


def test_what_a_broken_build_left_is_built_anew(database):
    migrations.upgrade(database)
    break_one(database, "holds_by_rule")
    assert unusable(database) == ["holds_by_rule"]
    moved(database)
    assert unusable(database) == []


def test_who_comes_while_others_build_goes_on(database, other):
    migrations.upgrade(database)
    break_one(database, "holds_by_rule")
    with other.write() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": indexes.ONE_AT_A_TIME})
        migrations.build_indexes(database)
    assert unusable(database) == ["holds_by_rule"]
    migrations.build_indexes(database)
    assert unusable(database) == []


def test_a_release_that_was_overtaken_builds_nothing(database):
    """The newer one may have had its reasons to take an index away."""
    migrations.upgrade(database)
    with database.write() as connection:
        connection.execute(text("DROP INDEX holds_by_rule"))
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_newer'"))
        connection.execute(text("UPDATE releases SET version = '99.0.0'"))
    moved(database)
    assert unusable(database) == ["holds_by_rule"]


def test_an_index_goes_only_once_the_one_in_its_place_is_there(database):
    """The release before reads by it until then."""
    migrations.upgrade(database, "0024_console_pages")
    migrations.upgrade(database, "0025_rules_page")
    old, new = "holds_by_time", "holds_by_rule"
    assert old in usable(database) and new not in usable(database)
    moved(database)
    assert old not in usable(database) and new in usable(database) and differences(database) == []


def usable(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(text(indexes.USABLE)))
