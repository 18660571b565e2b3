"""Apps that may open a verification: each signs its launches with a secret of its own. No row: any browser may."""

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from shiming.errors import Conflict, NotFound
from shiming.store.access.api_keys import secret_hash
from shiming.store.database import one_row
from shiming.store.tables import clients, launches

C, L = clients.c, launches.c
KEPT_MS = 3_600_000  # after its end: a process whose clock is slow still takes it for good


def add(connection: Connection, id: str, app: str, name: str, min_version: str, sealed_secret: bytes, now: int) -> None:
    if any(row.name == name for row in of(connection, app)):
        raise Conflict(f"There is a client '{name}' already. Remove it first to give it a new secret.")
    row = {"id": id, "app": app, "name": name, "min_version": min_version}
    connection.execute(insert(clients).values(**row, sealed_secret=sealed_secret, created_at=now))


def of(connection: Connection, app: str) -> list[Row]:
    return list(connection.execute(select(clients).where(C.app == app).order_by(C.id)))


def get(connection: Connection, app: str, id: str) -> Row:
    query = select(clients).where(C.app == app, C.id == id)
    return one_row(connection, query, f"There is no client '{id}'. GET /v1/clients lists them.")


def change_secret(connection: Connection, id: str, sealed_secret: bytes) -> None:
    connection.execute(update(clients).where(C.id == id).values(sealed_secret=sealed_secret))


def remove(connection: Connection, app: str, id: str) -> None:
    if connection.execute(delete(clients).where(C.app == app, C.id == id)).rowcount != 1:
        raise NotFound(f"There is no client '{id}'. GET /v1/clients lists them.")


def spend(connection: Connection, app: str, launch: str, until: int) -> bool:
    """Take a launch that is good until then (ms) out of use, for all processes; whether it was good still."""
    try:
        with connection.begin_nested():
            connection.execute(insert(launches).values(hash=secret_hash(launch), app=app, until=until))
        return True
    except IntegrityError:
        return False


def sweep_launches(connection: Connection, now: int) -> None:
    """Forget launches that are over."""
    connection.execute(delete(launches).where(L.until < now - KEPT_MS))
