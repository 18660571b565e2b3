"""Indexes of tables that are in use, built beside the work that goes on in them (PostgreSQL's CONCURRENTLY).

In a step's transaction an index keeps everybody who writes into its table waiting until it is built: an hour, with a
hundred million rows. So a step leaves out those of tables that were there before it, and once the steps are through,
what store/tables.py names and the database lacks is built: what a broken try left half-built, too. Only then go those
that others have taken the place of.
"""

import logging
import time
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Connection, Index, text
from sqlalchemy.schema import CreateIndex

from shiming.store.database import Database, alone, make_engine
from shiming.store.meta import metadata

ONE_AT_A_TIME = 5321849  # an advisory lock of its own, beside those of startup.py and of the steps: nobody waits for it
USABLE = """SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indisvalid AND c.relnamespace = current_schema()::regnamespace"""
SUPERSEDED = ("holds_by_time", "ix_cases_about")
log = logging.getLogger("shiming.store")


def left_out(act: Callable[..., Any], in_use: Collection[str]) -> Callable[..., Any]:
    """Alembic's way to create or drop an index, but for those of tables that are in use."""

    def unless_in_use(index: Index, **options: Any) -> None:
        if index.table.name not in in_use:
            act(index, **options)

    return unless_in_use


def missing(connection: Connection) -> list[Index]:
    """What the tables should have and PostgreSQL cannot use, by name."""
    return _lacking(_usable(connection))


def _usable(connection: Connection) -> set[str]:
    return set(connection.scalars(text(USABLE)))


def _lacking(usable: Collection[str]) -> list[Index]:
    every = (index for table in metadata.sorted_tables for index in table.indexes)
    return sorted((index for index in every if index.name not in usable), key=lambda index: str(index.name))


def build(database: Database) -> bool:
    """Build what is missing on a PostgreSQL whose steps are through, and drop what is superseded; False where another
    process is at it. It waits for transactions that were there when it began, and for nothing else.
    """
    with database.read() as connection:
        usable = _usable(connection)
    if not _lacking(usable) and usable.isdisjoint(SUPERSEDED):
        return True
    engine = make_engine(database.url, connections=2)  # sessions of its own, which take their limits with them
    try:
        with engine.connect() as lock:
            if not alone(lock, ONE_AT_A_TIME):
                return False
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                _build(connection)
            return True
    finally:
        engine.dispose()


def _build(connection: Connection) -> None:
    connection.execute(text("SELECT set_config('lock_timeout', '0', false), "
                            "set_config('statement_timeout', '0', false)"))  # fmt: skip
    for index in missing(connection):
        began = time.monotonic()
        log.info("index %s of %s is built beside the work (pg_stat_progress_create_index says how far)", index.name,
                 index.table.name)  # fmt: skip
        connection.execute(text(f'DROP INDEX CONCURRENTLY IF EXISTS "{index.name}"'))
        made = str(CreateIndex(index).compile(dialect=connection.dialect))
        connection.execute(text(made.replace(" INDEX ", " INDEX CONCURRENTLY ", 1)))
        log.info("index %s is built, %.0f s", index.name, time.monotonic() - began)
    for name in SUPERSEDED:
        connection.execute(text(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"'))
