"""The same search where the faces are more than one machine holds: in a Milvus, which scans them exactly (FLAT).

The rows of the database stay the truth. Every process writes what it sees change, each face by its number, so that what
is written twice does no harm; a mark there says up to which change all is written. What lies there is turned by a
rotation that only the key file knows: angles between faces stay, and nobody who has Milvus's disks alone can compare
them with a photo. docs/decisions/0036 says what that protects from, and what an encrypted volume is for.

Needs the extra `milvus`. Every question is bounded in time; a Milvus that does not answer is a neighbour that is down.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import numpy as np
from sqlalchemy import Connection, Row

from shiming.dependencies import Dependency
from shiming.store.crypto.sealed import Lookup, Sealer
from shiming.store.verification import face_templates
from shiming.store.verification.face_index import Following, Near

if TYPE_CHECKING:
    from pymilvus import MilvusClient

BATCH, PAGE, SECONDS = 1_000, 5_000, 10.0
PORT, MARKS = 19530, "shiming_marks"
STRONG = "Strong"  # what any process has written is found by all at once


class MilvusIndex(Following):
    """All faces, for every process. `address`: https://user:password@host:19530/database, or a file of milvus-lite."""

    batch = BATCH

    def __init__(self, sealer: Sealer, lookup: Lookup, address: str):
        super().__init__(sealer)
        self._lookup, self._address = lookup, address
        self._client: MilvusClient | None = None
        self._there: set[str] = set()
        self._early: dict[str, set[tuple[int, bool]]] = {}  # written already, though their change has no number yet
        self._neighbour = Dependency("faces", SECONDS, faults=_faults())

    def search(self, app: str, model: str, template: Sequence[float], count: int) -> tuple[int, list[Near]]:
        """How many faces are stored, and the nearest of them. Call `follow` first, in the same transaction."""
        name = self._name(app, model)
        if not self._is_there(name):
            return 0, []
        turned = self._turned(app, model, np.asarray(template, np.float32)[None])
        asked = {"collection_name": name, "consistency_level": STRONG}
        (found,) = self._ask("search", **asked, data=turned.tolist(), limit=count, anns_field="template",
                             search_params={"metric_type": "IP"}, output_fields=["number"])  # fmt: skip
        (stored,) = self._ask("query", **asked, output_fields=["count(*)"])
        return stored["count(*)"], [Near(int(each["number"]), float(each["distance"])) for each in found]

    def tidy(self, connection: Connection) -> None:
        """Take away what no row is for any more: of a process that ended between a look and its writing. Then have
        what was taken away overwritten. Raises DependencyDown.
        """
        for app in face_templates.newest(connection):
            for model in face_templates.models(connection, app):
                name = self._name(app, model)
                if self._is_there(name):
                    for numbers in self._numbers(name):
                        stored = {row.number for row in face_templates.named(connection, app, numbers)}
                        self._delete(name, [number for number in numbers if number not in stored])
                    self._ask("compact", collection_name=name)

    def check(self) -> None:
        """That it answers. Raises DependencyDown."""
        self._ask("list_collections")

    # ── what is written ──────────────────────────────────────────────────────────────────────────

    def _take(self, app: str, rows: Sequence[Row], numbered: bool) -> None:
        if numbered:
            return self._write(app, rows)
        written = self._early.get(app, set())
        state = {row: (row.number, row.sealed_template is not None) for row in rows}
        self._write(app, [row for row in rows if state[row] not in written])
        self._early[app] = {*state.values()}

    def _beginning(self, app: str, last: int) -> int:
        """Up to which change all was written when somebody last did. A database from a backup may be behind: then all
        is written anew.
        """
        asked = {"collection_name": self._made(MARKS), "ids": [self._mac("app", app)], "consistency_level": STRONG}
        marks = self._ask("get", **asked, output_fields=["change"])
        change = int(marks[0]["change"]) if marks else 0
        return change if change <= last else 0

    def _reached(self, app: str, change: int) -> None:
        mark = {"app": self._mac("app", app), "change": change, "nothing": [0.0, 0.0]}
        self._ask("upsert", collection_name=self._made(MARKS), data=[mark])

    def _write(self, app: str, rows: Sequence[Row]) -> None:
        found = self._opened(rows)
        for model in {row.model for row in rows}:
            of_model = [row.number for row in rows if row.model == model]
            stored = [number for number in of_model if number in found]
            if stored:
                self._upsert(app, model, stored, np.array([np.frombuffer(found[n], np.float32) for n in stored]))
            if self._is_there(name := self._name(app, model)):
                self._delete(name, [number for number in of_model if number not in found])

    def _upsert(self, app: str, model: str, numbers: list[int], templates: np.ndarray) -> None:
        turned = self._turned(app, model, templates)
        rows = [{"number": number, "template": row.tolist()} for number, row in zip(numbers, turned, strict=True)]
        name = self._made(self._name(app, model), templates.shape[1])
        self._ask("upsert", collection_name=name, data=rows)

    def _delete(self, name: str, numbers: list[int]) -> None:
        if numbers:
            self._ask("delete", collection_name=name, ids=numbers)

    def _numbers(self, name: str) -> Iterator[list[int]]:
        """All that is stored, page by page."""
        asked = {"collection_name": name, "output_fields": ["number"], "consistency_level": STRONG, "limit": PAGE}
        last = -1
        while rows := self._ask("query", **asked, filter=f"number > {last}"):
            yield (numbers := sorted(int(row["number"]) for row in rows))
            last = numbers[-1]

    # ── what it lies in ──────────────────────────────────────────────────────────────────────────

    def _mac(self, *about: str) -> str:
        """What stands for these words there; the newest look-up key decides, so a new key begins anew."""
        return self._lookup.hash("milvus", "\0".join(about)).partition(":")[2]

    def _name(self, app: str, model: str) -> str:
        return f"shiming_{self._mac('name', app, model)[:32]}"

    def _turned(self, app: str, model: str, templates: np.ndarray) -> np.ndarray:
        return (templates @ rotation(self._mac("rotation", app, model), templates.shape[1])).astype(np.float32)

    def _is_there(self, name: str) -> bool:
        if name not in self._there and self._ask("has_collection", collection_name=name):
            self._there.add(name)
        return name in self._there

    def _made(self, name: str, dimension: int = 2) -> str:
        """The collection of this name; made where there is none. Two processes may do it at once."""
        if not self._is_there(name):
            self._ask(_make, name=name, dimension=dimension)
            self._there.add(name)
        return name

    def _ask(self, what: str | Callable[..., Any], **about: Any) -> Any:
        def act() -> Any:
            client = self._connected()
            return what(client, **about) if callable(what) else getattr(client, what)(**about, timeout=SECONDS)

        return self._neighbour.call(act)

    def _connected(self) -> "MilvusClient":
        if self._client is None:
            self._client = _client(self._address)
        return self._client


