"""Checks the log in an export: `signed` lines (checkpoints), `entry` lines in order, `pending` lines.

An entry's hash is hashed into a tree as RFC 6962 says; where a checkpoint names the tree's size the roots have to be
the same. What writers said of their rows' numbers (`writer.py`) tells of rows that were taken away before they had a
place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shiming.store.audit.chain_check import MOST_FAULTS
from shiming.store.audit.leaves import canonical, leaf_of, origin
from shiming.store.audit.merkle import Frontier, leaf_hash
from shiming.store.audit.signed_notes import SM2, Checkpoint, Verifier, split
from shiming.store.crypto.sm2 import Sm2PublicKey


@dataclass(slots=True)
class Numbers:
    """The numbers of one writer that were seen: all up to `whole`, and some `beyond`."""

    whole: int = 0
    beyond: set[int] = field(default_factory=set)
    done: int = 1

    def add(self, number: int) -> bool:
        """Whether it is a new one."""
        if number <= self.whole or number in self.beyond:
            return False
        self.beyond.add(number)
        while self.whole + 1 in self.beyond:
            self.whole += 1
            self.beyond.remove(self.whole)
        return True

    def gaps(self) -> tuple[list[int], list[int]]:
        """Numbers that had been committed and are not there; and others, which may have been under way."""
        last = max([self.done - 1, *self.beyond])
        missing = [n for n in range(self.whole + 1, min(last, self.whole + 10_000) + 1) if n not in self.beyond]
        return [n for n in missing if n < self.done], [n for n in missing if n >= self.done]


@dataclass(slots=True)
class LogCheck:
    """The state of one check: the tree so far, and what checkpoints claim about entries still to come."""

    key: Ed25519PublicKey
    known: Mapping[int, str]
    witnesses: Sequence[Verifier] = ()
    sm2: Sm2PublicKey | None = None
    by_sm2: int = 0
    claims: dict[int, tuple[str, str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    unaccounted: list[str] = field(default_factory=list)
    witnessed: dict[str, int] = field(default_factory=dict)
    writers: dict[str, Numbers] = field(default_factory=dict)
    tree: Frontier = field(default_factory=Frontier)
    checkpoints: int = 0
    entries: int = 0
    pending: int = 0
    next: int = 0
    compared: int = 0
    signed: int = 0
    root: str = ""

    def __post_init__(self) -> None:
        self.claims.update({size: (root, "the earlier report") for size, root in self.known.items()})

    def note(self, number: int, line: Mapping[str, Any]) -> None:
        """A checkpoint: whether the log's key has signed it, and which of the witnesses."""
        self.checkpoints += 1
        try:
            note = str(line["note"])
            said = Checkpoint.of(split(note)[0])
            good = Verifier(origin(self.key), self.key).signed(note) and said.origin == origin(self.key)
        except (KeyError, ValueError):
            return self.fault(f"line {number}: a checkpoint that is damaged")
        if not good:
            return self.fault(f"checkpoint at {said.size} entries: not signed by this key, or changed")
        if self.claims.setdefault(said.size, (said.root.hex(), "the checkpoint"))[0] != said.root.hex():
            self.fault(f"checkpoint at {said.size} entries: it and the earlier report vouch for different entries")
        if self.sm2:
            self._commercial(note, said, Verifier(origin(self.key), self.sm2, SM2))
        for each in self.witnesses:
            if each.signed(note):
                self.witnessed[each.name] = max(said.size, self.witnessed.get(each.name, 0))

    def _commercial(self, note: str, said: Checkpoint, sm2: Verifier) -> None:
        """The line of the SM2 key, which a checkpoint of before it began to sign has not."""
        if sm2.belied(note):
            self.fault(f"checkpoint at {said.size} entries: its SM2 signature is wrong, or was changed")
        elif sm2.signed(note):
            self.by_sm2 = max(self.by_sm2, said.size)

    def entry(self, number: int, line: Mapping[str, Any]) -> bool:
        """An entry; whether it is in its place, so that the tree goes on with it."""
        try:
            place, stored = int(line["leaf"]), bytes.fromhex(line["hash"])
            leaf = leaf_hash(leaf_of({**line, "facts": canonical(line["facts"])}))
            writer, count, done = str(line["writer"]), int(line["number"]), int(line["done"])
        except (KeyError, ValueError, TypeError, OverflowError):
            self.fault(f"line {number}: an entry without its columns, after entry {self.next - 1}")
            return False
        self.entries += 1
        if leaf != stored:
            self.fault(f"entry {place}: changed: its content does not give its hash in the tree")
        self._count(writer, count, done, f"entry {place}")
        if not self._placed(place):
            return False
        if self.tree.size == place:  # not after a gap, where no root comes out right any more
            self.tree.add(stored or leaf)
            self._compare()
        return True

    def _placed(self, place: int) -> bool:
        if place == self.next + 1:
            self.fault(f"entry {self.next}: missing: entry {place} comes after entry {self.next - 1}")
        elif place > self.next:
            self.fault(f"entries {self.next} to {place - 1}: missing: entry {place} comes after entry {self.next - 1}")
        elif place < self.next:
            self.fault(f"entry {place}: out of order: it comes after entry {self.next - 1}")
            return False
        self.next = place + 1
        return True

    def _compare(self) -> None:
        root, who = self.claims.pop(self.tree.size, ("", ""))
        if not who:
            return
        if root == self.tree.root().hex():
            self.signed, self.root = self.tree.size, root
        else:
            self.fault(f"entries {self.compared} to {self.tree.size - 1}: {who} vouches for others: "
                       "one of them was rewritten")  # fmt: skip
        self.compared = self.tree.size

    def _count(self, writer: str, number: int, done: int, where: str) -> None:
        numbers = self.writers.setdefault(writer, Numbers())
        numbers.done = max(numbers.done, done)
        if not numbers.add(number):
            self.fault(f"{where}: number {number} of writer {writer!a:.20} was there already: put in twice")

    def wait(self, number: int, line: Mapping[str, Any]) -> None:
        """A row that waits for its place. Its MAC can be checked by the installation only."""
        try:
            id, writer, count, refused = str(line["id"]), str(line["writer"]), int(line["number"]), line["refused_at"]
        except (KeyError, ValueError, TypeError, OverflowError):
            return self.fault(f"line {number}: a pending row without its columns")
        self.pending += 1
        if refused is not None:
            return self.fault(f"pending row {id!a:.42}: refused: not written so with our key, or put in twice")
        self._count(writer, count, 0, f"pending row {id!a:.42}")

    def finish(self) -> None:
        """The end of the file."""
        for size, (_, who) in sorted(self.claims.items()):
            if size > self.next:
                self.fault(f"entries {self.next} to {size - 1}: cut off: {who} vouches for {size} entries")
        if self.entries and not self.checkpoints:
            self.fault("no checkpoint: nothing signed vouches for the entries")
        if self.sm2 and self.by_sm2 < self.signed:
            self.fault(f"entries {self.by_sm2} to {self.signed - 1}: no checkpoint signed by the SM2 key covers them")
        for writer, numbers in self.writers.items():
            gone, unclear = numbers.gaps()
            for number in gone:
                self.fault(f"row {number} of writer {writer!a:.20}: missing: taken away before it had its place")
            if unclear:
                self.unaccounted.append(f"Writer {writer!a:.20}: {len(unclear)} rows from {unclear[0]} on never came.")

    def fault(self, words: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(words + ".")
