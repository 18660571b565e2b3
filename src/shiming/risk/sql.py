"""The same features and rules as a DuckDB query over all history. A test feeds both the same and finds the same.

The query reads the table `history`: n, at and seen (ms), id, account, type, and one column for each fact, never null.
Windows are RANGE frames over `k`, a whole number that is unique within a key: at · 65536 + place among those of the ms.
"""

from collections.abc import Iterable
from dataclasses import dataclass

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
    "_+_": "+", "_-_": "-", "_*_": "*", "_/_": "//", "_%_": "%",
}  # fmt: skip


def expression(node: Node) -> str:
    """A checked expression as SQL. Numbers are HUGEINT, so that nothing overflows."""
    if node.op == "const":
        return _constant(node.value)
    if node.op == "name":
        return f'"{node.value}"'
    args = [expression(arg) for arg in node.args]
    if node.op in _SIGNS:
        left = f"{args[0]}::HUGEINT" if node.op in ("_*_", "_+_", "_-_") else args[0]
        return f"({left} {_SIGNS[node.op]} {args[1]})"
    if node.op == "@in":
        return f"({args[0]} IN {args[1]})" if args[1] != "()" else "FALSE"  # IN (NULL) is unknown, and so is not that
    if node.op == "list":
        return f"({', '.join(args)})"
    if node.op == "_?_:_":
        return f"(CASE WHEN {args[0]} THEN {args[1]} ELSE {args[2]} END)"
    return f"(NOT {args[0]})" if node.op == "!_" else f"(-({args[0]}::HUGEINT))"


def _constant(value: Value) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
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
    matching = f"type IN ({_list(row.on)})" + (f" AND {expression(row.where)}" if row.where else "")
    low = f'("at" // {row.bucket_ms} - {BUCKETS}) * {row.bucket_ms} * {SAME_MS}'
    upto = "1 PRECEDING" if row.before else "CURRENT ROW"
    now, past = (f"(PARTITION BY whose ORDER BY k RANGE BETWEEN (k - {low}) PRECEDING AND {end})"
                 for end in (upto, "1 PRECEDING"))  # fmt: skip
    of = f'"{row.of}"'
    if row.kind == "count":
        return f"count(*) FILTER ({matching}) OVER {now}"
    if row.kind in ("sum", "max"):
        return f"coalesce({row.kind}({of}) FILTER ({matching}) OVER {now}, 0)"
    if row.kind == "distinct":
        given = f"CASE WHEN {matching} AND {of}::VARCHAR NOT IN ('', '0') THEN {of} END"
        return f"least(count(DISTINCT {given}) OVER {now}, {MOST_DISTINCT})"
    if row.kind == "seconds_since":
        return f'coalesce(("at" - max("at") FILTER ({matching}) OVER {past}) // 1000, {row.empty})'
    if row.kind == "last":
        blank = "''" if row.of_kind == WORD else "0"
        given = f"CASE WHEN {matching} AND {of} <> {blank} THEN {of} END"
        return f"coalesce(last_value({given} IGNORE NULLS) OVER {past}, {_constant(row.empty)})"
    given = f"CASE WHEN {matching} AND place <> '' THEN [\"at\", x, y, z] END"
    return f"last_value({given} IGNORE NULLS) OVER {past}"


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
        return f"SELECT n, {_names(self.features)} FROM ({_windows(self, among)}) WHERE type IN ({_list(self.told)})"  # nosec B608


def passes(plan: Plan) -> list[Pass]:
    """The window queries that the rules need; an event is read only where it changes, or is asked for, a feature."""
    found: dict[tuple, list[Feature]] = {}
    for row in plan.features.values():
        told = {type for rule in plan.rules.values() if row.name in rule.when.names() for type in rule.on}
        if told:
            found.setdefault((row.by, tuple(sorted(told | set(row.on))), tuple(sorted(told))), []).append(row)
    return [Pass(by, tuple(rows), read, told) for (by, read, told), rows in found.items()]


def key_columns(by: str) -> list[str]:
    return ["account" if part == "account" else f'"{part}"' for part in by.split("+")]


def key(by: str) -> str:
    """The key as one text, which is what partitions are made by."""
    return " || '|' || ".join(key_columns(by))


def rule(row: Rule) -> str:
    """One rule as a condition over `history` joined with all features."""
    return f"(type IN ({_list(row.on)}) AND {expression(row.when)})"


def _windows(given: Pass, among: str) -> str:
    there = " AND ".join(f"{part} <> ''" for part in key_columns(given.by))
    whose = key(given.by)
    numbered = f'"at" * {SAME_MS} + row_number() OVER (PARTITION BY {whose}, "at" ORDER BY seen, id)'
    found = ", ".join(f'{feature(row)} AS "{row.name}"' for row in given.features)
    return (
        f"WITH keyed AS (SELECT *, {whose} AS whose, {numbered} AS k FROM history "  # nosec B608
        f"WHERE type IN ({_list(given.read)}) AND {there} AND {among}), "
        f'found AS (SELECT n, type, "at", place, x, y, z, {found} FROM keyed) '
        f"SELECT n, type, {', '.join(map(_told, given.features))} FROM found"
    )


def _list(words: Iterable[str]) -> str:
    return ", ".join(map(_constant, words))


def _names(rows: Iterable[Feature]) -> str:
    return ", ".join(f'"{row.name}"' for row in rows)
