"""Events end: after their time, with their account, and their addresses before that."""

from sqlalchemy import Connection, Row, func, select, update

from shiming.store import events as store
from shiming.store.tables import events as table
from shiming.workflows.parts import Parts
from shiming.workflows.watch import address_owner

DAY = 86_400_000


def events(parts: Parts) -> int:
    """Delete what is older than the settings allow; data keys of days whose addresses are over are destroyed."""
    now = parts.now()
    with parts.database.write() as connection:
        gone = store.forget_before(connection, now - parts.event_days * DAY, now - parts.event_days * DAY)
    while addresses(parts, now - parts.address_days * DAY):
        pass
    return gone


def addresses(parts: Parts, before: int) -> int:
    """End the oldest day of addresses that came before `before`; how many there were."""
    with parts.database.write() as connection:
        query = select(table.c.app, func.min(table.c.received_at)).where(table.c.sealed_ip.is_not(None))
        row = connection.execute(query.group_by(table.c.app).order_by(func.min(table.c.received_at))).first()
        if row is None or (row[1] // DAY + 1) * DAY > before:
            return 0
        start = row[1] // DAY * DAY
        day = (table.c.app == row.app, table.c.received_at >= start, table.c.received_at < start + DAY)
        ended = connection.execute(update(table).where(*day).values(sealed_ip=None)).rowcount
    parts.sealer.erase(address_owner(row.app, start))
    return ended


def account(parts: Parts, connection: Connection, row: Row) -> int:
    """Erase all events, states and flags of an account; how many events."""
    return store.erase(connection, row.app, row.id)
