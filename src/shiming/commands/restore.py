"""`shiming restore`: a data backup and a key backup, into an empty place; then the erased are erased again."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from shiming import app, startup
from shiming.commands.backup import proof, tell
from shiming.commands.backup.write import Progress
from shiming.key_guard import key_guard
from shiming.settings import Settings
from shiming.store.audit.audit_log import AuditKey
from shiming.store.audit.proof import PublicKeys, public_keys
from shiming.store.backup import artefact, backup_keys, database_load, keys_dump
from shiming.store.backup.artefact import Reader
from shiming.store.backup.backup_keys import CALLED, PrivateKey
from shiming.store.backup.database_load import CannotRestore
from shiming.store.crypto import key_file
from shiming.store.crypto.data_keys import DataKeys
from shiming.store.crypto.outside_key import KeyGuard
from shiming.store.erasures import ErasureList
from shiming.workflows.privacy import erasure_replay

NEAR_MS = 300_000
"""What was taken back so shortly before the backup may not be in it: clocks differ, and transactions were open."""


def actions(parser: argparse.ArgumentParser) -> None:
    """Add the options to the command's parser."""
    parser.add_argument("data", type=Path, help="the data backup")
    parser.add_argument("keys", type=Path, help="a key backup written with it, or later")
    for kind in backup_keys.KINDS:
        about = f"private half of the key for {CALLED[kind]}"
        parser.add_argument(f"--{kind}-key", type=Path, required=True, help=about)
    kept = "pictures are where they were (an outside store that was not lost): leave them"
    parser.add_argument("--keep-files", action="store_true", help=kept)
    trusted = "the auditor's copy of the audit key, to see that nobody else made these backups up"
    parser.add_argument("--signed-by", type=Path, metavar="FILE.pub", help=trusted)
    parser.add_argument("--although-ended", action="store_true", help="take a key backup whose key has ended")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    with artefact.opened(options.data) as data, artefact.opened(options.keys) as keys:
        given = {"data": Given(data, backup_keys.read_private(options.data_key)),
                 "keys": Given(keys, backup_keys.read_private(options.keys_key))}  # fmt: skip
        signed_by = public_keys(options.signed_by) if options.signed_by else None
        done = restore(Settings.load(), given, tell, options.keep_files, signed_by, options.although_ended)
    print(done)


@dataclass
class Given:
    """One artefact, and the key that opens it."""

    reader: Reader
    key: PrivateKey
    about: dict[str, Any] = field(default_factory=dict)

    def members(self) -> Iterator[tuple[str, bytes]]:
        """From the first one on, as often as one likes."""
        self.reader.again()
        members = self.reader.members(self.key)
        self.about = proof.begin(members, self.reader.head.what)
        return members


def restore(settings: Settings, given: dict[str, Given], tell: Callable[[str], None], keep_files: bool = False,
            signed_by: PublicKeys | None = None, although_ended: bool = False) -> str:  # fmt: skip
    """Put both into the empty places that the settings name; returns what was done, in a line.

    Nothing is written before both were read to their end. Raises ArtefactFault, BackupKeyFault, CannotRestore,
    CannotStart, OutsideKeyDown. Broken off, what it began has to be emptied; nothing starts on it.
    """
    data, keys = given["data"], given["keys"]
    _fit(data.reader, keys.reader, although_ended)
    secrets = _read_to_the_end(data, keys, signed_by, Progress(tell), key_guard(settings))
    with startup.one_at_a_time(settings):
        _empty(settings, data.about, keep_files)
        with startup.keys_database(settings) as engine:
            rows = _put_keys(engine, keys)
            listed = _bury(engine, settings, data.reader)
            tell(f"{rows} data keys; {listed} owners were erased after the backup or near its time")
            count = _put_data(settings, data, DataKeys(engine), keep_files, Progress(tell))
        _put_key_file(Path(settings.place("key_file")), secrets)
    with app.command_context(settings, restoring=True) as context:
        noted = ErasureList.from_settings(settings).ended(data.reader.head.at - NEAR_MS)
        again = erasure_replay.run(context, noted)
        context.sealer.scrub()
        database_load.finished(context.database)
    return (f"restored as of {_as_of(data.reader):%Y-%m-%d %H:%M:%S} UTC: {count} files; erased again: "
            f"{again['accounts']} accounts, {again['verifications']} verifications; ended again: parts of "
            f"{again['withdrawn']} by a consent taken back, {again['outlived']} parts by their period")  # fmt: skip


