"""The outbox: one row per thing to tell. The account's inbox reads the same rows; webhooks deliver them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, delete, exists, func, insert, select, update

from shiming.errors import NotFound
from shiming.store.account import contacts
from shiming.store.database import new_id, one_row
from shiming.store.messaging import lanes
from shiming.store.tables import deliveries, endpoints, messages
from shiming.support import notices

M, D, P = messages.c, deliveries.c, endpoints.c
SAME_MS = 600_000
UNSENT = ("waiting", "retry")
STATES = (*UNSENT, "sending", "unsure", "accepted", "delivered", "undelivered", "failed", "erased")


def tell(connection: Connection, app: str, account: str, about: str, event: str, payload: dict, now: int) -> list[str]:
    """Write one message, numbered per object that it is about, and its deliveries; returns the deliveries' ids.

    `payload` holds ids, states and codes only: it leaves the system in webhooks.
    """
    sequence = connection.scalar(select(func.count()).select_from(messages).where(M.about == about)) + 1
    message = new_id("msg")
    values = {"id": message, "app": app, "account": account, "about": about, "event": event, "sequence": sequence}
    connection.execute(insert(messages).values(**values, payload=payload, at=now))
    targets = connection.execute(select(P.id, P.events).where(P.app == app, P.disabled_at.is_(None))).all()
    wanting = [each.id for each in targets if each.events is None or event in each.events]
    rows = [_delivery(app, message, endpoint, "webhook", now) for endpoint in wanting]
    if not _said_just_now(connection, message, about, event, payload, now):
        reached = [c for c in contacts.of_account(connection, account) if c.channel in notices.channels(event)]
        rows += [_delivery(app, message, c.id, c.channel, now) for c in reached]
    if rows:
        connection.execute(insert(deliveries), rows)
    return [row["id"] for row in rows]


def tell_endpoint(connection: Connection, app: str, endpoint: str, event: str, now: int) -> tuple[str, str]:
    """Write a message about an endpoint, to it alone, whatever its events; the ids of the message and its delivery."""
    query = select(func.count()).select_from(messages).where(M.about == endpoint)
    row = {"id": new_id("msg"), "app": app, "account": "", "about": endpoint, "event": event}
    row |= {"sequence": connection.scalar(query) + 1, "payload": {"endpoint": endpoint}, "at": now}
    connection.execute(insert(messages).values(**row))
    sent = _delivery(app, row["id"], endpoint, "webhook", now)
    connection.execute(insert(deliveries).values(**sent))
    return row["id"], sent["id"]


def messages_of(connection: Connection, app: str, limit: int, after: str | None) -> Sequence[Row]:
    """What a side of an app was told, newest first."""
    query = select(messages).where(M.app == app, *((M.id < after,) if after else ()))
    return connection.execute(query.order_by(M.id.desc()).limit(limit)).all()


def trigger(connection: Connection, app: str, event: str, about: str, payload: dict, now: int) -> tuple[str, list[str]]:
    """Write a message to a side's endpoints, and to nobody's inbox; the ids of the message and its deliveries."""
    deliveries_made = tell(connection, app, "", about, event, payload, now)
    return connection.scalar(select(M.id).where(M.about == about)), deliveries_made


def _said_just_now(connection: Connection, message: str, about: str, event: str, payload: dict, now: int) -> bool:
    """Whether the same was told about the same thing minutes ago: nobody's phone rings twice for it."""
    same = (M.about == about, M.event == event, M.at > now - SAME_MS, M.id != message)
    before = connection.execute(select(M.payload).where(*same).order_by(M.id.desc()).limit(1)).first()
    return before is not None and before.payload == payload


def said_lately(connection: Connection, about: str, event: str, now: int) -> bool:
    """Whether this was told about this thing within SAME_MS."""
    same = (M.about == about, M.event == event, M.at > now - SAME_MS)
    return connection.execute(select(M.id).where(*same).limit(1)).first() is not None


def told(connection: Connection, account: str, event: str, version: str) -> bool:
    """Whether this account was told of this version already."""
    rows = connection.scalars(select(M.payload).where(M.account == account, M.event == event))
    return any(payload.get("version") == version for payload in rows)


def _delivery(app: str, message: str, endpoint: str, channel: str, now: int) -> dict:
    named = {"id": new_id("dlv"), "app": app, "message": message, "endpoint": endpoint, "channel": channel}
    return {**named, "state": "waiting", "tries": 0, "at": now}


def inbox(connection: Connection, account: str, after: str | None, limit: int) -> Sequence[Row]:
    """The account's messages, newest first."""
    query = select(messages).where(M.account == account)
    query = query.where(M.id < after) if after else query
    return connection.execute(query.order_by(M.id.desc()).limit(limit)).all()


def unread(connection: Connection, account: str) -> int:
    """How many messages nobody has read."""
    query = select(func.count()).select_from(messages).where(M.account == account, M.read_at.is_(None))
    return connection.scalar(query)


