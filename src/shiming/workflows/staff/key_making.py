"""API keys from the console. A key reaches as far as two admins do together: one asks, another one lets it work."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row

from shiming.errors import NotFound
from shiming.store.access import api_keys
from shiming.store.review import four_eyes
from shiming.workflows.context import Context

KIND, MOST = "api_key", 100


@dataclass(frozen=True, slots=True)
class Wish:
    """What a key is to be. `days` None: until it is revoked; no scopes: all that its role may; no networks: from
    anywhere."""

    role: str
    name: str
    days: int | None
    scopes: Sequence[str]
    networks: Sequence[str]


def waiting(context: Context, connection: Connection, app: str) -> Sequence[Row]:
    """Keys that wait for a second admin: `about` is the key."""
    return four_eyes.pending(connection, app, (KIND,), None, MOST, context.now())


def ask(context: Context, app: str, wish: Wish, by: str) -> tuple[str, str]:
    """First of two admins; the key's id and its secret, which works only once it is confirmed. Raises BadInput."""
    name, _, side = app.rpartition(".")
    with context.database.write() as connection:
        now = context.now()
        ends = wish.days and now + wish.days * api_keys.DAY_MS
        secret = api_keys.make(connection, name, side == "live", wish.role, wish.name, now, ends, wish.scopes,
                               wish.networks)  # fmt: skip
        id = api_keys.id_of(connection, secret)
        api_keys.revoke(connection, id, now)
        four_eyes.ask(connection, app, KIND, id, wish.role, by, now)
        facts = {"role": wish.role, "scopes": list(wish.scopes), "days": wish.days or 0}
        context.note(connection, app, by, "key.asked", id, **facts)
    return id, secret


def confirm(context: Context, app: str, id: str, by: str) -> None:
    """Second of two admins. Raises Conflict, also for whoever asked; NotFound for what does not wait."""
    with context.database.write() as connection:
        order = four_eyes.waiting(connection, app, KIND, id, context.now())
        if order is None:
            raise NotFound(four_eyes.GONE.format(id=id))
        four_eyes.confirm(connection, app, KIND, order, by, context.now())
        api_keys.let_work(connection, id)
        context.note(connection, app, by, "key.made", id)


def revoke(context: Context, app: str, id: str, by: str) -> None:
    """Make a key of this side useless, or take back what was asked for. Raises NotFound."""
    with context.database.write() as connection:
        if id not in {row.id for row in api_keys.of(connection, app)}:
            raise NotFound(f"There is no key '{id}' here.")
        if order := four_eyes.waiting(connection, app, KIND, id, context.now()):
            four_eyes.drop(connection, app, order)
        api_keys.revoke(connection, id, context.now())
        context.note(connection, app, by, "key.revoked", id)
