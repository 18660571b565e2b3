"""All that happened to one account, newest first, out of the tables where it stands; a page at a time."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, and_, or_, select

from shiming.errors import BadInput
from shiming.store.tables import (
    appeals,
    deliveries,
    events,
    flags,
    holds,
    judgements,
    looks,
    messages,
    tickets,
    verifications,
)

E, F, H, V, J, P, M, L, T = (
    each.c for each in (events, flags, holds, verifications, judgements, appeals, messages, looks, tickets)
)
_CURSOR = re.compile(r"([0-9]{1,15})\.([a-z_]{1,20})\.([0-9A-Za-z_.:\-]{1,80})")


@dataclass(frozen=True, slots=True)
class Source:
    """Where one kind of moment stands: the table, the column that says when, and what is read of it."""

    table: Table
    at: Column
    read: tuple[Column, ...]


SOURCES: Mapping[str, Source] = {
    "appeal": Source(appeals, P.created_at, (P.verification, P.hold, P.state, P.codes)),
    "appeal_answered": Source(appeals, P.answered_at, (P.state, P.codes, P.ground, P.answered_by)),
    "event": Source(events, E.at, (E.type, E.device, E.facts)),
    "flag": Source(flags, F.at, (F.rule, F.policy, F.does, F.said, F.hits, F.hold, F.state, F.decided_by)),
    "hold": Source(holds, H.opened_at, (H.reason, H.source, H.capabilities, H.requirements, H.lifted_at)),
    "hold_lifted": Source(holds, H.lifted_at, (H.reason, H.lifted_by)),
    "judgement": Source(judgements, J.at, (J.verification, J.round, J.by, J.outcome, J.codes)),
    "look": Source(looks, L.at, (L.by, L.role, L.what, L.why)),
    "message": Source(messages, M.at, (M.event, M.payload, M.read_at)),
    "ticket": Source(tickets, T.created_at, (T.topic, T.state)),
    "verification": Source(verifications, V.created_at, (V.level, V.state, V.codes, V.decided_at)),
}
"""Every kind of moment. A kind's name is part of the cursor."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened: `row` has the columns of its source; moments are ordered by `order`."""

    at: int
    kind: str
    id: str
    row: Row

    @property
    def order(self) -> tuple[int, str, str]:
        return self.at, self.kind, self.id


def page(connection: Connection, account: str, kinds: Sequence[str], before: str | None, until: int | None,
         limit: int) -> tuple[list[Moment], str | None]:  # fmt: skip
    """The newest `limit` moments of these kinds before a cursor, none later than `until`, and the cursor that goes on.

    One statement for each kind, however much there is. Raises BadInput for a cursor that is none.
    """
    at = _cursor(before)
    found = [each for kind in kinds for each in _of_kind(connection, account, kind, at, until, limit)]
    newest = sorted(found, key=lambda moment: moment.order, reverse=True)[:limit]
    last = newest[-1] if len(found) >= limit and newest else None
    return newest, last and f"{last.at}.{last.kind}.{last.id}"


def _of_kind(connection: Connection, account: str, kind: str, before: tuple[int, str, str] | None, until: int | None,
             limit: int) -> list[Moment]:  # fmt: skip
    source = SOURCES[kind]
    id, when = source.table.c.id, source.at
    where: list[Any] = [source.table.c.account == account, when.is_not(None)]
    where += [when <= until] if until is not None else []
    where += [_earlier(when, id, kind, *before)] if before else []
    query = select(id.label("id"), when.label("moment"), *source.read).where(*where)
    rows = connection.execute(query.order_by(when.desc(), id.desc()).limit(limit))
    return [Moment(row.moment, kind, row.id, row) for row in rows]


def _earlier(when: Column, id: Column, kind: str, at: int, of: str, last: str) -> ColumnElement[bool]:
    if kind == of:
        return or_(when < at, and_(when == at, id < last))
    return when <= at if kind < of else when < at


def _cursor(text: str | None) -> tuple[int, str, str] | None:
    if text is None:
        return None
    found = _CURSOR.fullmatch(text)
    if found is None or found[2] not in SOURCES:
        raise BadInput("`before` is the `next` of the page before, as it was given.")
    return int(found[1]), found[2], found[3]


def sent(connection: Connection, messages: Sequence[str]) -> dict[str, list[Row]]:
    """What became of these messages, channel by channel, by message; addresses are not read."""
    D = deliveries.c
    query = select(D.message, D.channel, D.state, D.tries, D.at).where(D.message.in_(messages))
    rows = connection.execute(query.order_by(D.message, D.id)).all() if messages else []
    return {message: list(of) for message, of in groupby(rows, key=lambda row: row.message)}
