"""Writes a data backup and a key backup, and proves both.

The data backup comes first and the key backup after it, so that every owner in it has a key there, or a tombstone.
"""

import json
import secrets
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from shiming import __version__, startup
from shiming.commands.backup import proof
from shiming.settings import Settings
from shiming.startup import CannotStart, Ring, main_database
from shiming.store import migrations
from shiming.store.backup import artefact, backup_keys, database_dump, keys_dump, last_backup
from shiming.store.backup.backup_keys import CALLED, Kind, PublicKey
from shiming.store.database import Database, now_ms
from shiming.store.verification.evidence_files import EvidenceFiles

Tell = Callable[[str], None]
SECONDS = 2.0  # between two lines of progress


@dataclass(frozen=True)
class Parts:
    """What a backup is made of."""

    settings: Settings
    database: Database
    ring: Ring
    files: EvidenceFiles
    folder: Path
    tell: Tell


@dataclass(frozen=True)
class Made:
    """An artefact, and the key that it alone has, for reading it back."""

    path: Path
    stream_key: bytes


def write(settings: Settings, tell: Tell, keys_only: bool = False) -> list[Path]:
    """Write both (or the key backup alone) and prove them; returns the files. Raises CannotStart, BackupKeyFault,
    ArtefactFault.
    """
    keys = {kind: _public(settings, kind) for kind in backup_keys.KINDS if kind == "keys" or not keys_only}
    folder = Path(settings.place("backups"))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with main_database(settings) as database, closing(startup.open_ring(settings, database)) as ring:
        parts = Parts(settings, database, ring, startup.files(settings, None), folder, tell)
        _at_newest_step(database)
        made = {kind: WRITTEN[kind](parts, key) for kind, key in keys.items()}
        _prove(parts, made)
        with database.write() as connection:
            last_backup.note(connection, made)
    _remove_ended(folder, tell)
    return [each.path for each in made.values()]


def _public(settings: Settings, kind: Kind) -> PublicKey:
    name = f"backup_{kind}_key"
    place = getattr(settings, name)
    if not place:
        raise CannotStart(f"There is no key for {CALLED[kind]}. Make one with `shiming backup new-key {kind} FILE`, "
                          f"and name FILE.pub in SHIMING_{name.upper()}.")  # fmt: skip
    key = backup_keys.read_public(Path(place))
    key.check(kind, backup_keys.today())
    return key


def _at_newest_step(database: Database) -> None:
    with database.read() as connection:
        at = migrations.current(connection)
    if at != migrations.head():
        raise CannotStart(f"The main database is at step {at}, this program at {migrations.head()}. Write the backup "
                          "with the release that serves, or run: shiming migrate")  # fmt: skip


def _data(parts: Parts, key: PublicKey) -> Made:
    id, at = _begun(parts)
    path, gone = _path(parts.folder, key.kind, id, at), 0
    with artefact.made(path) as file:
        writer, progress = artefact.Writer(file, key, id, at), Progress(parts.tell)
        with database_dump.snapshot(parts.database, parts.folder / f".{id}.copy") as taken:
            writer.add(artefact.BEGIN, _about(taken.facts))
            for name, chunks in taken.members:
                progress(f"{name}: {writer.members} members, {writer.bytes >> 20} MB")
                writer.add_parts(name, chunks)
        for name in parts.files.keys():  # noqa: SIM118  (no mapping; listed after the snapshot: a row comes after its file)
            sealed = parts.files.sealed(name)
            if sealed is None:
                gone += 1
                continue
            writer.add(proof.FILES + name, sealed)
            progress(f"files: {writer.members} members, {writer.bytes >> 20} MB")
        writer.finish(parts.ring.audit_key.private.sign, parts.ring.audit_key.sm2)
    for name in taken.left_out:
        parts.tell(f"left out, since it is no table of ours: {name}")
    parts.tell(f"{path}: {writer.members} members, {writer.bytes >> 20} MB" + (
        f"; {gone} files were removed meanwhile" if gone else ""))  # fmt: skip
    return Made(path, writer.stream_key)


def _keys(parts: Parts, key: PublicKey) -> Made:
    id, at = _begun(parts)
    path = _path(parts.folder, key.kind, id, at)
    with parts.database.read() as connection:
        own = database_dump.installation_of(connection)
    with artefact.made(path) as file:
        writer = artefact.Writer(file, key, id, at)
        writer.add(artefact.BEGIN, _about({"installation": own}))
        for name, chunks in keys_dump.members(parts.ring.database, Path(parts.settings.place("key_file"))):
            writer.add_parts(name, chunks)
        writer.finish(parts.ring.audit_key.private.sign, parts.ring.audit_key.sm2)
    parts.tell(f"{path}: {writer.members} members, {writer.bytes >> 10} kB, good until {key.until}")
    return Made(path, writer.stream_key)


WRITTEN: dict[Kind, Callable[[Parts, PublicKey], Made]] = {"data": _data, "keys": _keys}


def _begun(parts: Parts) -> tuple[str, int]:
    with parts.database.read() as connection:
        return secrets.token_hex(8), now_ms(connection)


def _about(facts: dict[str, Any]) -> bytes:
    return json.dumps({"format": 1, "version": __version__, **facts}).encode()


def _path(folder: Path, kind: Kind, id: str, at: int) -> Path:
    return folder / f"shiming-{datetime.fromtimestamp(at / 1000, UTC):%Y%m%dT%H%M%SZ}-{id}.{kind}.backup"


def _prove(parts: Parts, made: dict[Kind, Made]) -> None:
    """Each is read back from the disk to its end; by what lies in the key backup a sample of the other is opened."""
    progress, sample, audit = Progress(parts.tell), {}, parts.ring.audit_key

    def say(members: int, size: int) -> None:
        progress(f"reading back: {members} members, {size >> 20} MB")

    for kind, each in made.items():
        with artefact.opened(each.path) as reader:
            found = proof.read(reader, each.stream_key, say)
            reader.check_signature(audit.public, audit.sm2.public if audit.sm2 else None)
            sample = found.sample if kind == "data" else sample
    with artefact.opened(made["keys"].path) as reader:
        opened = proof.open_sample(reader, made["keys"].stream_key, sample, parts.ring.guard)
    parts.tell(f"read back to the end; {opened} of {len(sample)} files of a sample opened" if sample else
               "read back to the end; there was no file to open, the data keys fit the key file")  # fmt: skip


def _remove_ended(folder: Path, tell: Tell) -> None:
    """Backups whose key has ended go: what they are for is over, and nobody should find them."""
    for path in folder.glob("*.backup"):
        with artefact.opened(path) as reader:
            until = reader.head.until
        if until and backup_keys.today() > date.fromisoformat(until):
            path.unlink()
            tell(f"{path} removed: its key ended on {until}. Remove its copies elsewhere, too.")


class Progress:
    """Says something at most every two seconds."""

    def __init__(self, tell: Tell):
        self._tell, self._next = tell, time.monotonic() + SECONDS

    def __call__(self, line: str) -> None:
        if time.monotonic() >= self._next:
            self._tell(line)
            self._next = time.monotonic() + SECONDS
