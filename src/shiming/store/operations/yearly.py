"""What a year's compliance report counts, of one side (`live` or `test`): no names, and of people ids only.

Whole years are read through, so ask seldom: on the command line, not on a page.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, func, select

from shiming.store.audit.audit_log import audit_entries, audit_pending
from shiming.store.audit.chain import audit_rows
from shiming.store.operations.alarms import EVENT
from shiming.store.tables import (
    appeals,
    authority_calls,
    consents,
    deliveries,
    face_templates,
    guardians,
    judgements,
    looks,
    messages,
    tickets,
    verifications,
)

Period = tuple[int, int]
"""From the first millisecond to the one after the last."""
ERASED = ("verification.erased", "account.erased", "verification.parts_ended", "account.events_erased")
DECLINED = "erasure.declined"
SEARCHED = ("account.searched", "account.revealed")


def _in(period: Period, at: ColumnElement[int], app: ColumnElement[str], side: str) -> tuple[ColumnElement[bool], ...]:
    return at >= period[0], at < period[1], app.like(f"%.{side}")


def _counted(connection: Connection, query: Select, *by: Column) -> Sequence[Row]:
    return connection.execute(query.add_columns(*by, func.count().label("count")).group_by(*by).order_by(*by)).all()


def purposes(connection: Connection, period: Period, side: str) -> dict[str, list[dict[str, object]]]:
    """What personal data were used for: rows of counts, by purpose."""
    V, J, C, A = verifications.c, judgements.c, consents.c, authority_calls.c
    D, P, G, M = deliveries.c, appeals.c, guardians.c, messages.c
    empty = select().select_from
    asked = {
        "verifications": (empty(verifications).where(*_in(period, V.created_at, V.app, side)), V.level, V.state),
        "decisions": (empty(judgements).where(*_in(period, J.at, J.app, side)), J.outcome),
        "consents": (empty(consents).where(*_in(period, C.at, C.app, side)), C.kind, C.given),
        "sources": (empty(authority_calls).where(*_in(period, A.at, A.app, side)), A.question, A.outcome),
        "notices": (
            empty(deliveries).join(messages, M.id == D.message).where(*_in(period, M.at, M.app, side)),
            D.channel, D.state,
        ),
        "appeals": (empty(appeals).where(*_in(period, P.created_at, P.app, side)), P.state),
        "guardians": (empty(guardians).where(*_in(period, G.created_at, G.app, side)), G.state),
    }  # fmt: skip
    return {name: [dict(row._mapping) for row in _counted(connection, *rest)] for name, rest in asked.items()}


def templates(connection: Connection, side: str) -> int:
    """Face templates that are stored now."""
    F = face_templates.c
    where = (F.sealed_template.is_not(None), F.app.like(f"%.{side}"))
    return connection.scalar(select(func.count()).where(*where)) or 0


def staff_looks(connection: Connection, period: Period, side: str) -> tuple[int, list[dict[str, object]]]:
    """How many of the staff looked at somebody's data, and what they looked at, in which role, why, how often."""
    L = looks.c
    where = _in(period, L.at, L.app, side)
    people = connection.scalar(select(func.count(L.by.distinct())).where(*where)) or 0
    rows = _counted(connection, select().select_from(looks).where(*where), L.role, L.what, L.why)
    return people, [dict(row._mapping) for row in rows]


def alarms(connection: Connection, period: Period, side: str) -> Iterator[tuple[str, str, int]]:
    """Each alarm that was told: (which, of what, when), once for however many were told of it."""
    M = messages.c
    query = select(M.payload, M.at).where(M.event == EVENT, *_in(period, M.at, M.app, side)).order_by(M.at)
    told = ((row.payload.get("alarm", ""), str(row.payload.get("of", "")), row.at) for row in connection.execute(query))
    yield from dict.fromkeys(told)


def erasure_wishes(connection: Connection, topic: str, side: str) -> dict[str, int]:
    """When the erasure of a verification was first asked for, by the verification."""
    T = tickets.c
    query = select(T.verification, func.min(T.created_at)).where(T.topic == topic, T.app.like(f"%.{side}"))
    rows = connection.execute(query.where(T.verification.is_not(None)).group_by(T.verification))
    return {row[0]: row[1] for row in rows}


def noted(connection: Connection, period: Period, side: str, actions: Sequence[str]) -> Iterator[Row]:
    """What the audit trail has of these deeds: (at, actor, action, object), by its time; of every age of the trail."""
    found = []
    for trail in (audit_rows, audit_entries, audit_pending):
        A = trail.c
        query = select(A.at, A.actor, A.action, A.object)
        found += connection.execute(query.where(A.action.in_(actions), *_in(period, A.at, A.app, side))).all()
    yield from sorted(found, key=lambda row: row.at)
