"""Filters of lists that somebody of the staff keeps under a name of their own."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, delete, func, insert, select

from shiming.errors import Conflict, NotFound
from shiming.store.database import new_id
from shiming.store.tables import saved_views

S = saved_views.c
MOST = 50
"""Views that one person may keep on one side of an app."""


def add(connection: Connection, app: str, staff: str, page: str, name: str, query: str, now: int) -> str:
    """Keep a filter; one of the same name takes the place of the older. Raises Conflict where there are too many."""
    connection.execute(delete(saved_views).where(*_mine(app, staff), S.page == page, S.name == name))
    if connection.scalar(select(func.count()).select_from(saved_views).where(*_mine(app, staff))) >= MOST:
        raise Conflict(f"You keep {MOST} views here already. Remove one that you no longer need.")
    id = new_id("viw")
    row = {"id": id, "app": app, "staff": staff, "page": page, "name": name, "query": query, "created_at": now}
    connection.execute(insert(saved_views).values(**row))
    return id


def of(connection: Connection, app: str, staff: str) -> Sequence[Row]:
    """Their views on this side, the oldest first."""
    return connection.execute(select(saved_views).where(*_mine(app, staff)).order_by(S.id)).all()


def get(connection: Connection, app: str, id: str) -> Row:
    """Somebody's view: whoever has its address may open it on the same side. Raises NotFound."""
    row = connection.execute(select(saved_views).where(S.app == app, S.id == id)).first()
    if row is None:
        raise NotFound("There is no such view here (any more): whoever kept it has removed it.")
    return row


def remove(connection: Connection, app: str, staff: str, id: str) -> None:
    """One's own. Raises NotFound."""
    if not connection.execute(delete(saved_views).where(*_mine(app, staff), S.id == id)).rowcount:
        raise NotFound("There is no such view of yours here (any more).")


def forget(connection: Connection, staff: str) -> None:
    """Who is shut out of everything leaves none behind."""
    connection.execute(delete(saved_views).where(S.staff == staff))


def _mine(app: str, staff: str) -> tuple:
    return S.app == app, S.staff == staff
