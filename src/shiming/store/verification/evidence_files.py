"""Evidence pictures: sealed first, then handed to storage (a folder, S3, Azure, GCS … by URL) through obstore."""

import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import obstore

from shiming.dependencies import SECONDS, Dependency
from shiming.errors import BadInput, Busy, NotFound
from shiming.store import object_store
from shiming.store.crypto.key_file import sync_folder
from shiming.store.crypto.sealed import Sealer
from shiming.store.database import Places

LEAST_SPACE = 64 * 1024 * 1024
AT_ONCE = 12  # questions that are open to storage at a moment, in one process, whose 40 threads are everybody's
# Owners and names are made by us (ids, "front", "live-03"): this keeps a path from leaving its owner's folder.
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,119}")


class EvidenceFiles:
    """Puts, gets and deletes the sealed pictures of an owner, each under a key of its own that is never used again."""

    def __init__(self, url: str, sealer: Sealer, dependency: Dependency | None = None, **options: Any):
        """`url` is file:///folder, s3://bucket/prefix, …; `options` are the store's own (see obstore's `from_url`).

        Storage is asked through `dependency`: it may hang, a folder on a network disk too, and most of what we do needs
        no picture.
        """
        self._sealer = sealer
        self._dependency = dependency or Dependency("files", SECONDS["files"], AT_ONCE, faults=object_store.FAULTS)
        self._store, self._root = object_store.at(url, self._dependency.seconds, **options)

    def _ask(self, act: Callable[..., Any], *args: Any) -> Any:
        """What storage says. Raises FileNotFoundError, DependencyDown."""
        return self._dependency.call(act, *args)

    @classmethod
    def from_settings(cls, settings: Places, sealer: Sealer) -> "EvidenceFiles":
        return cls(settings.place("files_url"), sealer)

    def check(self) -> None:
        """Whether pictures can be kept just now; raises what says why not. One small question to outside storage."""
        if self._root:
            if not self._ask(_roomy, self._root):
                raise Busy("Pictures cannot be kept: the folder cannot be written, or its disk is full.")
            return
        with suppress(FileNotFoundError):
            self._ask(obstore.head, self._store, "ready")

    def probe(self) -> None:
        """Write, read and remove a small file of our own, for `shiming doctor`. Raises what storage's client raises."""
        key, written = f"doctor/{secrets.token_hex(8)}", secrets.token_bytes(16)
        obstore.put(self._store, key, written)
        try:
            if bytes(obstore.get(self._store, key).bytes()) != written:
                raise Busy("Storage gives back another file than was put there.")
        finally:
            obstore.delete(self._store, key)

    def put(self, owner: str, name: str, data: bytes) -> str:
        """Seal and store one file; returns its key. It is on the disk when this returns. Raises Erased."""
        key = f"{_safe(owner)}/{_safe(name)}-{secrets.token_hex(8)}"
        self._ask(self._put, key, self._sealer.seal(owner, f"file {key}", data))
        return key

    def _put(self, key: str, sealed: bytes) -> None:
        obstore.put(self._store, key, sealed)
        if self._root:
            object_store.sync(self._root, key)

    def get(self, owner: str, key: str) -> bytes:
        """What was put under `key`. Raises NotFound, Erased, Tampered."""
        if not key.startswith(f"{_safe(owner)}/") or not _SAFE.fullmatch(key, len(owner) + 1):
            raise NotFound(f"{owner} has no file {key}.")
        try:
            sealed = self._ask(lambda: bytes(obstore.get(self._store, key).bytes()))
        except FileNotFoundError:
            raise NotFound(f"{owner} has no file {key}.") from None
        return self._sealer.open(owner, f"file {key}", sealed)

    def keys(self) -> Iterator[str]:
        """Every file that is there now, in storage's order; for backups, as the next two: they ask storage directly."""
        for page in obstore.list(self._store):
            yield from (item["path"] for item in page if _is_key(item["path"]))

    def sealed(self, key: str) -> bytes | None:
        """A file as it lies there, sealed; None where it is gone."""
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            return None

    def put_sealed(self, key: str, sealed: bytes) -> None:
        """Put a file back as `sealed` gave it. Raises BadInput for what is no key of ours."""
        if not _is_key(key):
            raise BadInput(f"{key!r} is no key of a file.")
        self._put(key, sealed)

    def remove(self, owner: str, key: str) -> None:
        """Remove one file of `owner`. May be repeated."""
        if key.startswith(f"{_safe(owner)}/"):
            with suppress(FileNotFoundError):
                self._ask(obstore.delete, self._store, key)

    def delete(self, owner: str, named: str = "") -> int:
        """Remove every file of `owner` whose name begins so; returns how many. May be repeated. `Sealer.erase` destroys
        the data key."""
        all_of_it = f"{_safe(owner)}/"
        found = self._ask(lambda: [item["path"] for page in obstore.list(self._store, all_of_it) for item in page])
        keys = [key for key in found if key.startswith(f"{all_of_it}{named}")]
        for key in keys:
            with suppress(FileNotFoundError):  # somebody else is deleting too
                self._ask(obstore.delete, self._store, key)
        if self._root:
            self._ask(sync_folder, self._root)
        return len(keys)


def _roomy(folder: Path) -> bool:
    """Whether a folder can be written and its disk has room."""
    space = os.statvfs(folder)
    return os.access(folder, os.R_OK | os.W_OK | os.X_OK) and space.f_bavail * space.f_frsize >= LEAST_SPACE


def _is_key(path: str) -> bool:
    owner, _, name = path.partition("/")
    return bool(_SAFE.fullmatch(owner) and _SAFE.fullmatch(name))


def _safe(word: str) -> str:
    if not _SAFE.fullmatch(word):
        raise BadInput(f"{word!r} cannot be part of a file's key: use letters, digits, '_', '-' and '.'.")
    return word
