"""The keys database: one wrapped data key per owner, a tombstone after erasure. It holds no secret in the clear.

It is a database of its own (SQLite file or any URL), so that the backup of the main database never carries the keys of
what it holds.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Insert,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    and_,
    bindparam,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoPlace

from shiming.dependencies import SECONDS, Dependency
from shiming.errors import Busy
from shiming.store.database import make_engine

WRAPPED_BYTES = 61
BUSY_SECONDS = 10
AT_ONCE = 8  # questions at a moment; fewer than the connections that an engine makes

keys_metadata = MetaData()
data_keys = Table(
    "data_keys",
    keys_metadata,
    Column("owner", String, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),  # overwritten by as many zeros on erasure, so that rows never move
    Column("master_version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),  # milliseconds since 1970, as erased_at
    Column("erased_at", BigInteger),
)
key_checks = Table(  # see key_check.py
    "key_checks",
    keys_metadata,
    Column("kind", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", String(64), nullable=False),
)
# Built once: building a statement takes longer than running it.
_FIND = select(data_keys.c.wrapped, data_keys.c.master_version, data_keys.c.erased_at).where(
    data_keys.c.owner == bindparam("whose")
)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key as it is kept: 61 bytes, and the version of the master key that wraps it."""

    wrapped: bytes
    master: int
    erased: bool = False


