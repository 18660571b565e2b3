"""Which events of play are still to be reported to an outside system, and how far each app's line of them is.

A row names an event and nothing else of it; it is written with the event, and deleted once it was taken.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Row, and_, case, delete, exists, func, insert, select, update

from shiming.store.database import insert_if_new, new_id
from shiming.store.tables import accounts, events, play_lines, plays

P, L, E, A = plays.c, play_lines.c, events.c, accounts.c


def add(connection: Connection, app: str, ids: Sequence[str], now: int) -> None:
    """Note that these events are to be reported, in this order."""
    connection.execute(insert(plays), [{"app": app, "event": each, "id": new_id("ply"), "at": now} for each in ids])


def due(connection: Connection, now: int) -> Sequence[str]:
    """The apps of which something may be reported now."""
    waits = exists().where(L.app == P.app, L.waits_until > now)
    return connection.scalars(select(P.app).where(P.refused.is_(None), ~waits).distinct().order_by(P.app)).all()


def claim(connection: Connection, app: str, now: int, until: int) -> bool:
    """Whether this caller is the one who reports of an app, until then at most."""
    insert_if_new(connection, play_lines, {"app": app, "reported": 0, "failures": 0, "waits_until": 0})
    mine = update(play_lines).where(L.app == app, L.waits_until <= now)
    return connection.execute(mine.values(waits_until=until)).rowcount == 1


def oldest(connection: Connection, app: str, most: int) -> Sequence[Row]:
    """What is to be reported of an app, oldest first: (id, type, at, facts, account, ref, age_mark)."""
    query = select(P.id, E.type, E.at, E.facts, E.account, A.ref, A.age_mark).select_from(plays)
    query = query.join(events, and_(E.app == P.app, E.id == P.event)).join(accounts, A.id == E.account)
    return connection.execute(query.where(P.app == app, P.refused.is_(None)).order_by(P.id).limit(most)).all()


def told(connection: Connection, app: str, ids: Sequence[str], refused: Mapping[str, str]) -> None:
    """All of these were taken, but for those that were refused, which stay with why; the line goes on at once."""
    untold = P.app == app, P.refused.is_(None)
    taken = delete(plays).where(*untold, P.id.in_([id for id in ids if id not in refused]))
    count = connection.execute(taken).rowcount
    for id, why in refused.items():
        connection.execute(update(plays).where(*untold, P.id == id).values(refused=why))
    line = update(play_lines).where(L.app == app)
    connection.execute(line.values(reported=L.reported + count, failures=0, waits_until=0))


def failures(connection: Connection, app: str) -> int:
    """How often in a row nobody took what was reported of an app."""
    return connection.scalar(select(L.failures).where(L.app == app)) or 0


def wait(connection: Connection, app: str, until: int) -> None:
    """Nobody took it: nothing is reported of the app until then."""
    connection.execute(update(play_lines).where(L.app == app).values(failures=L.failures + 1, waits_until=until))


def others_wait(connection: Connection, app: str) -> bool:
    """Whether of another app on the same side nobody takes what is reported."""
    same_side = L.app.endswith(app[app.rfind(".") :]), L.app != app
    return connection.scalar(select(L.app).where(*same_side, L.failures > 0).limit(1)) is not None


def counted(connection: Connection) -> Sequence[Row]:
    """Of each app: (app, reported, waiting, refused, since); `since` the oldest of what waits (milliseconds)."""
    waits = P.refused.is_(None)
    rows = select(P.app, func.sum(case((waits, 1), else_=0)).label("waiting"),
                  func.sum(case((waits, 0), else_=1)).label("refused"),
                  func.min(case((waits, P.at))).label("since")).group_by(P.app).subquery()  # fmt: skip
    lines = select(P.app).union(select(L.app)).subquery()
    query = select(lines.c.app, func.coalesce(L.reported, 0).label("reported"),
                   func.coalesce(rows.c.waiting, 0).label("waiting"), func.coalesce(rows.c.refused, 0).label("refused"),
                   rows.c.since)  # fmt: skip
    query = query.outerjoin(rows, rows.c.app == lines.c.app).outerjoin(play_lines, L.app == lines.c.app)
    return connection.execute(query.order_by(lines.c.app)).all()


def refused(connection: Connection, app: str, most: int) -> Sequence[Row]:
    """The newest of those that were refused: (id, event, refused, at)."""
    query = select(P.id, P.event, P.refused, P.at).where(P.app == app, P.refused.is_not(None))
    return connection.execute(query.order_by(P.id.desc()).limit(most)).all()


def erase(connection: Connection, app: str, account: str) -> None:
    """Forget those of an account, while its events are still there."""
    connection.execute(delete(plays).where(P.app == app, P.event.in_(select(E.id).where(E.account == account))))


def forget_lost(connection: Connection) -> None:
    """Forget those whose event has ended."""
    connection.execute(delete(plays).where(~exists().where(E.app == P.app, E.id == P.event)))
