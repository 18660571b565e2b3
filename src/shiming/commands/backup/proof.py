"""Whether a backup is worth anything: read to its end as a restore would, and a sample of what it holds opened."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from shiming.errors import Gone, ShimingError
from shiming.store.backup import artefact, keys_dump
from shiming.store.backup.artefact import ArtefactFault
from shiming.store.backup.backup_keys import PrivateKey
from shiming.store.crypto import key_file
from shiming.store.crypto.data_keys import data_keys
from shiming.store.crypto.outside_key import KeyGuard
from shiming.store.crypto.sealed import MasterKeys, Sealer, open_keys

SAMPLE, SAMPLE_BYTES = 3, 16 << 20
FILES = "files/"


@dataclass
class Found:
    """What a backup holds: its own description, how much, and for a data backup a few sealed files by their key."""

    about: dict[str, Any]
    members: int = 0
    bytes: int = 0
    sample: dict[str, bytes] = field(default_factory=dict)

    def look(self, name: str, data: bytes) -> None:
        self.members, self.bytes = self.members + 1, self.bytes + len(data)
        owner = name.removeprefix(FILES).partition("/")[0]
        fresh = name.startswith(FILES) and all(not key.startswith(f"{owner}/") for key in self.sample)
        if fresh and len(self.sample) < SAMPLE and len(data) < SAMPLE_BYTES:
            self.sample[name.removeprefix(FILES)] = data


def begin(members: Any, called: str) -> dict[str, Any]:
    """The first member: what the backup says of itself. Raises ArtefactFault."""
    name, data = next(members, ("", b""))
    if name != artefact.BEGIN:
        raise ArtefactFault(f"{called} does not begin as a backup of this program.")
    return json.loads(data)


def read(reader: artefact.Reader, key: PrivateKey | bytes,
         tell: Callable[[int, int], None] = lambda members, size: None) -> Found:  # fmt: skip
    """All of a backup, to its true end. Raises ArtefactFault."""
    members = reader.members(key)
    found = Found(begin(members, reader.head.what))
    for name, data in members:
        found.look(name, data)
        tell(found.members, found.bytes)
    return found


def open_sample(keys: artefact.Reader, key: PrivateKey | bytes, sample: dict[str, bytes], guard: KeyGuard) -> int:
    """How many files of a sample open by what a key backup holds, and nothing else but a key outside. Raises
    OutsideKeyDown; ArtefactFault where one does not, or where not even one data key is unwrapped by its key file.
    """
    owners = {key.partition("/")[0] for key in sample}
    with closing(_Engine()) as small:
        secrets = _taken(keys, key, owners, small, guard)
        sealer = Sealer(MasterKeys(secrets.master), small.engine)
        if not sealer.fits():
            raise ArtefactFault("The key file in the key backup does not open the data keys beside it.")
        return sum(_opens(sealer, name, sealed) for name, sealed in sample.items())


class _Engine:
    """A keys database in memory, for the rows of a sample."""

    def __init__(self) -> None:
        self.engine = open_keys("sqlite://")

    def close(self) -> None:
        self.engine.dispose()


def _taken(keys: artefact.Reader, key: PrivateKey | bytes, owners: set[str], small: _Engine,
           guard: KeyGuard) -> key_file.Keys:  # fmt: skip
    members, lines, first, secrets = keys.members(key), keys_dump.Rows(), True, None
    begin(members, "The key backup")
    for name, data in members:
        if keys_dump.table_of(name) is data_keys:
            rows = list(lines.of(data))
            wanted = [row for row in rows if row["owner"] in owners]
            living = next((row for row in rows if row["erased_at"] is None and row["owner"] not in owners), None)
            keys_dump.add(small.engine, data_keys, [*wanted, *([living] if living and first else [])])
            first = first and not living
        elif name.startswith(keys_dump.KEY_FILE):
            secrets = key_file.loads(data, "The key file in the key backup", guard)
    if secrets is None:
        raise ArtefactFault("The key backup holds no key file.")
    return secrets


def _opens(sealer: Sealer, name: str, sealed: bytes) -> bool:
    """False where the owner was erased while the backups were written. Raises ArtefactFault."""
    try:
        sealer.open(name.partition("/")[0], f"file {name}", sealed)
    except Gone:
        return False
    except ShimingError as fault:
        raise ArtefactFault(f"The file {name} of the data backup does not open: {fault}") from None
    return True
