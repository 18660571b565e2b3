"""What is counted: rulings made to measure, times, answered appeals. Rows come out as the pure functions take them."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, select

from shiming.review.quality import MEASURED, Measured
from shiming.store.tables import appeals, rulings

R, A = rulings.c, appeals.c
OVER = ("concluded", "first", "escalated")


def measured(connection: Connection, app: str, since: int) -> list[Measured]:
    """Decisions made to measure since then (escalations are left out: they decide nothing)."""
    where = (R.app == app, R.at >= since, R.measures.is_not(None), R.state == "concluded")
    return [
        Measured(r.expected["verdict"], r.verdict, r.by, r.expected["by"], r.measures)
        for r in connection.execute(select(rulings).where(*where).order_by(R.id))
        if r.verdict in MEASURED
    ]


def seconds(connection: Connection, app: str, since: int) -> list[tuple[str, float]]:
    """Per ruling since then: who, and seconds from taking the case to deciding it."""
    where = (R.app == app, R.at >= since, R.state.in_(OVER))
    rows = connection.execute(select(R.by, R.at, R.taken_at).where(*where))
    return [(r.by, (r.at - r.taken_at) / 1000) for r in rows]


def answered_appeals(connection: Connection, app: str, since: int) -> Sequence[Row]:
    """Appeals answered since then."""
    where = (A.app == app, A.answered_at >= since, A.state.in_(("upheld", "turned_down")))
    return connection.execute(select(appeals).where(*where).order_by(A.id)).all()
