"""Events end: after their time, with their account, and their addresses before that."""

from sqlalchemy import func, select, update

from shiming.store import accounts
from shiming.store import events as store
from shiming.store.tables import events as table
from shiming.store.tables import policy_trials
from shiming.workflows.parts import Parts
from shiming.workflows.watch import address_owner

DAY = 86_400_000


def events(parts: Parts) -> int:
    """Once a day, delete what is older than the settings allow, and destroy the data keys of days of addresses."""
    now = parts.now()
    with parts.database.write() as connection:
        if not store.chore_due(connection, "", "forget", now, DAY):
            return 0
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


def account(parts: Parts, app: str, ref: str, by: str) -> int:
    """Erase all events, states and flags of an account, and its name from trials; how many events."""
    with parts.database.write() as connection:
        row = accounts.by_ref(connection, app, ref)
        gone = store.erase(connection, app, row.id)
        for id, result in connection.execute(select(policy_trials.c.id, policy_trials.c.result).where(*_named(app))):
            left = {**result, "examples": [one for one in result["examples"] if one["account"] != ref]}
            connection.execute(update(policy_trials).where(policy_trials.c.id == id).values(result=left))
        parts.note(connection, app, by, "account.events_erased", row.id, events=gone)
    return gone


def _named(app: str) -> tuple:
    return policy_trials.c.app == app, policy_trials.c.state == "done"
