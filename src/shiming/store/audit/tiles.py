"""The hashes of the audit log's tree, 256 to a row: the leaves' own, then the roots of full rows below, and so on.

The cut is that of c2sp.org/tlog-tiles. A proof in a tree of n leaves reads about log₂₅₆ n rows for its own side and as
many for the right edge; to append changes one row on each level at most, and adds those that became full.
"""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, Table, select

from shiming.store.audit import merkle
from shiming.store.database import upsert
from shiming.store.meta import metadata

HEIGHT, WIDTH, HASH = 8, 256, 32

audit_tiles = Table(
    "audit_tiles",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)
T = audit_tiles.c


class Tiles:
    """The tree's hashes, as one connection sees them; each row is read once. `node` is what `merkle` asks."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self._read: dict[tuple[int, int], bytes] = {}

    @property
    def reads(self) -> int:
        """Rows read so far."""
        return len(self._read)

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a row, end to end; none where there is no such row."""
        at = level, number
        if at not in self._read:
            query = select(T.hashes).where(T.level == level, T.number == number)
            self._read[at] = self._connection.scalar(query) or b""
        return self._read[at]

    def node(self, height: int, index: int) -> bytes:
        """The hash of a complete subtree. Raises LookupError where the rows do not hold it."""
        level, within = divmod(height, HEIGHT)
        number, first = divmod(index << within, WIDTH)
        hashes = cut(self.tile(level, number))[first : first + (1 << within)]
        if len(hashes) != 1 << within:
            raise LookupError(f"the tree's hashes are gone: level {level}, row {number}")
        return merkle.fold(hashes)

    def extend(self, size: int, leaves: Sequence[bytes]) -> None:
        """Append leaves' hashes to a tree that has `size` of them."""
        level, made = 0, {}
        while leaves:
            above, at = [], size
            while leaves:
                number, offset = divmod(at, WIDTH)
                taken, leaves = leaves[: WIDTH - offset], leaves[WIDTH - offset :]
                held = (self.tile(level, number)[: offset * HASH] if offset else b"") + b"".join(taken)
                made[level, number] = held
                at += len(taken)
                if at % WIDTH == 0:  # the row is full
                    above.append(merkle.fold(cut(held)))
            level, size, leaves = level + 1, size // WIDTH, above
        self._write(made)

    def _write(self, made: dict[tuple[int, int], bytes]) -> None:
        rows = [{"level": level, "number": number, "hashes": held} for (level, number), held in made.items()]
        if rows:
            fresh = upsert(self._connection, audit_tiles)
            columns = [T.level, T.number]
            write = fresh.on_conflict_do_update(index_elements=columns, set_={"hashes": fresh.excluded.hashes})
            self._connection.execute(write, rows)
        self._read.update(made)


def cut(hashes: bytes) -> list[bytes]:
    """A row as its hashes."""
    return [hashes[at : at + HASH] for at in range(0, len(hashes), HASH)]
