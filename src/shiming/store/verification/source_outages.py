"""Which sources do not answer, why, since when, and until when nobody asks them. One row per source, for all
processes.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, and_, case, func, select, update

from shiming.store.database import upsert
from shiming.store.tables import authority_calls, deliveries, source_outages
from shiming.store.verification.authority_calls import OF_HOLDERS, PLAY

O, C, D = source_outages.c, authority_calls.c, deliveries.c  # noqa: E741
MESSAGES = ("sms", "mail")
QUESTIONS = {"authority": ("record", "live", "portrait"), "carrier": ("phone",), "bank": ("bank",),
             "identity": OF_HOLDERS, "play": (PLAY,)}  # fmt: skip
"""What each kind of source is asked (authority_calls.question)."""


def find(connection: Connection, kind: str, source: str) -> Row | None:
    """The source's row, also of an outage that is over (`calls` 0). None: it has always answered."""
    return connection.execute(select(source_outages).where(O.kind == kind, O.source == source)).first()


def outage(connection: Connection, kind: str, source: str) -> Row | None:
    """The source's outage, where there is one just now."""
    row = find(connection, kind, source)
    return row if row is not None and row.calls else None


def current(connection: Connection) -> Sequence[Row]:
    """The outages that are not over."""
    query = select(source_outages).where(O.calls > 0).order_by(O.kind, O.source)
    return connection.execute(query).all()


def resting(connection: Connection, now: int) -> bool:
    """Whether any source is left alone just now."""
    query = select(O.source).where(O.calls > 0, O.rests_until > now).limit(1)
    return connection.scalar(query) is not None


def failed(connection: Connection, kind: str, source: str, why: str, vendor_code: str, now: int) -> Row:
    """Count a call that was not answered; an outage begins with it, or its cause is another one now, or it goes on."""
    before = find(connection, kind, source)
    begins = before is None or not before.calls or before.why != why
    named = {"why": why, "vendor_code": vendor_code[:120] or None, "at": now}
    row = {"kind": kind, "source": source, **named, "calls": 1, "since": now, "rests_until": 0}
    again = {**named, "calls": 1, "since": now, "rests_until": 0} if begins else {**named, "calls": O.calls + 1}
    put = upsert(connection, source_outages).values(**row)
    connection.execute(put.on_conflict_do_update(index_elements=[O.kind, O.source], set_=again))
    return find(connection, kind, source)


def rest(connection: Connection, row: Row, until: int) -> None:
    """Have nobody ask it until then."""
    _change(connection, row, rests_until=until)


def told(connection: Connection, row: Row, now: int) -> None:
    """Note that it stands in the log."""
    _change(connection, row, told_at=now)


def claim(connection: Connection, row: Row, until: int) -> bool:
    """Whether this caller is the one who asks it now that its rest is over; everybody else waits until then."""
    mine = update(source_outages).where(O.kind == row.kind, O.source == row.source, O.rests_until == row.rests_until)
    return connection.execute(mine.values(rests_until=until)).rowcount == 1


def over(connection: Connection, row: Row) -> None:
    _change(connection, row, calls=0, rests_until=0)


def spent(connection: Connection, kind: str, source: str, since: int) -> int:
    """What this source has cost since then."""
    if kind in MESSAGES:
        query = select(func.sum(D.cost)).where(D.provider == source, D.channel == kind, D.at >= since)
    else:
        asked = C.question.in_(QUESTIONS.get(kind, ()))
        query = select(func.sum(C.cost)).where(C.source == source, asked, C.at >= since)
    return connection.scalar(query) or 0


def today(connection: Connection, kind: str, source: str, side: str, since: int) -> dict[str, int]:
    """What this source was asked since then on this side of apps: calls, those not answered, cost."""
    if kind in MESSAGES:
        failed, where = D.state.in_(("failed", "unsure", "undelivered")), and_(D.channel == kind, D.provider == source)
        query = select(func.count(), func.sum(case((failed, 1), else_=0)), func.sum(D.cost))
        query = query.where(where, D.at >= since, D.app.endswith(f".{side}"))
    else:
        asked = C.question.in_(QUESTIONS.get(kind, ()))
        query = select(func.count(), func.sum(case((C.outcome == "answered", 0), else_=1)), func.sum(C.cost))
        query = query.where(
            C.source == source, asked, C.at >= since, C.outcome != "not_sent", C.app.endswith(f".{side}")
        )
    calls, failed, cost = connection.execute(query).one()
    return {"calls": calls, "failed": int(failed or 0), "cost": int(cost or 0)}


def by_code(connection: Connection, kind: str, source: str, side: str, since: int) -> Sequence[Row]:
    """The same calls by how they ended and the vendor's code: (outcome, code, calls, cost, mean, slowest), times in ms.
    Of messages nothing is known by code.
    """
    code, outcome = C.vendor_code.label("code"), func.coalesce(C.kind, C.outcome).label("outcome")
    query = select(outcome, code, func.count().label("calls"), func.sum(C.cost).label("cost"),
                   func.avg(C.ms).label("mean"), func.max(C.ms).label("slowest"))  # fmt: skip
    query = query.where(C.source == source, C.question.in_(QUESTIONS.get(kind, ())), C.at >= since,
                        C.outcome != "not_sent", C.app.endswith(f".{side}"))  # fmt: skip
    return connection.execute(query.group_by(outcome, code).order_by(func.count().desc()).limit(50)).all()


def _change(connection: Connection, row: Row, **values: int) -> None:
    mine = update(source_outages).where(O.kind == row.kind, O.source == row.source)
    connection.execute(mine.values(**values))
