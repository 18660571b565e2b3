"""What an admin may do about the staff, alone or with a second one.

An admin decides about the side of an app on which they are signed in. Roles that read people or let others in, roles
anywhere else, and whatever would let one admin sign in as somebody who can do more than they, are proposed by one admin
and confirmed by another, who is neither the one who proposed nor the one whom it is about.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row

from shiming.errors import BadInput, Conflict, NotAllowed, NotFound
from shiming.review.roles import take_two
from shiming.store.access.api_keys import secret_hash
from shiming.store.staff import credentials, members, proposals
from shiming.workflows.context import Context
from shiming.workflows.staff.membership import another_mail, given, known_by, link_for, start_again
from shiming.workflows.staff.notices import tell
from shiming.workflows.staff.sign_in import plain_mail

MANAGE = "staff.manage"


@dataclass(frozen=True, slots=True)
class Admin:
    """Who decides: one of the staff, and the side of an app on which they are signed in."""

    id: str
    name: str
    side: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a wish. `link` and `code` are for the person, shown once, each to another admin.

    `link` is the secret part of the address at which they set up how they sign in; `proposal` waits for a second admin.
    """

    name: str
    proposal: str | None = None
    code: str | None = None
    link: str | None = None


def let_in(context: Context, by: Admin, name: str, side: str, roles: Sequence[str], mail: str | None = None) -> Outcome:
    """Somebody new, or somebody who works elsewhere so far, gets roles on a side."""
    with context.database.write() as connection:
        row = members.find(connection, name, lock=True)
        if row is None:
            row = _added(context, connection, by, name, side, mail)
        elif side == by.side and members.roles_on(row, side):
            raise Conflict(f"'{name}' works here already: change their roles.")
        elif mail:
            raise Conflict("This person is on the list already: their mail address is changed on its own.")
        return _roles(context, connection, by, row, side, roles)


def _added(context: Context, connection: Connection, by: Admin, name: str, side: str, mail: str | None) -> Row:
    members.check(name, {side: ()})
    id = members.add(connection, name, {}, context.now())
    if mail:
        members.change(connection, id, **known_by(context, connection, id, mail))
    context.note(connection, side, by.name, "staff.added", id)
    return members.by_id(connection, id)


def change_roles(context: Context, by: Admin, name: str, side: str, roles: Sequence[str]) -> Outcome:
    """Exactly these roles on a side: what is taken away goes at once, what is added may take a second admin."""
    with context.database.write() as connection:
        return _roles(context, connection, by, _theirs(context, connection, by, name), side, roles)


def _roles(context: Context, connection: Connection, by: Admin, row: Row, side: str, roles: Sequence[str]) -> Outcome:
    members.check(row.name, {side: roles})
    _not_oneself(by, row)
    if row.disabled_at and row.grants:
        raise Conflict(f"'{row.name}' was shut out by whoever runs this server: `shiming staff reset` lets them in.")
    mine = side in _sides(connection, by.id)
    has = set(row.grants.get(side, ())) if mine else set()  # what somebody does elsewhere is not told by an answer
    if not mine and not roles:
        raise NotAllowed(f"You are no admin of {side}: take roles away where you are.")
    if mine and has - set(roles):
        row = given(context, connection, by.name, row, side, has & set(roles))
    more = set(roles) - has
    if not more:
        return Outcome(row.name)
    if mine and not take_two(more) and not _house_decides(context, row, side):
        row = given(context, connection, by.name, row, side, has & set(roles) | more)
        return Outcome(row.name, link=None if _takes_two(connection, by, row) else link_for(context, connection, row))
    return _proposed(context, connection, by, row, side, proposals.ROLES, roles=sorted(more))


def _house_decides(context: Context, row: Row, side: str) -> bool:
    """Where single sign-on gives roles, standing on a side is as much as any role that it may give there."""
    return context.directory is not None and context.directory.gives_roles and side not in row.grants


