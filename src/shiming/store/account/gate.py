"""What the gate reads, by one statement on a raw connection: the key, its account, and the account's open holds; and
for every other call, whose key it is.

SQLAlchemy would cost more than everything else that the gate does. On SQLite a connection belongs to the thread that
asks; on PostgreSQL a few connections are kept, and whoever finds none free waits for one, in the order of asking and
for a while only.
"""

import asyncio
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from sqlalchemy.engine import make_url

from shiming.account.standing import Account, Hold
from shiming.account.ways_out import UnderWay
from shiming.store.access.api_keys import Caller, secret_hash
from shiming.store.database import POOL_SECONDS, WHO_ANSWERS, Places, moment, patience
from shiming.store.outages import NoneFree

_READ = """
SELECT k.id, k.app, k.role, k.name, k.scopes, k.addresses, k.used_at,
       a.id, a.kind, a.state, a.level, a.in_person_at, a.cancel_at,
       h.id, h.reason, h.source, h.opened_at, h.capabilities, h.requirements, h.met, h.because,
       (SELECT p.state || ' ' || p.id FROM appeals p
        WHERE p.hold = h.id AND p.state IN ('collecting', 'waiting') LIMIT 1),
       a.age_mark, a.imported
FROM api_keys k
LEFT JOIN accounts a ON a.app = k.app AND a.ref = {0}
LEFT JOIN holds h ON h.account = a.id AND h.lifted_at IS NULL
WHERE k.hash = {0} AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > {0}) ORDER BY h.id"""

_CALLER = """SELECT id, app, role, name, scopes, addresses, used_at FROM api_keys
WHERE hash = {0} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > {0})"""


@dataclass(frozen=True, slots=True)
class Read:
    """Who asks, what is known of the account (that of a new account where we know none), and its holds.

    `appeals` has those against holds that are under way, by the hold's id. `age_mark` tells how old its holder is at
    least (workflows/account/ages.py).
    """

    caller: Caller
    account: Account
    holds: tuple[Hold, ...]
    appeals: Mapping[str, UnderWay]
    id: str | None = None
    kind: str = "personal"
    age_mark: str | None = None


class Gate:
    """Reads for one process, on its event loop: SQLite answers at once, PostgreSQL is awaited on `connections` at most.

    Raises NoneFree where none came free in time; what the driver raises passes.
    """

    def __init__(self, url: str, connections: int = 4, seconds: float = POOL_SECONDS):
        self._url = make_url(url)
        self._local = self._url.get_backend_name() == "sqlite"
        self._own = threading.local()
        self._connections, self._seconds = connections, seconds
        self._places: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
        self._idle: list[psycopg.AsyncConnection] = []
        self._read, self._caller = (each.format("?" if self._local else "%s") for each in (_READ, _CALLER))

    @classmethod
    def from_settings(cls, settings: Places, connections: int) -> "Gate":
        return cls(settings.place("database_url"), connections)

    async def read(self, secret: str, ref: str, now: int) -> Read | None:
        """What there is for this key and this account; None where the key is unknown, revoked or expired."""
        rows = await self._rows(self._read, (ref, secret_hash(secret), now))
        return _of(rows) if rows else None

    async def caller(self, secret: str, now: int) -> Caller | None:
        """Whose key this is; None where it is unknown, revoked or expired."""
        rows = await self._rows(self._caller, (secret_hash(secret), now))
        return _caller(rows[0]) if rows else None

    async def _rows(self, statement: str, values: tuple) -> Sequence[tuple]:
        if self._local:
            return self._sqlite().execute(statement, values).fetchall()
        return await self._postgres(statement, values)

    def _sqlite(self) -> sqlite3.Connection:
        if not hasattr(self._own, "connection"):
            self._own.connection = _open(self._url)
        return self._own.connection

    async def _postgres(self, statement: str, values: tuple) -> Sequence[tuple]:
        """Ask, in one of the places. Who waits in vain for an answer leaves; the place is taken until it is over."""
        await self._place()
        asking = asyncio.create_task(self._asked(statement, values))
        asking.add_done_callback(self._over)
        await asyncio.wait({asking}, timeout=self._seconds)
        if asking.done():
            return asking.result()
        asking.cancel()
        raise psycopg.errors.ConnectionTimeout(f"timeout: the gate had no answer within {self._seconds:g} seconds")

    async def _place(self) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._here().acquire()
        except TimeoutError:
            raise NoneFree(f"no connection of the gate came free within {self._seconds:g} seconds") from None

    def _here(self) -> asyncio.Semaphore:
        """The places of this event loop; a server has one."""
        return self._places.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self._connections))

    def _over(self, asking: asyncio.Task) -> None:
        self._here().release()
        if not asking.cancelled():
            asking.exception()  # looked at, even where nobody waits for it any more

    async def _asked(self, statement: str, values: tuple) -> Sequence[tuple]:
        """Ask on a connection that is idle; one that went away meanwhile is passed over."""
        while kept := next(self._kept(), None):
            with suppress(psycopg.OperationalError, psycopg.InterfaceError):
                return await self._ask(kept, statement, values)
        return await self._ask(await self._connected(), statement, values)

    def _kept(self) -> Iterator[psycopg.AsyncConnection]:
        with suppress(IndexError):
            yield self._idle.pop()

    async def _connected(self) -> psycopg.AsyncConnection:
        made = await psycopg.AsyncConnection.connect(_dsn(self._url), autocommit=True, **patience(self._url))
        pid = await (await made.execute(WHO_ANSWERS)).fetchone()
        made.prepare_threshold = 0 if pid == (made.info.backend_pid,) else None
        return made

    async def _ask(self, connection: psycopg.AsyncConnection, statement: str, values: tuple) -> Sequence[tuple]:
        try:
            rows = await (await connection.execute(statement, values)).fetchall()
        except BaseException:
            await connection.close()
            raise
        self._idle.append(connection)
        return rows

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().close()


def _open(url) -> sqlite3.Connection:
    connection = sqlite3.connect(url.database, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _dsn(url) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _of(rows: Sequence[tuple]) -> Read:
    account, kind, state, level, in_person_at, cancel_at = rows[0][7:13]
    ended = 0 if state not in (None, "active") else cancel_at
    holds = tuple(_hold(row[13:21]) for row in rows if row[13] is not None)
    appeals = {row[13]: UnderWay(*row[21].split(" ")) for row in rows if row[21] is not None}
    mark, elsewhere = rows[0][22], (_json(rows[0][23]) or {}).get("level", "none")
    known = Account(level or "none", in_person_at, ended, elsewhere=elsewhere)
    return Read(_caller(rows[0][:7]), known, holds, appeals, account, kind or "personal", mark)


def _caller(row: tuple) -> Caller:
    id, app, role, name, scopes, addresses, used_at = row
    return Caller(id, app, role, name, scopes=_json(scopes), addresses=_json(addresses), used_at=used_at)


def _hold(row: tuple) -> Hold:
    id, reason, source, opened_at, capabilities, requirements, met, because = row
    listed = (tuple(_json(each)) for each in (capabilities, requirements, met))
    return Hold(id, reason, source, moment(opened_at), *listed, _json(because))


def _json(value: Any) -> Any:
    """SQLite keeps JSON as text; psycopg reads it."""
    return json.loads(value) if isinstance(value, str) else value
