"""Requests that keys have made in the minute that runs, counted for all servers: each takes some at a time for itself.

They lie among the tries to sign in, which are counted in the same way and forgotten with them.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from shiming.store.database import now_ms, upsert
from shiming.store.tables import tries

T = tries.c
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Taken:
    """What one server has got: so many, what is left to all servers, and ms until the minute is over."""

    got: int
    left: int
    wait_ms: int


def take(connection: Connection, key: str, wanted: int, limit: int) -> Taken:
    """Take up to `wanted` of the `limit` that a key (its id) has in this minute, by the database's clock.

    All servers together never get more than the limit. Others who take for the same key wait until this is committed.
    """
    now = now_ms(connection)
    until = (now // MINUTE_MS + 1) * MINUTE_MS
    first = upsert(connection, tries).values(whose=f"requests {key}", until=until, made=wanted)
    more = first.on_conflict_do_update(index_elements=[T.whose, T.until], set_={"made": T.made + wanted})
    made = connection.execute(more.returning(T.made)).scalar_one()
    got = max(0, wanted - max(0, made - limit))
    return Taken(got, max(0, limit - made), until - now)