def reset(context: Context, by: Admin, name: str) -> Outcome:
    """A new start at signing in. By one admin where that admin could do no more as this person than as themselves."""
    with context.database.write() as connection:
        row = _theirs(context, connection, by, name)
        _not_oneself(by, row)
        if row.disabled_at:
            raise Conflict(f"'{name}' is shut out. Whoever runs this server can let them in: `shiming staff reset`.")
        if _takes_two(connection, by, row):
            return _proposed(context, connection, by, row, by.side, proposals.RESET)
        return Outcome(name, link=start_again(context, connection, row, by.name, by.side))


def change_mail(context: Context, by: Admin, name: str, mail: str) -> Outcome:
    """Another address by which single sign-on knows somebody; empty: none. As weighty as a new start."""
    with context.database.write() as connection:
        row = _theirs(context, connection, by, name)
        _not_oneself(by, row)
        sealed = context.sealer.seal(row.id, "staff.mail", plain_mail(mail).encode()) if mail else None
        if _takes_two(connection, by, row) and (mail or set(row.grants) - _sides(connection, by.id)):
            return _proposed(context, connection, by, row, by.side, proposals.MAIL, sealed_mail=sealed)
        another_mail(context, connection, by.name, by.side, row, mail)
        return Outcome(name)


def shut_out(context: Context, by: Admin, name: str) -> None:
    """Out of the admin's own side at once; who works nowhere any more has no way in left."""
    with context.database.write() as connection:
        row = _theirs(context, connection, by, name)
        _not_oneself(by, row)
        if by.side in row.grants:
            members.give(connection, row, by.side, ())
        members.end_sessions(connection, row.id, context.now(), app=by.side)
        proposals.drop(connection, row.id, by.side)
        if not members.by_id(connection, row.id).grants:
            members.disable(connection, row.id, context.now())
        tell(context, connection, row, "shut_out")
        context.note(connection, by.side, by.name, "staff.disabled", row.id)


def _takes_two(connection: Connection, by: Admin, row: Row) -> bool:
    """Whether signing in as this person would let an admin do what they may not, or work where they are no admin."""
    everything = [role for roles in row.grants.values() for role in roles]
    return take_two(everything) or bool(set(row.grants) - _sides(connection, by.id))


def _sides(connection: Connection, id: str) -> frozenset[str]:
    return members.sides_allowed(members.by_id(connection, id), MANAGE)


def _theirs(context: Context, connection: Connection, by: Admin, name: str) -> Row:
    """Somebody who works on this admin's side, or is proposed for it. Of others it is not even said that they are."""
    row = members.find(connection, name, lock=True)
    asked = proposals.fresh(connection, context.now())
    if row is None or not (by.side in row.grants or any((p.staff, p.app) == (row.id, by.side) for p in asked)):
        raise NotFound(f"There is nobody called '{name}' on {by.side}.")
    return row


def _not_oneself(by: Admin, row: Row) -> None:
    if by.id == row.id:
        raise BadInput("Another admin has to do this for you.")


def _proposed(context: Context, connection: Connection, by: Admin, row: Row, side: str, kind: str, **facts) -> Outcome:
    """Kept until a second admin settles it. With the code, who proposed has a say in who uses the link."""
    code = credentials.new_code()
    facts["code_hash"] = secret_hash(code)
    id = proposals.ask(connection, side, kind, row.id, by.id, context.now(), **facts)
    context.note(connection, side, by.name, "staff.proposed", row.id, kind=kind, roles=facts.get("roles", []))
    return Outcome(row.name, proposal=id, code=code)


def people(context: Context, by: Admin) -> tuple[Sequence[Row], list[tuple[Row, Row, Row]]]:
    """Who works on the admin's side; and what waits there for a second admin: proposal, whom about, who asked."""
    with context.database.read() as connection:
        rows = {row.id: row for row in members.listed(connection)}
        asked = [(p, rows[p.staff], rows[p.asked_by]) for p in proposals.fresh(connection, context.now())]
    here = [row for row in rows.values() if by.side in row.grants]
    return here, [found for found in asked if _concerns(by, found[0], found[1])]


