"""Staff and their sessions. A name is a handle: it stands in the audit trail, and no two people share one.

`grants` says which roles somebody has on which side of which app: {"demo.test": ["reviewer"]}, the first side being
where they sign in unless they name another.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, insert, select, update

from shiming.errors import BadInput, Conflict, NotFound
from shiming.review import roles as table
from shiming.store.access.api_keys import HANDLE, secret_hash
from shiming.store.crypto.sealed import Sealer
from shiming.store.database import new_id
from shiming.store.staff import credentials, one_time_tokens, passkeys, saved_views
from shiming.store.tables import staff, staff_sessions

S, T = staff.c, staff_sessions.c
IDLE_MINUTES, LONGEST_HOURS = 30, 10
NO_WAY_IN = {"password_hash": "", "sealed_totp": b"", "totp_step": 0, "failures": 0, "locked_until": None}  # nosec B105  # none yet: nobody comes in by it
"""Of somebody who has not set up how they sign in: no password is the one, no code is right."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a person needs to sign in."""

    password: str
    totp: str


def add(connection: Connection, name: str, grants: Mapping[str, Sequence[str]], now: int) -> str:
    """Put a person on the list; returns their id. They cannot sign in before they have set up how. Raises BadInput,
    Conflict.
    """
    check(name, grants)
    if find(connection, name) is not None:
        raise Conflict(f"There is somebody called '{name}' already. Choose another name.")
    id, given = new_id("stf"), {side: list(roles) for side, roles in grants.items()}
    connection.execute(insert(staff).values(id=id, name=name, grants=given, created_at=now, **NO_WAY_IN))
    return id


def ready_made(connection: Connection, sealer: Sealer, name: str, grants: Mapping[str, Sequence[str]],
               now: int) -> Secrets:  # fmt: skip
    """Somebody with password and authenticator at hand, for the demo and for tests: people set up their own."""
    made = Secrets(credentials.new_password(), credentials.new_totp())
    id = add(connection, name, grants, now)
    change(connection, id, **kept(sealer, id, made))
    return made


def check(name: str, grants: Mapping[str, Sequence[str]]) -> None:
    """Raise BadInput, with what to do, where a name, role or side of an app cannot be one."""
    if not HANDLE.fullmatch(name):
        raise BadInput("A name is a handle: 1 to 40 of a–z, 0–9, dot, dash. It stands in the audit trail.")
    for side, roles in grants.items():
        check_roles(roles)
        if not side.endswith((".test", ".live")) or len(side) > 80:
            raise BadInput("Name the side of an app that this person works for, such as demo.test or demo.live.")


def check_roles(roles: Sequence[str]) -> None:
    if table.unknown(roles):
        raise BadInput(f"Choose roles among {', '.join(table.ROLES)}.")


def mail_is_free(connection: Connection, id: str, mail_hash: str) -> None:
    """Raise Conflict where this address stands for somebody else."""
    if connection.execute(select(S.id).where(S.mail_hash == mail_hash, S.id != id)).first():
        raise Conflict("This mail address stands for somebody else already.")


def kept(sealer: Sealer, id: str, made: Secrets) -> dict:
    """What is kept of a password and an authenticator's secret."""
    sealed = sealer.seal(id, "staff.totp", made.totp.encode())
    return {**NO_WAY_IN, "password_hash": credentials.hashed(made.password), "sealed_totp": sealed}


def roles_on(row: Row, side: str) -> tuple[str, ...]:
    """What somebody does on a side of an app; nothing once they are shut out."""
    return () if row.disabled_at else tuple(row.grants.get(side, ()))


def sides_allowed(row: Row, action: str) -> frozenset[str]:
    """The sides of apps on which somebody may do this."""
    return frozenset(side for side in row.grants if action in table.allowed(roles_on(row, side)))


def first_side(row: Row) -> str:
    """Where somebody works if they do not say; empty where they work nowhere."""
    return next((side for side, roles in row.grants.items() if roles), next(iter(row.grants), ""))


def give(connection: Connection, row: Row, side: str, roles: Sequence[str]) -> None:
    """Exactly these roles on a side; without any, they no longer stand there, and their sessions there are over."""
    grants = {**row.grants, side: sorted(roles)}
    if not roles:
        del grants[side]
    change(connection, row.id, grants=grants)


def find(connection: Connection, name: str, lock: bool = False) -> Row | None:
    query = select(staff).where(S.name == name)
    return connection.execute(query.with_for_update() if lock else query).first()


def outside(connection: Connection, subjects: Sequence[str], mails: Sequence[str]) -> Row | None:
    """Whom single sign-on means, locked: by its subject; by mail only while no subject is known yet.

    Both are keyed hashes under every version. A mail address that somebody gave back signs nobody in.
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


def by_id(connection: Connection, id: str, lock: bool = False) -> Row:
    query = select(staff).where(S.id == id)
    return connection.execute(query.with_for_update() if lock else query).one()


def is_ready(connection: Connection, row: Row) -> bool:
    """Whether somebody has set up a way to sign in."""
    return bool(row.password_hash and row.sealed_totp) or bool(passkeys.of(connection, row.id))


def take_ways_in(connection: Connection, id: str, now: int) -> None:
    """Password, authenticator, passkeys and links are worth nothing any more; every session ends."""
    change(connection, id, **NO_WAY_IN)
    passkeys.remove_all(connection, id)
    one_time_tokens.drop(connection, id)
    end_sessions(connection, id, now)


def disable(connection: Connection, id: str, now: int) -> None:
    """Shut a person out of everything at once. Their name stays in what they decided."""
    change(connection, id, disabled_at=now)
    take_ways_in(connection, id, now)
    saved_views.forget(connection, id)


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
    return None if person is None or found.app not in person.grants else (found, person)


def touch(connection: Connection, id: str, **values) -> None:
    connection.execute(update(staff_sessions).where(T.id == id).values(**values))


def end_sessions(connection: Connection, person: str, now: int, but: str = "", app: str | None = None) -> None:
    """End this person's sessions: all `but` one, or those on one side."""
    open_ones = update(staff_sessions).where(T.staff == person, T.ended_at.is_(None), T.id != but)
    connection.execute((open_ones.where(T.app == app) if app else open_ones).values(ended_at=now))
