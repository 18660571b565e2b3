"""What takes two people: one asks, another one confirms. Bans and blocks, and lifting them; moving a binding."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, delete, insert, select, update

from shiming.errors import Conflict
from shiming.store.access.idempotency import made
from shiming.store.database import new_id, one_row
from shiming.store.tables import orders

C = orders.c


def ask(connection: Connection, app: str, kind: str, about: str, ground: str, by: str, now: int) -> str:
    """First of two people: `kind` is what is to happen, `about` the id of what it happens to."""
    id = new_id("ord")
    row = {"id": id, "app": app, "kind": kind, "about": about, "ground": ground, "asked_by": by, "created_at": now}
    connection.execute(insert(orders).values(**row))
    made(order=id)
    return id


def get(connection: Connection, app: str, id: str) -> Row:
    """One request, confirmed or not. Raises NotFound."""
    return one_row(connection, select(orders).where(C.id == id, C.app == app), f"There is no request '{id}' here.")


def waiting(connection: Connection, app: str, kind: str, about: str) -> str | None:
    """The request of this kind about this thing that waits for a second person."""
    same = (C.app == app, C.kind == kind, C.about == about, C.confirmed_by.is_(None))
    return connection.scalar(select(C.id).where(*same).order_by(C.id).limit(1))


def pending(connection: Connection, app: str, kinds: Sequence[str], about: str | None, limit: int) -> Sequence[Row]:
    """Requests of these kinds that wait for a second person, oldest first: about one thing, or (None) about any."""
    where = [C.app == app, C.kind.in_(kinds), C.confirmed_by.is_(None), *((C.about == about,) if about else ())]
    return connection.execute(select(orders).where(*where).order_by(C.id).limit(limit)).all()


def drop(connection: Connection, app: str, id: str) -> None:
    """Take back or decline a request; the audit trail keeps it. Raises Conflict once it is confirmed."""
    query = select(orders).where(C.id == id, C.app == app)
    order = one_row(connection, query, f"There is no request '{id}' here.", lock=True)
    if order.confirmed_by:
        raise Conflict("This request has been confirmed already.")
    connection.execute(delete(orders).where(C.id == id))


def confirm(connection: Connection, app: str, kind: str, id: str, by: str) -> Row:
    """Second of two people; what was asked for may be done in the same transaction. Raises Conflict, NotFound."""
    query = select(orders).where(C.id == id, C.app == app, C.kind == kind)
    order = one_row(connection, query, f"There is no request '{id}' of this kind here.", lock=True)
    if order.confirmed_by:
        raise Conflict("This request has been confirmed already.")
    if order.asked_by == by:
        raise Conflict("This takes two people: someone other than the one who asked must confirm it.", "four_eyes")
    connection.execute(update(orders).where(C.id == id).values(confirmed_by=by))
    return order


def people(connection: Connection, id: str) -> tuple[str, ...]:
    """Who asked and who confirmed."""
    row = connection.execute(select(orders).where(C.id == id)).one()
    return tuple(filter(None, (row.asked_by, row.confirmed_by)))
