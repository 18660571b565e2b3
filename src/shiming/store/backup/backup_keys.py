"""The keys that backups are sealed for: pairs, of which a server has only the public half.

`NAME.pub` goes to the server that writes backups; `NAME`, the private half, is taken away from it, to restore by.
The pair for key backups ends on a day: whoever destroys its private half then has made every key backup under it
useless, and with them the data keys of people who were erased meanwhile. That is how an old backup forgets.

A pair is one of X25519 (format 1 of its file) or, made where the commercial suite is set, of SM2 (format 2). What is
sealed for it is sealed by the suite of the pair, on whichever server.
"""

import base64
import hashlib
import hmac
import json
import os
import stat
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from shiming.errors import ShimingError
from shiming.store.crypto.key_file import sync_folder
from shiming.store.crypto.sm2 import Sm2PrivateKey, Sm2PublicKey
from shiming.store.crypto.suites import COMMERCIAL, INTERNATIONAL
from shiming.store.crypto.suites import Suite as Algorithms

Kind = Literal["data", "keys"]
KINDS: tuple[Kind, ...] = ("data", "keys")
CALLED = {"data": "data backups", "keys": "key backups"}
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)  # RFC 9180, base mode
FORMATS = {1: INTERNATIONAL, 2: COMMERCIAL}
MAC = 32


class BackupKeyFault(ShimingError):
    """A backup key is missing, damaged, of the other kind, another one than a backup was sealed for, or has ended."""

    code = "backup_key_fault"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half that seals. `until` is the day after which it seals nothing more; None: never."""

    kind: Kind
    until: date | None
    public: bytes
    suite: Algorithms = INTERNATIONAL

    @property
    def id(self) -> str:
        """16 hex digits by which people tell keys apart."""
        return hashlib.sha256(self.public).hexdigest()[:16]

    def seal(self, secret: bytes, about: bytes) -> bytes:
        """`secret`, for whoever has the private half; `about` is authenticated with it."""
        if self.suite is COMMERCIAL:
            return Sm2PublicKey(self.public).seal(secret + COMMERCIAL.mac(secret, about))
        return SUITE.encrypt(secret, X25519PublicKey.from_public_bytes(self.public), info=about)

    def check(self, kind: Kind, today: date) -> None:
        """Whether backups of that kind may be sealed today. Raises BackupKeyFault."""
        if self.kind != kind:
            raise BackupKeyFault(f"Backup key {self.id} is one for {CALLED[self.kind]}, not for {CALLED[kind]}.")
        if self.until and today > self.until:
            raise BackupKeyFault(f"Backup key {self.id} ended on {self.until}. Make another one (shiming backup "
                                 f"new-key {kind}), and destroy the private half of this one.")  # fmt: skip


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """Both halves."""

    public: PublicKey
    private: bytes

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """What `PublicKey.seal` sealed. Raises BackupKeyFault."""
        try:
            if self.public.suite is COMMERCIAL:
                return self._open_sm2(sealed, about)
            return SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(self.private), info=about)
        except (InvalidTag, ValueError):
            raise BackupKeyFault(f"Backup key {self.public.id} does not open it: the head of the backup was changed, "
                                 "or it was sealed for another key.") from None  # fmt: skip


    def _open_sm2(self, sealed: bytes, about: bytes) -> bytes:
        opened = Sm2PrivateKey(self.private, Sm2PublicKey(self.public.public)).open(sealed)
        secret, mac = opened[:-MAC], opened[-MAC:]
        if not hmac.compare_digest(mac.hex().encode(), COMMERCIAL.mac(secret, about).hex().encode()):
            raise ValueError("it is about another backup")
        return secret


def create(path: Path, kind: Kind, until: date | None, suite: Algorithms = INTERNATIONAL) -> PublicKey:
    """Make a pair: the private half at `path` (mode 0600), the public one beside it as `path`.pub. Raises NoSuite."""
    private, public = _pair(suite)
    made = PublicKey(kind, until, public, suite)
    page = {"format": next(format for format, each in FORMATS.items() if each is suite), "for": kind,
            "until": until.isoformat() if until else None, "public": _text(public)}  # fmt: skip
    _write(path, {**page, "private": _text(private)}, 0o600)
    _write(path.with_name(f"{path.name}.pub"), page, 0o644)
    sync_folder(path.parent)
    return made


def _pair(suite: Algorithms) -> tuple[bytes, bytes]:
    if suite is COMMERCIAL:
        made = Sm2PrivateKey.generate()
        return made.secret, made.public.point
    private = X25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def read_public(path: Path) -> PublicKey:
    """The public half in a file, which may hold the private one, too. Raises BackupKeyFault."""
    return _public(_page(path), path)


def read_private(path: Path) -> PrivateKey:
    """Both halves. Raises BackupKeyFault."""
    page = _page(path)
    public = _public(page, path)
    if "private" not in page:
        raise BackupKeyFault(f"{path} is the public half. To open a backup, give the private one of {public.id}.")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise BackupKeyFault(f"Others may read the backup key {path}. Run: chmod 600 {path}")
    private = base64.b64decode(page["private"])
    if not _belong(private, public):
        raise BackupKeyFault(f"The halves in {path} do not belong together: it is damaged.")
    return PrivateKey(public, private)


def _belong(private: bytes, public: PublicKey) -> bool:
    """Whether one half opens what the other seals."""
    try:
        PrivateKey(public, private).open(public.seal(b"halves of one key", b""), b"")
    except (BackupKeyFault, ValueError):
        return False
    return True


def today() -> date:
    return datetime.now(UTC).date()


def _page(path: Path) -> dict[str, Any]:
    try:
        page = json.loads(path.read_text("utf-8"))
    except OSError as fault:
        raise BackupKeyFault(f"Cannot read the backup key {path}: {fault.strerror}. `shiming backup new-key` makes one."
                             ) from None  # fmt: skip
    except ValueError:
        page = None
    if not isinstance(page, dict) or page.get("format") not in FORMATS:
        raise BackupKeyFault(f"{path} is no backup key, or it is damaged.")
    return page


def _public(page: dict[str, Any], path: Path) -> PublicKey:
    try:
        until = date.fromisoformat(page["until"]) if page["until"] else None
        suite, raw = FORMATS[page["format"]], base64.b64decode(page["public"], validate=True)
        public = PublicKey(page["for"], until, raw, suite)
        Sm2PublicKey(raw) if suite is COMMERCIAL else X25519PublicKey.from_public_bytes(raw)
        CALLED[public.kind]
    except (KeyError, TypeError, ValueError):
        raise BackupKeyFault(f"{path} is no backup key, or it is damaged.") from None
    return public


def _write(path: Path, page: dict[str, Any], mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise BackupKeyFault(f"{path} exists already. Choose another name: a key is never written over.") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(page, file, indent=2)
        file.flush()
        os.fsync(file.fileno())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
