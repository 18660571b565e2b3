"""What is counted: rulings made to measure, times, answered appeals. Rows come out as the pure functions take them."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, Row, and_, func, or_, select

from shiming.review.quality import MEASURED, Measured
from shiming.store.tables import appeals, cases, rulings

R, A, C = rulings.c, appeals.c, cases.c
OVER = ("concluded", "first", "escalated")


def measured(connection: Connection, app: str, since: int) -> list[Measured]:
    """Decisions made to measure since then (escalations are left out: they decide nothing)."""
    where = (R.app == app, R.at >= since, R.measures.is_not(None), R.state == "concluded", R.verdict.in_(MEASURED))
    query = select(R.expected, R.verdict, R.by, R.measures).where(*where).order_by(R.id)
    return [Measured(expected["verdict"], verdict, by, expected["by"], measures)
            for expected, verdict, by, measures in connection.execute(query)]  # fmt: skip


def seconds(connection: Connection, app: str, since: int) -> dict[str, Counter[float]]:
    """Rulings since then: per person, how many were decided within how many seconds (to a tenth) of taking the case."""
    tenths = ((R.at - R.taken_at + 50) // 100).label("tenths")
    query = select(R.by, tenths, func.count()).where(R.app == app, R.at >= since, R.state.in_(OVER))
    found: defaultdict[str, Counter[float]] = defaultdict(Counter)
    for by, took, count in connection.execute(query.group_by(R.by, tenths).order_by(R.by)):
        found[by][took / 10] = count
    return found


def answered_appeals(connection: Connection, app: str, since: int) -> Sequence[Row]:
    """Appeals answered since then."""
    where = (A.app == app, A.answered_at >= since, A.state.in_(("upheld", "turned_down")))
    return connection.execute(select(appeals).where(*where).order_by(A.id)).all()


def known(connection: Connection, app: str, person: str, after: str | None, limit: int) -> Sequence[Row]:
    """Cases with a known answer, newest first, with the ruling (None: not yet): one's own, and all that are decided."""
    answer = and_(R.case == C.id, R.state == "concluded")
    query = select(C.id, C.about, C.state, C.expected, C.opened_at, R.verdict, R.by, R.at)
    query = query.select_from(cases.outerjoin(rulings, answer)).where(C.app == app, C.measures == "known")
    query = query.where(or_(C.state == "decided", C.expected["by"].as_string() == person))
    query = query.where(C.id < after) if after else query
    return connection.execute(query.order_by(C.id.desc()).limit(limit)).all()
