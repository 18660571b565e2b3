"""Events as they came, the states of windows kept up with them, and the flags that rules raised."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from shiming.errors import Conflict
from shiming.risk.events import Event, Order
from shiming.risk.rules import Key, States
from shiming.store.account.accounts import get_or_open
from shiming.store.database import new_id, one_row, upsert
from shiming.store.risk import plays
from shiming.store.tables import accounts, chores, events, flags, window_states

E, S, F = events.c, window_states.c, flags.c
KEYED = {column.key: column for column in (E.account, E.device, E.ip, E.network, E.counterparty)}
AT_ONCE = 500


def known(connection: Connection, app: str, ids: Sequence[str]) -> dict[str, Row]:
    """The events among these ids that are here already."""
    found = connection.execute(select(events).where(E.app == app, E.id.in_(ids)))
    return {row.id: row for row in found}


def add(connection: Connection, app: str, taken: Iterable[tuple[Event, bytes | None]]) -> None:
    """Keep events, each with its sealed address."""
    rows = [
        {
            "app": app, "id": e.id, "account": e.account, "type": e.type, "at": e.at, "received_at": e.seen,
            **{name: e.facts.get(name) for name in ("device", "ip", "network", "counterparty")},
            "facts": dict(e.facts), "sealed_ip": sealed,
        }
        for e, sealed in taken
    ]  # fmt: skip
    if rows:
        connection.execute(insert(events), rows)


def accounts_of(connection: Connection, app: str, kinds: Mapping[str, str], now: int) -> dict[str, Row]:
    """The accounts that the platform calls so, by their names; opened at their first mention with the kind given."""
    found = known_accounts(connection, app, list(kinds))
    for ref in kinds:
        if ref not in found:
            found[ref] = get_or_open(connection, app, ref, kinds[ref], "zh-CN", now)
    return found


def known_accounts(connection: Connection, app: str, refs: Sequence[str]) -> dict[str, Row]:
    """Those of these accounts that are there already, by the names that the platform calls them."""
    found = {}
    for start in range(0, len(refs), AT_ONCE):
        query = select(accounts).where(accounts.c.app == app, accounts.c.ref.in_(refs[start : start + AT_ONCE]))
        found |= {row.ref: row for row in connection.execute(query)}
    return found


def of_row(row: Row) -> Event:
    return Event(row.id, row.account, row.type, row.at, row.facts, row.received_at)


def since(connection: Connection, app: str, at: int, until: int | None = None) -> Iterator[Event]:
    """All events of an app from `at` on (and before `until`), a few at a time, in no order."""
    query = select(E.id, E.account, E.type, E.at, E.facts, E.received_at).where(E.app == app, E.at >= at)
    query = query.where(E.at < until) if until else query
    for part in connection.execute(query, execution_options={"yield_per": 2000}).partitions():
        yield from map(of_row, part)


def of_keys(connection: Connection, app: str, keys: Iterable[Key], since: int, most: int) -> list[Event]:
    """The events from `since` on that belong to any of these keys: the newest `most` of them for each kind of key."""
    wanted: dict[str, set[str]] = {}
    for by, whose in keys:
        column, value = _column(by, whose)
        wanted.setdefault(column, set()).add(value)
    found: dict[str, Event] = {}
    for column, values in wanted.items():
        ordered = sorted(values)
        for start in range(0, len(ordered), AT_ONCE):
            own = KEYED[column].in_(ordered[start : start + AT_ONCE])
            query = select(E.id, E.account, E.type, E.at, E.facts, E.received_at)
            query = query.where(E.app == app, E.at >= since, own).order_by(E.at.desc())
            rows = connection.execute(query.limit(most))
            found |= {row.id: of_row(row) for row in rows}
    return list(found.values())


def _column(by: str, whose: str) -> tuple[str, str]:
    """What to look events up by: keys of two parts by their account, which is in front."""
    return ("account", whose.split("|")[0]) if by.startswith("account") else (by, whose)


def contributing(connection: Connection, event: Event, types: Iterable[str], since: int, most: int = 50) -> list[str]:
    """The newest events of this account, up to `event`, of these types: what a rule's values were made of."""
    query = select(E.id).where(E.account == event.account, E.type.in_(types), E.at >= since, E.at <= event.at)
    return list(connection.scalars(query.order_by(E.at.desc(), E.id.desc()).limit(most)))


def newest(connection: Connection, account: str, type: str, since: int, most: int = 50) -> list[str]:
    """The newest events of a type of this account."""
    query = select(E.id).where(E.account == account, E.type == type, E.at >= since)
    return list(connection.scalars(query.order_by(E.at.desc(), E.id.desc()).limit(most)))


