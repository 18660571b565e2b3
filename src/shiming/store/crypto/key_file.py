"""The key file: every long-lived secret of one installation, in one JSON file that only its owner may read.

    {"format": 1, "master": {"1": "<base64>"}, "lookup": {"1": "<base64>"}, "audit": "<base64>"}

`master` wraps data keys, `lookup` keys the hashes that rows are found by, `audit` signs checkpoints (an Ed25519
seed). Each is 32 random bytes, drawn on its own: none can be computed from another. Lose the file and every sealed
value is lost, so it is backed up apart from both databases.

Where the commercial suite is, or was, in use (suites.py), the format is 3, which earlier releases refuse: `sm3` lists
the look-up keys that hash by HMAC-SM3, and `audit_sm2` is the pair that signs checkpoints beside `audit`, 96 bytes.

Where an outside key is used, the same page lies in the file sealed (outside_key.py): what is given here as `guard`.
"""

import base64
import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from shiming.errors import ShimingError
from shiming.store.crypto.outside_key import KeyGuard
from shiming.store.crypto.sm2 import Sm2PrivateKey
from shiming.store.crypto.suites import BY_PAGE, COMMERCIAL, INTERNATIONAL, Suite

KEY_BYTES = 32
FORMAT, COMMERCIAL_FORMAT = 1, 3
Kind = Literal["master", "lookup"]


class KeyFileFault(ShimingError):
    """The key file is missing, readable by others, or damaged. The message says what to do."""

    code = "key_file_fault"


@dataclass(frozen=True, slots=True)
class Keys:
    """What a key file holds: versioned 32-byte secrets, and the 32-byte seed of the audit key. Its repr shows none.

    `sm3`: the versions of the look-up key that hash by HMAC-SM3. `sm2`: the audit key of the commercial suite, if there
    ever was one.
    """

    master: Mapping[int, bytes] = field(repr=False)
    lookup: Mapping[int, bytes] = field(repr=False)
    audit: bytes = field(repr=False)
    sm3: frozenset[int] = frozenset()
    sm2: Sm2PrivateKey | None = field(default=None, repr=False)


def create(path: Path, guard: KeyGuard | None = None, suite: Suite = INTERNATIONAL) -> Keys:
    """Write a new key file (mode 0600) with version 1 of every secret. An existing file is never touched.

    Of several processes that do it at once one succeeds; the others get KeyFileFault and can then read its file.
    Raises OutsideKeyDown, NoSuite.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = Keys({1: os.urandom(KEY_BYTES)}, {1: os.urandom(KEY_BYTES)}, os.urandom(KEY_BYTES))
    if suite is COMMERCIAL:
        keys = replace(keys, sm3=frozenset({1}), sm2=Sm2PrivateKey.generate())
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    _write(fresh, keys, guard)
    try:
        os.link(fresh, path)  # unlike a rename it fails where a file is
    except FileExistsError:
        raise KeyFileFault(f"{path} exists already. Add a version to it, or choose another path.") from None
    finally:
        fresh.unlink()
        sync_folder(path.parent)
    return keys


def read(path: Path, guard: KeyGuard | None = None) -> Keys:
    """The secrets in `path`. Raises KeyFileFault when it is missing, open to others, or not a key file; OutsideKeyDown.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8")
    except OSError as error:
        raise KeyFileFault(f"Cannot read the key file {path}: {error.strerror}. `shiming migrate` makes one.") from None
    if stat.S_IMODE(mode) & 0o077:
        raise KeyFileFault(f"Others may read the key file {path}. Run: chmod 600 {path}")
    return loads(text, str(path), guard)


def loads(text: str | bytes, called: str, guard: KeyGuard | None = None) -> Keys:
    """The secrets in the text of a key file. Raises KeyFileFault, OutsideKeyDown."""
    try:
        page = json.loads(text)
        if page["format"] in BY_PAGE:
            page = json.loads(_guard(guard, page, called).open(page))
        elif guard:
            guard.forget()
        return _parse(page)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KeyFileFault(f"{called} is not a key file of a format that this release knows, or it is damaged. Restore "
                           "it.") from None  # fmt: skip


def _guard(guard: KeyGuard | None, page: Any, called: str) -> KeyGuard:
    if guard is None:
        raise KeyFileFault(f"{called} is sealed by an outside key ({page['outside']}), which is not asked here.")
    return guard


