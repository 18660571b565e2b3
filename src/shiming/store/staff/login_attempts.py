"""Tries to sign in of the window that runs, counted for all server processes; of whom, only as a keyed hash."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, select, update

from shiming.store.database import upsert
from shiming.store.tables import tries

T = tries.c


def spent(connection: Connection, most: Mapping[str, int], until: int) -> bool:
    """Whether one of these has no try left in the window that ends at `until`; `most` says how many each has."""
    rows = connection.execute(select(T.whose, T.made).where(T.whose.in_(most), T.until == until))
    return any(row.made >= most[row.whose] for row in rows)


def count(connection: Connection, whose: str, until: int) -> int:
    """Count one more; returns how many there are now. Others who count the same wait until this one is committed."""
    first = upsert(connection, tries).values(whose=whose, until=until, made=1)
    more = first.on_conflict_do_update(index_elements=[T.whose, T.until], set_={"made": T.made + 1})
    return connection.scalar(more.returning(T.made))


def give_back(connection: Connection, whose: str, until: int) -> None:
    connection.execute(update(tries).where(T.whose == whose, T.until == until).values(made=T.made - 1))


def sweep(connection: Connection, now: int) -> None:
    """Forget windows that are over."""
    connection.execute(delete(tries).where(T.until <= now))
