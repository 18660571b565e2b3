"""Evidence pictures: sealed first, then handed to storage (a folder, S3, Azure, GCS … by URL) through obstore."""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.store import LocalStore, from_url

from shiming.errors import BadInput, Busy, NotFound
from shiming.store.crypto.key_file import sync_folder
from shiming.store.crypto.sealed import Sealer
from shiming.store.database import Places

LEAST_SPACE = 64 * 1024 * 1024
# Owners and names are made by us (ids, "front", "live-03"): this keeps a path from leaving its owner's folder.
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,119}")


class EvidenceFiles:
    """Puts, gets and deletes the sealed pictures of an owner, each under a key of its own that is never used again."""

    def __init__(self, url: str, sealer: Sealer, **options: str):
        """`url` is file:///folder, s3://bucket/prefix, …; `options` are the store's own (see obstore's `from_url`)."""
        self._sealer = sealer
        self._root = Path(url2pathname(urlsplit(url).path)) if url.startswith("file:") else None
        if self._root:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._store = LocalStore(self._root, automatic_cleanup=True)
        else:
            self._store = from_url(url, **options)

    @classmethod
    def from_settings(cls, settings: Places, sealer: Sealer) -> "EvidenceFiles":
        return cls(settings.place("files_url"), sealer)

    def check(self) -> None:
        """Whether pictures can be kept just now; raises what says why not. One small question to outside storage."""
        if self._root:
            space = os.statvfs(self._root)
            if not os.access(self._root, os.R_OK | os.W_OK | os.X_OK) or space.f_bavail * space.f_frsize < LEAST_SPACE:
                raise Busy("Pictures cannot be kept: the folder cannot be written, or its disk is full.")
            return
        with suppress(FileNotFoundError):
            obstore.head(self._store, "ready")

    def put(self, owner: str, name: str, data: bytes) -> str:
        """Seal and store one file; returns its key. It is on the disk when this returns. Raises Erased."""
        key = f"{_safe(owner)}/{_safe(name)}-{secrets.token_hex(8)}"
        obstore.put(self._store, key, self._sealer.seal(owner, f"file {key}", data))
        self._sync(key)
        return key

    def get(self, owner: str, key: str) -> bytes:
        """What was put under `key`. Raises NotFound, Erased, Tampered."""
        if not key.startswith(f"{_safe(owner)}/") or not _SAFE.fullmatch(key, len(owner) + 1):
            raise NotFound(f"{owner} has no file {key}.")
        try:
            sealed = bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            raise NotFound(f"{owner} has no file {key}.") from None
        return self._sealer.open(owner, f"file {key}", sealed)

    def remove(self, owner: str, key: str) -> None:
        """Remove one file of `owner`. May be repeated."""
        if key.startswith(f"{_safe(owner)}/"):
            with suppress(FileNotFoundError):
                obstore.delete(self._store, key)

    def delete(self, owner: str) -> int:
        """Remove every file of `owner`; returns how many. May be repeated. `Sealer.erase` destroys the data key."""
        keys = [item["path"] for page in obstore.list(self._store, f"{_safe(owner)}/") for item in page]
        for key in keys:
            with suppress(FileNotFoundError):  # somebody else is deleting too
                obstore.delete(self._store, key)
        if self._root:
            sync_folder(self._root)
        return len(keys)

    def _sync(self, key: str) -> None:
        """obstore renames into place but never syncs: sync the file, its folder, and the folder's name."""
        if not self._root:
            return
        file = self._root / key
        handle = os.open(file, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        sync_folder(file.parent)
        sync_folder(self._root)


def _safe(word: str) -> str:
    if not _SAFE.fullmatch(word):
        raise BadInput(f"{word!r} cannot be part of a file's key: use letters, digits, '_', '-' and '.'.")
    return word
