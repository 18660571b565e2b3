"""What the operator's dashboards count, by day in China. Counts only: what they stand for is in drilldown.py."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, String, and_, cast, distinct, func, select

from shiming.store.tables import appeals, authority_calls, evidence, judgements, verifications

J, V, C, E, P = judgements.c, verifications.c, authority_calls.c, evidence.c, appeals.c
DAY, CHINA = 86_400_000, 8 * 3_600_000
UNFINISHED = ("open", "collecting", "needs_input", "expired", "cancelled")


def day_of(column: Any) -> Any:
    """Days since 1970 in China."""
    return (column + CHINA) // DAY


def outcomes(connection: Connection, app: str, since: int) -> Sequence[Row]:
    """Judgements per day and outcome, waits left out: (day, outcome, by_person, count)."""
    person = (J.by != "machine").label("person")
    query = select(day_of(J.at).label("day"), J.outcome, person, func.count().label("count"))
    query = query.where(J.app == app, J.at >= since, J.outcome != "WAIT").group_by("day", J.outcome, person)
    return connection.execute(query.order_by("day")).all()


def first_pass(connection: Connection, app: str, since: int) -> tuple[int, int]:
    """Of the verifications judged for the first time since then: how many, and how many passed at once."""
    where = (J.app == app, J.at >= since, J.round == 1, J.by == "machine", J.outcome != "WAIT")
    query = select(J.outcome, func.count().label("judged")).where(*where).group_by(J.outcome)
    counts = {row.outcome: row.judged for row in connection.execute(query)}
    return sum(counts.values()), counts.get("PASS", 0)


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
    last = select(E.verification, func.max(E.id).label("last")).group_by(E.verification).subquery()
    query = select(E.piece, func.count()).select_from(verifications)
    query = query.outerjoin(last, last.c.verification == V.id).outerjoin(evidence, E.id == last.c.last)
    where = and_(V.app == app, V.created_at >= since, V.created_at < before, V.state.in_(UNFINISHED))
    rows = connection.execute(query.where(where).group_by(E.piece))
    return Counter({piece or "nothing": count for piece, count in rows})


def appealed(connection: Connection, app: str, since: int) -> Counter[str]:
    """Appeals begun since then, by what became of them."""
    query = select(P.state, func.count().label("appeals")).where(P.app == app, P.created_at >= since)
    return Counter({row.state: row.appeals for row in connection.execute(query.group_by(P.state))})


def authority(connection: Connection, app: str, since: int) -> Sequence[Row]:
    """Calls to outside sources per day: (day, verifications, calls, cost in ten-thousandths of a yuan). What was paid
    stays counted when a verification is erased.
    """
    counts = func.count(distinct(C.about)).label("asked"), func.count().label("calls"), func.sum(C.cost).label("cost")
    query = select(day_of(C.at).label("day"), *counts).where(C.app == app, C.at >= since, C.outcome != "not_sent")
    return connection.execute(query.group_by("day").order_by("day")).all()


def outages(connection: Connection, app: str, since: int) -> int:
    """How often a judgement had to wait, since no authority could answer."""
    where = (J.app == app, J.at >= since, J.outcome == "WAIT")
    return connection.scalar(select(func.count()).select_from(judgements).where(*where))
