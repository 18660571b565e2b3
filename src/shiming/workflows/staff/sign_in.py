"""Staff sign in: by password and time code, by passkey, or by single sign-on. One answer to every failure."""

from dataclasses import dataclass

from sqlalchemy import Connection, Row

from shiming.errors import BadInput, NotAllowed, NotAuthenticated, NotFound
from shiming.providers.contracts import Directory, Vouched
from shiming.review.roles import on_side
from shiming.store.staff import credentials, members
from shiming.workflows.context import Context
from shiming.workflows.staff import webauthn

FAILURES, LOCK_MINUTES = 5, 15
REFUSED = (
    f"Name, password or code is wrong, or this account rests for {LOCK_MINUTES} minutes after {FAILURES} failures. "
    "A code works once: wait for the next one. An admin can let you set up new ones (`shiming staff reset`)."
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session: the token for the cookie, the app side that it is for, and who it is."""

    token: str
    app: str
    person: Row


def sign_in(context: Context, name: str, password: str, code: str, app: str | None = None) -> SignedIn:
    """Begin a session on one side of an app, the person's first where none is named. Raises NotAuthenticated.

    The password is checked before the transaction: hashing takes long, and SQLite has one writer.
    """
    with context.database.read() as connection:
        row = members.find(connection, name)
    known = credentials.matches(row.password_hash if row else None, password)
    with context.database.write() as connection:
        row = members.find(connection, name, lock=True)
        step = step_of(context, connection, row, code) if known and row else None
        if row and (step is None or _side(row, app) is None):
            failed(context, connection, row)
        elif row:
            members.change(connection, row.id, failures=0, locked_until=None, totp_step=step)
            return begin(context, connection, row, app)
    raise NotAuthenticated(REFUSED)


def sign_in_by_passkey(
    context: Context, address: str, ceremony: str, credential: dict, app: str | None = None
) -> SignedIn:
    """Begin a session for who signed our challenge. Two factors at once: the device, and the finger, face or PIN that
    it asked for. `address` is ours, as browsers see it. Raises NotAuthenticated.
    """
    challenge = webauthn.spend(context, webauthn.ENTER, ceremony)
    with context.database.write() as connection:
        named = webauthn.whose(connection, credential)
        row = members.by_id(connection, named.staff, lock=True) if named else None
        found = webauthn.whose(connection, credential)
        if row and found:
            proved = may_try(context, connection, row) and webauthn.proved(
                context, connection, address, challenge, found, credential
            )
            if proved and _side(row, app):
                members.change(connection, row.id, failures=0, locked_until=None)
                return begin(context, connection, row, app, by="passkey")
            failed(context, connection, row)
    raise NotAuthenticated(REFUSED)


def directory_of(context: Context) -> Directory:
    """Single sign-on. Raises NotFound where there is none."""
    if context.directory is None:
        raise NotFound("There is no single sign-on here (SHIMING_OIDC_ISSUER).")
    return context.directory


def sign_in_vouched(context: Context, vouched: Vouched) -> SignedIn:
    """Begin a session for whom single sign-on vouches, on their first side. Raises NotAuthenticated.

    They must be on our list already. Who comes by mail for the first time is known by subject from then on. Roles
    that single sign-on gives replace those that stand here, in every session of theirs, on the sides of apps for which
    they are on the list, and on no other. Raises NotAllowed where it gives none.
    """
    subjects = context.lookup.candidates("staff.outside", vouched.subject)
    mails = context.lookup.candidates("staff.mail", plain_mail(vouched.mail)) if vouched.mail else ()
    with context.database.write() as connection:
        row = members.outside(connection, subjects, mails)
        if row is None or row.disabled_at:
            raise NotAuthenticated("Single sign-on names nobody who works here. Ask an admin.")
        if row.outside_hash is None:
            members.change(connection, row.id, outside_hash=subjects[0])
            context.note(connection, members.first_side(row), row.name, "staff.known_outside", row.id)
        if vouched.roles is not None:
            row = _by_the_house(context, connection, row, vouched.roles)
        if any(row.grants.values()):
            return begin(context, connection, row)
    raise NotAllowed("Single sign-on knows you, but gives you no role here. Ask whoever keeps its groups.")


def plain_mail(address: str) -> str:
    """An address as two ways of writing it are compared. Raises BadInput."""
    plain = address.strip().lower()
    if len(plain) > 254 or plain.count("@") != 1 or not plain.isprintable() or " " in plain:
        raise BadInput("This is no mail address.")
    return plain


def _by_the_house(context: Context, connection: Connection, row: Row, given: tuple[str, ...]) -> Row:
    grants = {side: list(on_side(given, side)) for side in row.grants}
    if grants == row.grants:
        return row
    members.change(connection, row.id, grants=grants)
    context.note(connection, members.first_side(row), "directory", "staff.changed", row.id, roles=list(given))
    return members.by_id(connection, row.id)


def _side(row: Row, app: str | None) -> str | None:
    """The side that was named, or the person's first; None where they do not work there."""
    side = app or members.first_side(row)
    return side if side in row.grants else None


def begin(context: Context, connection: Connection, row: Row, app: str | None = None, **facts: str) -> SignedIn:
    """A session on a side on which this person stands, their first where none is named."""
    side = _side(row, app) or ""
    token = members.begin_session(connection, row, side, context.now())
    context.note(connection, side, row.name, "staff.signed_in", row.id, **facts)
    return SignedIn(token, side, row)


def may_try(context: Context, connection: Connection, row: Row) -> bool:
    return not row.disabled_at and (row.locked_until or 0) <= context.shared_clock(connection)


def step_of(context: Context, connection: Connection, row: Row, code: str) -> int | None:
    """The code's time step, or None where it does not let this person in now."""
    if not row.sealed_totp or not may_try(context, connection, row):
        return None
    secret = context.sealer.open(row.id, "staff.totp", row.sealed_totp).decode()
    return credentials.totp_step(secret, code, context.now(), row.totp_step)


def failed(context: Context, connection: Connection, row: Row) -> None:
    """Count a failure. While the lock is on nothing is counted, or a stranger could keep somebody out for ever."""
    now = context.shared_clock(connection)
    if (row.locked_until or 0) > now:
        return
    failures = row.failures + 1
    locked = now + LOCK_MINUTES * 60_000 if failures >= FAILURES else None
    members.change(connection, row.id, failures=0 if locked else failures, locked_until=locked)
    side = members.first_side(row)
    context.note(connection, side, row.name, "staff.locked" if locked else "staff.refused", row.id)