def mark_read(connection: Connection, account: str, id: str, now: int) -> None:
    changed = connection.execute(update(messages).where(M.id == id, M.account == account).values(read_at=now))
    if changed.rowcount != 1:
        raise NotFound("There is no such message in this inbox.")


def add_endpoint(connection: Connection, id: str, app: str, url: str, sealed_secret: bytes, now: int,
                 events: Sequence[str] | None = None) -> None:  # fmt: skip
    values = {"id": id, "app": app, "url": url, "events": events, "sealed_secret": sealed_secret, "created_at": now}
    connection.execute(insert(endpoints).values(**values, lane=lanes.free_lane(connection, app)))


def endpoints_of(connection: Connection, app: str) -> Sequence[Row]:
    return connection.execute(select(endpoints).where(P.app == app, P.disabled_at.is_(None)).order_by(P.id)).all()


def apps_with_endpoints(connection: Connection, ending: str) -> Sequence[str]:
    """The sides of apps, `.live` or `.test`, that have told us where to send webhooks."""
    query = select(P.app).where(P.disabled_at.is_(None), P.app.endswith(ending)).distinct()
    return connection.scalars(query.order_by(P.app)).all()


def endpoint(connection: Connection, app: str, id: str, lock: bool = False, removed: bool = False) -> Row:
    """One that is in use, or (`removed`) was. Raises NotFound."""
    query = select(endpoints).where(P.id == id, P.app == app, *(() if removed else (P.disabled_at.is_(None),)))
    return one_row(connection, query, "There is no such webhook endpoint.", lock)


def change_endpoint(connection: Connection, id: str, **values: Any) -> None:
    connection.execute(update(endpoints).where(P.id == id).values(**values))


def rotate_secret(connection: Connection, row: Row, sealed_secret: bytes, old_until: int) -> None:
    """Give a (locked) endpoint another secret; the one that it has signs beside it until `old_until`."""
    values = {"sealed_secret": sealed_secret, "sealed_old_secret": row.sealed_secret, "old_until": old_until}
    change_endpoint(connection, row.id, **values)


def disable_endpoint(connection: Connection, app: str, id: str, now: int) -> None:
    changed = connection.execute(update(endpoints).where(P.id == id, P.app == app).values(disabled_at=now))
    if changed.rowcount != 1:
        raise NotFound("There is no such webhook endpoint.")


def delivery(connection: Connection, id: str) -> tuple[Row, Row, Row]:
    """A delivery with its message and its endpoint (for SMS and mail: the contact)."""
    row = connection.execute(select(deliveries).where(D.id == id)).one()
    message = connection.execute(select(messages).where(M.id == row.message)).one()
    if row.channel != "webhook":
        return row, message, contacts.contact(connection, row.endpoint)
    return row, message, connection.execute(select(endpoints).where(P.id == row.endpoint)).one()


def gone(connection: Connection, id: str) -> bool:
    """Whether a delivery was erased with its account while a turn of it was waiting."""
    state = connection.scalar(select(D.state).where(D.id == id))
    return state in (None, "erased")


def deliveries_to(connection: Connection, message: str) -> Sequence[Row]:
    """What became of one message, channel by channel."""
    return connection.execute(select(deliveries).where(D.message == message).order_by(D.id)).all()


def deliveries_of(connection: Connection, app: str, limit: int, after: str | None = None, state: str | None = None,
                  endpoint: str | None = None, event: str | None = None) -> Sequence[Row]:  # fmt: skip
    """Webhooks sent by this app, newest first; SMS and mail are shown with their account. `failed` were given up."""
    query = select(deliveries).where(D.app == app, D.channel == "webhook")
    query = query.join(messages, D.message == M.id) if event else query
    for column, asked in ((D.state, state), (D.endpoint, endpoint), (M.event, event)):
        query = query.where(column == asked) if asked else query
    query = query.where(D.id < after) if after else query
    return connection.execute(query.order_by(D.id.desc()).limit(limit)).all()


