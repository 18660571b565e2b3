"""Guardians' consents: one row for each invitation, with what it asks for and what became of it."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from shiming.account.guardians import LIVING, VERIFICATION
from shiming.store.database import one_row
from shiming.store.tables import accounts, guardians, subjects

A, G = accounts.c, guardians.c


def add(connection: Connection, **values: Any) -> Row:
    connection.execute(insert(guardians).values(state="invited", recipients=[], **values))
    return get(connection, values["app"], values["id"])


def get(connection: Connection, app: str, id: str, lock: bool = False) -> Row:
    query = select(guardians).where(G.id == id, G.app == app)
    return one_row(
        connection, query.with_for_update() if lock else query, f"There is no guardian's consent '{id}' here."
    )


def by_guardian(connection: Connection, account: str, lock: bool = False) -> Row:
    """That of the account under which a guardian verifies."""
    query = select(guardians).where(G.guardian == account)
    missing = "Nobody is asked for a guardian's consent here."
    return one_row(connection, query.with_for_update() if lock else query, missing)


def of_account(connection: Connection, account: str) -> Sequence[Row]:
    """All that a minor's account has, oldest first."""
    return connection.execute(select(guardians).where(G.account == account).order_by(G.id)).all()


def living(connection: Connection, account: str, asks: Iterable[str]) -> Row | None:
    """The one that is asked for, or given, for just this."""
    rows = (row for row in of_account(connection, account) if row.state in LIVING)
    return next((row for row in rows if set(row.asks) == set(asks)), None)


def state_of(connection: Connection, account: str) -> str | None:
    """How the newest invitation to agree to verifying stands."""
    rows = [row.state for row in of_account(connection, account) if VERIFICATION in row.asks]
    return rows[-1] if rows else None


def given(connection: Connection, account: str, child: Iterable[str] | None) -> Row | None:
    """The consent to verify this child. `child`: keyed hashes of the number, None where it is not known yet."""
    known = None if child is None else set(child)
    rows = (row for row in of_account(connection, account) if row.state == "given" and VERIFICATION in row.asks)
    return next((row for row in rows if known is None or row.child_hash is None or row.child_hash in known), None)


def are_behind(connection: Connection, account: str, hashes: Iterable[str]) -> bool:
    """Whether a number with one of these hashes is that of somebody who was asked to agree to verifying this account,
    and did not decline; who took it back, too."""
    own = select(G.asks).join(accounts, A.id == G.guardian).join(subjects, subjects.c.id == A.subject)
    asked = own.where(G.account == account, G.state.in_((*LIVING, "withdrawn")))
    rows = connection.scalars(asked.where(subjects.c.number_hash.in_(list(hashes))))
    return any(VERIFICATION in asks for asks in rows)


def agreed(connection: Connection, account: str) -> frozenset[str]:
    """The capabilities that a guardian has agreed to."""
    rows = connection.execute(select(G.asks).where(G.account == account, G.state == "given"))
    return frozenset(name for row in rows for name in row.asks if name != VERIFICATION)


def change(connection: Connection, id: str, **values: Any) -> None:
    connection.execute(update(guardians).where(G.id == id).values(**values))


def over(connection: Connection, before: int, limit: int) -> Sequence[Row]:
    """Whose papers are not needed any more, or whose invitation nobody took up since then; locked."""
    decided = (G.state.in_(("given", "refused", "declined", "withdrawn", "expired")), G.proof.is_not(None))
    unused = (G.state == "invited", G.created_at < before)
    query = select(guardians).where(or_(decided[0] & decided[1], unused[0] & unused[1])).limit(limit)
    return connection.execute(query.with_for_update(skip_locked=True)).all()