def _as_of(data: Reader) -> datetime:
    return datetime.fromtimestamp(data.head.at / 1000, UTC)


def _fit(data: Reader, keys: Reader, although_ended: bool) -> None:
    """What the heads tell already. Raises CannotRestore."""
    for reader, kind in ((data, "data"), (keys, "keys")):
        if reader.head.what != kind:
            raise CannotRestore(f"{reader.called} is one of the {CALLED[reader.head.what]}. Give the data backup "
                                "first, then the key backup.")  # fmt: skip
    if keys.head.at < data.head.at:
        raise CannotRestore("The key backup is older than the data backup: what was sealed in between would be lost. "
                            "Take one written with the data backup, or later; the latest is best.")  # fmt: skip
    for reader in (data, keys):
        until = reader.head.until
        if until and backup_keys.today() > date.fromisoformat(until) and not although_ended:
            raise CannotRestore(f"The key of {reader.called} ended on {until}: it should be destroyed by now. Where "
                                "there is no later backup, add --although-ended.")  # fmt: skip


def _read_to_the_end(data: Given, keys: Given, signed_by: PublicKeys | None, say: Progress,
                     guard: KeyGuard) -> bytes:  # fmt: skip
    """See that both are whole, of one installation and written by it, and that the key outside opens the key file;
    returns that. Writes nothing.
    """
    secrets = b""
    for name, part in keys.members():
        secrets = part if name.startswith(keys_dump.KEY_FILE) else secrets
    for name, _ in data.members():
        say(f"reading: {name}")
    if data.about["installation"] != keys.about["installation"]:
        raise CannotRestore("The data backup and the key backup are of two installations.")
    held = key_file.loads(secrets, "The key file in the key backup", guard)
    known = signed_by or (AuditKey.of(held.audit).public, held.sm2.public if held.sm2 else None)
    for each in (keys, data):
        each.reader.check_signature(*known)
    return secrets


def _empty(settings: Settings, about: dict[str, Any], keep_files: bool) -> None:
    """Whether all places are empty. Raises CannotRestore."""
    path = Path(settings.place("key_file"))
    if path.exists():
        raise CannotRestore(f"There is a key file at {path}, and a restore writes over nothing: move it away, or name "
                            "another place in SHIMING_KEY_FILE.")  # fmt: skip
    with startup.main_database(settings) as database:
        database_load.check(database, about)
    with startup.keys_database(settings) as engine:
        if not keys_dump.empty(engine):
            raise CannotRestore("The keys database is not empty. Name an empty one in SHIMING_KEYS_URL.")
    if not keep_files and next(startup.files(settings, None).keys(), None):
        raise CannotRestore(f"There are pictures at {settings.place('files_url')}. Where they are this installation's, "
                            "add --keep-files; else name an empty place in SHIMING_FILES_URL.")  # fmt: skip


def _put_keys(engine: Engine, keys: Given) -> int:
    rows, count = keys_dump.Rows(), 0
    for name, part in keys.members():
        if (table := keys_dump.table_of(name)) is not None:
            count += keys_dump.add(engine, table, rows.of(part))
    return count


def _bury(engine: Engine, settings: Settings, data: Reader) -> int:
    """Destroy the keys of those whom the list of the erased names since the backup; returns how many there were."""
    keys, count = DataKeys(engine), 0
    since = _as_of(data).date() - timedelta(days=1)
    for owner in ErasureList.from_settings(settings).owners(since):
        keys.erase(owner)
        count += 1
    return count


def _put_data(settings: Settings, data: Given, keys: DataKeys, keep_files: bool, say: Progress) -> int:
    """Files of the erased are left out; returns how many were put back."""
    members, files, count, owner, erased = data.members(), startup.files(settings, None), 0, "", False
    with startup.main_database(settings) as database:
        loader = database_load.loader(database, data.about)
        for name, part in members:
            if not name.startswith(proof.FILES):
                loader.member(name, part)
            elif not keep_files:
                key = name.removeprefix(proof.FILES)
                if owner != (owner := key.partition("/")[0]):
                    erased = bool((row := keys.find(owner)) and row.erased)
                if not erased:
                    files.put_sealed(key, part)
                    count += 1
            say(f"{name}: {count} files")
        loader.finish()
    return count


def _put_key_file(path: Path, secrets: bytes) -> None:
    """The last of all: without it nothing starts."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with artefact.made(path) as file:
        file.write(secrets)
