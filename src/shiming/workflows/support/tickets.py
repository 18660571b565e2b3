"""Tickets: opened with all that belongs to them, answered, handed over, closed, rated."""

from sqlalchemy import Connection, Row

from shiming.errors import Conflict, NotFound
from shiming.store.account import accounts
from shiming.store.support import tickets as ticket_rows
from shiming.store.verification import verifications
from shiming.workflows.context import Context
from shiming.workflows.messaging.notify import tell
from shiming.workflows.verification import intake


def open_one(context: Context, app: str, account: str, verification: str | None, topic: str, text: str,
             by: str = "platform") -> str:  # fmt: skip
    """Open a ticket; returns its id. It carries the verification named, or the account's latest."""
    with context.database.write() as connection:
        holder = accounts.by_ref(connection, app, account)
        latest = verifications.page(connection, app, {"account": holder.id}, None, 1)
        if verification:
            verifications.get(connection, app, verification)
        about = verification or (latest[0].id if latest else None)
        return open_in(context, connection, holder, about, topic, text, by)


def open_in(context: Context, connection: Connection, holder: Row, about: str | None, topic: str, text: str,
            by: str) -> str:  # fmt: skip
    """The same in the caller's transaction."""
    made = ticket_rows.open_ticket(connection, holder, about, topic, context.now())
    sealed = context.sealer.seal(made.id, "ticket.text", text.encode())
    ticket_rows.add_ticket_message(connection, made, "write", "holder", sealed, context.now())
    context.note(connection, holder.app, by, "ticket.opened", made.id, account=holder.id)
    return made.id


def begin(context: Context, connection: Connection, holder: Row, agent: str, topic: str, text: str, why: str) -> str:
    """Support writes first; returns the ticket's id. A conversation of this topic that is not closed is gone on with,
    and the same words are not said twice in a row. Call it with the account locked. Raises Conflict: a colleague's."""
    found = ticket_rows.going(connection, holder.id, topic)
    row = found and ticket_rows.ticket(connection, holder.app, found.id, lock=True)
    if row and row.agent not in (None, agent):
        raise Conflict("A colleague has a conversation about that. Ask them to hand it over.", "ticket_taken")
    if row and _last(context, connection, row.id) == (agent, text):
        return row.id
    latest = verifications.page(connection, holder.app, {"account": holder.id}, None, 1)
    made = row or ticket_rows.open_ticket(connection, holder, latest[0].id if latest else None, topic, context.now())
    sealed = context.sealer.seal(made.id, "ticket.text", text.encode())
    ticket_rows.add_ticket_message(connection, made, "answer", agent, sealed, context.now())
    ticket_rows.change_ticket(connection, made.id, agent=agent)
    event = "ticket.answered" if row else "ticket.opened"
    tell(context, connection, holder.app, holder.id, made.id, event, {"ticket": made.id})
    context.note(connection, holder.app, agent, "ticket.begun", made.id, account=holder.id, why=why, new=row is None)
    return made.id


def _last(context: Context, connection: Connection, id: str) -> tuple[str, str]:
    """Who said what last."""
    last = ticket_rows.ticket_messages_of(connection, id)[-1]
    return last.author, context.sealer.open(id, "ticket.text", last.sealed_text).decode()


def say(context: Context, app: str, id: str, agent: str | None, text: str, file: str | None = None) -> None:
    """Add to a conversation. What support says answers it, and the holder is told; `agent` None is the holder."""
    sealed = context.sealer.seal(id, "ticket.text", text.encode())
    with context.database.write() as connection:
        row = ticket_rows.ticket(connection, app, id, lock=True)
        event = "answer" if agent else "write"
        ticket_rows.add_ticket_message(connection, row, event, agent or "holder", sealed, context.now(), file)
        if agent:
            tell(context, connection, app, row.account, id, "ticket.answered", {"ticket": id})


def show(context: Context, app: str, id: str, agent: str | None, data: bytes) -> None:
    """Add a picture to a conversation."""
    with context.database.read() as connection:
        ticket_rows.ticket(connection, app, id)
    say(context, app, id, agent, "", context.files.put(id, "picture", intake.cleaned(context, data)))


def picture(context: Context, app: str, id: str, message: str) -> bytes:
    with context.database.read() as connection:
        ticket_rows.ticket(connection, app, id)
        found = next((m for m in ticket_rows.ticket_messages_of(connection, id) if m.id == message and m.file), None)
    if found is None:
        raise NotFound("There is no such picture in this conversation.")
    return context.files.get(id, found.file)


def take(context: Context, app: str, id: str, agent: str) -> Row:
    """Make a ticket one's own. Raises Conflict where a colleague has it: ask them to hand it over."""
    with context.database.write() as connection:
        row = ticket_rows.ticket(connection, app, id, lock=True)
        if row.agent not in (None, agent):
            raise Conflict("A colleague has this ticket. Ask them to hand it over.", "ticket_taken")
        ticket_rows.change_ticket(connection, id, agent=agent)
        context.note(connection, app, agent, "ticket.taken", id)
        return ticket_rows.ticket(connection, app, id)


def hand_over(context: Context, app: str, id: str, by: str, to: str | None) -> None:
    """Hand one's ticket to a colleague, or (with None) back to everybody."""
    with context.database.write() as connection:
        row = ticket_rows.ticket(connection, app, id, lock=True)
        if row.agent not in (None, by):
            raise Conflict("A colleague has this ticket; only they hand it over.", "ticket_taken")
        ticket_rows.change_ticket(connection, id, agent=to)
        context.note(connection, app, by, "ticket.handed_over", id, to=to)


def close(context: Context, app: str, id: str) -> None:
    with context.database.write() as connection:
        ticket_rows.move_ticket(connection, ticket_rows.ticket(connection, app, id, lock=True), "close")


def rate(context: Context, app: str, id: str, score: int) -> None:
    """Keep the holder's rating of a ticket that was answered or closed."""
    with context.database.write() as connection:
        row = ticket_rows.ticket(connection, app, id, lock=True)
        if row.state == "open":
            raise Conflict("Nobody has answered yet; it can be rated then.", "wrong_state")
        ticket_rows.change_ticket(connection, id, rating=score)
