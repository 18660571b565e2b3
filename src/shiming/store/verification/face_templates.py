"""Stored face templates, a few of each subject and model, and the numbered changes by which every process follows them.

A change takes the app's next number while it holds that row until the commit: numbers come to light in their order, and
whoever has followed up to one has missed none. A removed template stays as an empty row until everybody has seen it.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, delete, insert, select, update

from shiming.store.tables import face_changes, face_templates, subjects

T, C = face_templates.c, face_changes.c
KEPT = 3  # newest templates of one person by one model; when a verification is erased, those of the others still find


def hold(connection: Connection, app: str) -> None:
    """Until this transaction ends nobody else adds or removes a face: two searches cannot miss each other."""
    _first(connection, app)
    connection.execute(select(C.number).where(C.app == app).with_for_update())


def newest(connection: Connection) -> dict[str, int]:
    """The number of the last change of each app."""
    return {row.app: row.number for row in connection.execute(select(face_changes))}


def since(connection: Connection, app: str, change: int, limit: int) -> Sequence[Row]:
    """Templates added or removed after a change, in the order of the changes; removed ones have nothing sealed."""
    columns = T.number, T.verification, T.model, T.sealed_template, T.change
    query = select(*columns).where(T.app == app, T.change > change)
    return connection.execute(query.order_by(T.change, T.number).limit(limit)).all()


def named(connection: Connection, app: str, numbers: Sequence[int]) -> Sequence[Row]:
    """The stored templates of these numbers, with their subjects' blocks."""
    block = (subjects.c.blocked_for, subjects.c.blocked_until)
    query = select(face_templates, *block).join(subjects, subjects.c.id == T.subject)
    return connection.execute(query.where(T.app == app, T.number.in_(numbers), T.sealed_template.is_not(None))).all()


def enrol(connection: Connection, app: str, subject: str, verification: str, model: str, sealed: bytes,
          now: int) -> int:  # fmt: skip
    """Store a subject's template beside the newest earlier ones by the same model; returns its number."""
    own = T.app == app, T.subject == subject, T.model == model
    stored = select(T.number).where(*own, T.sealed_template.is_not(None)).order_by(T.number.desc())
    if old := connection.execute(stored.offset(KEPT - 1)).scalars().all():
        _empty(connection, (T.app == app, T.number.in_(old)), now)
    number = _next(connection, app)
    named = {"app": app, "number": number, "subject": subject, "verification": verification, "model": model}
    connection.execute(insert(face_templates).values(**named, sealed_template=sealed, change=number, at=now))
    return number


def remove(connection: Connection, app: str, verification: str, now: int) -> None:
    """Take out what was enrolled by a verification; every process drops it from memory when it next looks."""
    _empty(connection, (T.app == app, T.verification == verification), now)


def sweep(connection: Connection, before: int) -> None:
    """Delete empty rows that everybody has seen."""
    connection.execute(delete(face_templates).where(T.sealed_template.is_(None), T.at < before))


def _empty(connection: Connection, which: tuple, now: int) -> None:
    found = connection.execute(select(T.app, T.number).where(*which, T.sealed_template.is_not(None))).all()
    for row in found:
        gone = update(face_templates).where(T.app == row.app, T.number == row.number)
        connection.execute(gone.values(sealed_template=None, change=_next(connection, row.app), at=now))


def _next(connection: Connection, app: str) -> int:
    _first(connection, app)
    following = update(face_changes).where(C.app == app).values(number=C.number + 1).returning(C.number)
    return connection.execute(following).scalar_one()


def _first(connection: Connection, app: str) -> None:
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as upsert
    else:
        from sqlalchemy.dialects.sqlite import insert as upsert
    connection.execute(upsert(face_changes).values(app=app, number=0).on_conflict_do_nothing())
