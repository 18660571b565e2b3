"""The members of a data backup, put into an empty main database.

Until `finished` says so the database is marked as unfinished, and no process of the product starts on it: those who
were erased after the backup have to be erased again first.
"""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from psycopg import sql
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from shiming.errors import ShimingError
from shiming.store import migrations
from shiming.store.backup.database_dump import ENGINE, FILE, Dumped, engine_step
from shiming.store.crypto.key_file import sync_folder
from shiming.store.database import Database
from shiming.store.meta import metadata

UNFINISHED = "restore_unfinished"


class CannotRestore(ShimingError):
    """A backup does not fit where it is to go. The message says what to do."""

    code = "cannot_restore"


class Loader(Protocol):
    """Takes the members of a database in the order in which they were written."""

    def member(self, name: str, part: bytes) -> None: ...

    def finish(self) -> None:
        """After the last one: everything is in its place, and marked as unfinished."""
        ...


def check_whole(database: Database) -> None:
    """For everybody but the command that restores. Raises CannotRestore where a restore has not come to its end."""
    with database.read() as connection:
        if inspect(connection).has_table(UNFINISHED):
            raise CannotRestore("This database is being restored, or a restore was broken off: whoever was erased "
                                "after the backup is in it still. Let `shiming restore` come to its end; where it was "
                                "broken off, empty the databases and begin again.")  # fmt: skip


def finished(database: Database) -> None:
    """From here on it may be served."""
    with database.write() as connection:
        connection.execute(text(f"DROP TABLE {UNFINISHED}"))


def check(database: Database, facts: Mapping[str, Any]) -> None:
    """Whether what these facts are told of can be put there. Raises CannotRestore."""
    kind = "sqlite" if database.sqlite else "postgresql"
    if facts["kind"] != kind:
        raise CannotRestore(f"The backup is of a database on {facts['kind']}, SHIMING_DATABASE_URL is one on {kind}. "
                            "Restore into the same kind.")  # fmt: skip
    if not (migrations.HERE / "versions" / f"{facts['step']}.py").exists():
        raise CannotRestore(f"The backup is at step {facts['step']}, which this program does not know: a newer release "
                            "wrote it. Restore with that one.")  # fmt: skip
    with database.engine.connect() as connection:
        look = inspect(connection)
        there = {*look.get_table_names()} & {*metadata.tables, "alembic_version", "workflow_status", UNFINISHED}
        if there or (not database.sqlite and look.get_table_names(ENGINE)):
            raise CannotRestore("The main database is not empty, and a restore writes over nothing. Name an empty one "
                                "(SHIMING_DATABASE_URL); what an earlier restore began has to go, too.")  # fmt: skip


def loader(database: Database, facts: Mapping[str, Any]) -> Loader:
    """What puts that database there, after `check`."""
    if database.sqlite:
        return _File(Path(make_url(database.url).database or ""))
    return _Tables(database, facts)


class _File:
    """A SQLite file. It gets its name when it is whole."""

    def __init__(self, path: Path):
        self._path, self._fresh = path, path.with_name(path.name + ".restoring")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(handle, "wb")

    def member(self, name: str, part: bytes) -> None:
        if not name.startswith(f"{FILE}/"):
            raise CannotRestore(f"The backup has a member {name}, which this program does not know.")
        self._file.write(part)

    def finish(self) -> None:
        self._file.close()
        with closing(sqlite3.connect(self._fresh)) as made:
            if made.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise CannotRestore("The database in the backup is damaged (quick_check). Take an earlier backup.")
            made.execute(f"CREATE TABLE {UNFINISHED} (since INTEGER)")
            made.commit()
        handle = os.open(self._fresh, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
        os.replace(self._fresh, self._path)
        sync_folder(self._path.parent)


class _Tables:
    """Tables on PostgreSQL: made by the program as of the backup's step, then filled in one transaction."""

    def __init__(self, database: Database, facts: Mapping[str, Any]):
        from dbos import DBOS  # not above: it loads what nothing else here needs

        with database.write() as connection:
            connection.execute(text(f"CREATE TABLE {UNFINISHED} (since BIGINT)"))
        migrations.upgrade(database, facts["step"])
        DBOS.migrate(database.url)
        self._tables = {each.member: each for each in (Dumped(**page) for page in facts["tables"])}
        self._connection = database.engine.connect()
        self._raw: Any = self._connection.connection.driver_connection
        self._check_engine(facts["engine"])
        every = sql.SQL(", ").join(each.target() for each in self._tables.values())
        self._raw.execute(sql.SQL("TRUNCATE {} CASCADE").format(every))
        self._at, self._cursor, self._copy = "", None, None

    def _check_engine(self, step: int | None) -> None:
        if (here := engine_step(self._connection)) != step:
            raise CannotRestore(f"The backup's workflows are at step {step}, this program's engine is at {here}. "
                                "Restore with the release that wrote the backup, then upgrade.")  # fmt: skip

    def member(self, name: str, part: bytes) -> None:
        table = name.rpartition("/")[0]
        if table not in self._tables:
            raise CannotRestore(f"The backup has a member {name}, which this program does not know.")
        if table != self._at:
            self._end()
            self._at, self._cursor = table, self._raw.cursor()
            self._copy = self._cursor.copy(self._tables[table].copy("FROM STDIN"))
            self._into = self._copy.__enter__()
        self._into.write(part)

    def _end(self) -> None:
        if self._copy:
            self._copy.__exit__(None, None, None)
            self._cursor.close()
            self._copy = None

    def finish(self) -> None:
        self._end()
        for table in self._tables.values():
            self._sequences(table)
        self._raw.commit()
        self._connection.close()

    def _sequences(self, table: Dumped) -> None:
        """Numbers that the database gives go on after those that were given."""
        of = "SELECT pg_get_serial_sequence(%s, %s)"
        for column in table.columns:
            with self._raw.cursor() as cursor:
                named = table.target().as_string(self._raw)
                (sequence,) = cursor.execute(of, (named, column)).fetchone()
                if sequence:
                    most = sql.SQL("SELECT setval(%s, (SELECT max({}) FROM {}))")
                    cursor.execute(most.format(sql.Identifier(column), table.target()), (sequence,))
