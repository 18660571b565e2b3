"""What the numbers of the dashboards stand for, row by row, newest first; by id and reason, without people."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, String, and_, case, cast, func, or_, select

from shiming.store.review.dashboard import LAST_PIECE, UNFINISHED, day_of
from shiming.store.review.quality_counts import OVER
from shiming.store.tables import appeals, authority_calls, cases, evidence, holds, judgements, rulings, verifications

J, V, K, E, P, H, R, C = (
    judgements.c, verifications.c, authority_calls.c, evidence.c, appeals.c, holds.c, rulings.c, cases.c,
)  # fmt: skip
_turned_down = select(P.hold).where(P.state == "turned_down", P.hold.is_not(None)).scalar_subquery()
FATE = case(
    (H.lifted_by.like("appeal:%"), "upheld"),
    (and_(H.lifted_by.like("reviewer:%"), cast(H.met, String).like("%review%")), "cleared"),
    (H.lifted_by.like("reviewer:%"), "overturned"),
    (H.lifted_by.like("rollback:%"), "rolled_back"),
    (H.lifted_at.is_not(None), "stood"),
    (H.id.in_(_turned_down), "stood"),
    else_="open",
)
"""What became of a hold, as review/precision.py counts it."""
RULE, VERSION = H.because["rule"].as_string(), H.because["version"].as_string()


def rules(connection: Connection, app: str, since: int, rule: str | None = None) -> Sequence[Row]:
    """Holds that rules, or this one, opened since then: (rule, version, fate, count)."""
    fate = FATE.label("fate")
    query = select(RULE.label("rule"), VERSION.label("version"), fate, func.count().label("count"))
    named = RULE.is_not(None) if rule is None else rule == RULE
    query = query.where(H.app == app, H.opened_at >= since, named, VERSION.is_not(None))
    return connection.execute(query.group_by("rule", "version", "fate")).all()


def of_rule(app: str, since: int, rule: str | None, version: str | None, fate: str | None) -> Select:
    """Holds that a rule opened, by what became of them."""
    query = select(H.id, H.reason, RULE.label("rule"), VERSION.label("version"), FATE.label("fate"),
                   H.opened_at.label("at"), H.lifted_at)  # fmt: skip
    where = (H.app == app, H.opened_at >= since, RULE.is_not(None), VERSION.is_not(None))
    return _chosen(query.where(*where), {RULE: rule, VERSION: version, FATE: fate})


def judged(app: str, since: int, day: int | None, outcome: str | None, code: str | None, first: bool,
           person: bool | None, decided: bool) -> Select:  # fmt: skip
    """Judgements; `decided`: no waits; `first`: the machine's first ones, no waits; `person`: made by one, or not."""
    query = select(J.id, J.verification, J.outcome, J.codes, J.by, J.at).where(J.app == app, J.at >= since)
    query = query.where(cast(J.codes, String).like(f'%"{code}"%')) if code else query
    query = query.where(J.outcome != "WAIT") if decided or first else query
    query = query.where(J.round == 1, J.by == "machine") if first else query
    return _chosen(query, {day_of(J.at): day, J.outcome: outcome and outcome.upper(), J.by != "machine": person})


def dropped_out(app: str, since: int, before: int, piece: str) -> Select:
    """Verifications that were begun and not gone on with, whose last piece is this; `nothing`: none was handed in."""
    query = select(V.id, V.id.label("verification"), V.state, V.created_at.label("at"))
    query = query.where(V.app == app, V.created_at >= since, V.created_at < before, V.state.in_(UNFINISHED))
    return query.where(LAST_PIECE.is_(None) if piece == "nothing" else piece == LAST_PIECE)


def waiting(app: str, kind: str | None, senior: bool | None, late_at: int | None) -> Select:
    """Cases that wait; `late_at`: those whose deadline was before."""
    query = select(C.id, C.kind, C.codes, C.senior, C.opened_at.label("at"), C.deadline, C.verification)
    query = query.where(C.app == app, C.state == "open")
    query = query.where(C.deadline < late_at) if late_at else query
    return _chosen(query, {C.kind: kind, C.senior: senior})


def appealed(app: str, since: int, state: str | None, code: str | None, wrong: str | None,
             decider: str | None, answered: bool) -> Select:  # fmt: skip
    """Appeals begun since then; `answered`: those answered since then."""
    query = select(P.id, P.verification, P.hold, P.state, P.codes, P.wrong, P.ground, P.created_at.label("at"),
                   P.answered_at).where(P.app == app)  # fmt: skip
    over = and_(P.answered_at >= since, P.state.in_(("upheld", "turned_down")))
    query = query.where(over if answered else P.created_at >= since)
    query = query.where(cast(P.codes, String).like(f'%"{code}"%')) if code else query
    return _chosen(query, {P.state: state, P.wrong: wrong, P.first_decider: decider})


def asked(app: str, since: int, day: int | None) -> Select:
    """Verifications about which outside sources were asked, how often, and what that cost."""
    counts = func.count().label("calls"), func.sum(K.cost).label("cost"), func.max(K.at).label("at")
    query = select(K.about.label("id"), K.about.label("verification"), K.round, *counts)
    query = query.where(K.app == app, K.at >= since, K.outcome != "not_sent").group_by(K.about, K.round)
    return _chosen(query, {day_of(K.at): day})


def ruled(app: str, since: int, by: str | None, measures: str | None) -> Select:
    """Rulings; `measures`: those made to measure, with what was decided or known before. A blind pair is of both."""
    query = select(R.id, R.case, R.kind, R.verdict, R.ground, R.codes, R.by, R.at, R.expected,
                   (R.at - R.taken_at).label("took"))  # fmt: skip
    query = query.where(R.app == app, R.at >= since)
    query = query.where(R.state == "concluded") if measures else query.where(R.state.in_(OVER))
    if by and measures == "blind":
        return _chosen(query.where(or_(R.by == by, R.expected["by"].as_string() == by)), {R.measures: measures})
    return _chosen(query, {R.by: by, R.measures: measures})


def page(connection: Connection, query: Select, offset: int, limit: int) -> Sequence[Row]:
    """So many rows of what a number stands for, newest first."""
    return connection.execute(query.order_by(query.selected_columns.at.desc()).offset(offset).limit(limit)).all()


def cases_of(connection: Connection, verifications_: Sequence[str]) -> dict[str, str]:
    """The newest case about each verification that has one: where a number's row leads on to."""
    query = select(C.verification, func.max(C.id)).where(C.verification.in_(verifications_), C.measures.is_(None))
    return dict(map(tuple, connection.execute(query.group_by(C.verification))))


def _chosen(query: Select, wanted: dict[Any, Any]) -> Select:
    for column, value in wanted.items():
        query = query if value is None else query.where(column == value)
    return query
