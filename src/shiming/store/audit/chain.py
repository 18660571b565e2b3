"""The audit trail of earlier releases: rows chained by hash behind one head. It is kept and checked; nothing here adds.

While a release is being rolled out its writers still may: the sequencer then takes the chain's new head into the log
(`sequencer.py`), so that they lose nothing.
"""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, Text, select

from shiming.store.meta import metadata

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


def head(connection: Connection) -> tuple[int, str]:
    """The last row's sequence and hash; 0 where there never was a chain."""
    row = connection.execute(select(audit_head)).one_or_none()
    return (row.sequence, row.hash) if row else (0, "")


def checkpoints(connection: Connection) -> Iterator[dict[str, Any]]:
    for row in connection.execute(select(audit_checkpoints).order_by(audit_checkpoints.c.sequence)):
        yield {"kind": "checkpoint", **row._mapping}


def rows(connection: Connection) -> Iterator[dict[str, Any]]:
    query = select(audit_rows).order_by(audit_rows.c.sequence)
    for row in connection.execute(query, execution_options={"yield_per": 1000}):
        yield {"kind": "row", **row._mapping, "facts": json.loads(row.facts)}