def open_keys(url: str, connections: int = 4) -> Engine:
    """The engine of the keys database at `url`, its table made when missing. A new SQLite file has mode 0600."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        _make_private(Path(parsed.database))
    local = parsed.get_backend_name() == "sqlite"
    if local:
        engine = create_engine(parsed, hide_parameters=True)
    else:
        engine = make_engine(parsed, connections=connections)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _tune)
    keys_metadata.create_all(engine)
    return engine


def _make_private(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _tune(connection: Any, _record: object) -> None:
    """FULL: a data key lost in a power cut would take committed data with it. secure_delete: freed bytes are zeroed."""
    for setting in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "secure_delete = ON",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {setting}")


def _in_time(method: Callable[..., Any]) -> Callable[..., Any]:
    """A server of keys may hang, and much of what we do needs no key: it is asked for so long, by so many at once."""

    @wraps(method)
    def asked(self: "DataKeys", *args: Any) -> Any:
        return method(self, *args) if self._sqlite else self._dependency.call(method, self, *args)

    return asked


class DataKeys:
    """Finds, adds, erases and replaces wrapped data keys; each call is one durable transaction of its own.

    Raises DependencyDown where they are not in a file, and whoever has them does not answer.
    """

    def __init__(self, engine: Engine):
        self._engine = engine
        self._sqlite = engine.dialect.name == "sqlite"
        self._dependency = Dependency("keys", SECONDS["keys"], AT_ONCE, faults=(OperationalError, NoPlace))

    @_in_time
    def find(self, owner: str) -> Wrapped | None:
        """The owner's row, or None when there never was one."""
        return self._found(owner)

    def _found(self, owner: str) -> Wrapped | None:
        with self._engine.connect() as connection:
            row = connection.execute(_FIND, {"whose": owner}).one_or_none()
        return None if row is None else Wrapped(bytes(row.wrapped), row.master_version, row.erased_at is not None)

    @_in_time
    def find_many(self, owners: Sequence[str]) -> dict[str, Wrapped]:
        """The rows of those owners that have one."""
        found: dict[str, Wrapped] = {}
        with self._engine.connect() as connection:
            for at in range(0, len(owners), 500):
                rows = connection.execute(select(data_keys).where(data_keys.c.owner.in_(owners[at : at + 500])))
                found |= {r.owner: Wrapped(bytes(r.wrapped), r.master_version, r.erased_at is not None) for r in rows}
        return found

    @_in_time
    def add(self, owner: str, new: Wrapped) -> Wrapped | None:
        """Keep `new` unless the owner has a row already (another process was quicker); returns the row that counts."""
        insert = self._insert(owner, new).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
        with self._engine.begin() as connection:
            added = connection.execute(insert).rowcount
        return new if added == 1 else self._found(owner)

    @_in_time
    def add_many(self, rows: Mapping[str, Wrapped]) -> None:
        """Keep a row for each owner that has none, in one transaction: a commit costs more than many rows."""
        added = [{"owner": owner, "wrapped": new.wrapped, "master_version": new.master, "created_at": _now()}
                 for owner, new in rows.items()]  # fmt: skip
        insert: Any = (sqlite.insert if self._sqlite else postgresql.insert)(data_keys).on_conflict_do_nothing()
        with self._engine.begin() as connection:
            connection.execute(insert, added)

    @_in_time
    def erase(self, owner: str) -> None:
        """Overwrite the owner's key (or put up a tombstone where there never was one), then scrub SQLite's files."""
        grave = Wrapped(bytes(WRAPPED_BYTES), 0)
        dead = {"wrapped": grave.wrapped, "master_version": 0, "erased_at": _now()}
        insert = self._insert(owner, grave, erased_at=dead["erased_at"])
        living = data_keys.c.erased_at.is_(None)
        with self._engine.begin() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=["owner"], set_=dead, where=living))
        if self._sqlite:
            self.scrub()

    def scrub(self) -> None:
        """Leave no old version of a row in the database's files. Raises Busy when a reader kept it from ending."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not self._sqlite:
                connection.exec_driver_sql("VACUUM FULL data_keys")
            elif connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
                raise Busy(
                    "The key is destroyed, but a reader keeps its old bytes in the WAL of the keys database. Again."
                )

    def erased(self, after: str, limit: int) -> list[str]:
        """Up to `limit` owners with a tombstone, in order, the first after this one."""
        query = select(data_keys.c.owner).where(data_keys.c.erased_at.is_not(None), data_keys.c.owner > after)
        with self._engine.connect() as connection:
            return list(connection.scalars(query.order_by(data_keys.c.owner).limit(limit)))

    def stale(self, newest: int, limit: int) -> list[tuple[str, Wrapped]]:
        """Up to `limit` living rows that are not wrapped by master key `newest`."""
        living = and_(data_keys.c.erased_at.is_(None), data_keys.c.master_version != newest)
        query = select(data_keys.c.owner, data_keys.c.wrapped, data_keys.c.master_version).where(living).limit(limit)
        with self._engine.connect() as connection:
            return [(row.owner, Wrapped(bytes(row.wrapped), row.master_version)) for row in connection.execute(query)]

    def replace(self, changes: Sequence[tuple[str, int, Wrapped]]) -> int:
        """Put new wrappings in the place of (owner, old master version); rows erased or changed meanwhile stay so."""
        if not changes:
            return 0
        same = and_(data_keys.c.owner == bindparam("whose"), data_keys.c.master_version == bindparam("old"))
        statement = data_keys.update().where(same, data_keys.c.erased_at.is_(None))
        statement = statement.values(wrapped=bindparam("new"), master_version=bindparam("master"))
        rows = [{"whose": owner, "old": old, "new": new.wrapped, "master": new.master} for owner, old, new in changes]
        with self._engine.begin() as connection:
            return connection.execute(statement, rows).rowcount

    def beginning_with(self, format: bytes) -> int:
        """How many living rows are wrapped in this format: the first byte of what is kept."""
        query = select(func.count()).where(
            data_keys.c.erased_at.is_(None), func.substr(data_keys.c.wrapped, 1, 1) == format
        )
        with self._engine.connect() as connection:
            return connection.scalar(query) or 0

    def masters(self) -> set[int]:
        """The master versions that wrap a living row."""
        query = select(data_keys.c.master_version).where(data_keys.c.erased_at.is_(None)).distinct()
        with self._engine.connect() as connection:
            return set(connection.scalars(query))

    def _insert(self, owner: str, new: Wrapped, erased_at: int | None = None) -> Any:
        insert: type[Insert] | Any = sqlite.insert if self._sqlite else postgresql.insert
        return insert(data_keys).values(
            owner=owner, wrapped=new.wrapped, master_version=new.master, created_at=_now(), erased_at=erased_at
        )


def _now() -> int:
    return time.time_ns() // 1_000_000
