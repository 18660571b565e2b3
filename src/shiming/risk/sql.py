"""The same features and rules as a DuckDB query over all history. A test feeds both the same and finds the same.

The query reads the table `history`: n, at and seen (ms), id, account, type, and one column for each fact, never null.
Windows are RANGE frames over `k`, a whole number that is unique within a key: at · 65536 + place among those of the ms.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from types import MappingProxyType

from shiming.risk.distance import ARCS, RADIUS, STEP
from shiming.risk.events import ALL_FACTS, PLACE, WORD, Value
from shiming.risk.expressions import Node
from shiming.risk.features import BUCKETS, MOST_DISTINCT, Feature
from shiming.risk.rules import Plan, Rule

_OWN = {"at": "int", "seen": "int", "id": WORD, "account": WORD, "type": WORD}
COLUMNS = {**_OWN, **ALL_FACTS, **dict.fromkeys(PLACE, "int")}
OWN_NAMES = frozenset({*_OWN, *PLACE, "n", "k", "whose", "rule"})
"""Names that the query needs for itself: no feature may be called so."""
SAME_MS = 65536
# Judged (B608): names come from documents that were checked (NAME), constants are quoted below, all else is ours.
_SIGNS = {
    "_&&_": "AND", "_||_": "OR", "_==_": "=", "_!=_": "<>", "_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">=",
    "_+_": "+", "_-_": "-", "_*_": "*", "_%_": "%",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine writes a text, a name, a whole number that nothing overflows, and a division towards zero."""

    text: Callable[[str], str]
    name: Callable[[str], str]
    wide: Callable[[str], str]
    divided: Callable[[str, str], str]


DUCKDB = Dialect(
    text=lambda value: "'" + value.replace("'", "''") + "'",
    name=lambda name: f'"{name}"',
    wide=lambda number: f"{number}::HUGEINT",
    divided=lambda number, by: f"({number} // {by})",
)


def expression(node: Node, dialect: Dialect = DUCKDB) -> str:
    """A checked expression as SQL."""
    if node.op == "const":
        return constant(node.value, dialect)
    if node.op == "name":
        return dialect.name(node.value)
    args = [expression(arg, dialect) for arg in node.args]
    if node.op in _SIGNS:
        left = dialect.wide(args[0]) if node.op in ("_*_", "_+_", "_-_") else args[0]
        return f"({left} {_SIGNS[node.op]} {args[1]})"
    if node.op == "_/_":
        return dialect.divided(*args)
    return _special(node.op, args, dialect)


def _special(op: str, args: list[str], dialect: Dialect) -> str:
    if op == "@in":
        return f"({args[0]} IN {args[1]})" if args[1] != "()" else "FALSE"
    if op == "list":
        return f"({', '.join(args)})"
    if op == "_?_:_":
        return f"(CASE WHEN {args[0]} THEN {args[1]} ELSE {args[2]} END)"
    return f"(NOT {args[0]})" if op == "!_" else f"(-({dialect.wide(args[0])}))"


def constant(value: Value, dialect: Dialect = DUCKDB) -> str:
    if isinstance(value, str):
        return dialect.text(value)
    return str(value).upper() if isinstance(value, bool) else f"({value})"


def macros() -> tuple[str, ...]:
    """What `places.kilometres` does, to be made known to DuckDB once."""
    between = f"({list(ARCS)}[c // {STEP} + 2] - {list(ARCS)}[c // {STEP} + 1]) * (c % {STEP}) // {STEP}"
    chord = f"trunc(least({2 * RADIUS}::DOUBLE, sqrt((dx * dx + dy * dy + dz * dz)::DOUBLE)))::BIGINT"
    return (
        f"CREATE OR REPLACE MACRO along(c) AS {list(ARCS)}[c // {STEP} + 1] + {between}",
        f"CREATE OR REPLACE MACRO kilometres(dx, dy, dz) AS along({chord})",
    )


def columns() -> str:
    """The columns of `history`, for CREATE TABLE."""
    return ", ".join(f'"{name}" {"VARCHAR" if kind == WORD else "BIGINT"}' for name, kind in COLUMNS.items())


