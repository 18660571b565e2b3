"""What holders ask to be erased: asked for, then carried out by the privacy officer, or declined with the duty to keep.

A wish is a conversation of the topic `erasure`: its holder sees what becomes of it, is told, and can answer.
"""

from sqlalchemy import Connection, Row

from shiming.errors import AppealUnderWay, Conflict
from shiming.store.access.idempotency import made
from shiming.store.account import accounts
from shiming.store.support import appeals as appeal_rows
from shiming.store.support import tickets as ticket_rows
from shiming.store.verification import verifications
from shiming.support.appeals import UNDER_WAY
from shiming.verification.parts import EVERY
from shiming.verification.states import MACHINE, Event, State
from shiming.workflows.account import persons
from shiming.workflows.context import Context
from shiming.workflows.privacy import erasure
from shiming.workflows.support import tickets
from shiming.workflows.verification import intake, parts

TOPIC = "erasure"
DONE = (
    "这次认证的资料已经删除，只留下时间和结果代码。\n\n"
    "What was kept of this verification is erased; times and result codes stay."
)


def ask(context: Context, app: str, account: str, id: str, text: str, by: str) -> str:
    """Ask for a verification to be erased; returns the conversation's id, of the one under way if there is one.

    One that is not over is cancelled by it: what its holder wants erased nobody goes on working with. Consent to face
    data ends at once, and with it what is kept by it: templates, pictures, name and number; what the officer still
    looks at is the rest. An account that has to keep its slot keeps all of it until somebody has looked.
    """
    with context.database.write() as connection:
        row = verifications.alive(connection, app, id, lock=True)
        _no_appeal(connection, row)
        if Event.CANCEL in MACHINE.events(row.state):
            intake.cancel(context, connection, row, by)
            row = verifications.alive(connection, app, id, lock=True)
        MACHINE.move(row.state, Event.ERASE)
        if going := ticket_rows.tickets_about(connection, app, TOPIC, id):
            made(ticket=going[0].id)
            return going[0].id
        holder = accounts.by_ref(connection, app, account)
        if row.face_consent and not persons.kept(context, connection, holder):
            parts.withdraw(context, connection, row, EVERY, by)
        return tickets.open_in(context, connection, holder, id, TOPIC, text, by)


def _erasable(connection: Connection, row: Row) -> None:
    MACHINE.move(row.state, Event.ERASE)
    _no_appeal(connection, row)


def _no_appeal(connection: Connection, row: Row) -> None:
    for appeal in appeal_rows.appeals_of(connection, row.id):
        if appeal.state in UNDER_WAY:
            said = "An appeal about this is under way; what it needs cannot be erased before."
            raise AppealUnderWay(said, appeal.id)


def carry_out(context: Context, app: str, ticket: str, by: str) -> None:
    """Erase what the wish is about, and say so. Broken off, it goes on when it is asked for again."""
    with context.database.read() as connection:
        row = _waiting(connection, app, ticket)
        about = verifications.get(connection, app, row.verification)
        if about.state != State.ERASED:
            _erasable(connection, about)
    if about.state != State.ERASED:
        erasure.verification(context, app, about.id, by)
    _answer(context, app, ticket, by, DONE)


def decline(context: Context, app: str, ticket: str, by: str, why: str) -> None:
    """Say which duty stands against it. What the holder answers brings it back."""
    with context.database.write() as connection:
        row = _waiting(connection, app, ticket)
        context.note(connection, app, by, "erasure.declined", row.verification, ticket=ticket)
    _answer(context, app, ticket, by, why)


def _waiting(connection: Connection, app: str, ticket: str) -> Row:
    row = ticket_rows.ticket(connection, app, ticket)
    if row.topic != TOPIC or row.verification is None or row.state == "closed":
        raise Conflict("This is no wish for erasure that waits.", "wrong_state")
    return row


def _answer(context: Context, app: str, ticket: str, by: str, text: str) -> None:
    tickets.say(context, app, ticket, by, text)
    tickets.close(context, app, ticket)
