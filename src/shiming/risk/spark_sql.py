"""The same features and rules as Spark SQL. A test feeds live judging, DuckDB and Spark the same and finds the same.

Spark's frames begin at a fixed distance, ours at the beginning of a bucket, and it goes through a frame anew for each
row. So a window is taken apart: what the 24 buckets before this one came to (a frame over one row for each bucket that
a key has), and what happened in this one so far (a frame that only grows). Names of ours begin with @, features' never.
"""

from collections.abc import Iterable, Sequence

from shiming.risk.distance import ARCS, RADIUS, STEP
from shiming.risk.events import WORD
from shiming.risk.features import BUCKETS, MOST_DISTINCT, Feature
from shiming.risk.sql import Dialect, Pass, constant, key, key_columns, listed, matching

_PLACED = ("speed_kmh", "distance_km")
_ORDER = "at, seen, id"


def _wide(number: str) -> str:
    return f"CAST({number} AS DECIMAL(38, 0))"


def _divided(number: str, by: str) -> str:
    """Of wide numbers, exact: `div` would make a BIGINT of it."""
    return f"CAST(({_wide(number)} - {_wide(number)} % {by}) / {by} AS DECIMAL(38, 0))"


SPARK = Dialect(
    text=lambda value: "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'",
    name=lambda name: f"`{name}`",
    wide=_wide,
    divided=_divided,
)
# Judged (B608): names come from documents that were checked (NAME), constants are quoted, all else is ours.


def query(given: Pass) -> str:
    """The features of a pass at every event of a type that is told of them, as n and one column for each."""
    sizes = sorted({row.bucket_ms for row in given.features})
    whose = key(given.by, SPARK)
    there = " AND ".join(f"{part} <> ''" for part in key_columns(given.by, SPARK))
    steps = [
        f"`@keyed` AS (SELECT *, {whose} AS `@whose` FROM history "  # nosec B608
        f"WHERE type IN ({listed(given.read, SPARK)}) AND {there})",
        f"`@valued` AS (SELECT *, {_commas(_values(given, sizes))} FROM `@keyed`)",  # nosec B608
        f"`@marked` AS (SELECT *, {_commas(['1 AS `@one`', *_marks(given, sizes)])} FROM `@valued`)",  # nosec B608
    ]
    joined = []
    for n, size in enumerate(sizes):
        own = [row for row in given.features if row.bucket_ms == size]
        steps += _before(n, own)
        joined.append(f"JOIN `@before{n}` b{n} ON b{n}.`@whose` = m.`@whose` AND b{n}.`@bucket` = m.`@b{n}`")
    found = _commas(f"{_found(row, sizes.index(row.bucket_ms))} AS `{row.name}`" for row in given.features)
    steps.append(f"`@found` AS (SELECT n, type, at, place, x, y, z, {found} FROM `@marked` m {' '.join(joined)})")  # nosec B608
    told = f"type IN ({listed(given.told, SPARK)})"
    return f"WITH {_commas(steps)} SELECT n, {_commas(map(_told, given.features))} FROM `@found` WHERE {told}"  # nosec B608


def valued(passes: Sequence[Pass], type: str, conditions: dict[str, str]) -> str:
    """The events of a type that any condition speaks of, with what the tables `pass_N` say, and whether each does."""
    columns, joined = ["h.*"], []
    for number, one in enumerate(passes):
        if type in one.told:
            joined.append(f"LEFT JOIN pass_{number} ON pass_{number}.n = h.n")
            columns += [f"coalesce(pass_{number}.`{row.name}`, {constant(row.empty, SPARK)}) AS `{row.name}`"
                        for row in one.features]  # fmt: skip
    said = _commas(f"{condition} AS `@{rule}`" for rule, condition in conditions.items())
    inner = f"SELECT {_commas(columns)} FROM history h {' '.join(joined)} WHERE h.type = {SPARK.text(type)}"  # nosec B608
    return f"SELECT *, {said} FROM ({inner}) WHERE {' OR '.join(conditions.values())}"  # nosec B608


def _values(given: Pass, sizes: Sequence[int]) -> Iterable[str]:
    """Each event's bucket in windows of each size, and what features of values keep of it (NULL: nothing)."""
    yield from (f"at div {size} AS `@b{n}`" for n, size in enumerate(sizes))
    for row in given.features:
        of, where = f"`{row.of}`", matching(row, SPARK)
        if row.kind == "distinct":
            text = f"CAST({of} AS STRING)"
            yield f"CASE WHEN {where} AND {text} NOT IN ('', '0') THEN {text} END AS `@v_{row.name}`"
        elif row.kind == "last":
            blank = "''" if row.of_kind == WORD else "0"
            yield f"CASE WHEN {where} AND {of} <> {blank} THEN {of} END AS `@v_{row.name}`"
        elif row.kind in _PLACED:
            yield f"CASE WHEN {where} AND place <> '' THEN struct(at, x, y, z) END AS `@v_{row.name}`"


