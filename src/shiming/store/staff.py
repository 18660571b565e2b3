"""Staff and their sessions. A name is a handle: it stands in the audit trail, and no two people share one."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, insert, select, update

from shiming.errors import BadInput, Conflict, NotFound
from shiming.review import roles as table
from shiming.store import staff_secrets
from shiming.store.database import new_id
from shiming.store.keys import HANDLE, secret_hash
from shiming.store.sealed import Sealer
from shiming.store.tables import staff, staff_sessions

S, T = staff.c, staff_sessions.c
IDLE_MINUTES, LONGEST_HOURS = 30, 10


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a person needs to sign in for the first time; shown once."""

    password: str
    totp: str


def add(connection: Connection, sealer: Sealer, name: str, roles: Sequence[str], apps: Sequence[str], now: int,
        mail_hash: str | None = None) -> Secrets:  # fmt: skip
    """Let a person in. `apps` are sides of apps such as `demo.test`. Raises BadInput, Conflict.

    `mail_hash` is that of the address by which the house's own sign-in knows them.
    """
    check(name, roles, apps)
    if find(connection, name) is not None:
        raise Conflict(f"There is somebody called '{name}' already. Choose another name.")
    id, made = new_id("stf"), Secrets(staff_secrets.new_password(), staff_secrets.new_totp())
    if mail_hash:
        mail_is_free(connection, id, mail_hash)
    values = {"id": id, "name": name, "roles": list(roles), "apps": list(apps), "created_at": now}
    connection.execute(insert(staff).values(**values, mail_hash=mail_hash, **_kept(sealer, id, made)))
    return made


def check(name: str, roles: Sequence[str], apps: Sequence[str]) -> None:
    """Raise BadInput, with what to do, where a name, role or app cannot be one."""
    if not HANDLE.fullmatch(name):
        raise BadInput("A name is a handle: 1 to 40 of a–z, 0–9, dot, dash. It stands in the audit trail.")
    if not roles or table.unknown(roles):
        raise BadInput(f"Choose roles among {', '.join(table.ROLES)}.")
    if not apps or not all(app.endswith((".test", ".live")) for app in apps):
        raise BadInput("Name the sides of apps that this person works for, such as demo.test or demo.live.")


def mail_is_free(connection: Connection, id: str, mail_hash: str) -> None:
    """Raise Conflict where this address stands for somebody else."""
    if connection.execute(select(S.id).where(S.mail_hash == mail_hash, S.id != id)).first():
        raise Conflict("This mail address stands for somebody else already.")


def _kept(sealer: Sealer, id: str, made: Secrets) -> dict:
    sealed = sealer.seal(id, "staff.totp", made.totp.encode())
    fresh = {"password_hash": staff_secrets.hashed(made.password), "sealed_totp": sealed, "totp_step": 0}
    return {**fresh, "failures": 0, "locked_until": None}


def find(connection: Connection, name: str, lock: bool = False) -> Row | None:
    query = select(staff).where(S.name == name)
    return connection.execute(query.with_for_update() if lock else query).first()


def outside(connection: Connection, subjects: Sequence[str], mails: Sequence[str]) -> Row | None:
    """Whom the house's own sign-in means, locked: by its subject; by mail only while no subject is known yet.

    Both are keyed hashes under every version. A mail address that somebody gave back opens nobody's door.
    """
    bound = connection.execute(select(staff).where(S.outside_hash.in_(subjects)).with_for_update()).first()
    by_mail = select(staff).where(S.mail_hash.in_(mails), S.outside_hash.is_(None)).with_for_update()
    return bound or connection.execute(by_mail).first()


def named(connection: Connection, name: str, lock: bool = False) -> Row:
    row = find(connection, name, lock)
    if row is None:
        raise NotFound(f"There is nobody called '{name}'. `shiming staff list` shows everybody.")
    return row


def listed(connection: Connection) -> Sequence[Row]:
    return connection.execute(select(staff).order_by(S.name)).all()


def reset(connection: Connection, sealer: Sealer, name: str, now: int) -> Secrets:
    """New password and new code secret; every session ends."""
    row, made = named(connection, name, lock=True), Secrets(staff_secrets.new_password(), staff_secrets.new_totp())
    change(connection, row.id, disabled_at=None, **_kept(sealer, row.id, made))
    end_sessions(connection, row.id, now)
    return made


def disable(connection: Connection, name: str, now: int) -> None:
    """Shut a person out at once. Their name stays in what they decided."""
    row = named(connection, name, lock=True)
    change(connection, row.id, disabled_at=now)
    end_sessions(connection, row.id, now)


def change(connection: Connection, id: str, **values) -> None:
    connection.execute(update(staff).where(S.id == id).values(**values))


def begin_session(connection: Connection, row: Row, app: str, now: int) -> str:
    """A new session; returns its token, of which only a hash is kept."""
    token = secrets.token_urlsafe(32)
    values = {"id": new_id("ses"), "app": app, "staff": row.id, "token_hash": secret_hash(token)}
    connection.execute(insert(staff_sessions).values(**values, created_at=now, seen_at=now))
    return token


def session(connection: Connection, token: str, now: int) -> tuple[Row, Row] | None:
    """The living session of a token and the person whose it is, or None."""
    idle, longest = now - IDLE_MINUTES * 60_000, now - LONGEST_HOURS * 3_600_000
    alive = (T.ended_at.is_(None), T.seen_at > idle, T.created_at > longest)
    found = connection.execute(select(staff_sessions).where(T.token_hash == secret_hash(token), *alive)).first()
    if found is None:
        return None
    person = connection.execute(select(staff).where(S.id == found.staff, S.disabled_at.is_(None))).first()
    return None if person is None or found.app not in person.apps else (found, person)


def touch(connection: Connection, id: str, **values) -> None:
    connection.execute(update(staff_sessions).where(T.id == id).values(**values))


def end_sessions(connection: Connection, person: str, now: int) -> None:
    open_ones = update(staff_sessions).where(T.staff == person, T.ended_at.is_(None))
    connection.execute(open_ones.values(ended_at=now))
