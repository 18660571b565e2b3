"""Holds: opened by any source, met requirement by requirement, lifted. What they mean is in account/standing.py."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Row, String, bindparam, cast, insert, select, update

from shiming.account.requirements import parse
from shiming.account.standing import Hold, checked, day_of
from shiming.store.database import moment, new_id, one_row
from shiming.store.tables import accounts, holds

H, A = holds.c, accounts.c
_OPEN = select(holds).where(H.account == bindparam("whose"), H.lifted_at.is_(None)).order_by(H.id)


@dataclass(frozen=True, slots=True)
class Met:
    """What an event did: the holds on which it met something, and those that were lifted by it."""

    touched: list[str] = field(default_factory=list)
    lifted: list[str] = field(default_factory=list)


def open_hold(connection: Connection, account: Row, hold: dict, source: str, now: int) -> str:
    """Open a hold; returns its id. `hold`: reason, capabilities, requirements and, optionally, `because`.

    Raises BadInput for an unknown reason or requirement. A hold for what the account did takes back a cancellation that
    is under way: nobody may launder a slot by cancelling just in time.
    """
    kept, id = checked(hold, bound=account.subject is not None), new_id("hld")
    row = {"id": id, "app": account.app, "account": account.id, "source": source, "opened_at": now, "met": []}
    connection.execute(insert(holds).values(**row, **kept, serves_until=_serves_until(kept["requirements"])))
    if Hold(id, kept["reason"], source, moment(now), requirements=tuple(kept["requirements"])).keeps_place:
        under_way = (A.id == account.id, A.cancel_at > now)
        connection.execute(update(accounts).where(*under_way).values(cancel_at=None))
    return id


def _serves_until(requirements: Sequence[str]) -> str | None:
    """The last day of which the hold waits for time to pass, for maintenance to find it by."""
    days = [each.argument for text in requirements for each in parse(text) if each.kind == "serve_until"]
    return max(days, default=None)


def of_row(row: Row) -> Hold:
    return Hold(
        row.id, row.reason, row.source, moment(row.opened_at), tuple(row.capabilities), tuple(row.requirements),
        tuple(row.met), row.because,
    )  # fmt: skip


def open_holds(connection: Connection, account: str) -> tuple[Hold, ...]:
    """The account's holds that nobody has written down as lifted; `standing.open_on` tells which are open on a day."""
    return tuple(map(of_row, connection.execute(_OPEN, {"whose": account})))


def waiting_for_review(connection: Connection, app: str, after: str | None, limit: int) -> Sequence[Row]:
    """Open holds of an app that ask for a review which they have not had, oldest first."""
    asks = (cast(H.requirements, String).like("%review%"), ~cast(H.met, String).like("%review%"))
    query = select(holds).where(H.app == app, H.lifted_at.is_(None), *asks)
    query = query.where(H.id > after) if after else query
    return connection.execute(query.order_by(H.id).limit(limit)).all()


def get(connection: Connection, app: str, id: str, lock: bool = False) -> Row:
    query = select(holds).where(H.id == id, H.app == app)
    missing = f"There is no hold '{id}' here. GET /v1/accounts/…/standing lists an account's holds."
    return one_row(connection, query, missing, lock)


def meet(
    connection: Connection, account: str, happened: str, by: str, now: int, only: Sequence[str] | None = None
) -> Met:
    """Count `happened` (`verify:standard`, `pledge`, …) on every open hold that asks for it, or on `only` those.

    Holds with nothing left to be met are lifted.
    """
    met = Met()
    for before in open_holds(connection, account):
        if only is None or before.id in only:
            after = before.served(day_of(now)).meeting(happened)
            _write(connection, before, after, by, now, met)
    return met


def _write(connection: Connection, before: Hold, after: Hold, by: str, now: int, met: Met) -> None:
    if after == before:
        return
    lifted = {"lifted_at": now, "lifted_by": by} if after.over else {}
    connection.execute(update(holds).where(H.id == before.id).values(met=list(after.met), **lifted))
    met.touched.append(before.id)
    met.lifted.extend([before.id] if after.over else [])


def lift(connection: Connection, id: str, by: str, now: int) -> None:
    """Lift a hold whatever is still outstanding; who may do that is decided where it is asked for."""
    connection.execute(update(holds).where(H.id == id, H.lifted_at.is_(None)).values(lifted_at=now, lifted_by=by))


def served(connection: Connection, now: int, limit: int) -> Sequence[Row]:
    """Open holds whose period is over and not yet written down as met; lock the account, then `get` them again."""
    query = select(holds).where(H.lifted_at.is_(None), H.serves_until <= day_of(now).isoformat())
    return connection.execute(query.limit(limit)).all()


def write_served(connection: Connection, row: Row, now: int) -> Met:
    """Write down that a period is over, which lifts the hold where nothing else is outstanding."""
    met, before = Met(), of_row(row)
    if row.lifted_at is not None:
        return met
    _write(connection, before, before.served(day_of(now)), "time", now, met)
    connection.execute(update(holds).where(H.id == row.id).values(serves_until=None))
    return met
