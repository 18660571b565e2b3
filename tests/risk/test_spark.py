"""One definition, three engines: live judging, DuckDB and Spark find the same in random histories, by random rules.

Needs the extra `spark` and a Java runtime, and is part of `make test-long` only. Spark has two worker processes here.
"""

import json
import os
import random
import shutil

import pytest

from shiming.risk import document
from shiming.risk.events import TYPES as EVERY_TYPE
from shiming.risk.features import BY, KINDS
from shiming.risk.rules import replayed
from shiming.store.risk import spark_history
from shiming.store.risk.history import History
from shiming.store.risk.spark_history import SparkHistory
from shiming.workflows.risk import policy_trial
from tests.risk.test_policy_life import STRICT, kept, tried
from tests.risk.test_same_hits import DEFAULT, everything, happening

TYPES = ["login", "transaction", "engagement"]
ROUNDS = int(os.environ.get("ROUNDS", "12"))
SHARES = {"spark.sql.shuffle.partitions": "2", "spark.default.parallelism": "2"}
KEYS = [by for by in BY if "target" not in by and "counterparty" not in by]
WHERE = ("level > 1", "device != 'device2'", "level * 3 - 4 > 0", "!(device in ['device1', 'it'])")
CONDITIONS = (
    "{a} > {n}", "{a} % 7 == {n} % 7", "-({a} - {n}) / 3 < {b} + 1", "{a} in [0, 1, {n}] && {b} <= {a}",
    "({a} > {b} ? {a} : {b}) / 2 != {n}", "{a} * 1000000000 * {n} / 7 > {b}", "!({a} == {b}) || {b} >= {n}",
)  # fmt: skip


@pytest.fixture(scope="module")
def spark():
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    if not shutil.which("java"):
        pytest.skip("there is no Java runtime")
    begun, _ = spark_history.session(spark_history.TWO_PROCESSES, SHARES)
    yield begun
    begun.stop()


def drawn(chance: random.Random):
    """A policy that nobody thought of: features of every kind, by every key, and rules that compare them."""
    rows = [_feature(chance) for _ in range(chance.randrange(3, 9))]
    numbers = ["level", *(f"f{n}" for n, row in enumerate(rows) if row["value"] != "last")]
    lines = ["name = 'drawn'"]
    for n, row in enumerate(rows):
        lines += [f"[features.f{n}]", *(f"{name} = {json.dumps(value)}" for name, value in row.items())]
    for n in range(6):
        when = chance.choice(CONDITIONS).format(a=chance.choice(numbers), b=chance.choice(numbers), n=n + 1)
        lines += [f"[rules.r{n}]", f"on = {_some(chance)}", "does = 'note'", f"when = {json.dumps(when)}"]
    return document.read("\n".join(lines) + "\n")


def _feature(chance: random.Random) -> dict:
    kind = chance.choice(KINDS)
    window = chance.choice(["2m", "10m", "1h", "7h", "1d", "9d"])
    row = {"value": kind, "on": _some(chance), "window": window, "by": chance.choice(KEYS)}
    if kind in ("sum", "max"):
        row |= {"of": "amount", "on": ["transaction"]}
    elif kind in ("distinct", "last"):
        row["of"] = chance.choice(["device", "network"])
    if kind in ("count", "sum", "max", "distinct") and chance.random() < 0.4:
        row["before"] = True
    return row | ({"where": chance.choice(WHERE)} if chance.random() < 0.3 else {})


def _some(chance: random.Random) -> list[str]:
    return chance.sample(["login", "transaction"], chance.randrange(1, 3))


def found(plan, events) -> list[list[tuple[str, str]]]:
    """What each engine finds: live judging, DuckDB, Spark."""
    _, hits = replayed(plan, events, lambda event: True)
    told = [sorted((hit.event, hit.rule) for hit in hits)]
    for made in (History, SparkHistory):
        with made() as history:
            history.add(events)
            history.judge(plan)
            told.append(sorted(history.hits()))
    return told


@pytest.mark.long
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_what_nobody_thought_of_is_found_by_all_three(spark, seed):
    chance = random.Random(seed)
    live, duckdb, on_spark = found(drawn(chance).plan, [happening(chance, n, TYPES) for n in range(300)])
    assert live == duckdb
    assert live == on_spark


@pytest.mark.long
@pytest.mark.parametrize("policy", ["default", "every kind"])
def test_the_policies_that_we_have_are_the_same_on_spark(spark, policy):
    chance = random.Random(99)
    plan, types = (DEFAULT.plan, list(EVERY_TYPE)) if policy == "default" else (everything().plan, TYPES)
    live, _, on_spark = found(plan, [happening(chance, n, types) for n in range(500)])
    assert live == on_spark and len({rule for _, rule in live}) > 10


@pytest.mark.long
def test_a_trial_on_spark_tells_the_same(spark, plain):
    """Accounts held and no longer held, by rule, class and day, cost and examples (M32)."""
    for n, amount in enumerate((2_000_000, 20_000, 7_000_000)):
        plain.event(f"seller-{n}", "transaction", amount=amount, account_kind="seller")
        plain.later(hours=7)
    version = kept(plain, STRICT)
    usual = tried(plain, version)["result"]
    draft = plain.context.policies.version("demo.test", version)
    given = plain.context, "demo.test", draft, usual["since"], lambda share: None
    other = policy_trial.tried(*given, lambda folder, events: SparkHistory(shared=folder))
    assert json.loads(json.dumps(other)) == usual


@pytest.mark.long
def test_nothing_that_lies_in_the_shared_folder_can_be_read(spark, tmp_path):
    chance = random.Random(8)
    with SparkHistory(shared=tmp_path) as history:
        history.add(happening(chance, n, TYPES) for n in range(2000))
        written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert len(written) > 50_000 and b"e00077" not in written and b"transaction" not in written
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("seed", range(3))
def test_live_judging_and_duckdb_find_the_same_by_random_rules(seed):
    """The same property without Spark, for every run of the tests."""
    chance = random.Random(1000 + seed)
    plan, events = drawn(chance).plan, [happening(chance, n, TYPES) for n in range(200)]
    _, hits = replayed(plan, events, lambda event: True)
    with History() as history:
        history.add(events)
        history.judge(plan)
        assert sorted(history.hits()) == sorted((hit.event, hit.rule) for hit in hits)
