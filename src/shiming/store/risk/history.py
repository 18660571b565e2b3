"""All history in DuckDB: the policy's features and rules as queries. The definitions are those of live judging."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shiming.risk import sql
from shiming.risk.events import BLANK, WORD, Event
from shiming.risk.features import Feature
from shiming.risk.rules import Plan

CHUNK = 50_000
# Judged (B608): queries are put together of names that were checked, constants quoted by `_text`, and text of ours.
ROWS_AT_ONCE = 2_000_000
"""Rows of one window query: keys are gone through in shares of about so many events, which bounds memory."""
MEMORY = "2GB"


class History:
    """A DuckDB database of its own, in memory or, for much, in a file that ends with it.

    The file and what spills beside it are encrypted with a key that nobody but this object ever has: whatever a crash
    leaves behind can no longer be read. (DuckDB calls its built-in cipher unsafe because the initial vectors are not
    from the system's random source; the better one is an extension that would have to be downloaded.)
    """

    def __init__(self, file: Path | None = None, threads: int = 1, key: str = "", ordered: bool = False):
        """`key`: 32 characters; without one it is made here. `ordered`: rows stay in the order in which they came."""
        import duckdb  # not above: it is large, and needed to try a policy only

        self._file = file
        self.db = duckdb.connect()
        order = f"SET preserve_insertion_order = {str(ordered).lower()}"
        there = _sealed(file, key or secrets.token_hex(16)) if file else ("SET temp_directory = ''",)
        for one in (f"SET threads = {threads}", f"SET memory_limit = '{MEMORY}'", order, *there, *sql.macros()):
            self.db.execute(one)
        self._begin()
        self._passes: Sequence[sql.Pass] = ()

    def _begin(self) -> None:
        self.db.execute(f"CREATE TABLE history (n BIGINT, {sql.columns()})")
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
        """Fill `hits` (n, rule): every event that a rule speaks of; tables `valued_TYPE` have what the rules saw there.

        `say` hears the share that is done.
        """
        counted = dict(self.db.execute("SELECT type, count(*) FROM history GROUP BY type").fetchall())
        told = sorted({type for row in plan.rules.values() for type in row.on} & set(counted))
        self._passes = self._needed(plan)
        steps = len(self._passes) + len(told) + 1
        for number, one in enumerate(self._passes):
            self._features(f"pass_{number}", one, sum(counted.get(type, 0) for type in one.read))
            say((number + 1) / steps)
        self._keep()
        self.db.execute("CREATE OR REPLACE TEMP TABLE hits (n BIGINT, rule VARCHAR)")
        for number, type in enumerate(told):
            self._told(plan, type)
            say((len(self._passes) + number + 1) / steps)
        say(1.0)

    def _needed(self, plan: Plan) -> Sequence[sql.Pass]:
        """The window queries that have to be run."""
        return sql.passes(plan)

    def _keep(self) -> None:
        """What becomes of that which they found, beside this judging: nothing."""

    def _told(self, plan: Plan, type: str) -> None:
        """What the rules on a type of event say."""
        rules = {name: sql.rule(row) for name, row in plan.rules.items() if type in row.on}
        columns = ", ".join(f'"{name}"' for name in ("n", "type", *sorted(asked(plan, type) - {"type"})))
        condition = " OR ".join(rules.values())
        query = f"SELECT {columns} FROM ({self._valued(plan, type)}) WHERE {condition}"  # nosec B608
        self.db.execute(f"CREATE OR REPLACE TEMP TABLE valued_{type} AS {query}")
        for name, condition in rules.items():
            self.db.execute(f"INSERT INTO hits SELECT n, {_text(name)} FROM valued_{type} WHERE {condition}")  # nosec B608

    def _valued(self, plan: Plan, type: str) -> str:
        """The events of a type, with what every pass found that is told of this type."""
        columns, joined = [], []
        for number, one in enumerate(self._passes):
            if type in one.told:
                joined.append(f"LEFT JOIN pass_{number} USING (n)")
                columns += [f'{found(f)} AS "{f.name}"' for f in one.features]
        return (f"SELECT {', '.join(['h.*', *columns])} FROM history h {' '.join(joined)} "  # nosec B608
                f"WHERE type = {_text(type)}")  # fmt: skip

    def _features(self, table: str, one: sql.Pass, rows: int) -> None:
        shares = rows // ROWS_AT_ONCE + 1
        for share in range(shares):
            among = f"hash({sql.key(one.by)}) % {shares} = {share}" if shares > 1 else "TRUE"
            verb = f"INSERT INTO {table}" if share else f"CREATE OR REPLACE TEMP TABLE {table} AS"
            self.db.execute(f"{verb} {one.query(among)}")

    def hits(self) -> Iterator[tuple[str, str]]:
        """(event id, rule) of every hit."""
        found = self.db.execute('SELECT id, rule FROM hits JOIN history USING (n) ORDER BY "at", id, rule')
        while rows := found.fetchmany(CHUNK):
            yield from rows

    # ── what a trial tells ───────────────────────────────────────────────────────────────────────
    # `hits` holds rules named now/… and then/…; `holding` is (rule, version, account, day), once each.

    def name_accounts(self, rows: Iterable[tuple[str, str, str, str]]) -> None:
        """Take in (id, name, kind, word) of accounts."""
        self.db.execute("CREATE OR REPLACE TEMP TABLE people (id VARCHAR, ref VARCHAR, kind VARCHAR, word VARCHAR)")
        found = iter(rows)
        while chunk := list(islice(found, CHUNK)):
            columns = [list(column) for column in zip(*chunk, strict=True)]
            self.db.execute("INSERT INTO people SELECT unnest(?), unnest(?), unnest(?), unnest(?)", columns)

    def note_holds(self, rules: Sequence[str], since: int) -> None:
        """Whom these rules would hold, on which day (in China), from `since` on."""
        day = "strftime(make_timestamp((\"at\" + 28800000) * 1000), '%Y-%m-%d')"
        self.db.execute(
            "CREATE OR REPLACE TEMP TABLE holding AS SELECT split_part(rule, '/', 2) AS name, "  # nosec B608
            f"split_part(rule, '/', 1) AS version, account, {day} AS day, count(*) AS hits "
            'FROM hits JOIN history USING (n) WHERE list_contains(?, rule) AND "at" >= ? GROUP BY ALL',
            [list(rules), since],
        )
        self.db.execute(
            "CREATE OR REPLACE TEMP TABLE sides AS SELECT account, bool_or(version = 'now') AS now, "
            "bool_or(version = 'then') AS then_, coalesce(any_value(word), '') AS word, any_value(kind) AS kind "
            "FROM holding LEFT JOIN people ON people.id = account GROUP BY account"
        )
        self._since = since

    def accounts_under(self, rules: Sequence[str]) -> int:
        """How many accounts any of these rules speaks of."""
        found = 'FROM hits JOIN history USING (n) WHERE list_contains(?, rule) AND "at" >= ?'
        return self.db.execute(f"SELECT count(DISTINCT account) {found}", [list(rules), self._since]).fetchone()[0]

    def held(self) -> dict[str, Any]:
        """Accounts held under both, newly, and no longer; each with what people said of them."""
        side = "CASE WHEN now AND then_ THEN 'both' WHEN then_ THEN 'new' ELSE 'no_longer' END"
        rows = self.db.execute(f"SELECT {side}, word, count(*) FROM sides GROUP BY ALL").fetchall()  # nosec B608
        found: dict[str, Any] = {"both": 0, "new": 0, "no_longer": 0}
        said = {name: {"upheld": 0, "overturned": 0, "unknown": 0} for name in found}
        for name, word, n in rows:
            found[name] += n
            said[name][word or "unknown"] += n
        return found | {"said": said}

    def by_rule(self) -> list[dict[str, Any]]:
        """For each rule of the policy tried: accounts, those not held now, and what people said of them."""
        return self._rows(
            "SELECT name AS rule, sum(hits)::BIGINT AS hits, count(DISTINCT account) AS accounts, "
            "count(DISTINCT account) FILTER (NOT s.now) AS new, "
            "count(DISTINCT account) FILTER (word = 'upheld') AS upheld, "
            "count(DISTINCT account) FILTER (word = 'overturned') AS overturned, "
            "count(DISTINCT account) FILTER (word = '') AS unknown "
            "FROM holding JOIN sides s USING (account) WHERE version = 'then' "
            "GROUP BY name ORDER BY accounts DESC, name"
        )

    def by_class(self) -> list[dict[str, Any]]:
        """For each kind of account: how many are held under each policy."""
        return self._rows(
            "SELECT coalesce(kind, '') AS kind, count(*) FILTER (now) AS now, count(*) FILTER (then_) AS then, "
            "count(*) FILTER (then_ AND NOT now) AS new FROM sides GROUP BY ALL ORDER BY kind"
        )

    def by_day(self) -> list[dict[str, Any]]:
        """For each day: how many accounts the rules would hold."""
        return self._rows(
            "SELECT day, count(DISTINCT account) FILTER (version = 'now') AS now, "
            "count(DISTINCT account) FILTER (version = 'then') AS then FROM holding GROUP BY day ORDER BY day"
        )

    def examples(self, plan: Plan, most: int) -> list[dict[str, Any]]:
        """Some accounts that would be newly held: rule, event, and the values that the rule would see."""
        rows = self._rows(
            "SELECT DISTINCT ON (account) ref AS account, split_part(rule, '/', 2) AS rule, h.id AS event, "  # nosec B608
            'h."at" AS at, n, type FROM hits JOIN history h USING (n) JOIN sides s USING (account) '
            "JOIN people ON people.id = account "
            "WHERE NOT s.now AND rule IN (SELECT 'then/' || name FROM holding WHERE version = 'then') "
            f'AND h."at" >= {self._since} ORDER BY account, h."at" LIMIT {most}'
        )
        for row in rows:
            names = sorted(plan.rules[f"then/{row['rule']}"].when.names())
            columns = ", ".join(f'"{name}"' for name in names) or "NULL"
            query = f"SELECT {columns} FROM valued_{row.pop('type')} WHERE n = ?"  # nosec B608
            found = self.db.execute(query, [row.pop("n")]).fetchone()
            row["values"] = {name.partition("@")[0]: seen for name, seen in zip(names, found, strict=False)}
        return rows

    def _rows(self, query: str) -> list[dict[str, Any]]:
        found = self.db.execute(query)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def asked(plan: Plan, type: str) -> frozenset[str]:
    """Facts and features that rules on a type of event speak of."""
    return frozenset(name for rule in plan.rules.values() if type in rule.on for name in rule.when.names())


def found(feature: Feature) -> str:
    """What a pass found of a feature; where its key is missing, what the feature is without any event."""
    return f'coalesce("{feature.name}", {_text(feature.empty)})'


def _sealed(file: Path, key: str) -> tuple[str, ...]:
    folder = _text(str(file.parent / f"{file.stem}.spilled"))
    return ("SET force_mbedtls_unsafe = 'true'", "SET temp_file_encryption = true", f"SET temp_directory = {folder}",
            f"ATTACH {_text(str(file))} AS sealed (ENCRYPTION_KEY '{key}')", "USE sealed")  # fmt: skip


def _text(value: Any) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
