"""Checks an exported audit trail alone: no database, no settings, only the file and the public key.

An export is JSON lines, each with a `kind`: one `head`; `checkpoint`s and `row`s of the chain of earlier releases
(`chain_check.py`); `signed` checkpoints, `entry`s and `pending` rows of the log (`log_check.py`, `leaves.py`).

Whoever can write the database can cut the trail back to an older checkpoint. An auditor who keeps the last line of
an earlier report (size and root) gives it as `known` and finds that as well; so does a witness.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from shiming.store.audit.chain_check import ChainCheck
from shiming.store.audit.leaves import CHAINED
from shiming.store.audit.log_check import LogCheck
from shiming.store.audit.signed_notes import Verifier
from shiming.store.crypto.sm2 import END, Sm2PublicKey
from shiming.store.crypto.suites import NoSuite

PublicKeys = tuple[Ed25519PublicKey, Sm2PublicKey | None]
TREE = "tree:"
"""How a line to keep begins that is about the log; one about the old chain begins with a digit."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found, of the old chain and of the log. `signed` is the last row, the number of entries, that a good
    checkpoint covers; `unaccounted` says what is no fault, and may be looked into."""

    rows: int
    checkpoints: int
    signed: int
    signed_hash: str
    entries: int
    log_checkpoints: int
    log_signed: int
    by_sm2: int
    root: str
    pending: int
    witnessed: Mapping[str, int]
    unaccounted: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.faults

    def lines(self) -> Iterator[str]:
        """The report in plain words."""
        yield from self._chain()
        yield from self._log()
        yield from self.faults
        yield "The trail is whole." if self.ok else "THE TRAIL IS NOT WHOLE."
        if self.ok:
            known = f"{TREE}{self.log_signed}:{self.root}" if self.root else f"{self.signed}:{self.signed_hash}"
            yield f"Keep this line and give it to the next check: {known}"

    def _chain(self) -> Iterator[str]:
        if self.rows or not self.entries:
            yield f"{self.rows} rows, {self.checkpoints} checkpoints; signed up to row {self.signed}."
        if self.rows > self.signed:
            yield f"Rows {self.signed + 1} to {self.rows} are chained, but no checkpoint covers them yet."

    def _log(self) -> Iterator[str]:
        if self.entries:
            yield f"{self.entries} entries, {self.log_checkpoints} checkpoints; {self.log_signed} entries are signed."
        if self.by_sm2:
            yield f"The first {self.by_sm2} entries are signed by the SM2 key as well."
        if self.pending:
            yield f"{self.pending} rows wait for their place; `shiming audit status` checks them, by the key."
        for name, size in self.witnessed.items():
            yield f"{name} has seen the first {size} entries."
        if self.unaccounted:
            yield "Where a process was killed there are such gaps; or somebody took its last rows away:"
        yield from self.unaccounted


def verify_export(path: Path, public_key: Ed25519PublicKey, known: Mapping[int, str] | None = None,
                  tree: Mapping[int, str] | None = None, witnesses: Sequence[Verifier] = (),
                  sm2: Sm2PublicKey | None = None) -> Report:  # fmt: skip
    """Check an export against the public key; `known` maps sequences of the old chain to hashes, and `tree` sizes of
    the log to roots, that earlier reports gave.

    It finds changed, deleted, repeated and reordered rows, a tail cut off behind a checkpoint, checkpoints signed by
    another key, and a trail rewritten as a whole. Memory does not grow with the rows. With `sm2` that key has to have
    signed the last checkpoint as well.
    """
    chain, log = ChainCheck(public_key, dict(known or {})), LogCheck(public_key, dict(tree or {}), witnesses, sm2)
    for number, line in _parsed(path, only=('"checkpoint"', '"signed"')):
        chain.checkpoint(number, line)
        if line and line.get("kind") == "signed":
            log.note(number, line)
    for number, line in _parsed(path):
        _line(chain, log, number, line)
    log.finish()
    chain.finish(logged=log.signed > 0)
    return Report(
        chain.rows, chain.checkpoints, chain.signed, chain.signed_hash,
        log.entries, log.checkpoints, log.signed, log.by_sm2, log.root, log.pending, log.witnessed,
        tuple(log.unaccounted), (*chain.faults, *log.faults),
    )  # fmt: skip


def _line(chain: ChainCheck, log: LogCheck, number: int, line: Any) -> None:
    kind = line.get("kind") if line is not None else None
    if kind == "row":
        chain.row(number, line)
    elif kind == "entry":
        if log.entry(number, line) and line["action"] == CHAINED:
            chain.vouched(line["facts"])
    elif kind == "pending":
        log.wait(number, line)
    elif kind not in ("head", "checkpoint", "signed"):
        what = "of an unknown kind" if line is not None else "not a JSON object: cut off or damaged"
        log.fault(f"line {number}: {what}, after row {chain.last} and entry {log.next - 1}")


def verify_main(file: Path, public_key_file: Path, known: str | None = None, witnesses: Sequence[str] = ()) -> int:
    """`shiming audit verify`: prints a report and returns 0 when the trail is whole, 1 when not, 2 for bad files.

    `known` is the line that an earlier report printed.
    """
    try:
        key, sm2 = public_keys(public_key_file)
        about, kept = _known(known or "")
        trusted = [Verifier.of(each) for each in witnesses]
        report = verify_export(Path(file), key, **{about: kept}, witnesses=trusted, sm2=sm2)
    except (OSError, ValueError, NoSuite) as error:
        print(f"Cannot check: {error}", file=sys.stderr)
        return 2
    print("\n".join(report.lines()))
    return 0 if report.ok else 1


def public_keys(file: Path) -> PublicKeys:
    """The keys of a PEM file: the Ed25519 key, and the SM2 key where one follows. Raises OSError, ValueError."""
    blocks = [text + END for text in Path(file).read_text("utf-8").split(END)[:-1]]
    points = [Sm2PublicKey.of_pem(text) for text in blocks]
    others = [load_pem_public_key(text.strip().encode()) for text, sm2 in zip(blocks, points, strict=True) if not sm2]
    if len(others) != 1 or not isinstance(others[0], Ed25519PublicKey) or len(blocks) > 2:
        raise ValueError("the file of the public key has to hold an Ed25519 key, and at most an SM2 key after it")
    return others[0], next((each for each in points if each), None)


def _known(text: str) -> tuple[str, dict[int, str]]:
    """Which of the two a kept line is about, and what it says."""
    about = "tree" if text.startswith(TREE) else "known"
    at, _, digest = text.removeprefix(TREE).partition(":")
    return about, {int(at): digest} if text else {}


def _parsed(path: Path, only: tuple[str, ...] = ("",)) -> Iterator[tuple[int, Any]]:
    """(line number, its object or None where it is none); with `only`, lines without one of these are passed over."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, text in enumerate(file, 1):
            if any(each in text for each in only):
                try:
                    line = json.loads(text)
                except (ValueError, RecursionError):
                    line = None
                yield number, line if isinstance(line, dict) else None
