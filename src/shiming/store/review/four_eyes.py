"""What takes two people: one asks, another one confirms. Bans and blocks, and lifting them; moving a binding.

What a person of the staff asked for another person confirms: behind an API key, whatever its name, could be the first
one again. What nobody has confirmed within DAYS is over, and has to be asked for anew.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, or_, select, update

from shiming.errors import Conflict
from shiming.store.access.idempotency import made
from shiming.store.database import new_id, one_row
from shiming.store.staff import members
from shiming.store.tables import orders

C = orders.c
DAYS = 7
DAY_MS = 86_400_000
GONE = f"There is no request '{{id}}' of this kind here (any more): it was settled, or {DAYS} days are over. Ask anew."


def ask(connection: Connection, app: str, kind: str, about: str, ground: str, by: str, now: int) -> str:
    """First of two people: `kind` is what is to happen, `about` the id of what it happens to."""
    over = and_(C.app == app, C.about == about, C.confirmed_by.is_(None), C.created_at <= now - DAYS * DAY_MS)
    connection.execute(delete(orders).where(over))
    id = new_id("ord")
    row = {"id": id, "app": app, "kind": kind, "about": about, "ground": ground, "asked_by": by, "created_at": now}
    connection.execute(insert(orders).values(**row))
    made(order=id)
    return id


def get(connection: Connection, app: str, id: str, now: int | None = None) -> Row:
    """One request, confirmed or not; with `now`, not one that is over. Raises NotFound."""
    where = (C.id == id, C.app == app, *((or_(C.confirmed_by.is_not(None), _fresh(now)),) if now else ()))
    return one_row(connection, select(orders).where(*where), GONE.format(id=id))


def waiting(connection: Connection, app: str, kind: str, about: str, now: int) -> str | None:
    """The request of this kind about this thing that waits for a second person."""
    same = (C.app == app, C.kind == kind, C.about == about, C.confirmed_by.is_(None), _fresh(now))
    return connection.scalar(select(C.id).where(*same).order_by(C.id).limit(1))


def pending(connection: Connection, app: str, kinds: Sequence[str], about: str | None, limit: int,
            now: int) -> Sequence[Row]:  # fmt: skip
    """Requests of these kinds that wait for a second person, oldest first: about one thing, or (None) about any."""
    where = [C.app == app, C.kind.in_(kinds), C.confirmed_by.is_(None), _fresh(now)]
    where += [C.about == about] if about else []
    return connection.execute(select(orders).where(*where).order_by(C.id).limit(limit)).all()


def drop(connection: Connection, app: str, id: str) -> None:
    """Take back or decline a request; the audit trail keeps it. Raises Conflict once it is confirmed."""
    query = select(orders).where(C.id == id, C.app == app)
    order = one_row(connection, query, GONE.format(id=id), lock=True)
    if order.confirmed_by:
        raise Conflict("This request has been confirmed already.")
    connection.execute(delete(orders).where(C.id == id))


def confirm(connection: Connection, app: str, kind: str, id: str, by: str, now: int, key: bool = False) -> Row:
    """Second of two people; what was asked for may be done in the same transaction. `key`: they used an API key.

    Raises Conflict, NotFound.
    """
    query = select(orders).where(C.id == id, C.app == app, C.kind == kind)
    order = one_row(connection, query, GONE.format(id=id), lock=True)
    if order.confirmed_by:
        raise Conflict("This request has been confirmed already.")
    if order.created_at <= now - DAYS * DAY_MS:
        raise Conflict(f"This was asked for more than {DAYS} days ago. Ask for it anew.", "request_expired")
    another(connection, by, key, order.asked_by)
    connection.execute(update(orders).where(C.id == id).values(confirmed_by=by))
    return order


def another(connection: Connection, by: str, key: bool, *first: str | None) -> None:
    """Raise Conflict unless `by` is somebody else than each of `first`; and no key, where one of them is a person."""
    if by in first:
        raise Conflict("This takes two people: someone other than the one who asked must confirm it.", "four_eyes")
    if key and any(name and members.find(connection, name) for name in first):
        raise Conflict("This takes two people: one of the staff asked for it, so another one confirms it at the "
                       "console. A key is no person.", "four_eyes")  # fmt: skip


def people(connection: Connection, id: str) -> tuple[str, ...]:
    """Who asked and who confirmed."""
    row = connection.execute(select(orders).where(C.id == id)).one()
    return tuple(filter(None, (row.asked_by, row.confirmed_by)))


def _fresh(now: int) -> ColumnElement[bool]:
    return C.created_at > now - DAYS * DAY_MS