def feature(row: Feature) -> str:
    """One feature as a window expression over `keyed`, which has one partition for each key."""
    given = matching(row)
    low = f'("at" // {row.bucket_ms} - {BUCKETS}) * {row.bucket_ms} * {SAME_MS}'
    upto = "1 PRECEDING" if row.before else "CURRENT ROW"
    now, past = (f"(PARTITION BY whose ORDER BY k RANGE BETWEEN (k - {low}) PRECEDING AND {end})"
                 for end in (upto, "1 PRECEDING"))  # fmt: skip
    of = f'"{row.of}"'
    if row.kind == "count":
        return f"count(*) FILTER ({given}) OVER {now}"
    if row.kind in ("sum", "max"):
        return f"coalesce({row.kind}({of}) FILTER ({given}) OVER {now}, 0)"
    if row.kind == "distinct":
        value = f"CASE WHEN {given} AND {of}::VARCHAR NOT IN ('', '0') THEN {of} END"
        return f"least(count(DISTINCT {value}) OVER {now}, {MOST_DISTINCT})"
    if row.kind == "seconds_since":
        return f'coalesce(("at" - max("at") FILTER ({given}) OVER {past}) // 1000, {row.empty})'
    if row.kind == "last":
        blank = "''" if row.of_kind == WORD else "0"
        value = f"CASE WHEN {given} AND {of} <> {blank} THEN {of} END"
        return f"coalesce(last_value({value} IGNORE NULLS) OVER {past}, {constant(row.empty)})"
    value = f"CASE WHEN {given} AND place <> '' THEN [\"at\", x, y, z] END"
    return f"last_value({value} IGNORE NULLS) OVER {past}"


def matching(row: Feature, dialect: Dialect = DUCKDB) -> str:
    """Which events a feature takes in."""
    where = f" AND {expression(row.where, dialect)}" if row.where else ""
    return f"type IN ({listed(row.on, dialect)}){where}"


def _told(row: Feature) -> str:
    """What `feature` found, as the value that rules see."""
    name = f'"{row.name}"'
    if row.kind not in ("speed_kmh", "distance_km"):
        return name
    way = f"kilometres(x - {name}[2], y - {name}[3], z - {name}[4])"
    speed = f'{way} * 3600 // greatest(60, ("at" - {name}[1]) // 1000)' if row.kind == "speed_kmh" else way
    return f"CASE WHEN place <> '' AND {name} IS NOT NULL THEN {speed} ELSE 0 END AS {name}"


@dataclass(frozen=True, slots=True)
class Pass:
    """One window query: features that share their key and the event types that matter to them."""

    by: str
    features: tuple[Feature, ...]
    read: tuple[str, ...]
    told: tuple[str, ...]

    def query(self, among: str = "TRUE") -> str:
        """The features at every event of a type in `told`, as n and one column for each."""
        return f"SELECT n, {_names(self.features)} FROM ({_windows(self, among)}) WHERE type IN ({listed(self.told)})"  # nosec B608


def passes(plan: Plan, known: Mapping[str, Set[str]] = MappingProxyType({})) -> list[Pass]:
    """The window queries that the rules need; an event is read only where it changes, or is asked for, a feature.

    `known`: at which types of event there is a feature of this signature already.
    """
    found: dict[tuple, list[Feature]] = {}
    for row in plan.features.values():
        told = {type for rule in plan.rules.values() if row.name in rule.when.names() for type in rule.on}
        told -= known.get(row.signature, frozenset())
        if told:
            found.setdefault((row.by, tuple(sorted(told | set(row.on))), tuple(sorted(told))), []).append(row)
    return [Pass(by, tuple(rows), read, told) for (by, read, told), rows in found.items()]


def key_columns(by: str, dialect: Dialect = DUCKDB) -> list[str]:
    return [dialect.name(part) for part in by.split("+")]


def key(by: str, dialect: Dialect = DUCKDB) -> str:
    """The key as one text, which is what partitions are made by."""
    return " || '|' || ".join(key_columns(by, dialect))


def rule(row: Rule, dialect: Dialect = DUCKDB) -> str:
    """One rule as a condition over `history` joined with all features."""
    return f"(type IN ({listed(row.on, dialect)}) AND {expression(row.when, dialect)})"


def _windows(given: Pass, among: str) -> str:
    there = " AND ".join(f"{part} <> ''" for part in key_columns(given.by))
    whose = key(given.by)
    numbered = f'"at" * {SAME_MS} + row_number() OVER (PARTITION BY {whose}, "at" ORDER BY seen, id)'
    found = ", ".join(f'{feature(row)} AS "{row.name}"' for row in given.features)
    return (
        f"WITH keyed AS (SELECT *, {whose} AS whose, {numbered} AS k FROM history "  # nosec B608
        f"WHERE type IN ({listed(given.read)}) AND {there} AND {among}), "
        f'found AS (SELECT n, type, "at", place, x, y, z, {found} FROM keyed) '
        f"SELECT n, type, {', '.join(map(_told, given.features))} FROM found"
    )


def listed(words: Iterable[str], dialect: Dialect = DUCKDB) -> str:
    return ", ".join(constant(word, dialect) for word in words)


def _names(rows: Iterable[Feature]) -> str:
    return ", ".join(f'"{row.name}"' for row in rows)