def events_of(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """What each of these messages is about: id → event."""
    return dict(connection.execute(select(M.id, M.event).where(M.id.in_(ids))).all())


def became(connection: Connection, app: str, after: str) -> Sequence[Row]:
    """What holders were sent since an id, by notice, channel and what became of it: (notice, channel, state, count)."""
    ban = func.coalesce(M.payload["ban"].as_string(), "") != ""
    notice = case((ban, M.event + ".ban"), else_=M.event).label("notice")
    query = select(notice, D.channel, D.state, func.count().label("count")).join(messages, D.message == M.id)
    query = query.where(D.app == app, D.id > after, D.channel != "webhook")
    return connection.execute(query.group_by("notice", D.channel, D.state)).all()


def is_webhook_of(connection: Connection, app: str, id: str) -> bool:
    """Whether this delivery is a webhook of this app that is still kept."""
    mine = (D.id == id, D.app == app, D.channel == "webhook", D.state != "erased")
    return connection.execute(select(D.id).where(*mine)).first() is not None


def resend(connection: Connection, app: str, id: str) -> str:
    """Put a delivery back to waiting; its message, and with it the webhook's id and content, stays the same.

    Returns the endpoint's id. Raises NotFound.
    """
    mine = update(deliveries).where(D.id == id, D.app == app).values(state="waiting", answer=None)
    endpoint = connection.scalar(mine.returning(D.endpoint))
    if endpoint is None:
        raise NotFound("There is no such delivery.")
    return endpoint


def resend_failed(connection: Connection, app: str, endpoint: str, limit: int) -> list[str]:
    """Put `limit` deliveries of an endpoint that were given up back to waiting, oldest first; returns their ids."""
    given_up = select(D.id).where(D.app == app, D.state == "failed", D.endpoint == endpoint).order_by(D.id).limit(limit)
    ids = list(connection.scalars(given_up.with_for_update()))
    connection.execute(update(deliveries).where(D.id.in_(ids)).values(state="waiting", answer=None))
    return ids


def park(connection: Connection, id: str, why: str) -> None:
    """Note that a delivery is in no queue, and why."""
    connection.execute(update(deliveries).where(D.id == id, D.state.in_(UNSENT)).values(answer=why))


def _parked(app: str, endpoint: str, why: str) -> tuple:
    return D.app == app, D.state.in_(UNSENT), D.endpoint == endpoint, D.answer == why


def unpark(connection: Connection, app: str, endpoint: str, why: str, limit: int) -> Sequence[Row]:
    """The `limit` oldest deliveries that are parked for this reason, which are so no longer. What another process takes
    at the same moment is left to it.
    """
    query = select(D.id, D.tries).where(*_parked(app, endpoint, why)).order_by(D.id).limit(limit)
    rows = connection.execute(query.with_for_update(skip_locked=True)).all()
    connection.execute(update(deliveries).where(D.id.in_([row.id for row in rows])).values(answer=None))
    return rows


def waited_for(connection: Connection, why: str) -> Sequence[Row]:
    """The endpoints in use, each with its app, for which deliveries are parked for this reason."""
    parked = exists().where(*_parked(P.app, P.id, why))
    return connection.execute(select(P.app, P.id).where(P.disabled_at.is_(None), parked)).all()


def give_up(connection: Connection, app: str, endpoint: str, why: str, before: int) -> None:
    """Give up what is parked for this reason and was made, or tried last, before a time."""
    old = update(deliveries).where(*_parked(app, endpoint, why), D.at < before)
    connection.execute(old.values(state="failed"))


def sending(connection: Connection, id: str, provider: str) -> None:
    """Note that a provider is being handed this message: whoever finds it so later does not know whether it has it."""
    values = {"state": "sending", "provider": provider, "provider_id": None}
    connection.execute(update(deliveries).where(D.id == id).values(**values))


def not_sent(connection: Connection, id: str) -> None:
    connection.execute(update(deliveries).where(D.id == id).values(state="waiting", provider=None))


def accepted(connection: Connection, id: str, provider: str, provider_id: str, parts: int, cost: int) -> None:
    """Note whose message it is now; `cost` in ten-thousandths of a yuan."""
    known = {"provider": provider, "provider_id": provider_id[:120], "parts": parts, "cost": cost}
    connection.execute(update(deliveries).where(D.id == id).values(state="accepted", **known))


def sent_by(connection: Connection, provider: str, provider_id: str, key: str) -> Row | None:
    """The message that a provider has under its id, or that we gave it under our key."""
    mine = and_(D.provider == provider, D.provider_id == provider_id) if provider_id else D.id == key
    return connection.execute(select(deliveries).where(mine, D.provider == provider).limit(1)).first()


def receipt(connection: Connection, id: str, state: str, provider_id: str, code: str) -> bool:
    """Write down what a receipt says; whether it was not over before."""
    known = {"provider_id": provider_id[:120]} if provider_id else {}
    known |= {"answer": func.substr(D.provider + ": " + code, 1, 80)} if code else {}
    moved = update(deliveries).where(D.id == id, D.state.in_(("sending", "unsure", "accepted")))
    return connection.execute(moved.values(state=state, **known)).rowcount == 1


def forget(connection: Connection, messages_: Select) -> None:
    """Forget what was sent of these messages, and by which id a provider finds it; what was paid for stays counted."""
    theirs, paid = D.message.in_(messages_), func.coalesce(D.cost, 0) > 0
    connection.execute(delete(deliveries).where(theirs, ~paid))
    connection.execute(update(deliveries).where(theirs).values(provider_id=None, answer=None, state="erased"))


def note_delivery(connection: Connection, id: str, state: str, answer: str, now: int) -> None:
    """How a try ended. A receipt that was faster stays."""
    values = {"answer": answer[:80], "tries": D.tries + 1, "at": now}
    known = case((D.state.in_(("delivered", "undelivered")), D.state), else_=state)
    connection.execute(update(deliveries).where(D.id == id).values(state=known, **values))
