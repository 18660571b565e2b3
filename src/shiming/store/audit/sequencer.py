"""Puts the rows that were written into the log's order, in batches, and signs each batch.

A batch is one transaction. It takes whatever is committed by then out of `audit_pending`, in the order of the ids, and
adds it at the end: a row whose transaction began early and commits late is simply there at a later look, and gets a
later place, so none is skipped. There is no position in a stream that could have gone past it.

One process does it. Its lease lies in the row `audit_log_head`, by the database's clock, and is renewed by the work
itself: where nothing is written nothing is renewed. The row is locked for the batch, so that two who both believe to be
the one still go one after the other; who is stopped in the middle of a batch loses it (`STALLED`). What writers write
is untouched by that lock.

Before it adds, it looks whether the tree is still the one that was signed last; it signs nothing that is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, func, insert, not_, or_, select, update

from shiming.errors import ShimingError
from shiming.store.audit import chain, merkle
from shiming.store.audit.audit_log import (
    AuditKey,
    audit_entries,
    audit_log_head,
    audit_pending,
    audit_signed,
    latest,
    made,
)
from shiming.store.audit.leaves import CHAINED, LEAF, leaf_of
from shiming.store.audit.signed_notes import Checkpoint, split
from shiming.store.audit.tiles import Tiles
from shiming.store.database import clock, insert_if_new, when_ended

BATCH = 2000
LEASE = 3000  # milliseconds; another one looks after that long, and every two seconds
STALLED = 10_000  # milliseconds after which PostgreSQL breaks off a batch whose process does not go on
KEPT_EVERY = 60_000  # milliseconds: of the checkpoints of a minute the last one stays, beside those for witnesses

P, E, H, S = audit_pending.c, audit_entries.c, audit_log_head.c, audit_signed.c
_WAITS = exists().where(P.refused_at.is_(None))
_CHAIN = func.coalesce(select(chain.audit_head.c.sequence).where(chain.audit_head.c.id == 1).scalar_subquery(), 0)
ADVICE = "See docs/operate.md, “Audit”: export it, keep the database as it is, and find out who wrote to it."


class Tampered(ShimingError):
    """The audit log in the database is not the one that was signed last."""

    code = "audit_log_changed"


@dataclass(frozen=True, slots=True)
class Batch:
    """What one look did: rows put in order, rows refused since no process with our key wrote them, the log's size."""

    taken: int
    refused: int
    size: int

    @property
    def full(self) -> bool:
        return self.taken + self.refused >= BATCH


