"""The main database as it was at one moment, as members of a data backup.

SQLite: a copy by its own backup interface, page by page. PostgreSQL: COPY of each table through the driver, all in one
REPEATABLE READ snapshot. No pg_dump: it has to be as new as the server and is not in the image, and what makes the
tables stands in the program anyway: a restore has it make them as of the same step. Rows go by the names of columns, so
a table that is added to tables.py is in the next backup. Tables of others in our database are left to them, and named.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, column, func, inspect, select, table

from shiming.store.audit import audit_log
from shiming.store.backup.artefact import PART
from shiming.store.crypto.data_keys import keys_metadata
from shiming.store.database import Database
from shiming.store.meta import metadata
from shiming.store.migrations import current
from shiming.store.tables import installation

__all__ = ["ENGINE", "FILE", "Dumped", "Snapshot", "audit_log", "engine_step", "installation_of", "snapshot"]
ENGINE = "dbos"  # the schema of the workflow engine
FILE = "database/shiming.db"
Members = Iterable[tuple[str, Iterable[bytes]]]


@dataclass(frozen=True, slots=True)
class Dumped:
    """One table on PostgreSQL, and the columns that its rows give, in that order."""

    schema: str
    name: str
    columns: list[str]

    @property
    def member(self) -> str:
        return f"database/{self.schema or 'main'}.{self.name}"

    def target(self) -> sql.Composable:
        return sql.Identifier(self.schema, self.name) if self.schema else sql.Identifier(self.name)

    def copy(self, way: str) -> sql.Composed:
        """The COPY statement; `way` is `TO STDOUT` or `FROM STDIN`."""
        columns = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        return sql.SQL("COPY {} ({}) " + way).format(self.target(), columns)


@dataclass(frozen=True)
class Snapshot:
    """What a data backup says of its database, and the members that hold it."""

    facts: dict[str, Any]
    members: Members
    left_out: list[str] = field(default_factory=list)


@contextmanager
def snapshot(database: Database, scratch: Path) -> Iterator[Snapshot]:
    """The database as it is now, until the block ends. `scratch` is a file that may be made meanwhile (SQLite)."""
    with _sqlite(database, scratch) if database.sqlite else _postgres(database) as taken:
        yield taken


@contextmanager
def _sqlite(database: Database, scratch: Path) -> Iterator[Snapshot]:
    os.close(os.open(scratch, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        with database.read() as connection, closing(sqlite3.connect(scratch)) as copy:
            connection.connection.driver_connection.backup(copy)
            _keys_left_out(copy)
        made = Database(f"sqlite:///{scratch}", connections=1)
        with made.read() as connection:
            facts = {"kind": "sqlite", **_facts(connection)}
        made.close()
        yield Snapshot(facts, [(FILE, _read(scratch))])
    finally:
        for end in ("", "-wal", "-shm"):
            Path(f"{scratch}{end}").unlink(missing_ok=True)


def _keys_left_out(copy: sqlite3.Connection) -> None:
    """Where both databases lie in one file: the keys are no part of this backup."""
    copy.execute("PRAGMA journal_mode=DELETE")
    rows = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    if keys := {name for (name,) in rows} & set(keys_metadata.tables):
        for name in keys:
            copy.execute(f'DROP TABLE "{name}"')
        copy.commit()
        copy.execute("VACUUM")


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(PART):
            yield part


@contextmanager
def _postgres(database: Database) -> Iterator[Snapshot]:
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        tables, left_out = _tables(connection)
        facts = {"kind": "postgresql", **_facts(connection), "tables": [_page(each) for each in tables]}
        yield Snapshot(facts, ((each.member, _copied(connection, each)) for each in tables), left_out)


def _facts(connection: Connection) -> dict[str, Any]:
    return {"step": current(connection), "engine": engine_step(connection), "installation": installation_of(connection)}


def installation_of(connection: Connection) -> str | None:
    """The id of its keys database: a data backup and a key backup that have the same belong together."""
    return connection.scalar(select(installation.c.keys_database))


def engine_step(connection: Connection) -> int | None:
    """The step at which the workflow engine's tables are."""
    schema = None if connection.dialect.name == "sqlite" else ENGINE
    if not inspect(connection).has_table("dbos_migrations", schema):
        return None
    return connection.scalar(select(func.max(column("version"))).select_from(table("dbos_migrations", schema=schema)))


def _page(table: Dumped) -> dict[str, Any]:
    return {"schema": table.schema, "name": table.name, "columns": table.columns}


def _tables(connection: Connection) -> tuple[list[Dumped], list[str]]:
    """Ours and the engine's, each after those that it refers to; and the names of those that are somebody else's.

    The schema of ours is told as empty: where they are restored it may have another name.
    """
    look, found, others = inspect(connection), [], []
    for schema in (None, ENGINE):
        for name, _ in look.get_sorted_table_and_fkc_names(schema):
            if name and (schema or name in metadata.tables):
                columns = [each["name"] for each in look.get_columns(name, schema) if not each.get("computed")]
                found.append(Dumped(schema or "", name, columns))
            elif name and name not in {*keys_metadata.tables, "alembic_version"}:
                others.append(name)
    return found, others


def _copied(connection: Connection, table: Dumped) -> Iterator[bytes]:
    raw = connection.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(table.copy("TO STDOUT")) as copy:
        yield from map(bytes, copy)
