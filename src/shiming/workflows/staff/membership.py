"""What becomes of somebody of the staff: roles given, a new start at signing in, another address, shut out.

Who may have it done is decided in `administration.py`. The command line (`shiming staff`) has the authority of whoever
runs the machine: the first admins of an installation, and of each app, come from there.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Row

from shiming.store.staff import members, one_time_tokens, proposals
from shiming.workflows.context import Context
from shiming.workflows.staff.notices import tell
from shiming.workflows.staff.sign_in import plain_mail

HOUR_MS = 3_600_000
OPERATOR = "operator"
"""Who acts at the command line, as the audit trail names them."""


def given(context: Context, connection: Connection, by: str, row: Row, side: str, roles: Iterable[str], **facts) -> Row:
    """Exactly these roles on a side. Returns the person as they are now."""
    members.give(connection, row, side, tuple(roles))
    members.change(connection, row.id, disabled_at=None)
    tell(context, connection, row, "granted")
    context.note(connection, side, by, "staff.changed", row.id, roles=sorted(roles), **facts)
    return members.by_id(connection, row.id)


def grant(context: Context, name: str, side: str, roles: Sequence[str]) -> str | None:
    """By the operator, at the command line: one more role or several; returns a link where they need one."""
    with context.database.write() as connection:
        row = members.named(connection, name, lock=True)
        members.check(name, {side: roles})
        row = given(context, connection, OPERATOR, row, side, {*row.grants.get(side, ()), *roles})
        return link_for(context, connection, row)


def enlist(context: Context, name: str, side: str, roles: Sequence[str], mail: str | None = None) -> str:
    """By the operator: somebody new, with these roles; returns the link."""
    with context.database.write() as connection:
        members.check(name, {side: roles})
        id = members.add(connection, name, {side: roles}, context.now())
        if mail:
            members.change(connection, id, **known_by(context, connection, id, mail))
        context.note(connection, side, OPERATOR, "staff.added", id, roles=sorted(roles))
        return link_for(context, connection, members.by_id(connection, id)) or ""


def start_again(context: Context, connection: Connection, row: Row, by: str, side: str, code: str | None = None,
                **facts) -> str:  # fmt: skip
    """Nothing of how they signed in works any more; returns the link by which they set it up anew."""
    members.take_ways_in(connection, row.id, context.now())
    tell(context, connection, row, "reset")
    context.note(connection, side, by, "staff.reset", row.id, **facts)
    return link_for(context, connection, members.by_id(connection, row.id), code) or ""


def readmit(context: Context, name: str) -> str:
    """By the operator: the same, and whoever was shut out comes back with the roles that they had."""
    with context.database.write() as connection:
        row = members.named(connection, name, lock=True)
        members.change(connection, row.id, disabled_at=None)
        return start_again(context, connection, row, OPERATOR, members.first_side(row))


def another_mail(context: Context, connection: Connection, by: str, side: str, row: Row, mail: str,
                 **facts) -> None:  # fmt: skip
    """Who came by the old address comes no more; they are told there, since that address is known to be theirs."""
    tell(context, connection, row, "mail_changed")
    members.change(connection, row.id, **known_by(context, connection, row.id, mail), outside_hash=None)
    members.end_sessions(connection, row.id, context.now())
    context.note(connection, side, by, "staff.known_by", row.id, known=bool(mail), **facts)


def known_by(context: Context, connection: Connection, id: str, mail: str) -> dict:
    """What is kept of a mail address: a keyed hash to find somebody by, and the address itself, sealed."""
    if not mail:
        return {"mail_hash": None, "sealed_mail": None}
    plain = plain_mail(mail)
    hashed = context.lookup.hash("staff.mail", plain)
    members.mail_is_free(connection, id, hashed)
    return {"mail_hash": hashed, "sealed_mail": context.sealer.seal(id, "staff.mail", plain.encode())}


def disable(context: Context, name: str) -> None:
    """By the operator: out of everything."""
    with context.database.write() as connection:
        row = members.named(connection, name, lock=True)
        members.disable(connection, row.id, context.now())
        proposals.drop(connection, row.id)
        context.note(connection, members.first_side(row), OPERATOR, "staff.disabled", row.id)


def link_for(context: Context, connection: Connection, row: Row, code: str | None = None) -> str | None:
    """A link for somebody who has no way to sign in yet; older ones are worth nothing any more. `code` is a hash."""
    one_time_tokens.drop(connection, row.id, one_time_tokens.LINK, one_time_tokens.SETUP)
    if members.is_ready(connection, row):
        return None
    until = context.shared_clock(connection) + one_time_tokens.LINK_HOURS * HOUR_MS
    return one_time_tokens.make(connection, one_time_tokens.LINK, row.id, until, code_hash=code)
