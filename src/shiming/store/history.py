"""All history in DuckDB: the policy's features and rules as queries. The definitions are those of live judging."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shiming.risk import sql
from shiming.risk.events import BLANK, WORD, Event
from shiming.risk.rules import Plan

CHUNK = 50_000
ROWS_AT_ONCE = 2_000_000
"""Rows of one window query: keys are gone through in shares of about so many events, which bounds memory."""
MEMORY = "2GB"


class History:
    """A DuckDB database of its own, in memory or, for much, in a private file that ends with it."""

    def __init__(self, file: Path | None = None, threads: int = 1):
        import duckdb  # not above: it is large, and needed to try a policy only

        self._file = file
        self.db = duckdb.connect(str(file) if file else ":memory:")
        settings = f"SET threads = {threads}", f"SET memory_limit = '{MEMORY}'", "SET preserve_insertion_order = false"
        for order in (*settings, *sql.macros(), f"CREATE TABLE history (n BIGINT, {sql.columns()})"):
            self.db.execute(order)
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.db.close()
        if self._file:
            self._file.unlink(missing_ok=True)

    def add(self, events: Iterable[Event]) -> int:
        """Take events in, in any order; returns how many there are now."""
        rows = iter(events)
        while chunk := list(islice(rows, CHUNK)):
            self._insert(chunk)
        return self.count

    def _insert(self, chunk: Sequence[Event]) -> None:
        import numpy as np

        columns: dict[str, Any] = {"n": np.arange(self.count, self.count + len(chunk))}  # DuckDB finds it by its name
        for name, kind in sql.COLUMNS.items():
            own = name in ("at", "seen", "id", "account", "type")
            values = [getattr(e, name) if own else e.facts.get(name, BLANK[name]) for e in chunk]
            columns[name] = np.array(values, dtype=object if kind == WORD else np.int64)
        self.db.execute("INSERT INTO history SELECT * FROM columns")
        self.count += len(chunk)

    def judge(self, plan: Plan, say: Callable[[float], None] = lambda share: None) -> None:
        """Fill the table `hits` (n, rule): every event that a rule speaks of. `say` hears the share that is done."""
        passes = sql.passes(plan)
        for number, one in enumerate(passes):
            self._features(f"pass_{number}", one)
            say((number + 1) / (len(passes) + 1))
        joined = " ".join(f"LEFT JOIN pass_{number} USING (n)" for number in range(len(passes)))
        given = ", ".join(_given(plan, one) for one in passes)
        rules = " UNION ALL ".join(
            f"SELECT n, {_text(name)} AS rule FROM valued WHERE {sql.rule(row)}"
            for name, row in plan.rules.items()
        )
        told = ", ".join(_text(type) for type in sorted({type for row in plan.rules.values() for type in row.on}))
        self.db.execute(f"CREATE OR REPLACE TEMP TABLE valued AS SELECT h.*{', ' + given if given else ''} "
                        f"FROM history h {joined} WHERE type IN ({told or 'NULL'})")  # fmt: skip
        self.db.execute(f"CREATE OR REPLACE TABLE hits AS {rules or 'SELECT 0::BIGINT AS n, NULL AS rule LIMIT 0'}")
        say(1.0)

    def _features(self, table: str, one: sql.Pass) -> None:
        shares = self.count // ROWS_AT_ONCE + 1
        for share in range(shares):
            among = f"hash({sql.key(one.by)}) % {shares} = {share}" if shares > 1 else "TRUE"
            verb = f"INSERT INTO {table}" if share else f"CREATE OR REPLACE TEMP TABLE {table} AS"
            self.db.execute(f"{verb} {one.query(among)}")

    def hits(self) -> Iterator[tuple[str, str]]:
        """(event id, rule) of every hit."""
        found = self.db.execute('SELECT id, rule FROM hits JOIN history USING (n) ORDER BY "at", id, rule')
        while rows := found.fetchmany(CHUNK):
            yield from rows


def _given(plan: Plan, one: sql.Pass) -> str:
    """Columns of a pass, with what a feature is where the event has no such key."""
    return ", ".join(f'coalesce("{f.name}", {_text(f.empty)}) AS "{f.name}"' for f in one.features)


def _text(value: Any) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
