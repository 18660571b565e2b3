"""Bulk actions on cases, as they are kept: what was asked, and what became of each case."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from shiming.store.database import one_row
from shiming.store.tables import bulk_items, bulks

B, I = bulks.c, bulk_items.c  # noqa: E741
WAITS = "waits"
"""The state of a case that nothing has been done about yet, and of a bulk that waits for a second person."""


def add(connection: Connection, row: dict[str, Any], cases: Sequence[str]) -> None:
    """Keep what was asked, with its cases."""
    connection.execute(insert(bulks).values(**row))
    connection.execute(insert(bulk_items), [{"bulk": row["id"], "case": case, "state": WAITS} for case in cases])


def find(connection: Connection, app: str, id: str) -> Row | None:
    return connection.execute(select(bulks).where(B.app == app, B.id == id)).first()


def get(connection: Connection, app: str, id: str, lock: bool = False) -> Row:
    """Raises NotFound."""
    query = select(bulks).where(B.app == app, B.id == id)
    return one_row(connection, query, "There is no such bulk action here.", lock)


def change(connection: Connection, id: str, **values: Any) -> None:
    connection.execute(update(bulks).where(B.id == id).values(**values))


def listed(connection: Connection, app: str, limit: int) -> Sequence[Row]:
    """The newest first."""
    return connection.execute(select(bulks).where(B.app == app).order_by(B.id.desc()).limit(limit)).all()


def alone_since(connection: Connection, app: str, by: str, since: int) -> int:
    """How many cases this person has touched without a second one since then."""
    own = select(B.id).where(B.app == app, B.asked_by == by, B.settled_by.is_(None), B.created_at >= since)
    query = select(func.count()).select_from(bulk_items)
    return connection.scalar(query.where(I.bulk.in_(own.where(B.state.in_(("running", "done")))))) or 0


def counts(connection: Connection, ids: Sequence[str]) -> dict[str, Counter[str]]:
    """How many cases of each are in which state."""
    found: dict[str, Counter[str]] = {id: Counter() for id in ids}
    query = select(I.bulk, I.state, func.count().label("cases")).where(I.bulk.in_(ids)).group_by(I.bulk, I.state)
    for row in connection.execute(query) if ids else ():
        found[row.bulk][row.state] = row.cases
    return found


def items(connection: Connection, id: str) -> Sequence[Row]:
    """Every case of a bulk and what became of it."""
    return connection.execute(select(bulk_items).where(I.bulk == id).order_by(I.case)).all()


def undone(connection: Connection, id: str, limit: int) -> Sequence[str]:
    """Cases that nothing has been done about yet."""
    query = select(I.case).where(I.bulk == id, I.state == WAITS).order_by(I.case).limit(limit)
    return connection.scalars(query).all()


def settle(connection: Connection, id: str, case: str, state: str, code: str | None, now: int) -> bool:
    """Write down what becomes of a case, once; False where that was written down before."""
    query = update(bulk_items).where(I.bulk == id, I.case == case, I.state == WAITS)
    return bool(connection.execute(query.values(state=state, code=code, at=now)).rowcount)
