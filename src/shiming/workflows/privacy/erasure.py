"""Erasing: the data key goes first, so that whatever is left anywhere can never be read again; then files and rows."""

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, or_, select, update

from shiming.errors import Conflict
from shiming.store import tables as kept
from shiming.store.access.idempotency import made
from shiming.store.account import accounts, imports, subjects
from shiming.store.messaging import outbox
from shiming.store.tables import (
    authority_answers,
    challenges,
    evidence,
    external_results,
    judgements,
    links,
    sessions,
)
from shiming.store.verification import authority_calls, face_templates, verifications
from shiming.verification.states import MACHINE, Event, State
from shiming.workflows import case_queue
from shiming.workflows.context import Context
from shiming.workflows.privacy import retention
from shiming.workflows.verification import intake


def verification(context: Context, app: str, id: str, actor: str) -> None:
    """Erase one decided verification. Asked twice it does nothing the second time but finish what was left."""
    with context.database.read() as connection:
        row = verifications.alive(connection, app, id)
    MACHINE.move(row.state, Event.ERASE)
    context.sealer.erase(id)
    files = context.files.delete(id)
    with context.database.write() as connection:
        row = verifications.alive(connection, app, id, lock=True)
        for gone in (evidence, challenges, authority_answers, links, sessions, external_results):
            connection.execute(delete(gone).where(gone.c.verification == id))
        _film_codes(connection, kept.appeals.c.verification == id)
        authority_calls.unname(connection, id)
        sealed = {"sealed_seen": None, "sealed_findings": None}
        connection.execute(update(judgements).where(judgements.c.verification == id).values(**sealed))
        face_templates.remove(connection, app, id, context.now())
        case_queue.forget(connection, id)
        bare = {"sealed_typed": None, "name_hash": None, "number_hash": None, "return_url": None}
        verifications.move(connection, row, Event.ERASE, token_hash=None, redo=[], **bare)
        context.note(connection, app, actor, "verification.erased", id, files=files)


def account(context: Context, app: str, ref: str, actor: str, again: bool = False) -> None:
    """Erase a cancelled account and all that hangs on it; what is left has neither name nor person.

    A slot that must stay taken keeps its account from being cancelled, and so from this. Raises Conflict. Broken off,
    it goes on where it was when it is asked for again. With `again` it was erased before, and came back by a backup of
    earlier, in which it may be anything.
    """
    with context.database.write() as connection:
        row = accounts.by_ref(connection, app, ref, lock=True)
        if not again and accounts.state(row, context.now()) != "cancelled":
            raise Conflict("Cancel the account first: it is erased once it is cancelled.", "wrong_state")
        for one in verifications.page(connection, app, {"account": row.id}, None, 1000):
            if Event.CANCEL in MACHINE.events(one.state):
                intake.cancel(context, connection, one, actor)
    for id in _ids(context, kept.verifications, row.id, kept.verifications.c.state != State.ERASED):
        verification(context, app, id, actor)
    retention.account(context, app, ref, actor)
    for id in _owners(context, row.id):
        context.sealer.erase(id)
        context.files.delete(id)
    for own in _guardians(context, row.id):
        account(context, app, own, actor, again=True)
    with context.database.write() as connection:
        _rows(connection, row)
        context.note(connection, app, actor, "account.erased", row.id)


def _guardians(context: Context, account: str) -> list[str]:
    """The accounts under which guardians of this one were verified; nobody needs them after it."""
    own = select(kept.accounts.c.ref).join(kept.guardians, kept.guardians.c.guardian == kept.accounts.c.id)
    with context.database.read() as connection:
        return list(
            connection.scalars(own.where(kept.guardians.c.account == account, kept.accounts.c.state != "erased"))
        )


def _owners(context: Context, account: str) -> list[str]:
    """Everything beside verifications under whose data key something of this account is sealed."""
    appeals = _ids(context, kept.appeals, account, kept.appeals.c.verification.is_(None))
    mine = or_(kept.guardians.c.account == account, kept.guardians.c.guardian == account)
    with context.database.read() as connection:
        papers = connection.scalars(
            select(kept.guardians.c.proof).where(mine, kept.guardians.c.proof.is_not(None))
        ).all()
    return [account, *papers, *_ids(context, kept.tickets, account), *_ids(context, kept.mails, account), *appeals]


def _ids(context: Context, table: Table, account: str, *where) -> list[str]:
    with context.database.read() as connection:
        return list(connection.scalars(select(table.c.id).where(table.c.account == account, *where)))


def _film_codes(connection: Connection, whose: ColumnElement[bool]) -> None:
    """Codes and sessions of devices that film for these appeals."""
    mine = select(kept.appeals.c.id).where(whose)
    for gone in (links, sessions):
        connection.execute(delete(gone).where(gone.c.verification.in_(mine)))


def _rows(connection: Connection, row: Row) -> None:
    """What has no key of its own: rows about the account, its name, and a person whom nothing else binds."""
    if row.subject:
        subjects.lock(connection, row.subject)
    mine = select(kept.tickets.c.id).where(kept.tickets.c.account == row.id)
    connection.execute(delete(kept.ticket_messages).where(kept.ticket_messages.c.ticket.in_(mine)))
    connection.execute(update(kept.tickets).where(kept.tickets.c.account == row.id).values(state="closed"))
    told = select(kept.messages.c.id).where(kept.messages.c.account == row.id)
    outbox.forget(connection, told)
    for about in connection.scalars(select(kept.guardians.c.id).where(kept.guardians.c.account == row.id)):
        case_queue.close_case(connection, about)
    for whose in (kept.guardians.c.account, kept.guardians.c.guardian):
        connection.execute(delete(kept.guardians).where(whose == row.id))
    for gone in (kept.messages, kept.contacts, kept.phones, links, sessions):
        connection.execute(delete(gone).where(gone.c.account == row.id))
    _film_codes(connection, kept.appeals.c.account == row.id)
    bare = {"sealed_facts": None, "pieces": {}, "seen": {}}
    connection.execute(update(kept.appeals).where(kept.appeals.c.account == row.id).values(**bare))
    connection.execute(update(kept.holds).where(kept.holds.c.account == row.id).values(because=None))
    imports.forget(connection, row.id)
    accounts.erase(connection, row.id)
    made(erased=row.id)
    if row.subject:
        subjects.forget_unbound(connection, row.subject)
