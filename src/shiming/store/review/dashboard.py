"""What the operator's dashboards count, by day in China. Counts only: what they stand for is in drilldown.py."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, String, and_, cast, distinct, func, select

from shiming.store.tables import appeals, authority_calls, evidence, judgements, verifications
from shiming.store.verification.authority_calls import PLAY

J, V, C, E, P = judgements.c, verifications.c, authority_calls.c, evidence.c, appeals.c
DAY, CHINA = 86_400_000, 8 * 3_600_000
UNFINISHED = ("open", "collecting", "needs_input", "expired", "cancelled")

LAST_PIECE = select(E.piece).where(E.verification == V.id).order_by(E.id.desc()).limit(1).scalar_subquery()
"""What was handed in last of a verification; looked up for each one that is asked about."""


def day_of(column: Any) -> Any:
    """Days since 1970 in China."""
    return (column + CHINA) // DAY


def judged(connection: Connection, app: str, since: int) -> Sequence[Row]:
    """Judgements since then: (day, outcome, by a person, the machine's first of a verification, count)."""
    person, first = (J.by != "machine").label("person"), and_(J.round == 1, J.by == "machine").label("at_first")
    query = select(day_of(J.at).label("day"), J.outcome, person, first, func.count().label("count"))
    query = query.where(J.app == app, J.at >= since).group_by("day", J.outcome, person, first)
    return connection.execute(query.order_by("day")).all()


def reasons(connection: Connection, app: str, since: int) -> Counter[str]:
    """How often each reason was given."""
    text = cast(J.codes, String)
    query = select(text, func.count()).where(J.app == app, J.at >= since).group_by(text)
    counts: Counter[str] = Counter()
    for codes, count in connection.execute(query):
        for code in json.loads(codes):
            counts[code] += count
    return counts


def drop_outs(connection: Connection, app: str, since: int, before: int) -> Counter[str]:
    """Verifications begun in this time and not gone on with: by the last piece that was handed in."""
    left = select(LAST_PIECE.label("piece")).where(V.app == app, V.created_at >= since, V.created_at < before)
    left = left.where(V.state.in_(UNFINISHED)).subquery()
    rows = connection.execute(select(left.c.piece, func.count()).group_by(left.c.piece))
    return Counter({piece or "nothing": count for piece, count in rows})


def appealed(connection: Connection, app: str, since: int) -> Counter[str]:
    """Appeals begun since then, by what became of them."""
    query = select(P.state, func.count().label("appeals")).where(P.app == app, P.created_at >= since)
    return Counter({row.state: row.appeals for row in connection.execute(query.group_by(P.state))})


def authority(connection: Connection, app: str, since: int) -> Sequence[Row]:
    """Calls to outside sources about verifications, per day: (day, verifications, calls, cost in ten-thousandths of a
    yuan). What was paid stays counted when a verification is erased.
    """
    counts = func.count(distinct(C.about)).label("asked"), func.count().label("calls"), func.sum(C.cost).label("cost")
    query = select(day_of(C.at).label("day"), *counts).where(C.app == app, C.at >= since, C.outcome != "not_sent")
    query = query.where(C.question != PLAY)
    return connection.execute(query.group_by("day").order_by("day")).all()
