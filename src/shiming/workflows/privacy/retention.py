"""Events end: after their time, with their account, and their addresses before that."""

from sqlalchemy import func, select, update

from shiming.store.account import accounts
from shiming.store.risk import events as store
from shiming.store.tables import events as table
from shiming.store.tables import policy_trials
from shiming.workflows.context import Context
from shiming.workflows.risk.event_processing import address_owner

DAY = 86_400_000


def events(context: Context) -> int:
    """Once a day, delete what is older than the settings allow, and destroy the data keys of days of addresses."""
    now = context.now()
    with context.database.write() as connection:
        if not store.chore_due(connection, "", "forget", now, DAY):
            return 0
        gone = store.forget_before(connection, now - context.event_days * DAY, now - context.event_days * DAY)
    while addresses(context, now - context.address_days * DAY):
        pass
    return gone


def addresses(context: Context, before: int) -> int:
    """End the oldest day of addresses that came before `before`; how many there were."""
    with context.database.write() as connection:
        query = select(table.c.app, func.min(table.c.received_at)).where(table.c.sealed_ip.is_not(None))
        row = connection.execute(query.group_by(table.c.app).order_by(func.min(table.c.received_at))).first()
        if row is None or (row[1] // DAY + 1) * DAY > before:
            return 0
        start = row[1] // DAY * DAY
        day = (table.c.app == row.app, table.c.received_at >= start, table.c.received_at < start + DAY)
        ended = connection.execute(update(table).where(*day).values(sealed_ip=None)).rowcount
    context.sealer.erase(address_owner(row.app, start))
    return ended


def account(context: Context, app: str, ref: str, by: str) -> int:
    """Erase all events, states and flags of an account, and its name from trials; how many events."""
    with context.database.write() as connection:
        row = accounts.by_ref(connection, app, ref)
        gone = store.erase(connection, app, row.id)
        for id, result in connection.execute(select(policy_trials.c.id, policy_trials.c.result).where(*_named(app))):
            left = {**result, "examples": [one for one in result["examples"] if one["account"] != ref]}
            connection.execute(update(policy_trials).where(policy_trials.c.id == id).values(result=left))
        context.note(connection, app, by, "account.events_erased", row.id, events=gone)
    return gone


def _named(app: str) -> tuple:
    return policy_trials.c.app == app, policy_trials.c.state == "done"
