"""The engine: SQLite in WAL mode by default, PostgreSQL by URL. Nothing else opens the store's database."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Protocol

import psycopg
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Table,
    create_engine,
    event,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DataError
from sqlalchemy.pool import QueuePool

from shiming.errors import NotFound
from shiming.store.fair_lock import FairLock

CONNECT_SECONDS, POOL_SECONDS, SQLITE_SECONDS = 5, 10.0, 30.0
"""How long one may wait: to be connected, for a free connection, and for SQLite's lock to write."""

CONNECTIONS, BESIDE = 10, 2
"""To the main database in one process, where nobody says otherwise (see connections.py); and those kept of them for
what is read beside an open transaction."""
PREPARE_AFTER = 5
"""Uses of a statement on one connection."""
AFTER = "after_commit"

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
UNSTORABLE = (DataError, psycopg.DataError, OverflowError, UnicodeError)
"""What is raised for a value that fits into no column."""


LAST_IN_EACH: ContextVar[Callable[[Connection], None] | None] = ContextVar("last_in_each", default=None)
"""What the request at hand has to write, and to be sure of, at the end of each of its transactions."""

WHEN_ENDED = "told when it has ended"  # in what SQLAlchemy keeps beside a connection

_last = [0]
_lock = threading.Lock()


def one_row(connection: Connection, query: Select, missing: str, lock: bool = False, **values: Any) -> Row:
    """The row that a query finds with these values, locked if asked. Raises NotFound with `missing` where there is
    none."""
    row = connection.execute(query.with_for_update() if lock else query, values).first()
    if row is None:
        raise NotFound(missing)
    return row


def new_id(prefix: str) -> str:
    """An id that sorts by time of making: prefix, 48 bits of milliseconds, 80 random bits, in Crockford's base 32.

    Ids that one process makes within a millisecond go up, so that an inbox tells things in the order they happened in.
    """
    drawn = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    with _lock:
        if drawn >> 80 == _last[0] >> 80:
            drawn = max(drawn, _last[0] + 1 + secrets.randbits(40))
        number = _last[0] = drawn
    return _id(prefix, number)


def id_at(prefix: str, ms: int) -> str:
    """What sorts before every id made in or after this millisecond, and after all earlier ones."""
    return _id(prefix, ms << 80)


def _id(prefix: str, number: int) -> str:
    return f"{prefix}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def milliseconds(moment: datetime) -> int:
    """A moment as the store keeps it."""
    return int(moment.timestamp() * 1000)


def moment(ms: int | None) -> datetime | None:
    """What `milliseconds` made, back as a moment in UTC."""
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)


def iso(moment: datetime | None) -> str | None:
    """A moment in UTC as it is told to the outside: ISO 8601 to the millisecond, with a Z."""
    return moment and moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


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


