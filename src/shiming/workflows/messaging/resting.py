"""What waits for an endpoint that is ill: it leaves the queue, so that it costs nothing, and comes back when that takes
what it is sent.

While an endpoint rests, each of its deliveries is parked when its turn comes. One that is tried whenever somebody may
ask shows how it is; maintenance sees to it that there is one. The first success brings back a few, each of these a few
more. What was parked for about a day is given up.
"""

from sqlalchemy import Connection, Row

from shiming.store.database import new_id
from shiming.store.messaging import lanes, outbox
from shiming.workflows.context import Context

RESTING, RELEASED = "endpoint_resting", "rst"
BACKOFF = (5, 30, 120, 600, 3600, 3 * 3600, 8 * 3600, 12 * 3600)
"""Seconds between tries: about a day in all, then the delivery is failed and can be sent again by hand."""
TURNS = len(BACKOFF)  # after which a delivery is tried whatever its endpoint does, for the last time
FEW, DAY_MS = 4, 28 * 3_600_000


def park(context: Context, delivery: Row, endpoint: Row, turn: int) -> bool:
    """Whether a delivery waits for its endpoint from now on, which failed again and again."""
    if not endpoint.failures or turn >= TURNS:
        return False
    with context.database.write() as connection:
        wait = lanes.may_ask(connection, endpoint, context.shared_clock(connection))
        if wait:
            outbox.park(connection, delivery.id, RESTING)
    return wait > 0


def went_on(context: Context, connection: Connection, endpoint: Row, again: str) -> None:
    """An endpoint answered. If it was ill, or this was parked, others that wait for it go on."""
    lanes.went_well(connection, endpoint.id)
    if lanes.BREAKER.is_open(lanes.health(endpoint)) or again.startswith(RELEASED):
        release(context, connection, endpoint.app, endpoint.id, FEW)


def said_well(context: Context, connection: Connection, app: str, endpoint: str) -> None:
    """Whoever asks that something is sent to an endpoint says that it is well."""
    lanes.went_well(connection, endpoint)
    release(context, connection, app, endpoint, FEW)


def release(context: Context, connection: Connection, app: str, endpoint: str, limit: int) -> None:
    """Queue so many of those that wait, the oldest first. None is tried oftener for having waited."""
    for row in outbox.unpark(connection, app, endpoint, RESTING, limit):
        again = new_id(RELEASED)
        turn = row.tries % (TURNS + 1)  # what somebody had sent again was tried so often before
        context.enqueue(connection, "deliver", f"deliver:{row.id}:again:{again}", row.id, turn, again)


def keep_up(context: Context) -> None:
    """Let one of each endpoint ask how it is, where none does, and give up what has waited for too long."""
    with context.database.read() as connection:
        rows = outbox.waited_for(connection, RESTING)
    for app, id in rows:
        with context.database.write() as connection:
            seen = lanes.health(outbox.endpoint(connection, app, id, removed=True))
            outbox.give_up(connection, app, id, RESTING, context.now() - DAY_MS)
            if not lanes.BREAKER.wait(seen, context.shared_clock(connection)):
                release(context, connection, app, id, 1 if lanes.BREAKER.is_open(seen) else FEW)