def last_of(connection: Connection, account: str, types: Iterable[str]) -> int | None:
    """When (ms) something of these types last happened on this account."""
    return connection.scalar(select(func.max(E.at)).where(E.account == account, E.type.in_(types)))


def last_device(connection: Connection, account: str, since: int) -> str | None:
    """The device (a keyed hash) of the newest event of this account that names one."""
    query = select(E.device).where(E.account == account, E.device.is_not(None), E.at >= since)
    return connection.scalar(query.order_by(E.at.desc(), E.id.desc()).limit(1))


def deeds(connection: Connection, app: str, since: int) -> Iterator[tuple[str, str, int]]:
    """Who liked, followed or commented whom how often, by the names that the platform uses."""
    target = E.facts["target"].as_string()
    query = select(accounts.c.ref, target, func.count()).join(accounts, accounts.c.id == E.account)
    query = query.where(E.app == app, E.type == "engagement", E.at >= since).group_by(accounts.c.ref, target)
    for part in connection.execute(query, execution_options={"yield_per": 5000}).partitions():
        yield from map(tuple, part)


def chore_due(connection: Connection, app: str, name: str, now: int, every: int) -> bool:
    """Whether something that is done every so often is due; if so, it counts as done now. Of two at once, for one."""
    first = upsert(connection, chores).values(app=app, name=name, done_at=now)
    due = first.on_conflict_do_update(set_={"done_at": now}, index_elements=[chores.c.app, chores.c.name],
                                      where=chores.c.done_at <= now - every)  # fmt: skip
    return connection.execute(due.returning(chores.c.name)).first() is not None


# ── states of windows ────────────────────────────────────────────────────────────────────────────


def states(connection: Connection, app: str, keys: Sequence[Key]) -> dict[Key, Row]:
    """The kept states of these keys, locked until the transaction ends.

    On PostgreSQL a key that is new gets an empty row first, so that two transactions cannot both begin it.
    """
    ordered = sorted(set(keys))
    found = _locked(connection, app, ordered)
    missing = [key for key in ordered if key not in found]
    if missing and connection.dialect.name == "postgresql":
        empty = {"app": app, "last_at": 0, "last_seen": 0, "last_event": "", "state": ""}
        rows = [{**empty, "by": by, "whose": whose, "account": _account(by, whose)} for by, whose in missing]
        connection.execute(_upsert(connection).on_conflict_do_nothing(), rows)
        found |= _locked(connection, app, missing)
    return found


def state_of(row: Row) -> dict[str, Any] | None:
    """The state that a row holds; None where it was begun and never written."""
    return json.loads(row.state) if row.state else None


def _account(by: str, whose: str) -> str | None:
    return whose.split("|")[0] if by.startswith("account") else None


def _upsert(connection: Connection) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(window_states)


def _locked(connection: Connection, app: str, ordered: Sequence[Key]) -> dict[Key, Row]:
    found: dict[Key, Row] = {}
    for start in range(0, len(ordered), AT_ONCE):
        wanted = tuple_(S.by, S.whose).in_(ordered[start : start + AT_ONCE])
        query = select(window_states).where(S.app == app, wanted).order_by(S.by, S.whose).with_for_update()
        found |= {(row.by, row.whose): row for row in connection.execute(query)}
    return found


def save_states(connection: Connection, app: str, kept: States, last: Mapping[Key, Order]) -> None:
    """Write the states of those keys that `last` names, each with its last event."""
    rows = [
        {
            "app": app, "by": by, "whose": whose, "account": _account(by, whose),
            "last_at": at, "last_seen": seen, "last_event": id,
            "state": json.dumps(kept.get((by, whose), {}), separators=(",", ":")),
        }
        for (by, whose), (at, seen, id) in last.items()
    ]  # fmt: skip
    if not rows:
        return
    statement = _upsert(connection)
    fresh = {name: statement.excluded[name] for name in ("last_at", "last_seen", "last_event", "state")}
    connection.execute(statement.on_conflict_do_update(index_elements=["app", "by", "whose"], set_=fresh), rows)


def forget_states(connection: Connection, app: str, keys: Iterable[Key]) -> None:
    """Have the states of these keys made again from the events, when they are asked for next."""
    ordered = sorted(set(keys))
    for start in range(0, len(ordered), AT_ONCE):
        gone = tuple_(S.by, S.whose).in_(ordered[start : start + AT_ONCE])
        connection.execute(delete(window_states).where(S.app == app, gone))


