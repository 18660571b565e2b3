"""Lists of flags, and what is counted of rules by them, their holds and what those cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, String, case, cast, func, select

from shiming.store.review.drilldown import FATE
from shiming.store.tables import accounts, appeals, cases, flags, holds

F, H, C, P = flags.c, holds.c, cases.c, appeals.c
RULE, BY_RULE = func.substr(H.source, 6), H.source.like("rule:%")
"""Of the policy's own rules: read off an index, while what a platform names in `because` has to be dug out of each row.
"""


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


def opened(connection: Connection, app: str, since: int, now: int) -> Sequence[Row]:
    """Holds that rules opened since then: (rule, fate, count, `held` in ms, `verified`: met by a verification)."""
    held = func.sum(func.coalesce(H.lifted_at, now) - H.opened_at).label("held")
    verified = func.sum(case((cast(H.met, String).contains("verify:"), 1), else_=0)).label("verified")
    query = select(RULE.label("rule"), FATE.label("fate"), func.count().label("count"), held, verified)
    return connection.execute(query.where(*_ours(app, since)).group_by("rule", "fate")).all()


def answered(connection: Connection, app: str, since: int) -> dict[str, dict[str, int]]:
    """By rule, for its holds opened since then: `reviews`, cases that were decided, and `appeals` answered."""
    chosen = select(RULE.label("rule"), func.count().label("n")).where(*_ours(app, since)).group_by("rule")
    reviews = chosen.join(cases, C.about == H.id).where(C.kind == "hold", C.state == "decided", C.measures.is_(None))
    answers = chosen.join(appeals, P.hold == H.id).where(P.answered_at.is_not(None))
    found: dict[str, dict[str, int]] = {}
    for what, query in (("reviews", reviews), ("appeals", answers)):
        for row in connection.execute(query):
            found.setdefault(row.rule, {"reviews": 0, "appeals": 0})[what] = row.n
    return found


def _ours(app: str, since: int) -> tuple[Any, ...]:
    return H.app == app, H.opened_at >= since, BY_RULE