def outside(path: Path) -> str:
    """By which outside key the file is sealed; empty: by none, what it holds can be read. Raises KeyFileFault."""
    try:
        page = json.loads(path.read_text("utf-8"))
        return str(page["outside"]) if page["format"] in BY_PAGE else ""
    except (OSError, ValueError, KeyError, TypeError):
        raise KeyFileFault(f"{path} is no key file, or it is damaged. Restore it.") from None


def rewrite(path: Path, guard: KeyGuard) -> None:
    """The same secrets, written as new files are: sealed by the newest version of the outside key, or by none. Raises
    KeyFileFault, OutsideKeyDown.
    """
    _replace(path, read(path, guard), guard)


def add(path: Path, kind: Kind, guard: KeyGuard | None = None, suite: Suite = INTERNATIONAL) -> int:
    """Add a newer version of one kind of secret and return its number; older ones stay for reading. A look-up key
    hashes by `suite` for ever; with a master key of the commercial one comes its audit key, where there is none yet.
    """
    keys = read(path, guard)
    versions = dict(getattr(keys, kind))
    newest = max(versions) + 1
    versions[newest] = os.urandom(KEY_BYTES)
    keys = replace(keys, **{kind: versions})
    if suite is COMMERCIAL and kind == "lookup":
        keys = replace(keys, sm3=keys.sm3 | {newest})
    elif suite is COMMERCIAL:
        keys = replace(keys, sm2=keys.sm2 or Sm2PrivateKey.generate())
    _replace(path, keys, guard)
    return newest


def retire(path: Path, kind: Kind, version: int, guard: KeyGuard | None = None) -> None:
    """Destroy an older version for ever. For master keys ask `Sealer.masters_in_use` first: what it wraps is lost."""
    keys = read(path, guard)
    versions = dict(getattr(keys, kind))
    if version not in versions or version == max(versions):
        raise KeyFileFault(f"{kind} version {version} cannot be retired: it is the newest one, or not in the file.")
    del versions[version]
    keys = replace(keys, **{kind: versions})
    _replace(path, replace(keys, sm3=keys.sm3 & keys.lookup.keys()), guard)


def _parse(page: Any) -> Keys:
    keys = Keys(_versions(page["master"]), _versions(page["lookup"]), _secret(page["audit"]))
    if page["format"] == FORMAT:
        return keys
    if page["format"] != COMMERCIAL_FORMAT or not keys.lookup.keys() >= set(page["sm3"]):
        raise ValueError("unknown format")
    text = page["audit_sm2"]
    sm2 = None if text is None else Sm2PrivateKey.of(base64.b64decode(text, validate=True))
    return replace(keys, sm3=frozenset(page["sm3"]), sm2=sm2)


def _versions(page: Mapping[str, str]) -> dict[int, bytes]:
    if not page:
        raise ValueError("no version")
    return {int(version): _secret(text) for version, text in page.items()}


def _secret(text: str) -> bytes:
    secret = base64.b64decode(text, validate=True)
    if len(secret) != KEY_BYTES:
        raise ValueError("wrong length")
    return secret


def _replace(path: Path, keys: Keys, guard: KeyGuard | None = None) -> None:
    """Replace the file as a whole and durably; the `.new` file, made exclusively, keeps two writers apart."""
    fresh = path.with_name(path.name + ".new")
    try:
        _write(fresh, keys, guard)
    except FileExistsError:
        raise KeyFileFault(f"{fresh} exists: a change is going on, or one was cut off; then remove it.") from None
    os.replace(fresh, path)
    sync_folder(path.parent)


def _write(path: Path, keys: Keys, guard: KeyGuard | None) -> None:
    page: dict[str, Any] = {
        "format": FORMAT,
        "master": {str(version): _text(secret) for version, secret in keys.master.items()},
        "lookup": {str(version): _text(secret) for version, secret in keys.lookup.items()},
        "audit": _text(keys.audit),
    }
    if keys.sm3 or keys.sm2:
        page |= {"format": COMMERCIAL_FORMAT, "sm3": sorted(keys.sm3), "audit_sm2": keys.sm2 and _text(keys.sm2.raw)}
    if guard and guard.seals:
        page = guard.seal(json.dumps(page).encode())
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(page, file, indent=2)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable: without it a new, renamed or removed file can come undone in a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _text(secret: bytes) -> str:
    return base64.b64encode(secret).decode("ascii")
