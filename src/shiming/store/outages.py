"""What a database that cannot do its work just now is called: the one place that knows the drivers' errors for it.

Everything else lets those errors pass; whoever answers for them (web/http/problems.py, web/readiness.py, a worker's
heart) asks here. An outage is answered 503 and is no fault of ours; what is not one stays what it is.
"""

import logging
import sqlite3
import threading
import time

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shiming.errors import DatabaseUnavailable

SAY_AGAIN_SECONDS, RECENT_SECONDS = 60.0, 10.0
ADVICE = {
    "down": "it does not answer. Start it, or see what is between",
    "lost": "a connection was lost in the middle. Where this goes on, see its log",
    "full": "its disk is full. Make room",
    "read_only": "it takes no writes (a standby, a read-only file or folder). Point at the one that does",
    "too_many_connections": "it takes no more connections. See `Connections` in docs/operate.md",
    "none_free": "all connections of this process are in use. See `Connections` in docs/operate.md",
    "contended": "others hold what was asked for, for too long",
    "overloaded": "it has run out of memory, or cut a statement short",
    "disk": "its disk fails. See its log",
}
"""Every kind of outage, as the log says it."""

SLOW = frozenset({"full", "read_only", "disk"})
"""Kinds that end when somebody has done something, not by themselves."""

SQLITE = {
    sqlite3.SQLITE_BUSY: "contended", sqlite3.SQLITE_LOCKED: "contended", sqlite3.SQLITE_PROTOCOL: "contended",
    sqlite3.SQLITE_FULL: "full", sqlite3.SQLITE_READONLY: "read_only", sqlite3.SQLITE_IOERR: "disk",
    sqlite3.SQLITE_CANTOPEN: "down", sqlite3.SQLITE_NOMEM: "overloaded",
}  # fmt: skip
POSTGRES = {
    "53100": "full", "53200": "overloaded", "53300": "too_many_connections", "53400": "overloaded",
    "25006": "read_only", "25P03": "lost", "57014": "overloaded", "57P01": "lost", "57P02": "lost", "57P05": "lost",
    "40001": "contended", "40P01": "contended", "55P03": "contended",
}  # fmt: skip
CLASSES = {"08": "lost", "57": "down", "58": "disk"}
"""By the first two characters of a SQLSTATE that is not in POSTGRES."""


class NoneFree(Exception):
    """All connections, or the one turn to write, were taken for as long as anybody may wait."""


def outage(fault: BaseException) -> DatabaseUnavailable | None:
    """What to answer where this error of a driver, a pool or SQLAlchemy is an outage; None where it is none."""
    if isinstance(fault, DatabaseUnavailable):
        return fault
    kind = _kind(fault)
    return kind and DatabaseUnavailable(kind, 30 if kind in SLOW else 1)


def _kind(fault: BaseException) -> str | None:
    if isinstance(fault, NoneFree | PoolTimeout):
        return "none_free"
    lost = isinstance(fault, DBAPIError) and fault.connection_invalidated
    driver = fault.orig if isinstance(fault, DBAPIError) else fault
    if isinstance(driver, sqlite3.Error):
        return SQLITE.get(getattr(driver, "sqlite_errorcode", -1) & 0xFF)
    return (_of_postgres(driver) if isinstance(driver, psycopg.Error) else None) or ("lost" if lost else None)


def _of_postgres(fault: psycopg.Error) -> str | None:
    if state := fault.sqlstate:
        return POSTGRES.get(state) or CLASSES.get(state[:2])
    if not isinstance(fault, psycopg.OperationalError | psycopg.InterfaceError):
        return None
    said = str(fault)  # what is refused while connecting has no SQLSTATE
    if "too many" in said or "remaining connection slots" in said or "no more connections allowed" in said:
        return "too_many_connections"
    return "down" if any(each in said for each in ("connection to server", "resolve host", "timeout")) else "lost"


class Log:
    """Says an outage once, and then every minute how many calls met it: not a line for each of them."""

    def __init__(self) -> None:
        self._said: dict[str, float] = {}
        self._met: dict[str, int] = {}
        self._last: dict[str, float] = {}
        self._lock = threading.Lock()

    def note(self, found: DatabaseUnavailable, fault: BaseException) -> None:
        now = time.monotonic()
        with self._lock:
            self._last[found.kind], met = now, self._met.get(found.kind, 0) + 1
            due = now >= self._said.get(found.kind, 0.0) + SAY_AGAIN_SECONDS or not self._said.get(found.kind)
            self._met[found.kind] = 0 if due else met
            if due:
                self._said[found.kind] = now
        if due:
            logging.getLogger("shiming.database").error(
                "database unavailable (%s): %s; calls met by it: %d. It said: %s",
                found.kind, ADVICE[found.kind], met, _words(fault),
            )  # fmt: skip

    def recent(self) -> str | None:
        """A kind that does not end by itself and was met within the last seconds, when reading may still work."""
        since = time.monotonic() - RECENT_SECONDS
        return next((kind for kind in SLOW if self._last.get(kind, since) > since), None)


LOG = Log()


def met(fault: BaseException) -> DatabaseUnavailable | None:
    """The same as `outage`, for whoever answers for it: it is also told to the log, once."""
    if found := outage(fault):
        LOG.note(found, fault)
    return found


def _words(fault: BaseException) -> str:
    """The first line of what the driver said: those of outages hold no values of rows."""
    return str(getattr(fault, "orig", None) or fault).strip().partition("\n")[0][:200] or type(fault).__name__
