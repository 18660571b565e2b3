"""Lists of cases: what chooses them, in the queue's order or the other way round, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, String, and_, cast, or_, select

from shiming.store.review.drilldown import RULE
from shiming.store.tables import cases, holds, rulings

C, H, R = cases.c, holds.c, rulings.c
MADE = ("pending", "first", "concluded")
"""States of a ruling that was made and not passed on."""
OWN = ("decided", "snoozed", "escalated")
Place = tuple[int, str]
"""Where a page ended: urgency and id of its last case. The id alone is empty in the cursors of earlier releases."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What chooses cases; None: whatever. `me` and `now` are for `own` and `person`; times are in ms.

    Without `state` and `own`, those that wait. `since` and `until` are about when a case was decided where `state` or
    `own` is `decided`, else about when it was opened.
    """

    app: str
    me: str
    now: int
    state: str | None = None
    kind: str | None = None
    senior: bool | None = None
    account: str | None = None
    reason: str | None = None
    rule: str | None = None
    since: int | None = None
    until: int | None = None
    person: str | None = None
    risk: int | None = None
    own: str | None = None


def page(connection: Connection, by: Chosen, after: Place | None, limit: int, newest: bool = False) -> Sequence[Row]:
    """Cases by urgency, the most urgent first; `newest`: the other way round."""
    query = select(cases).where(*_where(by))
    if after:
        query = query.where(_beyond(after, newest))
    order = (C.urgency.desc(), C.id.desc()) if newest else (C.urgency, C.id)
    return connection.execute(query.order_by(*order).limit(limit)).all()


def place(row: Row) -> str:
    """Where a list goes on after this case."""
    return f"{row.urgency}.{row.id}"


def rules_of(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """The rule that opened each of these holds, where a rule did."""
    query = select(H.id, RULE.label("rule")).where(H.id.in_(ids), RULE.is_not(None))
    return {row.id: row.rule for row in connection.execute(query)} if ids else {}


def named(connection: Connection, app: str, ids: Sequence[str]) -> Sequence[Row]:
    """These cases of one side, in the queue's order."""
    query = select(cases).where(C.app == app, C.id.in_(ids)).order_by(C.urgency, C.id)
    return connection.execute(query).all() if ids else []


def _where(by: Chosen) -> list[ColumnElement[bool]]:
    state = by.state or ("open" if by.own in (None, "snoozed") else None)
    wanted: dict[Any, Any] = {C.state: state, C.kind: by.kind, C.senior: by.senior, C.account: by.account}
    where = [C.app == by.app, *(column == value for column, value in wanted.items() if value is not None)]
    at = C.decided_at if "decided" in (by.state, by.own) else C.opened_at
    where += [at >= by.since] if by.since is not None else []
    where += [at < by.until] if by.until is not None else []
    where += [C.risk >= by.risk] if by.risk is not None else []
    where += [cast(C.codes, String).contains(f'"{by.reason}"', autoescape=True)] if by.reason else []
    where += [C.kind == "hold", C.about.in_(_of_rule(by.app, by.rule))] if by.rule else []
    where += [_with(by.app, by.person, by.now)] if by.person else []
    return where + _own(by)


def _of_rule(app: str, rule: str) -> Select:
    return select(H.id).where(H.app == app, rule == RULE)


def _with(app: str, person: str, now: int) -> ColumnElement[bool]:
    """Cases that somebody has now, or has decided."""
    return or_(and_(C.state == "open", C.assigned == person, C.locked_until > now), _ruled(app, person, MADE))


def _ruled(app: str, person: str, states: Sequence[str]) -> ColumnElement[bool]:
    return C.id.in_(select(R.case).where(R.app == app, R.by == person, R.state.in_(states)))


def _own(by: Chosen) -> list[ColumnElement[bool]]:
    match by.own:
        case "decided":
            return [_ruled(by.app, by.me, MADE)]
        case "escalated":
            return [_ruled(by.app, by.me, ("escalated",))]
        case "snoozed":
            return [C.snoozed_by == by.me, C.snoozed_until > by.now]
    return []


def _beyond(after: Place, newest: bool) -> ColumnElement[bool]:
    urgency, id = after
    if not id:
        return C.urgency > urgency
    beyond, same = (C.urgency < urgency, C.id < id) if newest else (C.urgency > urgency, C.id > id)
    return or_(beyond, and_(C.urgency == urgency, same))