def _marks(given: Pass, sizes: Sequence[int]) -> Iterable[str]:
    """Whether a value is here for the first time in its window, seen from the end of this event's bucket."""
    for row in given.features:
        if row.kind == "distinct":
            bucket, value = f"`@b{sizes.index(row.bucket_ms)}`", f"`@v_{row.name}`"
            last = f"lag({bucket}) OVER (PARTITION BY `@whose`, {value} ORDER BY {_ORDER})"
            fresh = f"{value} IS NOT NULL AND coalesce({last}, -1) < {bucket} - {BUCKETS}"
            yield f"CASE WHEN {fresh} THEN 1 ELSE 0 END AS `@new_{row.name}`"


def _before(n: int, rows: Sequence[Feature]) -> list[str]:
    """Two steps: what each bucket of a key came to, and what the 24 before it did."""
    each = _commas(f"{_bucket(row)} AS `{row.name}`" for row in rows)
    window = f"(PARTITION BY `@whose` ORDER BY `@bucket` RANGE BETWEEN {BUCKETS} PRECEDING AND 1 PRECEDING)"
    all_of_them = _commas(f"{_buckets(row, window)} AS `{row.name}`" for row in rows)
    return [
        f"`@each{n}` AS (SELECT `@whose`, `@b{n}` AS `@bucket`, {each} FROM `@marked` GROUP BY `@whose`, `@b{n}`)",  # nosec B608
        f"`@before{n}` AS (SELECT `@whose`, `@bucket`, {all_of_them} FROM `@each{n}`)",  # nosec B608
    ]


def _bucket(row: Feature) -> str:
    value = f"`@v_{row.name}`"
    if row.kind == "distinct":
        return f"slice(collect_set({value}), 1, {MOST_DISTINCT})"
    if row.kind in ("last", *_PLACED):
        return f"max_by({value}, CASE WHEN {value} IS NOT NULL THEN struct({_ORDER}) END)"
    return f"{_aggregate(row)}({_amount(row)})"


def _buckets(row: Feature, window: str) -> str:
    name = f"`{row.name}`"
    if row.kind == "distinct":
        return f"size(array_distinct(flatten(collect_list({name}) OVER {window})))"
    if row.kind in ("last", *_PLACED):
        return f"last({name}, true) OVER {window}"
    return f"{_aggregate(row)}({name}) OVER {window}"


def _aggregate(row: Feature) -> str:
    return "max" if row.kind in ("max", "seconds_since") else "sum"


def _amount(row: Feature) -> str:
    """What an event adds to a feature that is no value: NULL where it does not match."""
    what = {"count": "1", "seconds_since": "at"}.get(row.kind, f"`{row.of}`")
    return f"CASE WHEN {matching(row, SPARK)} THEN {what} END"


def _found(row: Feature, n: int) -> str:
    """A feature at an event: the buckets before, and this one so far."""
    earlier, whole = f"b{n}.`{row.name}`", f"PARTITION BY m.`@whose`, m.`@b{n}` ORDER BY {_ORDER}"
    now, past = (f"({whole} ROWS BETWEEN UNBOUNDED PRECEDING AND {end})"
                 for end in ("1 PRECEDING" if row.before else "CURRENT ROW", "1 PRECEDING"))  # fmt: skip
    if row.kind in ("count", "sum"):
        return f"coalesce({earlier}, 0) + coalesce(sum({_amount(row)}) OVER {now}, 0)"
    if row.kind == "max":
        return f"coalesce(greatest({earlier}, max({_amount(row)}) OVER {now}), 0)"
    if row.kind == "distinct":
        here = f"coalesce(sum(`@new_{row.name}`) OVER {now}, 0)"
        return f"least(greatest({earlier}, 0) + {here}, {MOST_DISTINCT})"
    if row.kind == "seconds_since":
        last = f"coalesce(max({_amount(row)}) OVER {past}, {earlier})"
        return f"coalesce((at - {last}) div 1000, {row.empty})"
    last = f"coalesce(last(`@v_{row.name}`, true) OVER {past}, {earlier})"
    return f"coalesce({last}, {constant(row.empty, SPARK)})" if row.kind == "last" else last


def _told(row: Feature) -> str:
    """What `_found` found, as the value that rules see."""
    name = f"`{row.name}`"
    if row.kind not in _PLACED:
        return name
    way = _kilometres(*(f"({axis} - {name}.{axis})" for axis in "xyz"))
    speed = f"{way} * 3600 div greatest(60, (at - {name}.at) div 1000)" if row.kind == "speed_kmh" else way
    return f"CASE WHEN place <> '' AND {name} IS NOT NULL THEN {speed} ELSE 0 END AS {name}"


def _kilometres(dx: str, dy: str, dz: str) -> str:
    """What `distance.kilometres` does."""
    square = f"CAST({dx} * {dx} + {dy} * {dy} + {dz} * {dz} AS DOUBLE)"
    chord = f"CAST(least({2 * RADIUS}D, sqrt({square})) AS BIGINT)"
    arcs = f"array({_commas(map(str, ARCS))})"
    return (f"({arcs}[CAST({chord} div {STEP} AS INT)] + ({arcs}[CAST({chord} div {STEP} AS INT) + 1] "
            f"- {arcs}[CAST({chord} div {STEP} AS INT)]) * ({chord} % {STEP}) div {STEP})")  # fmt: skip


def _commas(parts: Iterable[str]) -> str:
    return ", ".join(parts)
