"""The list of the erased: one small object per owner, kept where the databases are not.

A restored database is of yesterday. Who was erased today stands in it, and their data key in the key backup: this list
says who they are, and a restore erases them again before anything serves. It holds ids only. It is written before the
key is destroyed, so nobody is erased who is not on it.

Beside the days lies what ended of an owner whose key lives on: parts of a verification whose consent was taken back.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime

import obstore

from shiming.dependencies import SECONDS, Dependency
from shiming.store.database import Places, milliseconds
from shiming.store.object_store import FAULTS, at, sync

PARTS = "+parts"  # sorts before every day, so that a release that knows of none passes over it


class ErasureList:
    """Who was erased, by day. Adding may be repeated."""

    def __init__(self, url: str, dependency: Dependency | None = None):
        self._dependency = dependency or Dependency("files", SECONDS["files"], at_once=4, faults=FAULTS)
        self._url, self._store = url, None
        self._root = None

    @classmethod
    def from_settings(cls, settings: Places) -> "ErasureList":
        return cls(settings.place("erasures_url"))

    def add(self, owner: str, parts: Collection[str] = ()) -> None:
        """Note an owner, or these parts of one; durable when it returns. Raises DependencyDown."""
        now = datetime.now(UTC)
        key = f"{now.date().isoformat()}/{owner.encode().hex()}"
        beside = ".".join([f"{PARTS}/{key}", str(milliseconds(now)), *sorted(parts)])
        self._dependency.call(self._put, beside if parts else key)

    def _put(self, key: str) -> None:
        store = self._opened()
        obstore.put(store, key, b"")
        if self._root:
            sync(self._root, key)

    def owners(self, since: date) -> Iterator[str]:
        """Those noted on this day (UTC) or later."""
        for name in self._names("", since):
            yield bytes.fromhex(name).decode()

    def ended(self, since: int) -> Iterator[tuple[str, list[str]]]:
        """Owners of whom parts were noted at that moment (ms) or later, with these parts."""
        for name in self._names(f"{PARTS}/", datetime.fromtimestamp(since / 1000, UTC).date()):
            owner, at, *parts = name.split(".")
            if int(at) >= since:
                yield bytes.fromhex(owner).decode(), parts

    def _names(self, folder: str, since: date) -> Iterator[str]:
        for page in obstore.list(self._opened(), folder or None, offset=f"{folder}{since.isoformat()}"):
            for item in page:
                day, _, name = item["path"].removeprefix(folder).partition("/")
                if day >= since.isoformat() and name:  # an offset is what a store may leave out of account
                    yield name

    def _opened(self):
        """Made at the first need: most processes erase nobody, and a folder may not be writable where they run."""
        if self._store is None:
            self._store, self._root = at(self._url, self._dependency.seconds)
        return self._store
