"""Searching stored faces: an exact scan over 8-bit templates in memory, one index for each app and model.

Every process has its own and follows the changes in the database: a poll is one small query. A million faces take about
20 CPU ms to scan and 174 MB, with room to grow. Graph indexes (HNSW) lose half of the hits on such templates, so there
is none.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from sqlalchemy import Connection

from shiming.errors import ShimingError
from shiming.store.crypto.sealed import Sealer
from shiming.store.verification import face_templates

PURPOSE = "face template"
BATCH = 2_000
REACH = 0.5  # a component of a unit template beyond ±0.5 is cut off; none of 2,773 real faces had one

log = logging.getLogger("shiming.faces")


class IndexFull(ShimingError):
    """More faces are stored than this process may hold."""

    code = "face_index_full"


@dataclass(frozen=True, slots=True)
class Near:
    """One stored template that is near: its number in its app, and the cosine, off by about 0.003."""

    number: int
    score: float


class Shard:
    """The templates of one app and model. `numbers` (n,) names them in the order of the codes (n × d bytes)."""

    def __init__(self, dimension: int):
        import faiss  # not above: a process that never searches does without its 40 MB

        faiss.omp_set_num_threads(1)
        self._index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
        self._index.train(np.array([[-REACH] * dimension, [REACH] * dimension], np.float32))  # fixed once and for all
        self._numbers = np.zeros(1024, np.int64)

    def __len__(self) -> int:
        return self._index.ntotal

    def add(self, numbers: Sequence[int], templates: np.ndarray) -> None:
        """Append templates (n, d) float32 of unit length."""
        before, after = len(self), len(self) + len(numbers)
        if after > len(self._numbers):
            self._numbers = np.resize(self._numbers, max(after, len(self._numbers) * 5 // 4))
        self._index.add(np.ascontiguousarray(templates, np.float32))
        self._numbers[before:after] = numbers

    def remove(self, number: int) -> None:
        """Overwrite a template by the last one and shorten the list; nothing happens when it is not there."""
        import faiss

        for at in np.flatnonzero(self._numbers[: len(self)] == number):
            last, size = len(self) - 1, self._index.code_size
            codes = faiss.rev_swig_ptr(self._index.codes.data(), (last + 1) * size).reshape(-1, size)
            codes[at] = codes[last]
            codes[last] = 0
            self._numbers[at] = self._numbers[last]
            self._index.codes.resize(last * size)
            self._index.ntotal = last

    def search(self, template: np.ndarray, count: int) -> list[Near]:
        """The nearest, best first."""
        scores, places = self._index.search(np.asarray(template, np.float32)[None], min(count, max(1, len(self))))
        found = zip(places[0], scores[0], strict=True)
        return [Near(int(self._numbers[at]), float(score)) for at, score in found if at >= 0]


class FaceIndexSettings(Protocol):
    face_index_limit: int


class Following:
    """Follows the changes of stored faces, app by app, and opens them. Safe to share between threads.

    Whatever keeps what is taken over says how (`_take`), and from where a process that starts goes on (`_beginning`);
    it is told how far all of it is there (`_reached`).
    """

    batch = BATCH

    def __init__(self, sealer: Sealer):
        self._sealer = sealer
        self._seen: dict[str, int] = {}
        self._lock = threading.RLock()

    def follow(self, connection: Connection, app: str | None = None) -> int:
        """Take over what has changed: of one app (loading it when it is new here), or of all apps loaded so far.

        Returns the number of the app's last change that is taken over. Raises IndexFull, DependencyDown.
        """
        with self._lock:
            apps = [*self._seen] if app is None else [app]
            fresh, newest = face_templates.unnumbered(connection, apps), face_templates.newest(connection)
            for name in apps:
                self._take(name, [row for row in fresh if row.app == name], numbered=False)
                self._catch_up(connection, name, newest.get(name, 0))
            return self._seen.get(app or "", 0)

    def _catch_up(self, connection: Connection, app: str, last: int) -> None:
        before = self._seen[app] if app in self._seen else self._beginning(app, last)
        self._seen[app] = before
        while self._seen[app] < last:
            rows = face_templates.since(connection, app, self._seen[app], self.batch)
            self._take(app, rows, numbered=True)
            self._seen[app] = rows[-1].change if rows else last  # changes of rows that are gone leave gaps
        if self._seen[app] != before:
            self._reached(app, self._seen[app])

    def _opened(self, rows: Sequence) -> dict[int, bytes]:
        """The templates of those that are stored and not erased, by number."""
        there = [row for row in rows if row.sealed_template is not None]
        asked = [(row.verification, PURPOSE, row.sealed_template) for row in there]
        opened = self._sealer.open_many(asked) if asked else []
        return {row.number: plain for row, plain in zip(there, opened, strict=True) if plain is not None}

    def _take(self, app: str, rows: Sequence, numbered: bool) -> None:
        raise NotImplementedError

    def _beginning(self, app: str, last: int) -> int:
        """The change from which a process goes on that begins with an app; `last` is the newest there is."""
        return 0

    def _reached(self, app: str, change: int) -> None:
        """All changes up to this one are taken over."""


class FaceIndex(Following):
    """All faces of this process. `limit` bounds how many it holds."""

    def __init__(self, sealer: Sealer, limit: int):
        super().__init__(sealer)
        self._limit = limit
        self._shards: dict[tuple[str, str], Shard] = {}
        self._early: dict[str, set[int]] = {}  # held already, though their change was not numbered when it was read

    @classmethod
    def from_settings(cls, settings: FaceIndexSettings, sealer: Sealer) -> "FaceIndex":
        return cls(sealer, settings.face_index_limit)

    def search(self, app: str, model: str, template: Sequence[float], count: int) -> tuple[int, list[Near]]:
        """How many faces are stored, and the nearest of them. Call `follow` first, in the same transaction."""
        with self._lock:
            shard = self._shards.get((app, model))
            return (len(shard), shard.search(np.asarray(template), count)) if shard else (0, [])

    def check(self) -> None:
        """That it answers: what lies in memory does."""

    def tidy(self, connection: Connection) -> None:
        """Take away what no row is for: there is none, since each process follows for itself."""

    def __len__(self) -> int:
        return sum(map(len, self._shards.values()))

    def _take(self, app: str, rows: Sequence, numbered: bool) -> None:
        early = self._early.setdefault(app, set())
        held = {row.number for row in rows if row.number in early and row.sealed_template is not None}
        values = self._opened([row for row in rows if row.number not in held])
        for row in rows:
            if row.number not in values and row.number not in held and (shard := self._shards.get((app, row.model))):
                shard.remove(row.number)
        found = [row for row in rows if row.number in values]
        for model in {row.model for row in found}:
            self._add(app, model, {row.number: values[row.number] for row in found if row.model == model})
        early.difference_update(row.number for row in rows)
        if not numbered:
            early |= held | values.keys()

    def _add(self, app: str, model: str, found: dict[int, bytes]) -> None:
        if len(self) + len(found) > self._limit:
            raise IndexFull(
                f"More than {self._limit} faces are stored. Raise SHIMING_FACE_INDEX_LIMIT (about 170 bytes of "
                "memory each in every worker), or turn face_search off in the policy."
            )
        templates = np.array([np.frombuffer(plain, np.float32) for plain in found.values()])
        shard = self._shards.setdefault((app, model), Shard(templates.shape[1]))
        shard.add(list(found), templates)
