"""The keys database and the key file as members of a key backup, and back into an empty place.

Data keys stay wrapped as they are; tombstones of the erased go along, so that whoever was erased by then stays so.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, func, insert, select

from shiming.store.crypto.data_keys import data_keys, key_checks

TABLES: tuple[Table, ...] = (data_keys, key_checks)
KEY_FILE = "keys/master.keys"
BATCH = 1000


def members(engine: Engine, key_file: Path) -> Iterator[tuple[str, Iterable[bytes]]]:
    """What lies in the keys database, then the key file: read last, it opens all that was wrapped before."""
    for table in TABLES:
        yield f"keys/{table.name}", _lines(engine, table)
    yield KEY_FILE, (data for data in [key_file.read_bytes()])


def _lines(engine: Engine, table: Table) -> Iterator[bytes]:
    with engine.connect() as connection:
        for row in connection.execution_options(yield_per=BATCH).execute(select(table)):
            yield json.dumps({name: _plain(value) for name, value in row._mapping.items()}).encode() + b"\n"


def table_of(name: str) -> Table | None:
    """The table that a member holds rows of."""
    return next((table for table in TABLES if name.startswith(f"keys/{table.name}/")), None)


class Rows:
    """Rows of a table from the parts of its member: a line may go on in the next part."""

    def __init__(self) -> None:
        self._rest = b""

    def of(self, part: bytes) -> Iterator[dict[str, Any]]:
        *lines, self._rest = (self._rest + part).split(b"\n")
        for line in lines:
            row = json.loads(line)
            yield row | ({"wrapped": bytes.fromhex(row["wrapped"])} if "wrapped" in row else {})


def add(engine: Engine, table: Table, rows: Iterable[dict[str, Any]]) -> int:
    """Put rows into an empty table; returns how many."""
    batch: list[dict[str, Any]] = []
    count = 0
    with engine.begin() as connection:
        for row in rows:
            batch.append(row)
            count += 1
            if len(batch) == BATCH:
                connection.execute(insert(table), batch)
                batch.clear()
        if batch:
            connection.execute(insert(table), batch)
    return count


def empty(engine: Engine) -> bool:
    """Whether the keys database holds nothing yet."""
    with engine.connect() as connection:
        return not any(connection.scalar(select(func.count()).select_from(table)) for table in TABLES)


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes | memoryview) else value