@dataclass(slots=True)
class Sequencer:
    """One process's part in it: `holder` names it in the lease, "" takes a turn without one (a command)."""

    key: AuditKey
    holder: str = ""
    signed: tuple[int, bytes] = field(default=(0, merkle.EMPTY))
    mine: bool = False  # whether the last batch was this one's to do

    def idle(self, connection: Connection) -> bool:
        """Whether there is nothing to do for this one: no row waits, or another one is at it."""
        waits = or_(_WAITS, H.chained < _CHAIN)
        return bool(connection.scalar(select(not_(and_(self._free(connection), waits))).where(H.id == 1)))

    def batch(self, connection: Connection, now: int) -> Batch | None:
        """One batch in the caller's transaction; None where another one has the lease. Raises Tampered."""
        head = self._hold(connection)
        self.mine = head is not None
        if head is None:
            return None
        tiles = Tiles(connection)
        self._check(connection, head.size, tiles)
        taken, refused = self._sorted(connection, now)
        chained, first = self._chained(connection, head.chained, now)
        rows = [*first, *({name: row._mapping[name] for name in LEAF} for row in taken)]
        if rows:
            connection.execute(insert(audit_entries), [{**row, "leaf": head.size + n} for n, row in enumerate(rows)])
            connection.execute(delete(audit_pending).where(P.id.in_([row.id for row in taken])))
            tiles.extend(head.size, [merkle.leaf_hash(leaf_of(row)) for row in rows])
            self._sign(connection, head.size + len(rows), tiles, now)
        size = head.size + len(rows)
        connection.execute(update(audit_log_head).where(H.id == 1).values(size=size, chained=chained))
        return Batch(len(rows), refused, size)

    def leave(self, connection: Connection) -> None:
        """Give the lease back, so that another one need not wait for its end."""
        mine = update(audit_log_head).where(H.id == 1, H.holder == self.holder)
        connection.execute(mine.values(holder=None, held_until=0))

    def _free(self, connection: Connection) -> ColumnElement[bool]:
        """Whether the lease is this one's to take. One that ends too late was taken before a clock went back."""
        now = clock(connection)
        over = or_(H.held_until < now, H.held_until > now + LEASE)
        return or_(H.holder.is_(None), H.holder == self.holder, over)

    def _hold(self, connection: Connection) -> Row | None:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = {STALLED}")
        insert_if_new(connection, audit_log_head, {"id": 1, "size": 0, "chained": 0, "held_until": 0})
        take = update(audit_log_head).where(H.id == 1).returning(H.size, H.chained)
        if not self.holder:
            return connection.execute(take.values(size=H.size)).one()
        mine = take.where(self._free(connection)).values(holder=self.holder, held_until=clock(connection) + LEASE)
        return connection.execute(mine).one_or_none()

    def _check(self, connection: Connection, size: int, tiles: Tiles) -> None:
        """The tree is the one of the last checkpoint, that is ours, and no older one than this process has signed."""
        note = latest(connection)
        try:
            said = Checkpoint.of(split(note)[0]) if note else Checkpoint(self.key.origin, 0, merkle.EMPTY)
            good = note is None or self.key.signed(note)
            root = merkle.root(size, tiles.node)
            before = merkle.root(self.signed[0], tiles.node) if self.signed[0] <= size else None
        except (ValueError, LookupError) as fault:
            raise Tampered(f"The audit log is damaged ({fault}): nothing more is signed. {ADVICE}") from None
        if not good or (said.size, said.root) != (size, root) or before != self.signed[1]:
            raise Tampered(f"The audit log is not the one that was signed last, at {said.size} entries: nothing more "
                           f"is signed. {ADVICE}")  # fmt: skip

    def _sorted(self, connection: Connection, now: int) -> tuple[Sequence[Row], int]:
        """Pending rows that are ours, and how many others were found and marked: forged, changed or sent again."""
        query = select(audit_pending).where(P.refused_at.is_(None)).order_by(P.id).limit(BATCH)
        rows = connection.execute(query).all()
        again = set(connection.scalars(select(E.id).where(E.id.in_([row.id for row in rows])))) if rows else set()
        good = [row for row in rows if row.id not in again and self.key.vouches(row)]
        if len(good) < len(rows):
            bad = {row.id for row in rows} - {row.id for row in good}
            connection.execute(update(audit_pending).where(P.id.in_(bad)).values(refused_at=now))
        return good, len(rows) - len(good)

    def _chained(self, connection: Connection, before: int, now: int) -> tuple[int, list[dict]]:
        """The head of the old chain, where it has moved: at first it is the first leaf of the log."""
        sequence, digest = chain.head(connection)
        if sequence <= before:
            return before, []
        words = {"app": "", "actor": "machine", "action": CHAINED, "object": "audit_rows"}
        return sequence, [made(connection, self.key, words, {"sequence": sequence, "hash": digest}, now)]

    def _sign(self, connection: Connection, size: int, tiles: Tiles, now: int) -> None:
        root = merkle.root(size, tiles.node)
        note = self.key.sign(Checkpoint(self.key.origin, size, root).text())
        since = now - now % KEPT_EVERY
        connection.execute(delete(audit_signed).where(S.size < size, S.at >= since, S.kept.is_(False)))
        connection.execute(insert(audit_signed).values(size=size, at=now, note=note, kept=False))
        when_ended(connection, partial(self._signed, size, root))

    def _signed(self, size: int, root: bytes, committed: bool | None) -> None:
        if committed:
            self.signed = size, root


def catch_up(connection: Connection, key: AuditKey, now: int) -> int:
    """Put all that waits in order now, whoever has the lease, and sign it; returns the log's size. For commands."""
    sequencer = Sequencer(key)
    while (batch := sequencer.batch(connection, now)) and batch.full:
        pass
    if (note := latest(connection)) and (signed := key.countersign(note)) != note:  # signed before SM2 was
        connection.execute(update(audit_signed).where(S.size == Checkpoint.of(split(note)[0]).size).values(note=signed))
    return batch.size if batch else 0
