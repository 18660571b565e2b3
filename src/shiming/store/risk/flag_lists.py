"""Lists of flags, and what is counted of rules by them, their holds and what those cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, String, case, cast, func, select

from shiming.store.review.drilldown import RULE
from shiming.store.tables import accounts, appeals, cases, flags, holds

F, H, C, P = flags.c, holds.c, cases.c, appeals.c
DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """What chooses flags; None: whatever. Times are in ms, `account` is our id."""

    app: str
    state: str | None = None
    rule: str | None = None
    does: str | None = None
    account: str | None = None
    person: str | None = None
    since: int | None = None
    until: int | None = None


def page(connection: Connection, by: Chosen, after: str | None, limit: int) -> Sequence[Row]:
    """Flags, newest first, each with its account's name."""
    wanted: dict[Any, Any] = {F.state: by.state, F.rule: by.rule, F.does: by.does, F.account: by.account,
                              F.decided_by: by.person}  # fmt: skip
    where = [F.app == by.app, *(column == value for column, value in wanted.items() if value is not None)]
    where += [F.at >= by.since] if by.since is not None else []
    where += [F.at < by.until] if by.until is not None else []
    where += [F.id < after] if after else []
    query = select(flags, accounts.c.ref).join(accounts, accounts.c.id == F.account).where(*where)
    return connection.execute(query.order_by(F.id.desc()).limit(limit)).all()


def raised(connection: Connection, app: str, since: int) -> Sequence[Row]:
    """Flags of each rule since then: (rule, state, flags, hits)."""
    query = select(F.rule, F.state, func.count().label("flags"), func.sum(F.hits).label("hits"))
    return connection.execute(query.where(F.app == app, F.at >= since).group_by(F.rule, F.state)).all()


def costs(connection: Connection, app: str, since: int, now: int) -> dict[str, dict[str, int]]:
    """By rule, what its holds opened since then have cost: `reviews` (cases decided), `appeals` answered, `verified`
    (holds met by a verification), `held_days`.
    """
    opened = (H.app == app, H.opened_at >= since, RULE.is_not(None))
    span = func.sum(func.coalesce(H.lifted_at, now) - H.opened_at)
    verified = func.sum(case((cast(H.met, String).contains("verify:"), 1), else_=0))
    query = select(RULE.label("rule"), span.label("held"), verified.label("verified")).where(*opened).group_by("rule")
    found = {row.rule: {"reviews": 0, "appeals": 0, "verified": int(row.verified), "held_days": int(row.held) // DAY}
             for row in connection.execute(query)}  # fmt: skip
    reviews = _counted(select(RULE.label("rule"), func.count().label("n")).join(cases, C.about == H.id), opened)
    reviews = reviews.where(C.kind == "hold", C.state == "decided", C.measures.is_(None))
    answers = _counted(select(RULE.label("rule"), func.count().label("n")).join(appeals, P.hold == H.id), opened)
    for name, counted in (("reviews", reviews), ("appeals", answers.where(P.answered_at.is_not(None)))):
        for row in connection.execute(counted):
            found[row.rule][name] = row.n
    return found


def _counted(query: Select, opened: tuple) -> Select:
    return query.where(*opened).group_by("rule")
