"""Check values: whether a key file is the one that this installation's data is sealed under.

The keys database keeps a fingerprint of every secret that the installation ever had, and the main database the id of
the keys database. So a process is told before it writes what nobody else could read. A fingerprint is an HMAC-SHA256
under the secret itself, which is 32 random bytes: it gives nothing of it away.

    the same ring    what both know is the same, and the file has the newest version of each kind
    a newer file     has further versions: `enrol` writes their fingerprints down
    an older copy    lacks the newest version: refused
    retired          an older version may be missing, where no living data key is wrapped by it
"""

import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Engine, insert, select

from shiming.errors import ShimingError
from shiming.store.crypto import key_file
from shiming.store.crypto.data_keys import key_checks
from shiming.store.crypto.outside_key import KeyGuard
from shiming.store.crypto.sealed import MasterKeys, Sealer
from shiming.store.database import Database, insert_if_new
from shiming.store.tables import installation

Prints = Mapping[tuple[str, int], str]
KINDS = ("master", "lookup", "audit", "audit_sm2")
DATABASE = ("keys_database", 1)
"""The row of the keys database's own id."""


class OtherKeys(ShimingError):
    """The key file or the keys database is not this installation's, or an old copy. The message says what to do."""

    code = "other_keys"
    status = 503


def prints(keys: key_file.Keys) -> Prints:
    """The fingerprint of every secret of a key file, by kind and version."""
    sm2 = {1: keys.sm2.raw} if keys.sm2 else {}
    held = {"master": keys.master, "lookup": keys.lookup, "audit": {1: keys.audit}, "audit_sm2": sm2}
    return {(kind, version): _print(kind, version, held[kind][version], kind == "lookup" and version in keys.sm3)
            for kind in KINDS for version in held[kind]}  # fmt: skip


def _print(kind: str, version: int, secret: bytes, sm3: bool) -> str:
    """The message begins with NUL, as none does whose hash under the look-up key stands in a row. It says by what a
    look-up key hashes: two servers that did it differently would not find each other's people.
    """
    by = " sm3" if sm3 else ""
    return hmac.digest(secret, f"\0shiming key check: {kind} {version}{by}".encode(), "sha256").hex()


def verify(engine: Engine, database: Database, path: Path, guard: KeyGuard | None = None) -> key_file.Keys:
    """The secrets in the key file `path`, if they are this installation's. Raises KeyFileFault, OtherKeys,
    OutsideKeyDown; DependencyDown once the outside key was silent for too long.
    """
    keys, known = key_file.read(path, guard), _known(engine)
    if DATABASE not in known:
        raise OtherKeys("The keys database (SHIMING_KEYS_URL) has no check value yet. Run: shiming migrate")
    _same_database(_keys_database_of(database), known[DATABASE])
    _same_ring(known, prints(keys), path)
    if guard:
        guard.check()
    return keys


def enrol(engine: Engine, database: Database, path: Path, guard: KeyGuard | None = None) -> None:
    """Write down whose keys these are: at first start, and after a version was added. Raises KeyFileFault, OtherKeys,
    OutsideKeyDown.

    For one process at a time. A keys database from before there were check values is asked whether the file opens it.
    """
    keys, known, own = key_file.read(path, guard), _known(engine), _keys_database_of(database)
    here = known.get(DATABASE) or secrets.token_hex(32)
    _same_database(own or here, here)
    if DATABASE in known:
        _same_ring(known, prints(keys), path)
    _opens(engine, known, keys, path)
    new = {DATABASE: here, **prints(keys)}.items() - known.items()
    rows = [{"kind": kind, "version": version, "fingerprint": text} for (kind, version), text in new]
    if rows:
        with engine.begin() as connection:
            connection.execute(insert(key_checks), rows)
    if own is None:
        with database.write() as connection:
            insert_if_new(connection, installation, {"id": 1, "keys_database": here})


def taken(engine: Engine, database: Database) -> bool:
    """Whether an installation lives here, so that its key file is somewhere and a new one would be a wrong one."""
    return bool(_known(engine) or Sealer(MasterKeys({}), engine).masters_in_use() or _keys_database_of(database))


def _same_database(own: str | None, here: str) -> None:
    if own is None:
        raise OtherKeys("The main database has not been told of its keys database yet. Run: shiming migrate")
    if not hmac.compare_digest(own.encode(), here.encode()):
        raise OtherKeys("The keys database (SHIMING_KEYS_URL) is not the one that the data keys of this main database "
                        "lie in. Every server of an installation uses the same two: correct SHIMING_KEYS_URL or "
                        "SHIMING_DATABASE_URL, or restore the keys database.")  # fmt: skip


def _same_ring(known: Prints, ours: Prints, path: Path) -> None:
    for kind in KINDS:
        versions = {version for each, version in known if each == kind}
        if not versions:
            continue
        both = [(kind, version) for version in versions if (kind, version) in ours]
        if not all(hmac.compare_digest(known[each].encode(), ours[each].encode()) for each in both):
            raise _other(path)
        if (kind, max(versions)) not in ours:
            raise OtherKeys(f"The key file {path} is an old copy: {kind} version {max(versions)} is not in it. Put the "
                            "newest one there.")  # fmt: skip


def _opens(engine: Engine, known: Prints, keys: key_file.Keys, path: Path) -> None:
    """What is sealed already must open: asked where no check value tells, or a version is no longer in the file."""
    if DATABASE not in known and not Sealer(MasterKeys(keys.master), engine).fits():
        raise _other(path)
    versions = {version for kind, version in known if kind == "master"}
    ask = DATABASE not in known or versions - keys.master.keys()  # all rows are read for it
    lost = Sealer(MasterKeys(keys.master), engine).masters_in_use() - keys.master.keys() if ask else ()
    if lost:
        raise OtherKeys(f"The key file {path} lacks master version {max(lost)}, under which data keys are wrapped. "
                        "Put a copy there that has it.")  # fmt: skip


def _other(path: Path) -> OtherKeys:
    return OtherKeys(f"The key file {path} is another one than this installation's data is sealed under. Put the right "
                     "one there (SHIMING_KEY_FILE); every server of an installation has a copy of it.")  # fmt: skip


def _known(engine: Engine) -> Prints:
    with engine.connect() as connection:
        return {(row.kind, row.version): row.fingerprint for row in connection.execute(select(key_checks))}


def _keys_database_of(database: Database) -> str | None:
    with database.read() as connection:
        return connection.scalar(select(installation.c.keys_database))
