"""Apps that may open a verification: each signs its launches with a secret of its own. No row: any browser may."""

from sqlalchemy import Connection, Row, delete, insert, select

from shiming.errors import Conflict, NotFound
from shiming.store.tables import clients

C = clients.c


def add(connection: Connection, id: str, app: str, name: str, min_version: str, sealed_secret: bytes, now: int) -> None:
    if any(row.name == name for row in of(connection, app)):
        raise Conflict(f"There is a client '{name}' already. Remove it first to give it a new secret.")
    row = {"id": id, "app": app, "name": name, "min_version": min_version}
    connection.execute(insert(clients).values(**row, sealed_secret=sealed_secret, created_at=now))


def of(connection: Connection, app: str) -> list[Row]:
    return list(connection.execute(select(clients).where(C.app == app).order_by(C.id)))


def remove(connection: Connection, app: str, id: str) -> None:
    if connection.execute(delete(clients).where(C.app == app, C.id == id)).rowcount != 1:
        raise NotFound(f"There is no client '{id}'. GET /v1/clients lists them.")
