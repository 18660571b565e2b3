"""A long history that stays for the trials after this one, with every feature that they asked for.

    events_TYPE    the events of a type, in order of n; `history` is all of them
    seen_N         what one window query found at the events of one type, row by row beside those
    seen           where a feature is: at which type, its signature (all that it depends on), table and column

So a trial of a changed rule reads the few columns that its rules speak of, and computes nothing; one of a changed
feature computes this feature. What is kept is as it was when the history was made: nothing is added to it, later events
are in the next one. The file is encrypted as that of a single trial is, by a key that its maker keeps (see
workflows/risk/trial_history.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from shiming.risk import sql
from shiming.risk.events import TYPES
from shiming.risk.rules import Plan
from shiming.store.risk.history import History, asked, found

# Judged (B608): names of types are those of `TYPES`, of features and tables were checked or made here.


class KeptHistory(History):
    """`file` stays. A new one takes events until `close_intake`; one that is there is judged only."""

    def __init__(self, file: Path, key: str, threads: int = 1):
        super().__init__(file, threads, key, ordered=True)

    def _begin(self) -> None:
        if self._tables("seen"):
            self.count = self.db.execute("SELECT count(*) FROM history").fetchone()[0]
        else:
            super()._begin()

    def __exit__(self, kind: type | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.db.close()

    def close_intake(self) -> None:
        """Lay the events down by type: from now on they only have to be read where a rule speaks of their type."""
        for (type,) in self.db.execute("SELECT DISTINCT type FROM history").fetchall():
            self.db.execute(f"CREATE TABLE events_{type} AS SELECT * FROM history WHERE type = ? ORDER BY n", [type])  # nosec B608
        self.db.execute("DROP TABLE history")
        every = " UNION ALL ".join(f"SELECT * FROM {name}" for name in self._tables("events_%"))  # nosec B608
        self.db.execute(f"CREATE VIEW history AS {every}")
        self.db.execute('CREATE TABLE seen (type VARCHAR, signature VARCHAR, "table" VARCHAR, "column" VARCHAR)')

    def _tables(self, like: str) -> list[str]:
        query = "SELECT table_name FROM duckdb_tables() WHERE NOT temporary AND table_name LIKE ? ORDER BY table_name"
        return [name for name, in self.db.execute(query, [like]).fetchall()]

    def _needed(self, plan: Plan) -> Sequence[sql.Pass]:
        absent = {type for type in TYPES if not self._tables(f"events_{type}")}
        kept = self._seen()
        return sql.passes(plan, {row.signature: absent | kept.get(row.signature, {}).keys()
                                 for row in plan.features.values()})  # fmt: skip

    def _seen(self) -> Mapping[str, Mapping[str, tuple[str, str]]]:
        """Signature → type → table and column."""
        where: dict[str, dict[str, tuple[str, str]]] = {}
        for type, signature, table, column in self.db.execute("SELECT * FROM seen").fetchall():
            where.setdefault(signature, {})[type] = table, column
        return where

    def _keep(self) -> None:
        """Put what the passes found beside the events, all of it or nothing."""
        if not self._passes:
            return
        self.db.execute("BEGIN")
        number = len(self._tables("seen_%"))
        for place, one in enumerate(self._passes):
            for type in self._present(one.told):
                table, number = f"seen_{number}", number + 1
                columns = ", ".join(f'{found(row)} AS "{row.name}"' for row in one.features)
                self.db.execute(f"CREATE TABLE {table} AS SELECT n, {columns} FROM (SELECT n FROM events_{type}) "  # nosec B608
                                f"LEFT JOIN pass_{place} USING (n) ORDER BY n")  # fmt: skip
                self._in_step(type, table)
                rows = [(type, row.signature, table, row.name) for row in one.features]
                self.db.executemany("INSERT INTO seen VALUES (?, ?, ?, ?)", rows)
        self.db.execute("COMMIT")
        for place in range(len(self._passes)):
            self.db.execute(f"DROP TABLE pass_{place}")

    def _present(self, types: Sequence[str]) -> Iterator[str]:
        return (type for type in types if self._tables(f"events_{type}"))

    def _in_step(self, type: str, table: str) -> None:
        """Rows are told apart by their place: those of a table have to be those of the events."""
        query = f"SELECT count(*) FROM (SELECT n FROM events_{type}) e POSITIONAL JOIN (SELECT n AS m FROM {table}) s "  # nosec B608
        if self.db.execute(f"{query} WHERE n IS DISTINCT FROM m").fetchone()[0]:
            raise RuntimeError(f"{table} is not in the order of events_{type}")

    def _valued(self, plan: Plan, type: str) -> str:
        """As in any history; only what rules on this type ask for is read."""
        seen, names = self._seen(), asked(plan, type)
        facts = sorted({"n", "type"} | (names & sql.COLUMNS.keys()))
        parts: dict[str, list[str]] = {f"events_{type}": [f'"{name}"' for name in facts]}
        for name in sorted(names & plan.features.keys()):
            table, column = seen[plan.features[name].signature][type]
            parts.setdefault(table, []).append(f'"{column}" AS "{name}"')
        return "SELECT * FROM " + " POSITIONAL JOIN ".join(
            f"(SELECT {', '.join(columns)} FROM {table}) AS of_{table}" for table, columns in parts.items()  # nosec B608
        )  # fmt: skip
