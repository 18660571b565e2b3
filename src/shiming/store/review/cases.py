"""Cases and rulings as they are kept. One case is one thing that waits for a person; the next one is found by index."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, or_, select, update
from sqlalchemy import case as sql_case

from shiming.review import queue
from shiming.review.queue import Taker
from shiming.store.database import new_id, one_row
from shiming.store.tables import cases, rulings

C, R = cases.c, rulings.c


def add(connection: Connection, app: str, kind: str, about: str, account: str, now: int, deadline: int,
        codes: Sequence[str], **values: Any) -> str:  # fmt: skip
    """Open a case; a case that measures (blind, known) looks like any other and settles nothing."""
    id, risk = new_id("cas"), values.pop("risk", None) or queue.risk(codes)
    named = {"id": id, "app": app, "kind": kind, "about": about, "account": account, "state": "open"}
    order = {"risk": risk, "opened_at": now, "deadline": deadline, "urgency": queue.urgency(deadline, risk)}
    rest = {"senior": False, "four_eyes": False, "not_by": "|", "codes": list(codes), **values}
    connection.execute(insert(cases).values(**named, **order, **rest))
    return id


def case(connection: Connection, app: str, id: str, lock: bool = False) -> Row:
    return one_row(connection, select(cases).where(C.id == id, C.app == app), f"There is no case '{id}' here.", lock)


def alive_about(connection: Connection, about: str, lock: bool = False) -> Row | None:
    """The case that will settle this thing, where one is open or pending."""
    where = (C.about == about, C.state.in_(("open", "pending")), C.measures.is_(None))
    query = select(cases).where(*where)
    return connection.execute(query.with_for_update() if lock else query).first()


def alive_of(connection: Connection, verification: str) -> Sequence[Row]:
    """All cases of a verification that are open or pending, locked."""
    query = select(cases).where(C.verification == verification, C.state.in_(("open", "pending")))
    return connection.execute(query.with_for_update()).all()


def waits(connection: Connection, id: str) -> Row | None:
    """The case that settles an appeal, or a verification or the appeal against it, where one is open or pending."""
    about = or_(C.about == id, C.verification == id)
    where = (about, C.state.in_(("open", "pending")), C.measures.is_(None), C.kind != "claim")
    return connection.execute(select(cases).where(*where).order_by(C.id.desc())).first()


def ahead(connection: Connection, case: Row) -> int:
    """How many cases are taken before this one."""
    where = (C.app == case.app, C.state == "open", C.urgency < case.urgency)
    return connection.scalar(select(func.count()).select_from(cases).where(*where)) or 0


def decided_lately(connection: Connection, case: Row, since: int, most: int) -> list[tuple[int, int]]:
    """When the last cases of this one's kind were opened and decided (ms), by urgency as the index has it."""
    query = select(C.opened_at, C.decided_at).where(C.app == case.app, C.state == "decided", C.kind == case.kind)
    query = query.where(C.decided_at >= since, C.measures.is_(None)).order_by(C.urgency.desc()).limit(most)
    return [(row.opened_at, row.decided_at) for row in connection.execute(query)]


def latest_about(connection: Connection, about: str) -> Row | None:
    query = select(cases).where(C.about == about, C.measures.is_(None)).order_by(C.id.desc()).limit(1)
    return connection.execute(query).first()


def _takeable(app: str, taker: Taker, now: int) -> list[ColumnElement[bool]]:
    free = or_(C.locked_until.is_(None), C.locked_until <= now)
    awake = or_(C.snoozed_until.is_(None), C.snoozed_until <= now)
    mine = C.not_by.not_like(f"%|{taker.name}|%")
    return [C.app == app, C.state == "open", free, awake, mine, *(() if taker.senior else (C.senior.is_(False),))]


def held(connection: Connection, app: str, name: str, now: int) -> Row | None:
    """The case that this person has locked now."""
    where = (C.app == app, C.assigned == name, C.state == "open", C.locked_until > now)
    found = connection.execute(select(cases).where(*where)).all()  # ordered here: SQLite would walk the whole queue
    return min(found, key=lambda row: row.urgency, default=None)


def next_free(connection: Connection, app: str, taker: Taker, now: int) -> Row | None:
    """The most urgent case that this person may take, locked in this transaction; rows that others lock are passed."""
    query = select(cases).where(*_takeable(app, taker, now)).order_by(C.urgency, C.id).limit(1)
    return connection.execute(query.with_for_update(skip_locked=True)).first()


def change(connection: Connection, id: str, **values: Any) -> None:
    connection.execute(update(cases).where(C.id == id).values(**values))


def waiting(connection: Connection, app: str, now: int) -> Sequence[Row]:
    """How many cases wait, by kind and seniority, since when, and how many are past their deadline."""
    late = func.sum(sql_case((C.deadline < now, 1), else_=0))
    query: Select = select(C.kind, C.senior, func.count().label("cases"), func.min(C.opened_at).label("oldest"),
                           func.min(C.deadline).label("next_deadline"), late.label("late"))  # fmt: skip
    return connection.execute(query.where(C.app == app, C.state == "open").group_by(C.kind, C.senior)).all()


def add_ruling(connection: Connection, case: Row, by: str, **values: Any) -> str:
    id = new_id("rul")
    named = {"id": id, "app": case.app, "case": case.id, "kind": case.kind, "by": by, "state": "pending"}
    measured = {"measures": case.measures, "expected": case.expected, "taken_at": case.assigned_at or case.opened_at}
    connection.execute(insert(rulings).values(**named, **measured, **values))
    return id


def ruling(connection: Connection, id: str, lock: bool = False) -> Row:
    query = select(rulings).where(R.id == id)
    return connection.execute(query.with_for_update() if lock else query).one()


def rulings_of(connection: Connection, case: str) -> Sequence[Row]:
    return connection.execute(select(rulings).where(R.case == case).order_by(R.id)).all()


def set_ruling(connection: Connection, id: str, state: str) -> None:
    connection.execute(update(rulings).where(R.id == id).values(state=state))
