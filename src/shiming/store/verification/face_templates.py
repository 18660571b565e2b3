"""Stored face templates, a few of each subject and model, and the numbered changes by which every process follows them.

Nobody who adds or removes a face waits for anybody: a change has no number at first. Workers number what is committed,
one after the other, under a lock that only they take; so numbers come to light in their order, and whoever has followed
up to one has missed none before. What has no number yet is read beside. A removed template stays as an empty row until
everybody has seen it.

`change` is the number; below zero there is none yet, and -1 - n says that its writer had searched all changes up to n.
"""

import secrets
import threading
import time
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from shiming.store.database import insert_if_new
from shiming.store.tables import face_changes, face_templates, subjects

T, C = face_templates.c, face_changes.c
KEPT = 3  # newest templates of one person by one model; when a verification is erased, those of the others still find
_last, _lock = [0], threading.Lock()
_SHOWN = T.app, T.number, T.verification, T.model, T.sealed_template, T.change
_NUMBER = (
    update(face_templates).where(T.app == bindparam("of"), T.number == bindparam("which"))
    .values(change=bindparam("place"))
)  # fmt: skip


def newest(connection: Connection) -> dict[str, int]:
    """The number of the last change of each app."""
    return {row.app: row.number for row in connection.execute(select(face_changes))}


def since(connection: Connection, app: str, change: int, limit: int) -> Sequence[Row]:
    """Templates added or removed after a change, in the order of the changes; removed ones have nothing sealed."""
    query = select(*_SHOWN).where(T.app == app, T.change > change)
    return connection.execute(query.order_by(T.change, T.number).limit(limit)).all()


def unnumbered(connection: Connection, apps: Collection[str]) -> Sequence[Row]:
    """Templates added or removed by changes that have no number yet. Read them before `newest`: they may get one."""
    return connection.execute(select(*_SHOWN).where(T.app.in_(apps), T.change < 0)).all() if apps else ()


def models(connection: Connection, app: str) -> Sequence[str]:
    """By which models there are rows in an app."""
    return connection.scalars(select(T.model).where(T.app == app).distinct()).all()


def named(connection: Connection, app: str, numbers: Sequence[int]) -> Sequence[Row]:
    """The stored templates of these numbers, with their subjects' blocks."""
    block = (subjects.c.blocked_for, subjects.c.blocked_until)
    query = select(face_templates, *block).join(subjects, subjects.c.id == T.subject)
    return connection.execute(query.where(T.app == app, T.number.in_(numbers), T.sealed_template.is_not(None))).all()


def enrol(connection: Connection, app: str, subject: str, verification: str, model: str, sealed: bytes, now: int,
          upto: int = 0) -> int:  # fmt: skip
    """Store a subject's template beside the newest earlier ones by the same model; returns its number.

    `upto`: the number of the last change that was surely searched before.
    """
    own = T.app == app, T.subject == subject, T.model == model
    stored = select(T.number).where(*own, T.sealed_template.is_not(None)).order_by(T.number.desc())
    if old := connection.execute(stored.offset(KEPT - 1)).scalars().all():
        _empty(connection, (T.app == app, T.number.in_(old)), now)
    if connection.scalar(select(C.number).where(C.app == app)) is None:  # an insert would wait for who numbers just now
        insert_if_new(connection, face_changes, {"app": app, "number": 0})
    number = _drawn()
    about = {"app": app, "number": number, "subject": subject, "verification": verification, "model": model}
    connection.execute(insert(face_templates).values(**about, sealed_template=sealed, change=-1 - upto, at=now))
    return number


def remove(connection: Connection, app: str, verification: str, now: int) -> None:
    """Take out what was enrolled by a verification; every process drops it from memory when it next looks."""
    _empty(connection, (T.app == app, T.verification == verification), now)


def sweep(connection: Connection, before: int) -> None:
    """Delete empty rows that everybody has seen."""
    connection.execute(delete(face_templates).where(T.sealed_template.is_(None), T.at < before))


def waiting(connection: Connection) -> Sequence[str]:
    """Apps with changes that have no number yet."""
    some = select(T.number).where(T.app == C.app, T.change < 0).exists()
    return connection.scalars(select(C.app).where(some)).all()


def taken(connection: Connection, app: str, limit: int) -> tuple[int, Sequence[Row]]:
    """The last number, and committed changes that have none; nobody else numbers until this transaction ends."""
    last = connection.scalar(select(C.number).where(C.app == app).with_for_update()) or 0
    query = select(*_SHOWN, T.subject).where(T.app == app, T.change < 0).order_by(T.number).limit(limit)
    return last, connection.execute(query).all()


def between(connection: Connection, app: str, model: str, after: int) -> Sequence[Row]:
    """Stored templates by one model whose changes came after a number."""
    query = select(*_SHOWN, T.subject).where(T.app == app, T.model == model, T.change > after)
    return connection.execute(query.where(T.sealed_template.is_not(None)).order_by(T.change)).all()


def number(connection: Connection, app: str, places: Mapping[int, int]) -> None:
    """Give changes their numbers, by the templates' own. In the transaction in which they were `taken`."""
    if places:
        rows = [{"of": app, "which": which, "place": place} for which, place in sorted(places.items())]
        connection.execute(_NUMBER, rows)
        connection.execute(update(face_changes).where(C.app == app).values(number=max(places.values())))


def _empty(connection: Connection, which: tuple, now: int) -> None:
    gone = update(face_templates).where(*which, T.sealed_template.is_not(None))
    connection.execute(gone.values(sealed_template=None, change=-1, at=now))


def _drawn() -> int:
    """A number that is larger than those of this process before: 42 bits of milliseconds, 21 by chance. Should two
    processes draw the same, the primary key tells, and the second one's transaction is done again."""
    with _lock:
        _last[0] = max(time.time_ns() // 1_000_000 << 21 | secrets.randbits(21), _last[0] + 1)
        return _last[0]
