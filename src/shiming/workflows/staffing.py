"""What becomes of somebody of the staff: roles given, a new start at signing in, another address, shut out.

Who may have it done is decided in `staff_admins.py`. The command line (`shiming staff`) has the authority of whoever
runs the machine: the first admins of an installation, and of each app, come from there.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Row

from shiming.store import staff, staff_proposals, staff_tokens
from shiming.workflows.parts import Parts
from shiming.workflows.sign_in import plain_mail
from shiming.workflows.staff_notices import tell

HOUR_MS = 3_600_000
OPERATOR = "operator"
"""Who acts at the command line, as the audit trail names them."""


def given(parts: Parts, connection: Connection, by: str, row: Row, side: str, roles: Iterable[str], **facts) -> Row:
    """Exactly these roles on a side. Returns the person as they are now."""
    staff.give(connection, row, side, tuple(roles))
    staff.change(connection, row.id, disabled_at=None)
    tell(parts, connection, row, "granted")
    parts.note(connection, side, by, "staff.changed", row.id, roles=sorted(roles), **facts)
    return staff.by_id(connection, row.id)


def grant(parts: Parts, name: str, side: str, roles: Sequence[str]) -> str | None:
    """By the operator, at the command line: one more role or several; returns a link where they need one."""
    with parts.database.write() as connection:
        row = staff.named(connection, name, lock=True)
        staff.check(name, {side: roles})
        row = given(parts, connection, OPERATOR, row, side, {*row.grants.get(side, ()), *roles})
        return link_for(parts, connection, row)


def enlist(parts: Parts, name: str, side: str, roles: Sequence[str], mail: str | None = None) -> str:
    """By the operator: somebody new, with these roles; returns the link."""
    with parts.database.write() as connection:
        staff.check(name, {side: roles})
        id = staff.add(connection, name, {side: roles}, parts.now())
        if mail:
            staff.change(connection, id, **known_by(parts, connection, id, mail))
        parts.note(connection, side, OPERATOR, "staff.added", id, roles=sorted(roles))
        return link_for(parts, connection, staff.by_id(connection, id)) or ""


def start_again(parts: Parts, connection: Connection, row: Row, by: str, side: str, code: str | None = None,
                **facts) -> str:  # fmt: skip
    """Nothing of how they signed in works any more; returns the link by which they set it up anew."""
    staff.take_ways_in(connection, row.id, parts.now())
    tell(parts, connection, row, "reset")
    parts.note(connection, side, by, "staff.reset", row.id, **facts)
    return link_for(parts, connection, staff.by_id(connection, row.id), code) or ""


def readmit(parts: Parts, name: str) -> str:
    """By the operator: the same, and whoever was shut out comes back with the roles that they had."""
    with parts.database.write() as connection:
        row = staff.named(connection, name, lock=True)
        staff.change(connection, row.id, disabled_at=None)
        return start_again(parts, connection, row, OPERATOR, staff.first_side(row))


def another_mail(parts: Parts, connection: Connection, by: str, side: str, row: Row, mail: str,
                 **facts) -> None:  # fmt: skip
    """Who came by the old address comes no more; they are told there, since that address is known to be theirs."""
    tell(parts, connection, row, "mail_changed")
    staff.change(connection, row.id, **known_by(parts, connection, row.id, mail), outside_hash=None)
    staff.end_sessions(connection, row.id, parts.now())
    parts.note(connection, side, by, "staff.known_by", row.id, known=bool(mail), **facts)


def known_by(parts: Parts, connection: Connection, id: str, mail: str) -> dict:
    """What is kept of a mail address: a keyed hash to find somebody by, and the address itself, sealed."""
    if not mail:
        return {"mail_hash": None, "sealed_mail": None}
    plain = plain_mail(mail)
    hashed = parts.lookup.hash("staff.mail", plain)
    staff.mail_is_free(connection, id, hashed)
    return {"mail_hash": hashed, "sealed_mail": parts.sealer.seal(id, "staff.mail", plain.encode())}


def disable(parts: Parts, name: str) -> None:
    """By the operator: out of everything."""
    with parts.database.write() as connection:
        row = staff.named(connection, name, lock=True)
        staff.disable(connection, row.id, parts.now())
        staff_proposals.drop(connection, row.id)
        parts.note(connection, staff.first_side(row), OPERATOR, "staff.disabled", row.id)


def link_for(parts: Parts, connection: Connection, row: Row, code: str | None = None) -> str | None:
    """A link for somebody who has no way to sign in yet; older ones are worth nothing any more. `code` is a hash."""
    staff_tokens.drop(connection, row.id, staff_tokens.LINK, staff_tokens.SETUP)
    if staff.is_ready(connection, row):
        return None
    until = parts.shared_clock(connection) + staff_tokens.LINK_HOURS * HOUR_MS
    return staff_tokens.make(connection, staff_tokens.LINK, row.id, until, code_hash=code)
