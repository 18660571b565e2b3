"""Idempotency records: what was done under an Idempotency-Key, told by ids and keyed hashes only, for a day.

A request claims its record under a lease, which it renews while it runs. With each transaction that it commits it notes
so in its record, in that very transaction, and only while the lease is its own. So after a crash the next request with
this key finds the lease over, and knows whether the work was done and what was made; and of two that run at once, by
whatever mischance, one commits.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select, update

from shiming.errors import Conflict, InProgress
from shiming.store.database import LAST_IN_EACH, clock, upsert
from shiming.store.tables import idempotency_records

KEPT_MS, LEASE_MS, RENEW_MS = 24 * 3_600_000, 15_000, 5_000
AT_ONCE = 1_000
T = idempotency_records.c
# Built once: building a statement takes longer than running it.
_FOUND = select(idempotency_records).where(T.id.in_(bindparam("ids", expanding=True))).with_for_update()
_FORGET = delete(idempotency_records).where(
    T.id.in_(bindparam("ids", expanding=True)), T.created_at < bindparam("before")
)
_ADD: dict[str, Any] = {}  # by the database's dialect, as they are first needed
_CHANGE: dict[tuple[str, str], Any] = {}  # the same, and by what the database's clock sets
_MINE = update(idempotency_records).where(
    T.id == bindparam("whose"), T.lease == bindparam("held"), T.answered_at.is_(None)
)

_current: ContextVar["Claim | None"] = ContextVar("claim", default=None)


@dataclass
class Claim:
    """A record that one request holds. `wrote`: something was committed under this key, by this request or an earlier
    one that ended without an answer; `made`: what; `answered`: all was done, and told."""

    id: str
    lease: str
    made: dict[str, Any] = field(default_factory=dict)
    wrote: bool = False
    answered: bool = False

    def note(self, connection: Connection) -> None:
        """Note in the transaction at hand that it belongs to this claim. Raises InProgress where the lease is lost."""
        if not _mine(connection, self, "lease_until", wrote=True, made=self.made):
            raise InProgress("This took too long; another request with this Idempotency-Key goes on with it.", 1)
        self.wrote = True


def begin(connection: Connection, app: str, ids: Sequence[str], bodies: Sequence[str]) -> Claim:
    """The claim on the record of a request; `answered` where there is only its answer to be given again.

    `ids` are hashes of the request without its body, `bodies` those of its body: under each version of the look-up key,
    newest first. Raises Conflict where the key was used for another body, InProgress while somebody is at it.
    """
    lease, row = _new_lease(), {"app": app, "body_hash": bodies[0], "wrote": False, "made": {}}
    if len(ids) == 1 and _added(connection, {**row, "id": ids[0], "lease": lease}):
        return Claim(ids[0], lease)
    now = connection.scalar(select(clock(connection))) or 0
    connection.execute(_FORGET, {"ids": ids, "before": now - KEPT_MS})
    if (found := _found(connection, ids)) is None:
        _added(connection, {**row, "id": ids[0], "lease": lease})
        found = _found(connection, ids)
    if found is None:  # it was there for a moment, and was given back
        raise InProgress("A request with this Idempotency-Key was refused just now. Send it again.", 1)
    return Claim(found.id, lease) if found.lease == lease else _after(connection, found, bodies, now)


def _after(connection: Connection, found: Row, bodies: Sequence[str], now: int) -> Claim:
    """Somebody came before: they have answered, are still at it, or have died of it."""
    left = found.lease_until - now
    nothing_done = left <= 0 and not found.wrote and not found.answered_at
    if found.body_hash not in bodies and not nothing_done:
        raise Conflict("This Idempotency-Key was used for another request. Use a new key for a new request.",
                       "idempotency_key_reused")  # fmt: skip
    if found.answered_at:
        return Claim(found.id, found.lease, found.made, wrote=True, answered=True)
    if left > 0:
        seconds = -(-min(left, RENEW_MS) // 1000)
        raise InProgress("A request with this Idempotency-Key is still being worked on.", seconds)
    lease = _new_lease()
    values = {"lease": lease, "lease_until": now + LEASE_MS, "body_hash": bodies[0]}
    connection.execute(update(idempotency_records).where(T.id == found.id).values(**values))
    return Claim(found.id, lease, found.made, found.wrote)


def _added(connection: Connection, row: dict[str, Any]) -> bool:
    """Whether there was none of this id: the ordinary case, which takes one statement."""
    dialect = connection.dialect.name
    if dialect not in _ADD:
        times = {"lease_until": clock(connection) + LEASE_MS, "created_at": clock(connection)}
        add = upsert(connection, idempotency_records).values(**times).on_conflict_do_nothing()
        _ADD[dialect] = add.execution_options(preserve_rowcount=True)
    return connection.execute(_ADD[dialect], row).rowcount == 1


def _found(connection: Connection, ids: Sequence[str]) -> Row | None:
    return connection.execute(_FOUND, {"ids": ids}).first()


def _new_lease() -> str:
    return secrets.token_urlsafe(16)


@contextmanager
def working(claim: Claim) -> Iterator[None]:
    """What is committed in here belongs to this claim."""
    current, last = _current.set(claim), LAST_IN_EACH.set(claim.note)
    try:
        yield
    finally:
        _current.reset(current)
        LAST_IN_EACH.reset(last)


def made(**ids: Any) -> None:
    """Note what the transaction at hand makes, in the record of the request (if it has one), so that a retry finds it.

    Ids, codes and counts only: records are not sealed.
    """
    if claim := _current.get():
        claim.made |= ids


def made_before(name: str) -> Any:
    """What an earlier request under this key made of this name before it ended without an answer, if anything."""
    claim = _current.get()
    return claim and claim.made.get(name)


def renew(connection: Connection, claim: Claim) -> None:
    _mine(connection, claim, "lease_until")


def finish(connection: Connection, claim: Claim) -> None:
    """All is done; from now on there is only the answer to be given again."""
    _mine(connection, claim, "answered_at")


def let_go(connection: Connection, claim: Claim) -> None:
    """It ended without an answer; whoever comes next goes on with it at once."""
    _mine(connection, claim, lease_until=0)


def give_back(connection: Connection, claim: Claim) -> None:
    """It was refused: the key is free for a corrected request."""
    connection.execute(delete(idempotency_records).where(T.id == claim.id, T.lease == claim.lease))


def _mine(connection: Connection, claim: Claim, timed: str = "", **values: Any) -> bool:
    """Change the record, where the claim still holds it; `timed` is set by the database's clock, a lease to its end."""
    known = connection.dialect.name, timed
    if known not in _CHANGE:
        at = clock(connection) + (LEASE_MS if timed == "lease_until" else 0)
        _CHANGE[known] = _MINE.values({timed: at}) if timed else _MINE
    return connection.execute(_CHANGE[known], {"whose": claim.id, "held": claim.lease, **values}).rowcount == 1


def sweep(connection: Connection) -> None:
    """Forget records whose day is over, some at a time."""
    over = select(T.id).where(T.created_at < clock(connection) - KEPT_MS).limit(AT_ONCE)
    connection.execute(delete(idempotency_records).where(T.id.in_(over)))