# ── flags ────────────────────────────────────────────────────────────────────────────────────────


def flag_of_hour(connection: Connection, account: str, rule: str, policy: str, hour: int) -> str | None:
    """The flag that this rule raised already within the hour."""
    same = and_(F.account == account, F.rule == rule, F.policy == policy, F.hour == hour)
    return connection.scalar(select(F.id).where(same))


def count_hits(connection: Connection, hits: Mapping[str, int]) -> None:
    """Add so many hits to flags that were raised before."""
    for id, n in hits.items():
        connection.execute(update(flags).where(F.id == id).values(hits=F.hits + n))


def raise_flag(connection: Connection, app: str, hour: int, **flag: Any) -> str:
    """Raise a flag; there is one for each rule, account and hour. Returns its id."""
    id = new_id("flg")
    state = "open" if flag["does"] == "review" else "noted"
    connection.execute(insert(flags).values(id=id, app=app, hour=hour, hits=1, state=state, **flag))
    return id


def flag(connection: Connection, app: str, id: str) -> Row:
    query = select(flags).where(F.app == app, F.id == id)
    return one_row(connection, query, "There is no such flag.", lock=True)


def flags_of(
    connection: Connection, app: str, account: str | None, state: str | None, after: str | None, limit: int
) -> Sequence[Row]:
    """Flags, newest first, each with its account's name."""
    query = select(flags, accounts.c.ref).join(accounts, accounts.c.id == F.account).where(F.app == app)
    query = query.where(accounts.c.ref == account) if account else query
    query = query.where(F.state == state) if state else query
    query = query.where(F.id < after) if after else query
    return connection.execute(query.order_by(F.id.desc()).limit(limit)).all()


def decide_flag(connection: Connection, app: str, id: str, state: str, by: str, now: int) -> Row:
    """A person's word on a flag: `upheld` (rightly raised) or `overturned`. Said once."""
    row = flag(connection, app, id)
    if row.decided_by:
        raise Conflict("This flag has been decided already.", "wrong_state")
    connection.execute(update(flags).where(F.id == id).values(state=state, decided_by=by, decided_at=now))
    return row


# ── retention ────────────────────────────────────────────────────────────────────────────────────


def forget_before(connection: Connection, at: int, flags_at: int) -> int:
    """Delete events older than `at`, states that ended before it, and flags older than `flags_at`."""
    gone = connection.execute(delete(events).where(E.at < at)).rowcount
    plays.forget_lost(connection)
    gone += connection.execute(delete(window_states).where(S.last_at < at)).rowcount
    return gone + connection.execute(delete(flags).where(F.at < flags_at)).rowcount


def addresses_before(connection: Connection, at: int, limit: int) -> Sequence[Row]:
    """Events whose whole address is still kept though it came before `at`."""
    query = select(E.app, E.id, E.account, E.sealed_ip).where(E.sealed_ip.is_not(None), E.received_at < at)
    return connection.execute(query.limit(limit)).all()


def drop_address(connection: Connection, app: str, id: str) -> None:
    connection.execute(update(events).where(E.app == app, E.id == id).values(sealed_ip=None))


def erase(connection: Connection, app: str, account: str) -> int:
    """Delete all that is kept of an account: events, states and flags. Of a device's states its share cannot be taken
    out, so those are deleted whole and are made again from the events that are left."""
    touched = select(E.device, E.ip, E.counterparty).where(E.account == account).distinct()
    keys = [(by, value) for row in connection.execute(touched) for by, value in row._mapping.items() if value]
    for by, value in set(keys):
        connection.execute(delete(window_states).where(S.app == app, S.by == by, S.whose == value))
    connection.execute(delete(window_states).where(S.account == account))
    connection.execute(delete(flags).where(F.account == account))
    plays.erase(connection, app, account)
    return connection.execute(delete(events).where(E.account == account)).rowcount


def counted(connection: Connection, app: str) -> int:
    return connection.scalar(select(func.count()).select_from(events).where(E.app == app))


def first_seen(connection: Connection, app: str, account: str, devices: Iterable[str]) -> dict[str, int]:
    """When (ms) each of these devices was first seen on an account."""
    wanted = list(devices)
    query = select(events.c.device, func.min(events.c.at)).where(events.c.app == app, events.c.account == account)
    rows = connection.execute(query.where(events.c.device.in_(wanted)).group_by(events.c.device)) if wanted else ()
    return dict(tuple(row) for row in rows)
