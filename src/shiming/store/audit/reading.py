"""Reading the audit log for one side of an app, a bounded stretch at a time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from shiming.store.audit.audit_log import audit_entries, audit_pending
from shiming.store.database import one_row

E = audit_entries.c
STRETCH, STRAGGLERS = 20_000, 2_000
"""Entries that one question looks through where no index helps; by how many order of place and of time may differ."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries of one side: by whom, what begins so (`policy.`), about what (its id), from when and until when."""

    app: str
    actor: str | None = None
    action: str | None = None
    about: str | None = None
    since: int | None = None
    until: int | None = None


def latest(connection: Connection, asked: Asked, before: int | None, limit: int) -> tuple[Sequence[Row], int | None]:
    """Entries below the place `before`, newest first, and from where to look on (None: that was all).

    Of what was done to one thing (`about`) the whole log is searched, by its index.
    """
    newest = connection.scalar(select(func.max(E.leaf)))
    end = -1 if newest is None else newest + 1
    top = end if before is None else before
    if asked.until is not None:
        top = min(top, _place(connection, asked.until, end) + STRAGGLERS)
    floor = max(0, _place(connection, asked.since, end) - STRAGGLERS) if asked.since is not None else 0
    bottom = floor if asked.about else max(floor, top - STRETCH)
    where = (E.app == asked.app, E.leaf < top, E.leaf >= bottom, *_where(asked))
    rows = connection.execute(select(audit_entries).where(*where).order_by(E.leaf.desc()).limit(limit)).all()
    further = rows[-1].leaf if len(rows) == limit else bottom
    return rows, further if further > floor else None


def _where(asked: Asked) -> list[ColumnElement[bool]]:
    where = [E.actor == asked.actor] if asked.actor else []
    where += [E.action.startswith(asked.action, autoescape=True)] if asked.action else []
    where += [E.object == asked.about] if asked.about else []
    where += [E.at >= asked.since] if asked.since is not None else []
    return where + ([E.at < asked.until] if asked.until is not None else [])


def _place(connection: Connection, moment: int, end: int) -> int:
    """About where entries of this moment begin: they get their places soon after, not quite in the order of time."""
    low, high = 0, max(0, end)
    while low < high:
        middle = (low + high) // 2
        earlier = connection.scalar(select(E.at).where(E.leaf == middle)) < moment
        low, high = (middle + 1, high) if earlier else (low, middle)
    return low


def all_of(connection: Connection, asked: Asked, most: int) -> list[Row]:
    """The same through the whole log, stretch after stretch, up to so many."""
    found: list[Row] = []
    before: int | None = None
    while True:
        rows, before = latest(connection, asked, before, most - len(found))
        found += rows
        if before is None or len(found) >= most:
            return found


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
