"""What holders ask to be erased: asked for, then carried out by the privacy officer, or declined with the duty to keep.

A wish is a conversation of the topic `erasure`: its holder sees what becomes of it, is told, and can answer.
"""

from sqlalchemy import Connection, Row

from shiming.errors import Conflict
from shiming.store import accounts, face_templates, support, verifications
from shiming.store.idempotency import made
from shiming.support.appeals import UNDER_WAY
from shiming.verification.states import MACHINE, Event, State
from shiming.workflows import erase, persons, tickets
from shiming.workflows.parts import Parts

TOPIC = "erasure"
DONE = (
    "这次认证的资料已经删除，只留下时间和结果代码。\n\n"
    "What was kept of this verification is erased; times and result codes stay."
)


def ask(parts: Parts, app: str, account: str, id: str, text: str, by: str) -> str:
    """Ask for a decided verification to be erased; returns the conversation's id, of the one under way if there is one.

    Consent to face data ends with it at once, and what was stored of the face for finding the same person again goes;
    an account that has to keep its place keeps its face, too, until somebody has looked.
    """
    with parts.database.write() as connection:
        row = verifications.alive(connection, app, id, lock=True)
        _erasable(connection, row)
        if going := support.tickets_about(connection, app, TOPIC, id):
            made(ticket=going[0].id)
            return going[0].id
        holder = accounts.by_ref(connection, app, account)
        if row.face_consent and not persons.kept(parts, connection, holder):
            _withdraw(parts, connection, row, by)
        return tickets.open_in(parts, connection, holder, id, TOPIC, text, by)


def _erasable(connection: Connection, row: Row) -> None:
    MACHINE.move(row.state, Event.ERASE)
    if any(appeal.state in UNDER_WAY for appeal in support.appeals_of(connection, row.id)):
        raise Conflict("An appeal about this is under way; what it needs cannot be erased before.", "appeal_under_way")


def _withdraw(parts: Parts, connection: Connection, row: Row, by: str) -> None:
    verifications.add_consent(connection, row, "face", False, "withdrawn", parts.now())
    verifications.change(connection, row.id, face_consent=False)
    face_templates.remove(connection, row.app, row.id, parts.now())
    parts.note(connection, row.app, by, "verification.consent_withdrawn", row.id)


def carry_out(parts: Parts, app: str, ticket: str, by: str) -> None:
    """Erase what the wish is about, and say so. Broken off, it goes on when it is asked for again."""
    with parts.database.read() as connection:
        row = _waiting(connection, app, ticket)
        about = verifications.get(connection, app, row.verification)
        if about.state != State.ERASED:
            _erasable(connection, about)
    if about.state != State.ERASED:
        erase.verification(parts, app, about.id, by)
    _answer(parts, app, ticket, by, DONE)


def decline(parts: Parts, app: str, ticket: str, by: str, why: str) -> None:
    """Say which duty stands against it. What the holder answers brings it back."""
    with parts.database.write() as connection:
        row = _waiting(connection, app, ticket)
        parts.note(connection, app, by, "erasure.declined", row.verification, ticket=ticket)
    _answer(parts, app, ticket, by, why)


def _waiting(connection: Connection, app: str, ticket: str) -> Row:
    row = support.ticket(connection, app, ticket)
    if row.topic != TOPIC or row.verification is None or row.state == "closed":
        raise Conflict("This is no wish for erasure that waits.", "wrong_state")
    return row


def _answer(parts: Parts, app: str, ticket: str, by: str, text: str) -> None:
    tickets.say(parts, app, ticket, by, text)
    tickets.close(parts, app, ticket)
