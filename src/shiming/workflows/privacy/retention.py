"""What ends by itself: events after their time, with their account, and their addresses before that; and the parts of a
verification that is over (face templates, pictures, names), each after a period of its own.
"""

from sqlalchemy import func, select, update

from shiming.store.account import accounts
from shiming.store.risk import events as store
from shiming.store.tables import api_keys, policy_trials
from shiming.store.tables import events as table
from shiming.store.verification import verifications
from shiming.verification.parts import COLUMNS, Part, days
from shiming.workflows.context import Context
from shiming.workflows.risk import trial_history
from shiming.workflows.risk.event_processing import address_owner
from shiming.workflows.verification import parts as endings

DAY = 86_400_000
MOST = 20  # verifications whose parts end in one transaction


def events(context: Context, at_once: bool = False) -> int:
    """Once a day, delete what is older than the settings allow, and destroy the data keys of days of addresses.
    `at_once`: whenever that was done last, as a restore brings back what had ended since."""
    now = context.now()
    with context.database.write() as connection:
        if not (store.chore_due(connection, "", "forget", now, DAY) or at_once):
            return 0
        gone = store.forget_before(connection, now - context.event_days * DAY, now - context.event_days * DAY)
    while addresses(context, now - context.address_days * DAY):
        pass
    return gone


def parts(context: Context, at_once: bool = False) -> int:
    """Once a day (or `at_once`), end what was kept of verifications for as long as the policy lets it be; how many
    parts.
    """
    with context.database.write() as connection:
        if not (store.chore_due(connection, "", "parts", context.now(), DAY) or at_once):
            return 0
        apps = connection.scalars(select(api_keys.c.app).distinct()).all()
    return sum(_outlived(context, app, part) for app in apps for part in Part)


def _outlived(context: Context, app: str, part: Part) -> int:
    before, ended = context.now() - days(context.policy_in(app), part) * DAY, 0
    while True:
        with context.database.write() as connection:
            rows = verifications.outlived(connection, app, COLUMNS[part], before, MOST)
            for row in rows:
                endings.end(context, connection, row, (part,), "time")
        ended += len(rows)
        if len(rows) < MOST:
            return ended


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
    """Erase all events, states and flags of an account, its name from trials, and what trials have kept; how many
    events there were.
    """
    with context.database.write() as connection:
        row = accounts.by_ref(connection, app, ref)
        gone = store.erase(connection, app, row.id)
        for id, result in connection.execute(select(policy_trials.c.id, policy_trials.c.result).where(*_named(app))):
            left = {**result, "examples": [one for one in result["examples"] if one["account"] != ref]}
            connection.execute(update(policy_trials).where(policy_trials.c.id == id).values(result=left))
        context.note(connection, app, by, "account.events_erased", row.id, events=gone)
    trial_history.forget(context, app)  # not sooner: one that is begun now has none of them any more
    return gone


def _named(app: str) -> tuple:
    return policy_trials.c.app == app, policy_trials.c.state == "done"
