"""The only place that encrypts. Nothing personal reaches a database, a file or a queue but through here.

Envelope encryption: every owner (a verification, an account, an app …) has a data key of its own; data keys lie wrapped
by the newest master key in a separate keys database, outside the ordinary backup. Erasing an owner destroys its data
key, and with it everything ever sealed for it, in every backup of the main database too.

    sealed value   1 byte format, 12 bytes nonce, text by AES-256-GCM or SM4-GCM with its 16-byte tag
    bound to it    format, owner and purpose: a value moved to another owner or column does not open
    wrapped key    the same layout, 61 bytes, bound to its owner and master version

The format says by which suite it was sealed (suites.py). What is written goes by the suite of the settings, what is
read by its own; so the two lie beside each other for as long as it takes (`shiming keys rotate`, `reseal`).

Source of the construction: NIST SP 800-38D (GCM with 96-bit random nonces; a key seals far fewer than 2^32 values).
"""

import json
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Self

from cryptography.exceptions import InvalidTag
from sqlalchemy import Engine

from shiming.errors import DependencyDown, Gone, ShimingError
from shiming.store.crypto import key_file, sealed_stream
from shiming.store.crypto.data_keys import DataKeys, Wrapped, open_keys
from shiming.store.crypto.lookup import Lookup
from shiming.store.crypto.outside_key import KeyGuard, OutsideKeyDown
from shiming.store.crypto.suites import BY_VALUE, INTERNATIONAL, TAG, Aead, Suite

__all__ = ["Erased", "Lookup", "MasterKeys", "NoDataKey", "Sealer", "Tampered", "open_keys"]

NONCE = 12
STREAM = b"\x01"  # what is bound to a stream says so since the first release; which suite, its own head does
CACHE_SECONDS = 5.0  # an erasure by another process is seen after this long at the latest
CACHE_OWNERS = 4096


class Erased(Gone):
    """The owner's data key was destroyed: nothing of it can be opened, nothing more can be sealed for it."""


class Tampered(ShimingError):
    """Sealed bytes do not authenticate: damaged, cut, or moved from another owner or purpose."""

    code = "tampered"


class NoDataKey(ShimingError):
    """The keys database has never heard of the owner, or its master key is not in the key file."""

    code = "no_data_key"


