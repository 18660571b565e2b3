"""Wake-ups by NOTIFY and LISTEN.

What is told is sent after the commit, in a transaction that writes nothing: PostgreSQL lets transactions that notify
commit one at a time, and no work should wait for that. LISTEN needs a connection of its own to the server itself.
"""

import logging
import os
import threading
from collections.abc import Callable, Set
from multiprocessing.connection import wait

import psycopg
from sqlalchemy import text

from shiming.store.database import WHO_ANSWERS, Database, make_engine
from shiming.store.outages import outage

CHANNEL = "shiming_work"
AGAIN_SECONDS, PROOF_SECONDS, UNPROVEN_SECONDS = 1.0, 5.0, 60.0
"""Between two tries to listen; for how long one waits for the notification that proves that one hears, and until the
next try where it does not come."""
POOLED = (
    "a pooler stands before the database: queues are looked into all the time, unless SHIMING_LISTEN_URL names the "
    "server itself"
)
ELSEWHERE = "wake-ups do not come through to where workers listen (SHIMING_LISTEN_URL, else SHIMING_DATABASE_URL)"
TELL = text("SELECT pg_notify(:channel, :name)")

log = logging.getLogger("shiming.workflows")


class Teller:
    """Sends from a thread of its own: what is told while it sends goes out together."""

    def __init__(self, database: Database):
        self._database = database
        self._told: set[str] = set()
        self._change, self._thread, self._closed = threading.Condition(), None, False

    def __call__(self, names: Set[str]) -> None:
        with self._change:
            self._told |= names
            if self._thread is None:
                self._thread = threading.Thread(target=self._send, daemon=True, name="wake-ups-out")
                self._thread.start()
            self._change.notify()

    def close(self) -> None:
        with self._change:
            self._closed = True
            self._change.notify()
        if self._thread:
            self._thread.join()

    def _send(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._told or self._closed)
                names, self._told = self._told, set()
                if not names:
                    return
            try:
                _tell(self._database, names)
            except Exception as fault:
                _say(fault)


class Listener:
    """Hears what is told, as long as the server can be reached without a pooler between. Proven before it is believed:
    it tells itself something by the way of all others.
    """

    def __init__(self, database: Database, id: str, heard: Callable[[Set[str] | None], None], direct: str = ""):
        self._database, self._heard, self._direct = database, heard, bool(direct)
        self._engine = make_engine(direct or database.url, connections=1)
        self._proof, self._stop = f"proof:{id}", threading.Event()
        self._woken, self._wake = os.pipe()
        self.hears = False
        self._thread = threading.Thread(target=self._keep_listening, daemon=True, name="wake-ups")
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        os.write(self._wake, b"x")
        self._thread.join()
        os.close(self._wake)
        os.close(self._woken)
        self._engine.dispose()

    def _keep_listening(self) -> None:
        pause: float | None = 0
        while pause is not None and not self._stop.wait(pause):
            try:
                pause = self._listen()
            except Exception as fault:
                pause = AGAIN_SECONDS
                _say(fault)
            if self.hears:
                self.hears = False
                self._heard(None)

    def _listen(self) -> float | None:
        """Listen until the end, or for as long as one hears; returns when to try again."""
        raw = self._engine.raw_connection()
        try:
            connection = raw.driver_connection
            connection.autocommit = True
            if not self._direct and not _alone(connection):
                log.warning(POOLED)
                return None
            connection.execute(f"LISTEN {CHANNEL}")
            _tell(self._database, {self._proof})
            return self._hear(connection)
        finally:
            raw.invalidate()

    def _hear(self, connection: psycopg.Connection) -> float:
        """What was told before the proof comes is not known. Where it does not come at all, try again much later."""
        while not self._stop.is_set():
            patience = None if self.hears else PROOF_SECONDS
            if not wait([connection, self._woken], patience):
                log.warning(ELSEWHERE)
                return UNPROVEN_SECONDS
            names = {note.payload for note in connection.notifies(timeout=0)}
            if self._proof in names:
                self.hears = True
                self._heard(None)
            elif names:
                self._heard(names)
        return AGAIN_SECONDS


def _alone(connection: psycopg.Connection) -> bool:
    """Whether the process that answers is the one that has let us in."""
    row = connection.execute(WHO_ANSWERS).fetchone()
    return row is not None and row[0] == connection.info.backend_pid


def _say(fault: Exception) -> None:
    """An outage is said by those who need the database; workers look by themselves meanwhile."""
    if outage(fault) is None:
        log.error("wake-ups do not come through: %s", type(fault).__name__)


def _tell(database: Database, names: Set[str]) -> None:
    with database.beside() as connection:
        for name in sorted(names):
            connection.execute(TELL, {"channel": CHANNEL, "name": name})
        connection.commit()
