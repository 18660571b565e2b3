"""Every look of staff at somebody's data: who, in what role, at what, why. The holder's receipt reads these rows."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, insert, select

from shiming.store.database import new_id
from shiming.store.tables import looks

L = looks.c


def add(connection: Connection, app: str, account: str, about: str, by: str, role: str, what: str, why: str,
        now: int) -> None:  # fmt: skip
    """Note a look. `what` names a field or a picture, `why` is one of the words that the console offers."""
    row = {"id": new_id("lok"), "app": app, "account": account, "about": about, "by": by, "role": role}
    connection.execute(insert(looks).values(**row, what=what, why=why, at=now))


def seen_since(connection: Connection, about: str, by: str, what: str, since: int) -> bool:
    """Whether this person has looked at this since then: the same picture drawn again is one look."""
    where = (L.about == about, L.by == by, L.what == what, L.at > since)
    return connection.execute(select(L.id).where(*where).limit(1)).first() is not None


def of_account(connection: Connection, account: str) -> Sequence[Row]:
    return connection.execute(select(looks).where(L.account == account).order_by(L.id)).all()


def latest(connection: Connection, app: str, by: str | None, after: str | None, limit: int, since: int | None = None,
           until: int | None = None) -> Sequence[Row]:  # fmt: skip
    """Looks in this app, newest first; of one person, from and until a moment (ms), where named."""
    query = select(looks).where(L.app == app)
    query = query.where(L.by == by) if by is not None else query
    query = query.where(L.id < after) if after is not None else query
    query = query.where(L.at >= since) if since is not None else query
    query = query.where(L.at < until) if until is not None else query
    return connection.execute(query.order_by(L.id.desc()).limit(limit)).all()
