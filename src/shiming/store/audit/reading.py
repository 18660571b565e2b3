"""Reading the audit log for one side of an app, a bounded stretch at a time."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from shiming.store.audit.audit_log import audit_entries, audit_pending
from shiming.store.database import one_row

E = audit_entries.c
STRETCH = 20_000
"""Entries that one question looks through where no index helps."""


def latest(connection: Connection, app: str, actor: str | None, action: str | None, about: str | None,
           before: int | None, limit: int) -> tuple[Sequence[Row], int | None]:  # fmt: skip
    """Entries of this side below the place `before`, newest first, and from where to look on (None: that was all).

    `action` is how actions begin; of what was done to one thing (`about`) the whole log is searched, by its index.
    """
    newest = connection.scalar(select(func.max(E.leaf)))
    top = before if before is not None else -1 if newest is None else newest + 1
    bottom = 0 if about else max(0, top - STRETCH)
    where = [E.app == app, E.leaf < top, E.leaf >= bottom]
    where += [E.actor == actor] if actor else []
    where += [E.action.startswith(action, autoescape=True)] if action else []
    where += [E.object == about] if about else []
    rows = connection.execute(select(audit_entries).where(*where).order_by(E.leaf.desc()).limit(limit)).all()
    further = rows[-1].leaf if len(rows) == limit else bottom
    return rows, further or None


def of_actions(connection: Connection, app: str, actions: Sequence[str], limit: int) -> Sequence[Row]:
    """The newest entries of these actions, in the last stretch of the log and among rows that wait for their place."""
    bottom = (connection.scalar(select(func.max(E.leaf))) or 0) - STRETCH
    P = audit_pending.c
    waits = select(audit_pending).where(P.app == app, P.action.in_(actions), P.refused_at.is_(None))
    placed = select(audit_entries).where(E.leaf > bottom, E.app == app, E.action.in_(actions))
    rows = [*connection.execute(waits.order_by(P.at.desc()).limit(limit)),
            *connection.execute(placed.order_by(E.leaf.desc()).limit(limit))]  # fmt: skip
    return sorted(rows, key=lambda row: row.at, reverse=True)[:limit]


def one(connection: Connection, app: str, id: str) -> Row:
    """One entry of this side. Raises NotFound."""
    query = select(audit_entries).where(E.app == app, E.id == id)
    return one_row(connection, query, f"There is no entry '{id}' here; rows come into the log within seconds.")


def facts(row: Row) -> dict[str, Any]:
    """What an entry says besides."""
    return json.loads(row.facts)