def make_engine(url: str | URL, durable: bool = True, connections: int = CONNECTIONS, **options) -> Engine:
    """An engine for `url`, with a pool of so many connections: whoever finds none free waits for POOL_SECONDS.

    With `durable` a commit on SQLite is on the disk when it returns.
    """
    pool = {"pool_size": connections, "max_overflow": 0, "pool_timeout": POOL_SECONDS, "hide_parameters": True}
    if make_url(url).get_backend_name() != "sqlite":
        engine = create_engine(url, pool_pre_ping=True, **{"connect_args": patience(url), **pool, **options})
        event.listen(engine, "connect", _prepare_where_possible)
        return engine
    waiting = {"check_same_thread": False, "timeout": SQLITE_SECONDS}
    pool["pool_size"] = connections + 1  # one writes while the others read
    engine = create_engine(url, poolclass=QueuePool, connect_args=waiting, **{**pool, **options})

    @event.listens_for(engine, "connect")
    def settle(connection, _):
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("journal_mode=WAL", f"synchronous={'FULL' if durable else 'NORMAL'}", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")
        for pragma in ("foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


WHO_ANSWERS = "SELECT pg_backend_pid()"
"""Asked on a new connection. Where it is not the process that has let us in, a pooler stands between: the next
transaction may be another process's, and no statement can be prepared for later. Else it is worth it: planning takes
most of the time of short questions."""

STOPPED_MS = 60_000
"""For how long a transaction may wait for its own process: ours take seconds, and read on between two pieces."""

SERVERS_PATIENCE = """SELECT set_config('tcp_keepalives_idle', '10', false),
set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '2', false),
set_config('tcp_user_timeout', '20000', false), set_config('idle_in_transaction_session_timeout', %s, false)"""
"""Told to the server on a connection that is ours alone: it, too, finds out within seconds that we are gone without a
word, where it would hold for two hours whatever we had locked; and a machine that stands still, whose system goes on
to say that it is there, keeps nothing locked for more than a minute."""


def _prepare_where_possible(connection: psycopg.Connection, _: object) -> None:
    (pid,) = connection.execute(WHO_ANSWERS).fetchone() or (None,)
    direct = pid == connection.info.backend_pid
    if direct:
        connection.execute(SERVERS_PATIENCE, (str(STOPPED_MS),))
    connection.commit()
    connection.prepare_threshold = PREPARE_AFTER if direct else None


def patience(url: str | URL) -> dict[str, int | None]:
    """How a connection to PostgreSQL is made, unless its address says so itself: within seconds or not at all, and
    found out within seconds where the other side is gone without a word. Nothing is prepared, see `WHO_ANSWERS`.
    """
    own = {"connect_timeout": CONNECT_SECONDS, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2,
           "tcp_user_timeout": 20_000}  # fmt: skip
    said = make_url(url).query
    return {"prepare_threshold": None, **{name: value for name, value in own.items() if name not in said}}


def alone(connection: Connection, number: int) -> bool:
    """Whether this transaction has PostgreSQL's advisory lock of this number now, and keeps it however long it idles.

    A pooler keeps a transaction on one connection; a lock of the session would stay behind there. It has no snapshot
    while it idles, so no index that is made concurrently waits for it.
    """
    if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": number}):
        return False
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    return True


def after_commit(connection: Connection, act: Callable[[set[str]], object], name: str) -> None:
    """Have `act` called once the transaction at hand is through, and never where it is not: with all names that were
    given for it."""
    connection.info.setdefault(AFTER, {}).setdefault(act, set()).add(name)


def one_moment(connection: Connection) -> None:
    """Whatever is read from here on is as it is now, however much is written meanwhile. First on a connection."""
    postgres = connection.dialect.name == "postgresql"
    connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ" if postgres else "BEGIN")


def insert_if_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Two transactions may mention a new thing at one moment: the second waits for the first, whose row counts."""
    connection.execute(upsert(connection, table).values(**row).on_conflict_do_nothing())


def when_ended(connection: Connection, tell: Callable[[bool | None], None]) -> None:
    """Have `tell` told how the transaction of `Database.write` ended: committed or not; None where nobody knows."""
    if (waiting := connection.info.get(WHEN_ENDED)) is not None:
        waiting.append(tell)


def upsert(connection: Connection, table: Table) -> Any:
    """An insert that can say what is to happen where the row is there already."""
    return (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)


class Places(Protocol):
    """Settings that say where things lie: `database_url`, `files_url`, …."""

    def place(self, name: str) -> str: ...


class Database:
    """Where rows are read and written: `with database.write() as connection`. One `write` is one transaction."""

    def __init__(self, url: str, connections: int = CONNECTIONS, **options):
        self.url = url
        self.engine = make_engine(url, connections=connections, **options)
        self.sqlite = self.engine.dialect.name == "sqlite"
        places = max(1, connections - BESIDE)
        self._writers = FairLock(SQLITE_SECONDS) if self.sqlite else FairLock(POOL_SECONDS, places)
        self._readers = FairLock(POOL_SECONDS, places) if self.sqlite else self._writers
        self._beside = FairLock(POOL_SECONDS, BESIDE)

    @classmethod
    def from_settings(cls, settings: Places, connections: int) -> "Database":
        return cls(settings.place("database_url"), connections)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Rows as they are. Where a transaction may be open in this thread, read `beside` it."""
        with self._readers.mine(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def beside(self) -> Iterator[Connection]:
        """The same, on connections kept for it: whoever has one already and waited for a second of the same kind would
        wait for all others who do so, too. Open nothing inside.
        """
        with self._beside.mine(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds SQLite's write lock from the start: what it has read stays true until it commits.

        On SQLite the threads of a process write in the order in which they came. Never open one inside another.
        """
        told: list[Callable[[bool | None], None]] = []
        committed: bool | None = False
        try:
            with self._writers.mine(), self.engine.begin() as connection:
                connection.info.pop(AFTER, None)  # of a transaction that failed
                connection.info[WHEN_ENDED], began = told, connection.get_transaction()
                if self.sqlite:
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                if last := LAST_IN_EACH.get():
                    last(connection)
                then = connection.info.pop(AFTER, {})
                committed = None if began and began.is_active else False
            committed = committed is None
        finally:
            for tell in told:
                tell(committed)
        for act, names in then.items():
            act(names)

    def close(self) -> None:
        self.engine.dispose()
