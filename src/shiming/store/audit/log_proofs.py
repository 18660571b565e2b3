"""What is handed out about single entries of the log: inclusion proofs, and what a witness wants to see.

inclusion     c2sp.org/tlog-proof: the entry's leaf as `extra`, its index, the proof, the newest checkpoint
for witness   the body of c2sp.org/tlog-witness's add-checkpoint: the size it has seen, a consistency proof, the
              newest checkpoint; what it answers comes in by `add_cosignatures`
"""

import base64
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select, update

from shiming.errors import NotFound
from shiming.store.audit import merkle
from shiming.store.audit.audit_log import audit_entries, audit_signed, latest
from shiming.store.audit.leaves import leaf_of, origin
from shiming.store.audit.signed_notes import SM2, Checkpoint, Verifier, merged, split
from shiming.store.audit.tiles import Tiles
from shiming.store.crypto.sm2 import Sm2PublicKey

PROOF = "c2sp.org/tlog-proof@v1"
E, S = audit_entries.c, audit_signed.c


def inclusion(connection: Connection, id: str) -> str:
    """The proof that the row `id` is in the log. Raises NotFound where it has no place (yet)."""
    row = connection.execute(select(audit_entries).where(E.id == id)).one_or_none()
    note = latest(connection)
    if row is None or note is None:
        raise NotFound(f"There is no entry '{id}' in the audit log; rows come into it within seconds.")
    proof = merkle.inclusion(row.leaf, Checkpoint.of(split(note)[0]).size, Tiles(connection).node)
    lines = [PROOF, f"extra {_text(leaf_of(row._mapping))}", f"index {row.leaf}", *map(_text, proof), "", note]
    return "\n".join(lines)


def check_inclusion(text: str, key: Ed25519PublicKey, witnesses: Sequence[Verifier] = (),
                    sm2: Sm2PublicKey | None = None) -> str:  # fmt: skip
    """The leaf that a proof is about, as JSON, if it is in the log that these keys sign. Raises ValueError."""
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines[0] != PROOF or len(lines) < 3 or not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise ValueError("this is not an inclusion proof of ours: tlog-proof with extra and index")
    leaf, index = _bytes(lines[1].removeprefix("extra ")), int(lines[2].removeprefix("index "))
    said = Checkpoint.of(split(note)[0])
    if said.origin != origin(key) or not Verifier(origin(key), key).signed(note):
        raise ValueError("its checkpoint is not signed by this key, or was changed")
    if sm2 and not Verifier(origin(key), sm2, SM2).signed(note):
        raise ValueError("its checkpoint is not signed by the SM2 key, or was changed")
    if not merkle.included(merkle.leaf_hash(leaf), index, said.size, [_bytes(each) for each in lines[3:]], said.root):
        raise ValueError("the entry is not in the log of this checkpoint: it, the proof or the index was changed")
    missing = [each.name for each in witnesses if not each.signed(note)]
    if missing:
        raise ValueError(f"its checkpoint is not signed by {', '.join(missing)}")
    return leaf.decode()


def for_witness(connection: Connection, old: int) -> str:
    """What a witness that has seen `old` entries wants, to sign the newest checkpoint. Raises NotFound."""
    note = latest(connection)
    size = Checkpoint.of(split(note)[0]).size if note else 0
    if note is None or old > size:
        raise NotFound(f"The audit log has {size} signed entries; a witness cannot have seen {old}.")
    connection.execute(update(audit_signed).where(S.size == size).values(kept=True))  # until the witness has answered
    proof = merkle.consistency(old, size, Tiles(connection).node)
    return "\n".join([f"old {old}", *map(_text, proof), "", note])


def add_cosignatures(connection: Connection, note: str, witnesses: Sequence[Verifier]) -> list[str]:
    """Keep what witnesses whom we trust have signed of one of our checkpoints; returns their names.

    Raises ValueError where it is no checkpoint that we have.
    """
    text, _ = split(note)
    ours = connection.execute(select(audit_signed).where(S.size == Checkpoint.of(text).size).with_for_update()).first()
    if ours is None or split(ours.note)[0] != text:
        raise ValueError("this is not a checkpoint of this log, or another one has taken its place: make a new request")
    fuller = merged(ours.note, note, witnesses)
    connection.execute(update(audit_signed).where(S.size == ours.size).values(note=fuller, kept=True))
    return [each.name for each in witnesses if each.signed(fuller)]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