@lru_cache(maxsize=64)
def rotation(key: str, dimension: int) -> np.ndarray:
    """The rotation (d, d) that a key stands for: orthogonal, drawn evenly from all there are."""
    count = dimension * dimension
    drawn = np.frombuffer(hashlib.shake_256(key.encode()).digest(count * 16), np.uint64).astype(np.float64)
    near, far = (drawn.reshape(2, dimension, dimension) + 1) / 2**64  # in (0, 1]
    normal = np.sqrt(-2 * np.log(near)) * np.cos(2 * np.pi * far)
    turn, signs = np.linalg.qr(normal)
    return turn * np.sign(np.diag(signs))


def _faults() -> tuple[type[Exception], ...]:
    from pymilvus.exceptions import MilvusException

    return (MilvusException, ConnectionError)


def _client(address: str) -> "MilvusClient":
    """Raises MilvusException where nobody answers there."""
    from pymilvus import MilvusClient

    at = urlsplit(address)
    if at.scheme not in ("http", "https"):
        return MilvusClient(address)
    token = f"{unquote(at.username or '')}:{unquote(at.password or '')}" if at.username else ""
    uri = f"{at.scheme}://{at.hostname}:{at.port or PORT}"
    return MilvusClient(uri, token=token, db_name=at.path.strip("/"), timeout=SECONDS)


def _make(client: "MilvusClient", name: str, dimension: int) -> None:
    from pymilvus import DataType

    schema, index = client.create_schema(auto_id=False), client.prepare_index_params()
    if name == MARKS:
        schema.add_field("app", DataType.VARCHAR, is_primary=True, max_length=64)
        schema.add_field("change", DataType.INT64)
        schema.add_field("nothing", DataType.FLOAT_VECTOR, dim=dimension)  # each row has to have one
        index.add_index("nothing", index_type="FLAT", metric_type="IP")
    else:
        schema.add_field("number", DataType.INT64, is_primary=True)
        schema.add_field("template", DataType.FLOAT_VECTOR, dim=dimension)
        index.add_index("template", index_type="FLAT", metric_type="IP")
    if not client.has_collection(name, timeout=SECONDS):
        client.create_collection(name, schema=schema, index_params=index, consistency_level=STRONG, timeout=SECONDS)
