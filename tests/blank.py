"""Fresh databases for tests: what makes the tables is worked out once in a run; a file is copied."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, create_mock_engine, inspect

from shiming.store import migrations
from shiming.store.crypto.sealed import open_keys
from shiming.store.database import Database
from shiming.store.meta import metadata

SQLITE = "sqlite:///"


def database(url: str) -> Database:
    """One with all tables and nothing in them; one that has its tables already is opened as it is."""
    if url.startswith(SQLITE):
        _new(Path(url.removeprefix(SQLITE)), _tables)
        return Database(url)
    made = Database(url)
    with made.engine.begin() as connection:
        there = set(inspect(connection).get_table_names())  # all in one question: `create_all` asks for each
        if "accounts" not in there:
            connection.exec_driver_sql(_statements())
        elif further := [table for name, table in metadata.tables.items() if name not in there]:
            metadata.create_all(connection, further)
    return made


def migrated(url: str) -> None:
    """Where it is a file, and not there yet: what `shiming migrate` makes of the main database, engine's tables too."""
    if url.startswith(SQLITE):
        _new(Path(url.removeprefix(SQLITE)), _migrated)


def keys(path: Path) -> Engine:
    """A keys database in this file."""
    _new(path, _keys)
    return open_keys(f"{SQLITE}{path}")


def _new(path: Path, content: Callable[[], bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(content())


@cache
def _tables() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        made = Database(f"{SQLITE}{folder}/blank.db")
        metadata.create_all(made.engine)
        made.close()
        return Path(folder, "blank.db").read_bytes()


@cache
def _migrated() -> bytes:
    from shiming.workflows import engine  # not above: it loads what most tests do not need

    with tempfile.TemporaryDirectory() as folder:
        made = Database(f"{SQLITE}{folder}/blank.db")
        migrations.upgrade(made)
        engine.migrate(made)
        made.close()
        return Path(folder, "blank.db").read_bytes()


@cache
def _statements() -> str:
    """All that PostgreSQL is told, for one round trip."""
    said: list[str] = []
    mock = create_mock_engine(
        "postgresql+psycopg://", lambda made, *_: said.append(str(made.compile(dialect=mock.dialect)))
    )
    metadata.create_all(mock, checkfirst=False)
    return ";".join(said)


@cache
def _keys() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        open_keys(f"{SQLITE}{folder}/keys.db").dispose()
        return Path(folder, "keys.db").read_bytes()
