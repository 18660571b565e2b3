"""The audit trail: a verifiable log. Rows are written without a lock, and put in order afterwards.

    append      in the caller's transaction: a row of `audit_pending`, with a MAC under the audit key
    sequencer   moves what was committed to the end of `audit_entries`, hashes it into the tree, signs a checkpoint
    export      all of it as a file that anybody with the public key can check alone

So a change and its row commit together or not at all, and nobody waits for anybody. `sequencer.py` says what orders the
rows, `writer.py` how a row that was taken away before that is noticed, `proof.py` how an export is checked.
"""

import hmac
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, Row, String, Table, Text, func, select

from shiming.store.audit import chain
from shiming.store.audit.fact_guard import check_facts, check_text
from shiming.store.audit.leaves import canonical, leaf_of, origin
from shiming.store.audit.signed_notes import SM2, Verifier, add_line, sign
from shiming.store.audit.tiles import WIDTH, Tiles, cut
from shiming.store.audit.writer import Writer
from shiming.store.crypto import key_file
from shiming.store.crypto.sm2 import Sm2PrivateKey
from shiming.store.crypto.suites import COMMERCIAL, INTERNATIONAL, SUITES, Suite
from shiming.store.database import new_id, one_moment, when_ended
from shiming.store.meta import metadata

__all__ = ["AuditKey", "append", "audit_entries", "audit_pending", "chain", "export", "status"]


