"""The audit trail: rows chained by hash, checkpoints signed with Ed25519, an export that anyone can check alone.

`append` runs inside the caller's transaction, so that a change and its audit row commit together or not at all. It
takes the one-row table `audit_head`, so appends of the whole installation go one after another: make it the last
statement of a transaction, or others wait for yours (and two that take the head early can deadlock on PostgreSQL).

What is hashed, and how an export is checked, stands in `proof.py`.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import BigInteger, Column, Connection, Integer, Row, String, Table, Text, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from shiming.store.audit.fact_guard import check_facts, check_text
from shiming.store.audit.proof import (
    GENESIS,
    Report,
    canonical,
    entry_hash,
    fingerprint,
    signed_bytes,
    verify_export,
    verify_main,
)
from shiming.store.crypto import key_file
from shiming.store.meta import metadata

__all__ = [
    "AuditKey", "Report", "append", "audit_checkpoints", "audit_head", "audit_rows", "checkpoint", "export",
    "verify_export", "verify_main",
]  # fmt: skip

audit_rows = Table(
    "audit_rows",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("app", String(80), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("action", String(120), nullable=False),
    Column("object", String(120), nullable=False, index=True),
    Column("facts", Text, nullable=False),  # canonical JSON as text: what was hashed, byte for byte
)
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)
audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("key", String(64), nullable=False),
    Column("signature", String(128), nullable=False),
)

# Built once: building a statement takes longer than running it.
_TAKE = (
    audit_head.update()
    .where(audit_head.c.id == 1)
    .values(sequence=audit_head.c.sequence + 1)
    .returning(audit_head.c.sequence, audit_head.c.hash)
)
_MOVE = audit_head.update().where(audit_head.c.id == 1).values(hash=bindparam("digest"))
_ADD = audit_rows.insert()


@dataclass(frozen=True, slots=True)
class AuditKey:
    """The Ed25519 key that signs checkpoints."""

    private: Ed25519PrivateKey

    @classmethod
    def load(cls, path: Path) -> Self:
        """Take the audit key of a key file. Raises KeyFileFault."""
        return cls.of(key_file.read(path).audit)

    @classmethod
    def of(cls, seed: bytes) -> Self:
        """The key of this 32-byte seed."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public(self) -> Ed25519PublicKey:
        """What an auditor needs to have, from another way than the export itself."""
        return self.private.public_key()

    def public_pem(self) -> bytes:
        """The public key as a PEM file, for `shiming audit verify`."""
        return self.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def append(
    connection: Connection, *, app: str, actor: str, action: str, object: str, facts: Mapping[str, Any], now: int
) -> int:
    """Add one row to the chain in the caller's transaction and return its sequence (1, 2, 3 … without gaps).

    `now` is in milliseconds since 1970, as everywhere in the store. `facts` may hold ids, codes, counts and keyed
    hashes: text, whole numbers, true/false, null, lists and objects of these. Raises ValueError for anything that looks
    like a person's name or number.
    """
    words = {"app": app, "actor": actor, "action": action, "object": object}
    for name, text in words.items():
        check_text(text, name, audit_rows.c[name].type.length)
    check_facts(facts)
    sequence, previous = _take_head(connection)
    row = {"sequence": sequence, "previous": previous, "at": now, **words}
    digest = entry_hash({**row, "facts": facts})
    connection.execute(_ADD, {**row, "facts": canonical(facts), "hash": digest})
    connection.execute(_MOVE, {"digest": digest})
    return sequence


def _take_head(connection: Connection) -> tuple[int, str]:
    """The next sequence and the hash before it. The update locks the head until the caller's transaction ends."""
    row = connection.execute(_TAKE).one_or_none()
    if row is None:  # the first row ever; two that come here at once are told apart by the primary key
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        first = insert(audit_head).values(id=1, sequence=0, hash=GENESIS)
        connection.execute(first.on_conflict_do_nothing())
        row = connection.execute(_TAKE).one()
    return row.sequence, row.hash


def checkpoint(connection: Connection, key: AuditKey, now: int) -> int | None:
    """Sign the head of the chain in the caller's transaction; returns its sequence, None when there is no row yet.

    A head that is signed already is not signed again, so it may be called as often as you like.
    """
    head = connection.execute(select(audit_head).where(audit_head.c.id == 1).with_for_update()).one_or_none()
    if head is None or head.sequence == 0:
        return None
    known = select(audit_checkpoints.c.sequence).where(audit_checkpoints.c.sequence == head.sequence)
    if connection.execute(known).one_or_none() is None:
        claim = {"sequence": head.sequence, "hash": head.hash, "at": now}
        signature = key.private.sign(signed_bytes(claim)).hex()
        values = {**claim, "key": fingerprint(key.public), "signature": signature}
        connection.execute(audit_checkpoints.insert().values(**values))
    return head.sequence


def export(connection: Connection, path: Path) -> int:
    """Write the whole trail to `path` as JSON lines (a head, the checkpoints, then the rows); returns the rows written.

    Make a checkpoint first: rows after the last one are chained, but nothing signed vouches for them.
    """
    count = 0
    fresh = path.with_name(path.name + ".part")
    with fresh.open("w", encoding="utf-8") as file:
        for line in _lines(connection):
            file.write(canonical(line) + "\n")
            count += line["kind"] == "row"
    os.replace(fresh, path)
    return count


def _lines(connection: Connection) -> Iterator[dict[str, Any]]:
    yield {"kind": "head", "format": 1, "what": "shiming audit trail"}
    for row in connection.execute(select(audit_checkpoints).order_by(audit_checkpoints.c.sequence)):
        yield {"kind": "checkpoint", **row._mapping}
    query = select(audit_rows).order_by(audit_rows.c.sequence)
    for row in connection.execute(query, execution_options={"yield_per": 1000}):
        yield {"kind": "row", **_plain(row)}


def _plain(row: Row) -> dict[str, Any]:
    return {**row._mapping, "facts": json.loads(row.facts)}
