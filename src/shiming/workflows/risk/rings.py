"""Rings of accounts that like each other: sought once a day for each app, over the engagement of the last days."""

from collections.abc import Iterator

from sqlalchemy import Connection, Row, select

from shiming.risk.document import Document
from shiming.risk.rings import Ring, find
from shiming.store.account import accounts as store_accounts
from shiming.store.risk import events as store
from shiming.store.tables import api_keys
from shiming.workflows.context import Context
from shiming.workflows.risk.flagging import HOUR, already, hold_back

DAY = 24 * HOUR
RULE = "engagement_ring"
NAMED = 30


def look(context: Context) -> int:
    """Seek rings in every app whose day is over; how many were found."""
    with context.database.read() as connection:
        apps = connection.scalars(select(api_keys.c.app).distinct()).all()
    found = 0
    for app in apps:
        document = context.policies.document(app, None, context.now())
        if document.rings:
            with context.database.write() as connection:
                if store.chore_due(connection, app, "rings", context.shared_clock(connection), DAY):
                    found += sum(_flagged(context, connection, app, document, ring)
                                 for ring in _rings(connection, app, document, context.now()))  # fmt: skip
    return found


def _rings(connection: Connection, app: str, document: Document, now: int) -> list[Ring]:
    since = now - document.rings.days * DAY
    return find(store.deeds(connection, app, since), document.rings)


def _flagged(context: Context, connection: Connection, app: str, document: Document, ring: Ring) -> bool:
    """Flag every member with the ring's name and members; False where all of them were flagged for it before."""
    new = False
    for account in _accounts(connection, app, ring):
        if already(connection, account, RULE, ring.name):
            continue
        new = True
        _flag(context, connection, account, document, ring)
    return new


def _accounts(connection: Connection, app: str, ring: Ring) -> Iterator[Row]:
    for ref in ring.members:
        account = store_accounts.find(connection, app, ref)
        if account is not None:
            yield account


def _flag(context: Context, connection: Connection, account: Row, document: Document, ring: Ring) -> None:
    now, version, sought = context.now(), document.limits.version, document.rings
    said = {
        "ring": ring.name, "members": list(ring.members[:NAMED]), "member_count": len(ring.members),
        "inside_percent": ring.inside_percent, "days": sought.days,
    }  # fmt: skip
    made = store.newest(connection, account.id, "engagement", now - sought.days * DAY)
    because = {"rule": RULE, "version": version, "values": said, "events": made}
    hold = hold_back(context, connection, account, sought.hold.plain(), because, DAY) if sought.hold else None
    store.raise_flag(
        connection, account.app, now // HOUR, account=account.id, rule=RULE, policy=version, does=sought.does,
        event=made[0] if made else "", said=said, events=made, hold=hold, at=now,
    )  # fmt: skip
