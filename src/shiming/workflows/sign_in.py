"""Staff sign in: by password and time code, or by the house's own sign-in. One answer to every failure."""

from dataclasses import dataclass

from sqlalchemy import Connection, Row

from shiming.errors import BadInput, NotAllowed, NotAuthenticated, NotFound
from shiming.providers.contracts import Directory, Vouched
from shiming.store import staff, staff_secrets
from shiming.workflows.parts import Parts

FAILURES, LOCK_MINUTES = 5, 15
_REFUSED = (
    f"Name, password or code is wrong, or this account rests for {LOCK_MINUTES} minutes after {FAILURES} failures. "
    "A code works once: wait for the next one. An admin can make new ones (`shiming staff reset`)."
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session: the token for the cookie, the app side that it is for, and who it is."""

    token: str
    app: str
    person: Row


def sign_in(parts: Parts, name: str, password: str, code: str, app: str | None = None) -> SignedIn:
    """Begin a session on one side of an app, the person's first where none is named. Raises NotAuthenticated.

    The password is checked before the transaction: hashing takes long, and SQLite has one writer.
    """
    with parts.database.read() as connection:
        row = staff.find(connection, name)
    known = staff_secrets.matches(row.password_hash if row else None, password)
    with parts.database.write() as connection:
        row = staff.find(connection, name, lock=True)
        step = _step(parts, row, code) if known and row else None
        if row and (step is None or (app or row.apps[0]) not in row.apps):
            _failed(parts, connection, row)
        elif row:
            staff.change(connection, row.id, failures=0, locked_until=None, totp_step=step)
            return _begin(parts, connection, row, app or row.apps[0])
    raise NotAuthenticated(_REFUSED)


def directory_of(parts: Parts) -> Directory:
    """The house's own sign-in. Raises NotFound where there is none."""
    if parts.directory is None:
        raise NotFound("The house has no sign-in of its own here (SHIMING_OIDC_ISSUER).")
    return parts.directory


def sign_in_vouched(parts: Parts, vouched: Vouched) -> SignedIn:
    """Begin a session for whom the house's own sign-in vouches, on their first side. Raises NotAuthenticated.

    They must be on our list already. Who comes by mail for the first time is known by subject from then on. Roles that
    the house gives replace those that stand here, in every session of theirs; raises NotAllowed where it gives none.
    """
    subjects = parts.lookup.candidates("staff.outside", vouched.subject)
    mails = parts.lookup.candidates("staff.mail", plain_mail(vouched.mail)) if vouched.mail else ()
    with parts.database.write() as connection:
        row = staff.outside(connection, subjects, mails)
        if row is None or row.disabled_at:
            raise NotAuthenticated("The house's own sign-in names nobody who works here. Ask an admin.")
        if row.outside_hash is None:
            staff.change(connection, row.id, outside_hash=subjects[0])
            parts.note(connection, row.apps[0], row.name, "staff.known_outside", row.id)
        if vouched.roles is not None and list(vouched.roles) != row.roles:
            staff.change(connection, row.id, roles=list(vouched.roles))
            parts.note(connection, row.apps[0], "directory", "staff.changed", row.id, roles=list(vouched.roles))
        if vouched.roles != ():
            return _begin(parts, connection, row, row.apps[0])
    raise NotAllowed("The house's own sign-in knows you, but gives you no role here. Ask whoever keeps its groups.")


def plain_mail(address: str) -> str:
    """An address as two ways of writing it are compared. Raises BadInput."""
    plain = address.strip().lower()
    if len(plain) > 254 or plain.count("@") != 1 or not plain.isprintable() or " " in plain:
        raise BadInput("This is no mail address.")
    return plain


def _begin(parts: Parts, connection: Connection, row: Row, side: str) -> SignedIn:
    token = staff.begin_session(connection, row, side, parts.now())
    parts.note(connection, side, row.name, "staff.signed_in", row.id)
    return SignedIn(token, side, row)


def _step(parts: Parts, row: Row, code: str) -> int | None:
    """The code's time step, or None where it does not let this person in now."""
    if row.disabled_at or (row.locked_until or 0) > parts.now():
        return None
    secret = parts.sealer.open(row.id, "staff.totp", row.sealed_totp).decode()
    return staff_secrets.totp_step(secret, code, parts.now(), row.totp_step)


def _failed(parts: Parts, connection: Connection, row: Row) -> None:
    """Count a failure. While the lock is on nothing is counted, or a stranger could keep somebody out for ever."""
    now = parts.now()
    if (row.locked_until or 0) > now:
        return
    failures = row.failures + 1
    locked = now + LOCK_MINUTES * 60_000 if failures >= FAILURES else None
    staff.change(connection, row.id, failures=0 if locked else failures, locked_until=locked)
    parts.note(connection, row.apps[0], row.name, "staff.locked" if locked else "staff.refused", row.id)


def change_password(parts: Parts, id: str, name: str, old: str, new: str) -> None:
    """A person's own new password. Every session ends; sign in again."""
    if len(new) < staff_secrets.LEAST or name in new:
        raise BadInput(f"A password has {staff_secrets.LEAST} characters or more, and not your name in it.")
    with parts.database.read() as connection:
        row = staff.named(connection, name)
    if not staff_secrets.matches(row.password_hash, old):
        raise BadInput("The old password is not right.")
    fresh = staff_secrets.hashed(new)
    with parts.database.write() as connection:
        staff.change(connection, id, password_hash=fresh)
        staff.end_sessions(connection, id, parts.now())
        parts.note(connection, row.apps[0], name, "staff.new_password", id)