def _concerns(by: Admin, proposal: Row, row: Row) -> bool:
    """Roles are given by admins of that very side; a new start, by those of any side on which the person works."""
    return by.side == proposal.app or (proposal.kind != proposals.ROLES and by.side in row.grants)


def confirm(context: Context, by: Admin, id: str) -> Outcome:
    """Second of two admins: what was proposed is done. The link, if any, opens with the code that the first one has."""
    with context.database.write() as connection:
        proposal, row = _waiting(context, connection, by, id)
        asker = members.by_id(connection, proposal.asked_by)
        if by.id in (asker.id, row.id):
            raise Conflict("This takes two admins: neither who proposed it nor whom it is about.", "four_eyes")
        if not members.sides_allowed(asker, MANAGE):
            raise Conflict("Who proposed this is no admin any more. Decline it, and propose it yourself.")
        proposals.settle(connection, id)
        return Outcome(row.name, link=_DONE[proposal.kind](context, connection, by, asker, row, proposal))


def decline(context: Context, by: Admin, id: str) -> None:
    """Not done, by any admin whom it concerns, the one who proposed it too."""
    with context.database.write() as connection:
        proposal, row = _waiting(context, connection, by, id)
        proposals.settle(connection, id)
        context.note(connection, proposal.app, by.name, "staff.declined", row.id, kind=proposal.kind)


def _waiting(context: Context, connection: Connection, by: Admin, id: str) -> tuple[Row, Row]:
    proposal = proposals.one(connection, id, context.now())
    row = members.by_id(connection, proposal.staff, lock=True)
    if not _concerns(by, proposal, row) and proposal.asked_by != by.id:
        raise NotFound(proposals.gone(id))
    return proposal, row


def _do_roles(context: Context, connection: Connection, by: Admin, asker: Row, row: Row, asked: Row) -> str | None:
    """Who never read people before sets up anew: one admin alone may have made how they sign in until now."""
    if by.side != asked.app:
        raise NotAllowed(f"An admin of {asked.app} has to confirm this.")
    first = not take_two(role for roles in row.grants.values() for role in roles)
    roles = {*row.grants.get(asked.app, ()), *asked.roles}
    row = given(context, connection, by.name, row, asked.app, roles, proposed_by=asker.name)
    if first and members.is_ready(connection, row):
        return start_again(context, connection, row, by.name, asked.app, asked.code_hash)
    return link_for(context, connection, row, asked.code_hash)


def _do_reset(context: Context, connection: Connection, by: Admin, asker: Row, row: Row, asked: Row) -> str:
    _together(by, asker, row, connection)
    return start_again(context, connection, row, by.name, asked.app, asked.code_hash, proposed_by=asker.name)


def _do_mail(context: Context, connection: Connection, by: Admin, asker: Row, row: Row, asked: Row) -> None:
    _together(by, asker, row, connection)
    mail = asked.sealed_mail and context.sealer.open(row.id, "staff.mail", asked.sealed_mail).decode()
    another_mail(context, connection, by.name, asked.app, row, mail or "", proposed_by=asker.name)


def _together(by: Admin, asker: Row, row: Row, connection: Connection) -> None:
    """Two admins of one app are not enough to sign in as somebody who works in another one as well."""
    if set(row.grants) - members.sides_allowed(asker, MANAGE) - _sides(connection, by.id):
        raise NotAllowed("This person also works where neither of you is admin. An admin of that app has to confirm, "
                         "or whoever runs this server: `shiming staff reset`.")  # fmt: skip


_DONE = {
    proposals.ROLES: _do_roles,
    proposals.RESET: _do_reset,
    proposals.MAIL: _do_mail,
}
