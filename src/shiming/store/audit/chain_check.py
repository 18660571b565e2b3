"""Checks the chain of earlier releases in an export: `checkpoint` lines and `row` lines.

    row hash      SHA-256 of the canonical JSON (keys sorted, no spaces, UTF-8) of sequence, previous, at, app, actor,
                  action, object, facts; `previous` is the hash of the row before, 64 zeros for row 1
    signature     Ed25519 (RFC 8032) over "shiming audit checkpoint 1\\n" and the canonical JSON of sequence, hash, at

Where the log goes on from the chain, it vouches for the chain's head as a checkpoint does.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shiming.store.audit.leaves import canonical, fingerprint

GENESIS = "0" * 64
HASHED = ("sequence", "previous", "at", "app", "actor", "action", "object", "facts")
SIGNED = ("sequence", "hash", "at")
MOST_FAULTS = 100  # after a break in the middle every further line may be wrong: the first ones say it


def entry_hash(row: Mapping[str, Any]) -> str:
    """The hash of one row, 64 hex digits."""
    return hashlib.sha256(canonical({name: row[name] for name in HASHED}).encode()).hexdigest()


def signed_bytes(claim: Mapping[str, Any]) -> bytes:
    """What a checkpoint's signature is made over."""
    return b"shiming audit checkpoint 1\n" + canonical({name: claim[name] for name in SIGNED}).encode()


@dataclass(slots=True)
class ChainCheck:
    """The state of one check: the chain so far, and what checkpoints claim about rows still to come."""

    key: Ed25519PublicKey
    known: dict[int, str]
    claims: dict[int, tuple[str, str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    checkpoints: int = 0
    rows: int = 0
    last: int = 0
    last_hash: str = GENESIS
    signed: int = 0
    signed_hash: str = GENESIS

    def __post_init__(self) -> None:
        self.claims.update({sequence: (digest, "the earlier report") for sequence, digest in self.known.items()})

    def checkpoint(self, number: int, line: Any) -> None:
        if not isinstance(line, dict) or line.get("kind") != "checkpoint":
            return
        self.checkpoints += 1
        where = f"checkpoint at row {line.get('sequence')!a:.20}"  # ascii: it is not authenticated yet
        try:
            self.key.verify(bytes.fromhex(line["signature"]), signed_bytes(line))
        except (InvalidSignature, ValueError, KeyError, TypeError):
            return self.fault(f"{where}: not signed by this key ({self._whose(line)})")
        if self.claims.setdefault(line["sequence"], (line["hash"], "the checkpoint"))[0] != line["hash"]:
            self.fault(f"{where}: it and the earlier report vouch for different rows")

    def _whose(self, line: Mapping[str, Any]) -> str:
        mine, theirs = fingerprint(self.key), ascii(line.get("key")).strip("'")
        if mine == theirs:
            return "it names this key, so the checkpoint was changed"
        return f"it names the foreign key {theirs[:16]}…, ours is {mine[:16]}…"

    def vouched(self, facts: Any) -> None:
        """The log has this head of the chain among its entries."""
        try:
            sequence, digest = int(facts["sequence"]), str(facts["hash"])
        except (KeyError, ValueError, TypeError):
            return self.fault("the log: an entry about this chain without its head")
        if self.claims.setdefault(sequence, (digest, "the log"))[0] != digest or sequence <= self.last:
            self.fault(f"row {sequence}: the log and a checkpoint vouch for different rows, or it comes too late")

    def row(self, number: int, line: Mapping[str, Any]) -> None:
        try:
            sequence, stored, digest = int(line["sequence"]), str(line["hash"]), entry_hash(line)
        except (KeyError, ValueError, TypeError, OverflowError):
            return self.fault(f"line {number}: a row without its columns, after row {self.last}")
        self.rows += 1
        self.place(sequence)
        if digest != stored:
            self.fault(f"row {sequence}: changed: its content does not give its hash")
        elif sequence == self.last + 1 and line["previous"] != self.last_hash:
            self.fault(
                f"row {sequence}: it does not follow from row {self.last}: one of the two was changed or replaced"
            )
        claim = self.claims.pop(sequence, None)
        if claim and claim[0] == digest:
            self.signed, self.signed_hash = max((self.signed, self.signed_hash), (sequence, digest))
        elif claim:
            self.fault(
                f"row {sequence}: {claim[1]} vouches for another row here: it, or a row before it, was rewritten"
            )
        self.last, self.last_hash = max(sequence, self.last), stored if sequence >= self.last else self.last_hash

    def place(self, sequence: int) -> None:
        """Name what is missing before this row, or say that it stands in the wrong place."""
        if sequence == self.last + 2:
            self.fault(f"row {self.last + 1}: missing: row {sequence} comes after row {self.last}")
        elif sequence > self.last + 2:
            self.fault(f"rows {self.last + 1} to {sequence - 1}: missing: row {sequence} comes after row {self.last}")
        elif sequence <= self.last:
            self.fault(f"row {sequence}: out of order: it comes after row {self.last}")

    def finish(self, logged: bool) -> None:
        """The end of the file; `logged`: a signed log goes on from here."""
        for sequence, (_, who) in sorted(self.claims.items()):
            if sequence > self.last:
                self.fault(f"rows {self.last + 1} to {sequence}: cut off: {who} vouches for row {sequence}")
        if self.rows and not self.checkpoints and not logged:
            self.fault("no checkpoint: the rows are chained, but nothing signed vouches for them")

    def fault(self, words: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(words + ".")
