"""The list of the erased: one small object per owner, kept where the databases are not.

A restored database is of yesterday. Who was erased today stands in it, and their data key in the key backup: this list
says who they are, and a restore erases them again before anything serves. It holds ids only. It is written before the
key is destroyed, so nobody is erased who is not on it.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import obstore

from shiming.dependencies import SECONDS, Dependency
from shiming.store.database import Places
from shiming.store.object_store import FAULTS, at, sync


class ErasureList:
    """Who was erased, by day. Adding may be repeated."""

    def __init__(self, url: str, dependency: Dependency | None = None):
        self._dependency = dependency or Dependency("files", SECONDS["files"], at_once=4, faults=FAULTS)
        self._url, self._store = url, None
        self._root = None

    @classmethod
    def from_settings(cls, settings: Places) -> "ErasureList":
        return cls(settings.place("erasures_url"))

    def add(self, owner: str) -> None:
        """Note an owner; durable when it returns. Raises DependencyDown."""
        self._dependency.call(self._put, f"{datetime.now(UTC).date().isoformat()}/{owner.encode().hex()}")

    def _put(self, key: str) -> None:
        store = self._opened()
        obstore.put(store, key, b"")
        if self._root:
            sync(self._root, key)

    def owners(self, since: date) -> Iterator[str]:
        """Those noted on this day (UTC) or later."""
        for page in obstore.list(self._opened(), offset=since.isoformat()):
            for item in page:
                day, _, name = item["path"].partition("/")
                if day >= since.isoformat() and name:  # an offset is what a store may leave out of account
                    yield bytes.fromhex(name).decode()

    def _opened(self):
        """Made at the first need: most processes erase nobody, and a folder may not be writable where they run."""
        if self._store is None:
            self._store, self._root = at(self._url, self._dependency.seconds)
        return self._store
