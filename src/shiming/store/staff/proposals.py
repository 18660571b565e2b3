"""What one admin has asked for about somebody of the staff, until a second one confirms or declines it."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select

from shiming.errors import Conflict, NotFound
from shiming.store.database import new_id
from shiming.store.tables import staff_proposals

P = staff_proposals.c
DAYS, MOST = 7, 200
DAY_MS = 86_400_000
ROLES, RESET, MAIL = "roles", "reset", "mail"
"""Kinds: these roles on that side of an app; a new start at signing in; another mail address (or none)."""


def ask(connection: Connection, app: str, kind: str, staff: str, by: str, now: int, **facts) -> str:
    """First of two people. A newer wish of the same kind about the same person takes the place of the older."""
    same = (P.staff == staff, P.kind == kind, P.app == app)
    connection.execute(delete(staff_proposals).where(or_(and_(*same), P.created_at <= now - DAYS * DAY_MS)))
    if connection.scalar(select(func.count()).where(P.app == app)) >= MOST:
        raise Conflict("Too many proposals wait for a second person here. Confirm or decline some of them first.")
    row = {"id": new_id("pro"), "app": app, "kind": kind, "staff": staff, "asked_by": by, "created_at": now}
    connection.execute(insert(staff_proposals).values(**row, **{"roles": [], **facts}))
    return row["id"]


def fresh(connection: Connection, now: int) -> Sequence[Row]:
    """Those that wait, oldest first."""
    query = select(staff_proposals).where(P.created_at > now - DAYS * DAY_MS).order_by(P.id)
    return connection.execute(query).all()


def one(connection: Connection, id: str, now: int) -> Row:
    found = next((proposal for proposal in fresh(connection, now) if proposal.id == id), None)
    if found is None:
        raise NotFound(gone(id))
    return found


def settle(connection: Connection, id: str) -> None:
    """It is confirmed or declined, by one who came first; the audit trail says by whom."""
    if not connection.execute(delete(staff_proposals).where(P.id == id)).rowcount:
        raise NotFound(gone(id))


def gone(id: str) -> str:
    return f"No proposal '{id}' waits here. It was settled, or {DAYS} days are over: make it again."


def drop(connection: Connection, staff: str, app: str | None = None) -> None:
    """Nobody waits any more for what was asked about this person (on that side)."""
    mine = delete(staff_proposals).where(P.staff == staff)
    connection.execute(mine.where(P.app == app) if app else mine)
