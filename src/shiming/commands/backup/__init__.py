"""`shiming backup`: new-key | write | check. What is written is read back and a sample of it opened, each time."""

import argparse
import sys
from datetime import timedelta
from pathlib import Path

from shiming.settings import Settings

KEY_DAYS = 30


def actions(parser: argparse.ArgumentParser) -> None:
    """Add the actions to the command's parser."""
    each = parser.add_subparsers(required=True, metavar="ACTION")
    new = each.add_parser("new-key", help="make a pair of keys that backups are sealed for")
    new.add_argument("kind", choices=("data", "keys"), help="of database and files, or of the keys")
    new.add_argument("file", type=Path, help="the private half goes here, the public one to FILE.pub")
    new.add_argument("--days", type=int, help=f"after which it seals nothing more; for keys {KEY_DAYS}, for data never")
    new.set_defaults(run=_new_key)
    write = each.add_parser("write", help="write a data backup and a key backup into SHIMING_BACKUPS")
    write.add_argument("--keys-only", action="store_true", help="the key backup alone: small, so take it often")
    write.set_defaults(run=_write)
    check = each.add_parser("check", help="read a backup to its end")
    check.add_argument("file", type=Path)
    check.add_argument("key", type=Path, help="private half of the key that it was sealed for")
    check.set_defaults(run=_check)


def tell(line: str) -> None:
    """Progress: what scripts read on standard output stays clean of it."""
    print(line, file=sys.stderr, flush=True)


def _new_key(options: argparse.Namespace) -> None:
    from shiming.store.backup import backup_keys
    from shiming.store.crypto import suites

    days = options.days or (KEY_DAYS if options.kind == "keys" else 0)
    until = backup_keys.today() + timedelta(days=days) if days else None
    made = backup_keys.create(options.file, options.kind, until, suites.of(Settings.load().crypto))
    print(f"{options.kind} key {made.id}" + (f", until {until}" if until else ""))
    tell(f"Name {options.file}.pub in SHIMING_BACKUP_{options.kind.upper()}_KEY, and take {options.file} away from "
         "this machine: it opens backups, and a server needs it never.")  # fmt: skip
    if until:
        tell(f"Destroy every copy of {options.file} on {until + timedelta(days=1)}.")


def _write(options: argparse.Namespace) -> None:
    from shiming.commands.backup import write

    for path in write.write(Settings.load(), tell, options.keys_only):
        print(path)


def _check(options: argparse.Namespace) -> None:
    from shiming.commands.backup import proof
    from shiming.store.backup import artefact, backup_keys

    with artefact.opened(options.file) as reader:
        found = proof.read(reader, backup_keys.read_private(options.key))
    print(f"{options.file}: {found.members} members, {found.bytes} bytes, whole; step {found.about.get('step')}")
