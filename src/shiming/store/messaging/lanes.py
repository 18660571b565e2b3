"""The lanes of deliveries, so that one slow receiver is waited for by those behind it and by nobody else.

What is of one lane is sent a few at a time; lanes take turns. An endpoint has a lane of its own among those of its app,
SMS and mail have one per app. So no app fills the queue, however many endpoints it has: beyond LANES they share.
"""

from collections import Counter

from sqlalchemy import Connection, Row, select, update

from shiming.breaker import Breaker, Health
from shiming.store.tables import deliveries, endpoints

LANES = 8
BREAKER = Breaker(probe_ms=30_000)
D, P = deliveries.c, endpoints.c


def lane(connection: Connection, delivery: str) -> str:
    """The lane of a delivery."""
    row = connection.execute(select(D.app, D.channel, D.endpoint).where(D.id == delivery)).one()
    if row.channel != "webhook":
        return f"{row.channel}/{row.app}"
    return f"webhook/{row.app}/{connection.scalar(select(P.lane).where(P.id == row.endpoint))}"


def free_lane(connection: Connection, app: str) -> int:
    """The lane of a new endpoint: the one that fewest of its app use."""
    used = Counter(connection.scalars(select(P.lane).where(P.app == app, P.disabled_at.is_(None))))
    return min(range(LANES), key=lambda each: used[each])


def health(endpoint: Row) -> Health:
    return Health(endpoint.failures, endpoint.rests_until or 0)


def may_ask(connection: Connection, endpoint: Row, now: int) -> int:
    """In how many milliseconds somebody may send there; 0: now, and half open nobody else may meanwhile.

    `now` is by the database's clock, here as below: workers share what is kept.
    """
    seen = health(endpoint)
    if wait := BREAKER.wait(seen, now):
        return wait
    if not BREAKER.is_open(seen):
        return 0
    mine = update(endpoints).where(P.id == endpoint.id, P.rests_until == endpoint.rests_until)
    won = connection.execute(mine.values(rests_until=BREAKER.asking(seen, now).rests_until)).rowcount
    return 0 if won else BREAKER.probe_ms


def went_well(connection: Connection, endpoint: str) -> None:
    """It takes what it is sent: everybody may send there again."""
    ill = update(endpoints).where(P.id == endpoint, P.failures > 0)
    connection.execute(ill.values(failures=0, rests_until=None))


def failed(connection: Connection, endpoint: str, seen: Health, now: int) -> None:
    """It did not, as somebody found who had `seen` its health before."""
    row = connection.execute(select(endpoints).where(P.id == endpoint).with_for_update()).one()
    kept = BREAKER.failed(health(row), seen, now)
    values = {"failures": kept.failures, "rests_until": kept.rests_until or None}
    connection.execute(update(endpoints).where(P.id == endpoint).values(**values))
