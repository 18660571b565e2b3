"""Telling staff by mail what was done to their sign-in: whoever did not ask for it has to hear of it."""

from sqlalchemy import Connection, Row

from shiming.errors import BadInput, Unavailable
from shiming.store.staff import notices as store
from shiming.support import staff_notices as words
from shiming.workflows.context import Context

BACKOFF = (30, 300, 3600, 6 * 3600)
"""Seconds between tries; then it is given up. The audit trail has it in any case."""


def tell(context: Context, connection: Connection, row: Row, event: str) -> None:
    """Queue a mail to somebody of the staff, where their address is known, in the caller's transaction."""
    if row.sealed_mail:
        id = store.add(connection, row.id, event, row.sealed_mail, context.now())
        context.enqueue(connection, "tell_staff", f"tell_staff:{id}:0", id, 0)


def send(context: Context, id: str, turn: int) -> str:
    """Send one such mail; later, where no provider can."""
    with context.database.read() as connection:
        notice = store.find(connection, id)
    if notice is None:
        return "over"
    said = _by_first(context, context.sealer.open(notice.staff, "staff.mail", notice.sealed_mail).decode(), notice)
    with context.database.write() as connection:
        if said != "retry" or turn >= len(BACKOFF):
            store.remove(connection, id)
        else:
            context.enqueue(connection, "tell_staff", f"tell_staff:{id}:{turn + 1}", id, turn + 1, delay=BACKOFF[turn])
    return said


def _by_first(context: Context, to: str, notice: Row) -> str:
    """Staff are real people also where they work on tests: the providers of the live side come first."""
    subject, text = words.rendered(notice.event)
    said = "no provider"
    for provider in (*context.channels.of("mail", False), *context.channels.of("mail", True)):
        try:
            context.dependencies.of("mail", provider.name).call(provider.send, to, subject, text, {}, notice.id)
            return "delivered"
        except Unavailable:
            said = "retry"
        except BadInput:
            return "refused"
    return said
