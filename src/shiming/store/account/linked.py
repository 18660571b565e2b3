"""Other accounts that hang together with one: the same person, device or address, or a ring that was found."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Column, Connection, Row, func, select, union_all

from shiming.account.standing import Hold
from shiming.store.account import holds as hold_rows
from shiming.store.tables import accounts, events, flags, holds

A, E, F, H = accounts.c, events.c, flags.c, holds.c
LOOKED_AT, KEYS, OF_EACH, RINGS, MOST = 2000, 10, 500, 5, 50
"""How many of the newest events are looked at, devices (addresses) followed, events of each, rings, accounts shown."""


class Link(NamedTuple):
    """What an account shares with the one asked about: `how` is subject, device, address or ring; `what`: which one."""

    how: str
    what: str
    account: str


def links(connection: Connection, account: Row, sides: Sequence[str]) -> list[Link]:
    """All links of an account within these sides, each once. A constant number of statements."""
    found = {*_same_person(connection, account, sides), *_in_rings(connection, account)}
    for how, column in (("device", E.device), ("address", E.ip)):
        found |= set(_shared(connection, account, how, column))
    return sorted(found)


def _same_person(connection: Connection, account: Row, sides: Sequence[str]) -> Iterator[Link]:
    if account.subject:
        mine = (A.subject == account.subject, A.app.in_(sides), A.id != account.id)
        for id in connection.scalars(select(A.id).where(*mine).order_by(A.id.desc()).limit(MOST)):
            yield Link("subject", "", id)


def _shared(connection: Connection, account: Row, how: str, column: Column) -> Iterator[Link]:
    """By what the account's newest events came from; of each, its newest events are looked at."""
    own = select(column.label("key"), E.at).where(E.account == account.id).order_by(E.at.desc()).limit(LOOKED_AT)
    newest = own.subquery()
    query = select(newest.c.key).where(newest.c.key.is_not(None)).group_by(newest.c.key)
    keys = connection.scalars(query.order_by(func.max(newest.c.at).desc()).limit(KEYS)).all()
    if keys:
        each = union_all(*(select(_of_key(account.app, column, key).subquery()) for key in keys)).subquery()
        others = select(each.c.key, each.c.account).where(each.c.account != account.id).distinct()
        yield from (Link(how, key, other) for key, other in connection.execute(others))


def _of_key(app: str, column: Column, key: str):
    query = select(column.label("key"), E.account).where(E.app == app, column == key)
    return query.order_by(E.at.desc()).limit(OF_EACH)


def _in_rings(connection: Connection, account: Row) -> Iterator[Link]:
    """A ring's flag names its members as the platform calls them."""
    ring = F.said["ring"].as_string()
    query = select(F.said).where(F.account == account.id, ring.is_not(None)).order_by(F.id.desc()).limit(RINGS)
    of = {ref: said["ring"] for said in connection.scalars(query) for ref in said.get("members", ())}
    if of:
        there = select(A.id, A.ref).where(A.app == account.app, A.ref.in_(of), A.id != account.id)
        yield from (Link("ring", of[row.ref], row.id) for row in connection.execute(there))


def shown(connection: Connection, found: Iterable[Link]) -> tuple[list[Row], bool]:
    """The accounts at the ends of these links, the most linked first, and whether there are more than are shown."""
    often = Counter(link.account for link in found)
    first = sorted(often, key=lambda id: (-often[id], id))[:MOST]
    rows = connection.execute(select(accounts).where(A.id.in_(first))).all()
    return sorted(rows, key=lambda row: first.index(row.id)), len(often) > MOST


def open_holds(connection: Connection, ids: Sequence[str]) -> dict[str, list[Hold]]:
    """The holds of these accounts that nobody has written down as lifted, by account."""
    found: dict[str, list[Hold]] = {}
    for row in connection.execute(select(holds).where(H.account.in_(ids), H.lifted_at.is_(None))):
        found.setdefault(row.account, []).append(hold_rows.of_row(row))
    return found
