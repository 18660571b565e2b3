"""Tickets and their messages as they are kept."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, func, insert, select, update

from shiming.store.access.idempotency import made
from shiming.store.database import new_id, one_row
from shiming.store.tables import accounts, ticket_messages, tickets
from shiming.support.tickets import MACHINE


def open_ticket(connection: Connection, account: Row, verification: str | None, topic: str, now: int) -> Row:
    id = new_id("tkt")
    made(ticket=id)
    row = {"id": id, "app": account.app, "account": account.id, "verification": verification}
    connection.execute(insert(tickets).values(**row, state="open", topic=topic, created_at=now))
    return ticket(connection, account.app, id)


def ticket(connection: Connection, app: str, id: str, lock: bool = False) -> Row:
    query = select(tickets).where(tickets.c.id == id, tickets.c.app == app)
    return one_row(connection, query, f"There is no ticket '{id}' here.", lock)


def add_ticket_message(connection: Connection, row: Row, event: str, author: str, sealed_text: bytes, now: int,
                       file: str | None = None) -> None:  # fmt: skip
    values = {"id": new_id("tms"), "app": row.app, "ticket": row.id, "author": author, "at": now}
    connection.execute(insert(ticket_messages).values(**values, sealed_text=sealed_text, file=file))
    connection.execute(update(tickets).where(tickets.c.id == row.id).values(state=MACHINE.move(row.state, event)))


def move_ticket(connection: Connection, row: Row, event: str) -> None:
    connection.execute(update(tickets).where(tickets.c.id == row.id).values(state=MACHINE.move(row.state, event)))


def ticket_messages_of(connection: Connection, id: str, after: str = "") -> Sequence[Row]:
    """What was said in a ticket, or what was said after the message `after`."""
    T = ticket_messages.c
    return connection.execute(select(ticket_messages).where(T.ticket == id, T.id > after).order_by(T.id)).all()


def change_ticket(connection: Connection, id: str, **values) -> None:
    connection.execute(update(tickets).where(tickets.c.id == id).values(**values))


def tickets_in(connection: Connection, app: str, state: str, agent: str | None, after: str | None,
               limit: int) -> Sequence[Row]:  # fmt: skip
    """Tickets in a state, oldest first."""
    T = tickets.c
    query = select(tickets).where(T.app == app, T.state == state, *((T.agent == agent,) if agent else ()))
    query = query.where(T.id > after) if after else query
    return connection.execute(query.order_by(T.id).limit(limit)).all()


def listed(connection: Connection, app: str, account: str | None, state: str | None, after: str | None,
           limit: int) -> Sequence[Row]:  # fmt: skip
    """Tickets of an app, or of one account (by our id), newest first; each with its account's name."""
    T = tickets.c
    query = select(tickets, accounts.c.ref).join(accounts, accounts.c.id == T.account).where(T.app == app)
    query = query.where(T.account == account) if account else query
    query = query.where(T.state == state) if state else query
    query = query.where(T.id < after) if after else query
    return connection.execute(query.order_by(T.id.desc()).limit(limit)).all()


def tickets_about(connection: Connection, app: str, topic: str, verification: str | None = None) -> Sequence[Row]:
    """Tickets of a topic that are not closed, oldest first; of one verification, or of all."""
    T = tickets.c
    query = select(tickets).where(T.app == app, T.topic == topic, T.state != "closed", T.verification.is_not(None))
    query = query.where(T.verification == verification) if verification else query
    return connection.execute(query.order_by(T.id)).all()


def going(connection: Connection, account: str, topic: str) -> Row | None:
    """The newest conversation of this topic with this account's holder that is not closed."""
    T = tickets.c
    query = select(tickets).where(T.account == account, T.topic == topic, T.state != "closed").order_by(T.id.desc())
    return connection.execute(query.limit(1)).first()


def tickets_of(connection: Connection, account: str, limit: int) -> Sequence[Row]:
    """The latest tickets of an account's holder, newest first."""
    query = select(tickets).where(tickets.c.account == account).order_by(tickets.c.id.desc()).limit(limit)
    return connection.execute(query).all()


def ratings(connection: Connection, app: str) -> tuple[int, float | None]:
    """How many tickets were rated, and the mean."""
    T = tickets.c
    query = select(func.count(T.rating), func.avg(T.rating)).where(T.app == app, T.rating.is_not(None))
    count, mean = connection.execute(query).one()
    return count, None if mean is None else round(float(mean), 2)
