"""The engine: SQLite in WAL mode by default, PostgreSQL by URL. Nothing else opens the store's database."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Protocol

import psycopg
from sqlalchemy import ColumnElement, Connection, Engine, Table, create_engine, event, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DataError
from sqlalchemy.pool import QueuePool

from shiming.store.fair_lock import FairLock

CONNECT_SECONDS = 10
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
UNSTORABLE = (DataError, psycopg.DataError, OverflowError, UnicodeError)
"""What is raised for a value that fits into no column."""


LAST_IN_EACH: ContextVar[Callable[[Connection], None] | None] = ContextVar("last_in_each", default=None)
"""What the request at hand has to write, and to be sure of, at the end of each of its transactions."""

_last = [0]
_lock = threading.Lock()


def new_id(prefix: str) -> str:
    """An id that sorts by time of making: prefix, 48 bits of milliseconds, 80 random bits, in Crockford's base 32.

    Ids that one process makes within a millisecond go up, so that an inbox tells things in the order they happened in.
    """
    drawn = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    with _lock:
        if drawn >> 80 == _last[0] >> 80:
            drawn = max(drawn, _last[0] + 1 + secrets.randbits(40))
        number = _last[0] = drawn
    return f"{prefix}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def milliseconds(moment: datetime) -> int:
    """A moment as the store keeps it."""
    return int(moment.timestamp() * 1000)


def moment(ms: int | None) -> datetime | None:
    """What `milliseconds` made, back as a moment in UTC."""
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)


def clock(connection: Connection) -> ColumnElement[int]:
    """Milliseconds since 1970 by the database's own clock, in SQL: the one clock that all processes share.

    Leases are written and judged by it. A SQLite file lies on one machine, whose clock this is.
    """
    if connection.dialect.name == "postgresql":
        return literal_column("CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)")
    return literal_column("CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)")


def now_ms(connection: Connection) -> int:
    """What the database's own clock says now."""
    return connection.scalar(select(clock(connection)))


def make_engine(url: str, durable: bool = True, **options) -> Engine:
    """An engine for `url`. With `durable` a commit on SQLite is on the disk when it returns."""
    if not url.startswith("sqlite"):
        # as many as threads of a process ask at once: whoever waits for a connection is passed over by the others
        options = {"max_overflow": 30, "connect_args": patience(url), **options}
        return create_engine(url, pool_pre_ping=True, hide_parameters=True, **options)
    options = {"hide_parameters": True, **options}
    engine = create_engine(
        url, poolclass=QueuePool, connect_args={"check_same_thread": False, "timeout": 30}, **options
    )

    @event.listens_for(engine, "connect")
    def settle(connection, _):
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("journal_mode=WAL", f"synchronous={'FULL' if durable else 'NORMAL'}", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")
        for pragma in ("foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def patience(url: str | URL) -> dict[str, int]:
    """How many seconds a connection to PostgreSQL may take to be made, unless its address says so itself."""
    return {} if "connect_timeout" in make_url(url).query else {"connect_timeout": CONNECT_SECONDS}


def insert_if_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Two transactions may mention a new thing at one moment: the second waits for the first, whose row counts."""
    connection.execute(upsert(connection, table).values(**row).on_conflict_do_nothing())


def upsert(connection: Connection, table: Table) -> Any:
    """An insert that can say what is to happen where the row is there already."""
    return (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)


class Places(Protocol):
    """Settings that say where things lie: `database_url`, `files_url`, …."""

    def place(self, name: str) -> str: ...


class Database:
    """Where rows are read and written: `with database.write() as connection`. One `write` is one transaction."""

    def __init__(self, url: str, **options):
        self.url = url
        self.engine = make_engine(url, **options)
        self.sqlite = self.engine.dialect.name == "sqlite"
        self._fair_lock = FairLock()

    @classmethod
    def from_settings(cls, settings: Places) -> "Database":
        return cls(settings.place("database_url"))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds SQLite's write lock from the start: what it has read stays true until it commits.

        On SQLite the threads of a process write in the order in which they came. Never open one inside another.
        """
        with self._fair_lock.mine() if self.sqlite else nullcontext(), self.engine.begin() as connection:
            if self.sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            if last := LAST_IN_EACH.get():
                last(connection)

    def close(self) -> None:
        self.engine.dispose()