def _columns() -> list[Column]:
    return [
        Column("writer", String(16), nullable=False),
        Column("number", BigInteger, nullable=False),
        Column("done", BigInteger, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("app", String(80), nullable=False),
        Column("actor", String(120), nullable=False),
        Column("action", String(120), nullable=False),
    ]


audit_pending = Table(
    "audit_pending",
    metadata,
    Column("id", String(40), primary_key=True),
    *_columns(),
    Column("object", String(120), nullable=False),
    Column("facts", Text, nullable=False),  # canonical JSON as text: what was authenticated, byte for byte
    Column("mac", String(64), nullable=False),
    Column("refused_at", BigInteger),  # when the sequencer saw that it is not ours
)
audit_entries = Table(
    "audit_entries",
    metadata,
    Column("leaf", BigInteger, primary_key=True, autoincrement=False),  # its place in the tree: 0, 1, 2 … without gaps
    Column("id", String(40), nullable=False, unique=True),
    *_columns(),
    Column("object", String(120), nullable=False, index=True),
    Column("facts", Text, nullable=False),
)
audit_log_head = Table(
    "audit_log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("chained", BigInteger, nullable=False),  # the last row of the old chain whose hash is in the log
    Column("holder", String(80)),  # the sequencer's lease, by the database's clock
    Column("held_until", BigInteger, nullable=False),
)
audit_signed = Table(
    "audit_signed",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    Column("kept", Boolean, nullable=False),  # a witness has seen it, or was asked to
)

_ADD = audit_pending.insert()  # built once: building a statement takes longer than running it
P, E, S = audit_pending.c, audit_entries.c, audit_signed.c


@dataclass(frozen=True, slots=True)
class AuditKey:
    """The Ed25519 key that signs checkpoints, the key of the rows' MACs, and this process's count of its rows.

    `sm2` signs beside it where the commercial suite is set; then rows have MACs by SM3.
    """

    private: Ed25519PrivateKey
    rows: bytes = field(repr=False)
    writer: Writer = field(default_factory=Writer, repr=False, compare=False)
    sm2: Sm2PrivateKey | None = None

    @classmethod
    def load(cls, path: Path) -> Self:
        """Take the audit key of a key file. Raises KeyFileFault."""
        return cls.of(key_file.read(path).audit)

    @classmethod
    def of(cls, seed: bytes) -> Self:
        """The keys of this 32-byte seed."""
        rows = hmac.digest(seed, b"\0shiming audit rows 1", "sha256")
        return cls(Ed25519PrivateKey.from_private_bytes(seed), rows)

    @classmethod
    def of_file(cls, keys: key_file.Keys, suite: Suite) -> Self:
        """The keys of a key file, to sign by this suite. Its SM2 key may have to be made yet: `shiming keys rotate`."""
        return replace(cls.of(keys.audit), sm2=keys.sm2 if suite is COMMERCIAL else None)

    @property
    def public(self) -> Ed25519PublicKey:
        """What an auditor needs to have, from another way than the export itself."""
        return self.private.public_key()

    @property
    def origin(self) -> str:
        """The log's name in its checkpoints."""
        return origin(self.public)

    def public_pem(self) -> bytes:
        """The public key as a PEM file, for `shiming audit verify`; the SM2 key's after it, where that signs too."""
        pem = self.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return pem + self.sm2.public.pem().encode() if self.sm2 else pem

    def sign(self, text: str) -> str:
        """The text as a note that these keys have signed."""
        return self.countersign(sign(text, self.origin, self.private))

    def countersign(self, note: str) -> str:
        """A note of ours with the line of the SM2 key, where that signs and has not."""
        if self.sm2 is None or Verifier(self.origin, self.sm2.public, SM2).signed(note):
            return note
        return add_line(note, self.origin, self.sm2)

    def signed(self, note: str) -> bool:
        """Whether a note is ours. The line of the SM2 key may be missing, since it is younger, but may not be wrong."""
        good = Verifier(self.origin, self.public).signed(note)
        return good and (self.sm2 is None or not Verifier(self.origin, self.sm2.public, SM2).belied(note))

    def mac(self, row: Mapping[str, Any]) -> str:
        """The MAC of a row whose facts are text, 64 hex digits."""
        return self._mac(row, COMMERCIAL if self.sm2 else INTERNATIONAL)

    def vouches(self, row: Row) -> bool:
        """Whether a pending row is as one of our processes wrote it, by whichever suite that has."""
        return any(hmac.compare_digest(row.mac.encode(), self._mac(row._mapping, suite).encode()) for suite in SUITES)

    def _mac(self, row: Mapping[str, Any], suite: Suite) -> str:
        return suite.mac(self.rows, leaf_of(row)).hex()


def append(
    connection: Connection, key: AuditKey, *, app: str, actor: str, action: str, object: str, facts: Mapping[str, Any],
    now: int,
) -> str:  # fmt: skip
    """Add one row in the caller's transaction, outside of savepoints, and return its id.

    `now` is in milliseconds since 1970, as everywhere in the store. `facts` may hold ids, codes, counts and keyed
    hashes: text, whole numbers, true/false, null, lists and objects of these. Raises ValueError for anything that looks
    like a person's name or number.
    """
    row = made(connection, key, {"app": app, "actor": actor, "action": action, "object": object}, facts, now)
    connection.execute(_ADD, {**row, "mac": key.mac(row)})
    return row["id"]


def made(connection: Connection, key: AuditKey, words: Mapping[str, str], facts: Mapping[str, Any],
         now: int) -> dict[str, Any]:  # fmt: skip
    """A row with its writer's next number, which counts as given when this transaction has committed."""
    for name, text in words.items():
        check_text(text, name, P[name].type.length)
    check_facts(facts)
    if connection.in_nested_transaction():
        raise RuntimeError("An audit row cannot go into a savepoint: its number would be taken back with it.")
    ticket = key.writer.take()
    when_ended(connection, partial(key.writer.settle, ticket))
    place = {"writer": ticket.writer, "number": ticket.number, "done": ticket.done}
    return {"id": new_id("aud"), **place, "at": now, **words, "facts": canonical(facts)}


@dataclass(frozen=True, slots=True)
class Status:
    """How far the log is: entries in the tree, rows that wait and since when (ms; None: none), rows that are not ours
    and when the last of them was found (ms; None: none).

    `signed_at` is when the last checkpoint was signed (ms; None: never).
    """

    size: int
    pending: int
    oldest: int | None
    refused: int
    refused_at: int | None
    signed_at: int | None


def status(connection: Connection) -> Status:
    """Two small questions; what is asked at every look of a monitor."""
    waits = P.refused_at.is_(None)
    asked = func.count().filter(waits), func.min(P.at).filter(waits), func.count(P.refused_at), func.max(P.refused_at)
    found = connection.execute(select(*asked)).one()
    signed = connection.execute(select(S.size, S.at).order_by(S.size.desc()).limit(1)).one_or_none()
    size, at = (signed.size, signed.at) if signed else (0, None)
    return Status(size, *found, at)


def forged(connection: Connection, key: AuditKey) -> list[str]:
    """Ids of pending rows that no process with our key wrote so."""
    rows = connection.execute(select(audit_pending).order_by(P.id), execution_options={"yield_per": 1000})
    return [row.id for row in rows if row.refused_at is not None or not key.vouches(row)]


def latest(connection: Connection) -> str | None:
    """The newest checkpoint, as a signed note."""
    return connection.scalar(select(S.note).order_by(S.size.desc()).limit(1))


def export(connection: Connection, path: Path) -> int:
    """Write the whole trail to `path` as JSON lines, as it is at one moment; returns the rows written, pending ones not
    counted. Nothing has been read on this connection yet.
    """
    count = 0
    one_moment(connection)
    fresh = path.with_name(path.name + ".part")
    with fresh.open("w", encoding="utf-8") as file:
        for line in _lines(connection):
            file.write(canonical(line) + "\n")
            count += line["kind"] in ("row", "entry")
    os.replace(fresh, path)
    return count


def _lines(connection: Connection) -> Iterator[dict[str, Any]]:
    yield {"kind": "head", "format": 2, "what": "shiming audit trail"}
    yield from chain.checkpoints(connection)
    for note in connection.scalars(select(S.note).order_by(S.size)):
        yield {"kind": "signed", "note": note}
    yield from _entries(connection)
    yield from chain.rows(connection)
    query = select(audit_pending).order_by(P.id)
    for row in connection.execute(query, execution_options={"yield_per": 1000}):
        yield {"kind": "pending", **row._mapping, "facts": json.loads(row.facts)}


def _entries(connection: Connection) -> Iterator[dict[str, Any]]:
    """Entries, each beside its hash in the tree, by which a changed one is told from a tree that was changed."""
    hashes: list[bytes] = []
    query = select(audit_entries).order_by(E.leaf)
    for row in connection.execute(query, execution_options={"yield_per": 1000}):
        number, place = divmod(row.leaf, WIDTH)
        if place == 0 or place >= len(hashes):  # a tile that goes on growing is read again
            hashes = cut(Tiles(connection).tile(0, number))
        stored = hashes[place].hex() if place < len(hashes) else ""
        yield {"kind": "entry", **row._mapping, "facts": json.loads(row.facts), "hash": stored}
