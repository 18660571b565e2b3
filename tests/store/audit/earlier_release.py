"""The audit trail as releases before the log wrote it: rows chained behind one head, and checkpoints of that head.

For what such a release leaves behind, what its processes still write while a newer one is rolled out, and bench/audit.
"""

import json
from pathlib import Path

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from shiming.store.audit import chain
from shiming.store.audit.chain import audit_checkpoints, audit_head, audit_rows
from shiming.store.audit.chain_check import GENESIS, entry_hash, signed_bytes
from shiming.store.audit.leaves import canonical, fingerprint

TAKE = (
    audit_head.update().where(audit_head.c.id == 1).values(sequence=audit_head.c.sequence + 1)
    .returning(audit_head.c.sequence, audit_head.c.hash)
)  # fmt: skip
MOVE = audit_head.update().where(audit_head.c.id == 1).values(hash=bindparam("digest"))


def append(connection, *, app, actor, action, object, facts, now):
    """One row at the end of the chain, whose head is held until the caller's transaction ends; its sequence."""
    row = connection.execute(TAKE).one_or_none()
    if row is None:
        upsert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        connection.execute(upsert(audit_head).values(id=1, sequence=0, hash=GENESIS).on_conflict_do_nothing())
        row = connection.execute(TAKE).one()
    made = {"sequence": row.sequence, "previous": row.hash, "at": now, "app": app, "actor": actor, "action": action,
            "object": object}  # fmt: skip
    digest = entry_hash({**made, "facts": facts})
    connection.execute(audit_rows.insert(), {**made, "facts": canonical(facts), "hash": digest})
    connection.execute(MOVE, {"digest": digest})
    return row.sequence


def checkpoint(connection, key, now):
    """Sign the head."""
    head = connection.execute(select(audit_head)).one()
    claim = {"sequence": head.sequence, "hash": head.hash, "at": now}
    signed = key.private.sign(signed_bytes(claim)).hex()
    connection.execute(insert(audit_checkpoints).values(**claim, key=fingerprint(key.public), signature=signed))


def export(connection, path: Path):
    """The file as those releases wrote it."""
    lines = [{"kind": "head", "format": 1, "what": "shiming audit trail"}]
    lines += [*chain.checkpoints(connection), *chain.rows(connection)]
    path.write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines), "utf-8")