class MasterKeys:
    """The ring of versioned 32-byte master keys: the newest wraps, older ones still unwrap.

    `read` gives the key file anew, and raises where it is not the same ring: see `key_check.verify`. `check` raises
    where keys that were opened by an outside key may be used no longer.
    """

    def __init__(self, versions: Mapping[int, bytes], read: Callable[[], key_file.Keys] | None = None,
                 check: Callable[[], None] = lambda: None):  # fmt: skip
        self._versions = dict(versions)
        self._read, self._check = read, check

    @classmethod
    def create(cls, path: Path, guard: KeyGuard | None = None, suite: Suite = INTERNATIONAL) -> Self:
        """Make a new key file at `path` (it also holds the look-up and audit secrets) and load it."""
        return cls(key_file.create(path, guard, suite).master, lambda: key_file.read(path, guard))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Load the ring from a key file, whosever it is: a process of the product asks `startup` for its keys."""
        return cls(key_file.read(path).master, lambda: key_file.read(path))

    @property
    def current(self) -> int:
        """The newest version known here."""
        return max(self._versions)

    def key(self, version: int) -> bytes:
        """The master key of `version`; the file is read again for one that was added since. Raises DependencyDown."""
        self._check()
        if version not in self._versions:
            self.reload()
        if version not in self._versions:
            raise NoDataKey(f"Master key version {version} is not in the key file. Give this process the newest one.")
        return self._versions[version]

    def reload(self) -> None:
        """Take up what was added to, or retired from, the key file. Raises KeyFileFault, OtherKeys, DependencyDown."""
        if self._read:
            try:
                self._versions = dict(self._read().master)
            except OutsideKeyDown:
                raise DependencyDown("outside key", 30) from None


class _DataKey:
    __slots__ = ("_aeads", "raw", "until")

    def __init__(self, raw: bytes, until: float):
        self.raw, self.until = raw, until
        self._aeads: dict[str, Aead] = {}

    def by(self, suite: Suite) -> Aead:
        """The key, for one of the suites."""
        found = self._aeads.get(suite.name)
        if found is None:
            found = self._aeads[suite.name] = suite.aead(self.raw)
        return found


class Sealer:
    """Seals and opens bytes for owners. One per process; safe to share between threads."""

    def __init__(self, master: MasterKeys, keys: Engine, clock: Callable[[], float] = time.monotonic,
                 list_erased: Callable[..., None] = lambda *noted: None, suite: Suite = INTERNATIONAL):  # fmt: skip
        """`list_erased` notes who is erased where a restore finds it (erasures.py), before the key is destroyed.
        `suite` is what new writing is sealed by.
        """
        self._master, self._keys, self._clock, self._list_erased = master, DataKeys(keys), clock, list_erased
        self.suite = suite
        self._cache: OrderedDict[str, _DataKey] = OrderedDict()
        self._lock = threading.Lock()

    def seal(self, owner: str, purpose: str, plain: bytes) -> bytes:
        """Encrypt `plain` for `owner`; adds 29 bytes. The first call for an owner makes its data key. Raises Erased."""
        key = self._data_key(owner, create=True)
        return _encrypt(self.suite, key.by(self.suite), plain, owner, purpose)

    def prepare(self, owners: Sequence[str]) -> None:
        """Make the data keys of many new owners at once, before something is sealed for each."""
        if owners:
            master = self._master.current
            self._keys.add_many({owner: self._wrap(owner, os.urandom(key_file.KEY_BYTES), master) for owner in owners})

    def open(self, owner: str, purpose: str, sealed: bytes) -> bytes:
        """What was sealed with the same owner and purpose. Raises Erased, Tampered, NoDataKey."""
        return _decrypt(self._data_key(owner), sealed, owner, purpose, f"{purpose} of {owner}")

    def reseal(self, owner: str, purpose: str, sealed: bytes) -> bytes:
        """The same value by the suite of new writing. Raises as `open`."""
        return self.seal(owner, purpose, self.open(owner, purpose, sealed))

    def open_many(self, items: Sequence[tuple[str, str, bytes]]) -> list[bytes | None]:
        """What was sealed, for many (owner, purpose, sealed) at once; None where the owner was erased."""
        rows = self._keys.find_many([owner for owner, _, _ in items])
        opened: list[bytes | None] = []
        for owner, purpose, sealed in items:
            row = rows.get(owner)
            key = _DataKey(self._unwrap(owner, row), 0) if row and not row.erased else None
            opened.append(_decrypt(key, sealed, owner, purpose, f"{purpose} of {owner}") if key else None)
        return opened

    def seal_json(self, owner: str, purpose: str, value: Any) -> bytes:
        """Seal anything that JSON can hold."""
        return self.seal(owner, purpose, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())

    def open_json(self, owner: str, purpose: str, sealed: bytes) -> Any:
        """What was given to `seal_json`, as JSON gives it back (tuples are lists)."""
        return json.loads(self.open(owner, purpose, sealed))

    def seal_file(self, owner: str, purpose: str, source: BinaryIO, target: BinaryIO) -> int:
        """Seal a stream of any length in bounded memory; returns the plain bytes read. Raises Erased."""
        key, about = self._data_key(owner, create=True).raw, _bound(STREAM, owner, purpose)
        return sealed_stream.seal(key, about, source, target, suite=self.suite)

    def open_file(self, owner: str, purpose: str, source: BinaryIO, target: BinaryIO) -> int:
        """Open what `seal_file` wrote; returns the plain bytes written. Raises Erased, Tampered, NoDataKey.

        Each chunk is authenticated before it is written, but that the end is the true end is known only when this
        returns: throw `target` away when it raises.
        """
        try:
            return sealed_stream.open(self._data_key(owner).raw, _bound(STREAM, owner, purpose), source, target)
        except sealed_stream.Broken as fault:
            raise Tampered(f"The sealed {purpose} of {owner} is not as it was written: {fault}.") from None

    def erase(self, owner: str) -> None:
        """Destroy the owner's data key for ever, leaving a tombstone. May be repeated.

        On SQLite the key bytes are gone from the file and its WAL when this returns. On PostgreSQL old row versions
        stay until `scrub` (run it daily); other processes may still open for CACHE_SECONDS.
        """
        self._list_erased(owner)
        self._forget(owner)
        try:
            self._keys.erase(owner)
        finally:
            self._forget(owner)  # a thread may have loaded it between the two

    def list_ended(self, owner: str, parts: Collection[str]) -> None:
        """Note for a restore that these parts of an owner, whose key lives on, end now. Raises DependencyDown."""
        self._list_erased(owner, parts)

    def erased(self, after: str, limit: int) -> list[str]:
        """Up to `limit` owners who were erased, in order, the first after this one."""
        return self._keys.erased(after, limit)

    def erased_of(self, owners: Sequence[str]) -> set[str]:
        """Those among these owners who were erased."""
        return {owner for owner, row in self._keys.find_many(owners).items() if row.erased}

    def scrub(self) -> None:
        """Drive old row versions out of the keys database's files (on PostgreSQL it locks the table for moments)."""
        self._keys.scrub()

    def rotate(self, limit: int = 1000) -> int:
        """Wrap up to `limit` data keys again under the newest master key; returns how many. Call until it gives 0."""
        self._master.reload()
        newest = self._master.current
        stale = self._keys.stale(newest, limit)
        fresh = [self._wrap(owner, self._unwrap(owner, row), newest) for owner, row in stale]
        return self._keys.replace([(owner, row.master, new) for (owner, row), new in zip(stale, fresh, strict=True)])

    def fits(self) -> bool:
        """Whether the master keys open a data key of the keys database; also where it has none yet."""
        try:
            return all(self._unwrap(owner, row) for owner, row in self._keys.stale(0, 1))
        except (NoDataKey, Tampered):
            return False

    def wrapped_by(self, suite: Suite) -> int:
        """How many living data keys are wrapped by this suite."""
        return self._keys.beginning_with(suite.value)

    def masters_in_use(self) -> set[int]:
        """Versions of master keys that still wrap a living data key: those must not be retired."""
        return self._keys.masters()

    def _data_key(self, owner: str, create: bool = False) -> _DataKey:
        with self._lock:
            key = self._cache.get(owner)
            if key is not None and key.until > self._clock():
                self._cache.move_to_end(owner)
                return key
        until = self._clock() + CACHE_SECONDS  # taken before the read, or an erasure in between would be seen too late
        key = _DataKey(self._load(owner, create), until)
        with self._lock:
            self._cache[owner] = key
            while len(self._cache) > CACHE_OWNERS:
                self._cache.popitem(last=False)
        return key

    def _load(self, owner: str, create: bool) -> bytes:
        row = self._keys.find(owner)
        if row is None and create:
            row = self._keys.add(owner, self._wrap(owner, os.urandom(key_file.KEY_BYTES), self._master.current))
        if row is None:
            raise NoDataKey(f"No data key for {owner}: its data was sealed with another keys database than this one.")
        if row.erased:
            raise Erased(f"{owner} was erased.")
        return self._unwrap(owner, row)

    def _wrap(self, owner: str, raw: bytes, master: int) -> Wrapped:
        aead = self.suite.aead(self._master.key(master))
        return Wrapped(_encrypt(self.suite, aead, raw, owner, f"data key/{master}"), master)

    def _unwrap(self, owner: str, row: Wrapped) -> bytes:
        key = _DataKey(self._master.key(row.master), 0)
        return _decrypt(key, row.wrapped, owner, f"data key/{row.master}", f"data key of {owner}")

    def _forget(self, owner: str) -> None:
        with self._lock:
            self._cache.pop(owner, None)


def _bound(format: bytes, owner: str, purpose: str) -> bytes:
    """What is authenticated beside the text. The length keeps ("ab", "c") and ("a", "bc") apart."""
    name = owner.encode()
    return b"shiming%b%d:%b%b" % (format, len(name), name, purpose.encode())


def _encrypt(suite: Suite, aead: Aead, plain: bytes, owner: str, purpose: str) -> bytes:
    nonce = os.urandom(NONCE)
    return suite.value + nonce + aead.encrypt(nonce, plain, _bound(suite.value, owner, purpose))


def _decrypt(key: _DataKey, sealed: bytes, owner: str, purpose: str, what: str) -> bytes:
    suite = BY_VALUE.get(sealed[:1])
    if suite is None or len(sealed) < 1 + NONCE + TAG:
        raise Tampered(f"The sealed {what} is cut short or of an unknown format.")
    bound, text = _bound(suite.value, owner, purpose), memoryview(sealed)[1 + NONCE :]  # pictures: no copy
    try:
        return key.by(suite).decrypt(sealed[1 : 1 + NONCE], text, bound)
    except InvalidTag:
        raise Tampered(f"The sealed {what} does not authenticate: damaged, or sealed for something else.") from None
