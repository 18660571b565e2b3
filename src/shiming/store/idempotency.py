"""What was answered under an Idempotency-Key, for 24 hours, so that a repeated request gets the same answer."""

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from shiming.store.tables import idempotency

HOURS = 24
T = idempotency.c


def begin(connection: Connection, app: str, key: str, path: str, body_hash: str, now: int) -> Row | None:
    """Claim a key. None: it is ours, go on. A row: somebody came before (status None: they are still at it)."""
    connection.execute(delete(idempotency).where(T.app == app, T.key == key, T.at < now - HOURS * 3_600_000))
    try:
        with connection.begin_nested():
            row = {"app": app, "key": key, "path": path, "body_hash": body_hash, "at": now}
            connection.execute(insert(idempotency).values(**row))
        return None
    except IntegrityError:
        return connection.execute(select(idempotency).where(T.app == app, T.key == key)).one()


def finish(connection: Connection, app: str, key: str, status: int, sealed_answer: bytes) -> None:
    values = {"status": status, "sealed_answer": sealed_answer}
    connection.execute(update(idempotency).where(T.app == app, T.key == key).values(**values))


def forget(connection: Connection, app: str, key: str) -> None:
    """Give the key back, when what it was claimed for failed through our own fault."""
    connection.execute(delete(idempotency).where(T.app == app, T.key == key))


def forget_about(connection: Connection, app: str, id: str) -> None:
    """Forget every answer that was given under a path that names this object; part of its erasure."""
    connection.execute(delete(idempotency).where(T.app == app, T.path.contains(id)))
