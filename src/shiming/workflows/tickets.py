"""Tickets: opened with all that belongs to them, answered, handed over, closed, rated."""

from sqlalchemy import Connection, Row

from shiming.errors import Conflict, NotFound
from shiming.store import accounts, support, verifications
from shiming.workflows import intake
from shiming.workflows.notify import tell
from shiming.workflows.parts import Parts


def open_one(parts: Parts, app: str, account: str, verification: str | None, topic: str, text: str,
             by: str = "platform") -> str:  # fmt: skip
    """Open a ticket; returns its id. It carries the verification named, or the account's latest."""
    with parts.database.write() as connection:
        holder = accounts.by_ref(connection, app, account)
        latest = verifications.page(connection, app, {"account": holder.id}, None, 1)
        if verification:
            verifications.get(connection, app, verification)
        about = verification or (latest[0].id if latest else None)
        return open_in(parts, connection, holder, about, topic, text, by)


def open_in(parts: Parts, connection: Connection, holder: Row, about: str | None, topic: str, text: str,
            by: str) -> str:  # fmt: skip
    """The same in the caller's transaction."""
    made = support.open_ticket(connection, holder, about, topic, parts.now())
    sealed = parts.sealer.seal(made.id, "ticket.text", text.encode())
    support.add_ticket_message(connection, made, "write", "holder", sealed, parts.now())
    parts.note(connection, holder.app, by, "ticket.opened", made.id, account=holder.id)
    return made.id


def say(parts: Parts, app: str, id: str, agent: str | None, text: str, file: str | None = None) -> None:
    """Add to a conversation. What support says answers it, and the holder is told; `agent` None is the holder."""
    sealed = parts.sealer.seal(id, "ticket.text", text.encode())
    with parts.database.write() as connection:
        row = support.ticket(connection, app, id, lock=True)
        event = "answer" if agent else "write"
        support.add_ticket_message(connection, row, event, agent or "holder", sealed, parts.now(), file)
        if agent:
            tell(parts, connection, app, row.account, id, "ticket.answered", {"ticket": id})


def show(parts: Parts, app: str, id: str, agent: str | None, data: bytes) -> None:
    """Add a picture to a conversation."""
    with parts.database.read() as connection:
        support.ticket(connection, app, id)
    say(parts, app, id, agent, "", parts.files.put(id, "picture", intake.cleaned(parts, data)))


def picture(parts: Parts, app: str, id: str, message: str) -> bytes:
    with parts.database.read() as connection:
        support.ticket(connection, app, id)
        found = next((m for m in support.ticket_messages_of(connection, id) if m.id == message and m.file), None)
    if found is None:
        raise NotFound("There is no such picture in this conversation.")
    return parts.files.get(id, found.file)


def take(parts: Parts, app: str, id: str, agent: str) -> Row:
    """Make a ticket one's own. Raises Conflict where a colleague has it: ask them to hand it over."""
    with parts.database.write() as connection:
        row = support.ticket(connection, app, id, lock=True)
        if row.agent not in (None, agent):
            raise Conflict("A colleague has this ticket. Ask them to hand it over.", "ticket_taken")
        support.change_ticket(connection, id, agent=agent)
        parts.note(connection, app, agent, "ticket.taken", id)
        return support.ticket(connection, app, id)


def hand_over(parts: Parts, app: str, id: str, by: str, to: str | None) -> None:
    """Hand one's ticket to a colleague, or (with None) back to everybody."""
    with parts.database.write() as connection:
        row = support.ticket(connection, app, id, lock=True)
        if row.agent not in (None, by):
            raise Conflict("A colleague has this ticket; only they hand it over.", "ticket_taken")
        support.change_ticket(connection, id, agent=to)
        parts.note(connection, app, by, "ticket.handed_over", id, to=to)


def close(parts: Parts, app: str, id: str) -> None:
    with parts.database.write() as connection:
        support.move_ticket(connection, support.ticket(connection, app, id, lock=True), "close")


def rate(parts: Parts, app: str, id: str, score: int) -> None:
    """Keep the holder's rating of a ticket that was answered or closed."""
    with parts.database.write() as connection:
        row = support.ticket(connection, app, id, lock=True)
        if row.state == "open":
            raise Conflict("Nobody has answered yet; it can be rated then.", "wrong_state")
        support.change_ticket(connection, id, rating=score)
