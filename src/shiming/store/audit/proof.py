"""Checks an exported audit trail alone: no database, no settings, only the file and the public key.

An export is JSON lines, each with a `kind`: one `head`, then `checkpoint`s, then `row`s in order.

    row hash      SHA-256 of the canonical JSON (keys sorted, no spaces, UTF-8) of sequence, previous, at, app, actor,
                  action, object, facts; `previous` is the hash of the row before, 64 zeros for row 1;
                  `at` is in milliseconds since 1970, UTC
    signature     Ed25519 (RFC 8032) over "shiming audit checkpoint 1\\n" and the canonical JSON of sequence, hash, at

Whoever can write the database can cut the trail back to an older checkpoint. An auditor who keeps the last line of
an earlier report (sequence and hash) gives it as `known` and finds that as well.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

GENESIS = "0" * 64
HASHED = ("sequence", "previous", "at", "app", "actor", "action", "object", "facts")
SIGNED = ("sequence", "hash", "at")
MOST_FAULTS = 100  # after a break in the middle every further line may be wrong: the first ones say it


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found: rows and checkpoints read, the last row that a good checkpoint covers, the faults."""

    rows: int
    checkpoints: int
    signed: int
    signed_hash: str
    faults: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.faults

    def lines(self) -> Iterator[str]:
        """The report in plain words."""
        yield f"{self.rows} rows, {self.checkpoints} checkpoints; signed up to row {self.signed}."
        if self.rows > self.signed:
            yield f"Rows {self.signed + 1} to {self.rows} are chained, but no checkpoint covers them yet."
        yield from self.faults
        yield "The trail is whole." if self.ok else "THE TRAIL IS NOT WHOLE."
        if self.ok:
            yield f"Keep this line and give it to the next check: {self.signed}:{self.signed_hash}"


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces, nothing escaped that need not be: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def entry_hash(row: Mapping[str, Any]) -> str:
    """The hash of one row, 64 hex digits."""
    return hashlib.sha256(canonical({name: row[name] for name in HASHED}).encode()).hexdigest()


def signed_bytes(claim: Mapping[str, Any]) -> bytes:
    """What a checkpoint's signature is made over."""
    return b"shiming audit checkpoint 1\n" + canonical({name: claim[name] for name in SIGNED}).encode()


def fingerprint(key: Ed25519PublicKey) -> str:
    """SHA-256 of the raw public key, 64 hex digits."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def verify_export(path: Path, public_key: Ed25519PublicKey, known: Mapping[int, str] | None = None) -> Report:
    """Check an export against the public key; `known` maps sequences to hashes that an earlier report gave.

    It finds changed, deleted, repeated and reordered rows, a tail cut off behind a checkpoint, checkpoints signed by
    another key, and a trail rewritten as a whole. Memory does not grow with the rows.
    """
    check = _Check(public_key, dict(known or {}))
    for number, line in _parsed(path, only="checkpoint"):
        check.checkpoint(number, line)
    for number, line in _parsed(path):
        check.line(number, line)
    return check.report()


def verify_main(file: Path, public_key_file: Path, known: str | None = None) -> int:
    """`shiming audit verify`: prints a report and returns 0 when the trail is whole, 1 when not, 2 for bad files.

    `known` is "sequence:hash" as an earlier report printed it.
    """
    try:
        key = load_pem_public_key(Path(public_key_file).read_bytes())
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("the public key is not an Ed25519 key")
        sequence, _, digest = (known or "").partition(":")
        report = verify_export(Path(file), key, {int(sequence): digest} if known else None)
    except (OSError, ValueError) as error:
        print(f"Cannot check: {error}", file=sys.stderr)
        return 2
    print("\n".join(report.lines()))
    return 0 if report.ok else 1


def _parsed(path: Path, only: str = "") -> Iterator[tuple[int, Any]]:
    """(line number, its object or None where it is none); with `only`, lines without that word are passed over."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, text in enumerate(file, 1):
            if only in text:
                try:
                    line = json.loads(text)
                except (ValueError, RecursionError):
                    line = None
                yield number, line if isinstance(line, dict) else None


@dataclass(slots=True)
class _Check:
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

    def line(self, number: int, line: Any) -> None:
        if line is None:
            self.fault(f"line {number}: not a JSON object: cut off or damaged, after row {self.last}")
        elif line.get("kind") == "row":
            self.row(number, line)
        elif line.get("kind") not in ("head", "checkpoint"):
            self.fault(f"line {number}: of an unknown kind, after row {self.last}")

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

    def report(self) -> Report:
        for sequence, (_, who) in sorted(self.claims.items()):
            if sequence > self.last:
                self.fault(f"rows {self.last + 1} to {sequence}: cut off: {who} vouches for row {sequence}")
        if self.rows and not self.checkpoints:
            self.fault("no checkpoint: the rows are chained, but nothing signed vouches for them")
        return Report(self.rows, self.checkpoints, self.signed, self.signed_hash, tuple(self.faults))

    def fault(self, words: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(words + ".")
