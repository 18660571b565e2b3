"""Whom the consent to face data names, and whom of those that would be sent a face it does not."""

from typing import Any

from sqlalchemy import Connection, Row

from shiming.store.verification import verifications
from shiming.verification.recipients import Recipient
from shiming.verification.states import MACHINE, Event, State
from shiming.workflows.context import Context


def unnamed(context: Context, connection: Connection, row: Row) -> tuple[Recipient, ...]:
    """The recipients that have to be asked about before anything else is handed in, or before it is submitted."""
    if not row.face_consent or Event.HAND_IN not in MACHINE.events(row.state):
        return ()
    named = verifications.recipients_named(connection, row.id)
    return tuple(each for each in _all(context, row) if each not in named)


def none_named(context: Context, connection: Connection, row: Row) -> bool:
    """Whether nobody is left who may compare the face: every source that the consent names is gone."""
    if not row.face_consent or row.state != State.CHECKING or not (every := _all(context, row)):
        return False
    return not {*every} & {*verifications.recipients_named(connection, row.id)}


def allowed(context: Context, row: Row) -> list[Any]:
    """The sources that may be sent a face for this verification: by its consent as it stands now."""
    with context.database.read() as connection:
        named = set(verifications.recipients_named(connection, row.id))
    wanted = {each.source for each in _all(context, row) if each in named}
    return [source for source in context.sources(_test_mode(row)) if source.name in wanted]


def _all(context: Context, row: Row) -> tuple[Recipient, ...]:
    return context.recipients(_test_mode(row))


def _test_mode(row: Row) -> bool:
    return row.app.endswith(".test")
