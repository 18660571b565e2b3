"""What somebody of the staff is to be told by mail, until it is sent; the address as it was when it happened."""

from sqlalchemy import Connection, Row, delete, insert, select

from shiming.store.database import new_id
from shiming.store.tables import staff_notices

N = staff_notices.c


def add(connection: Connection, staff: str, event: str, sealed_mail: bytes, now: int) -> str:
    row = {"id": new_id("stn"), "staff": staff, "event": event, "sealed_mail": sealed_mail, "created_at": now}
    connection.execute(insert(staff_notices).values(**row))
    return row["id"]


def find(connection: Connection, id: str) -> Row | None:
    return connection.execute(select(staff_notices).where(N.id == id)).first()


def remove(connection: Connection, id: str) -> None:
    connection.execute(delete(staff_notices).where(N.id == id))
