"""The default policy over a long history on Spark, with one worker process and two, beside DuckDB and plain Python.

    python -m bench.spark [--events 1000000] [--save]

CPU seconds are of all processes: this one, the Java runtime with its workers, and what they start. `ship` is what it
takes to hand the events over, sealed; `judge` reads, opens and judges them. Needs the extra `spark` and a Java runtime.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import history as made
from bench.backtest import SAMPLE
from bench.verification import Tree
from shiming.risk.rules import replayed
from shiming.store.risk import spark_history
from shiming.store.risk.history import History
from shiming.store.risk.policies import preset, understood
from shiming.store.risk.spark_history import SparkHistory

RESULTS = Path(__file__).parent / "results" / "spark.json"


def timed(act: Callable[[], object]) -> dict[str, float]:
    """Seconds that something takes, and CPU seconds of everybody who has a part in it."""
    tree, began = Tree(os.getpid()), time.monotonic()
    before = tree.cpu_ms()
    act()
    return {"cpu_s": round((tree.cpu_ms() - before) / 1000, 1), "wall_s": round(time.monotonic() - began, 1)}


def measure(count: int) -> dict:
    plan = understood(preset("default-1"), "default-1").plan
    told: dict = {"events": count}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, History(Path(folder) / "history.duckdb") as history:
        history.db.execute(f"INSERT INTO history {made.made(count)}")
        history.count = count
        told["duckdb"] = timed(lambda: history.judge(plan))
        told["hits"] = history.db.execute("SELECT count(*) FROM hits").fetchone()[0]
        events = list(made.events(history.db, max(1, count // made.ACCOUNTS_PER)))
    sample = events[: min(SAMPLE, count)]
    python = timed(lambda: replayed(plan, sample, lambda event: True))["cpu_s"]
    told["python_cpu_s_for_all"] = round(python / len(sample) * count, 1)
    for workers in (1, 2):
        session, _ = spark_history.session(f"local-cluster[{workers},1,2048]", {
            "spark.executor.memory": "2g", "spark.sql.shuffle.partitions": "8",
        })  # fmt: skip
        with SparkHistory() as history:
            row = {"ship": timed(lambda history=history: history.add(events))}
            row["judge"] = timed(lambda history=history: history.judge(plan))
            assert history.db.execute("SELECT count(*) FROM hits").fetchone()[0] == told["hits"], "hits differ"
        session.stop()
        told[f"spark, {workers} worker{'s' * (workers > 1)}"] = row
    return told


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.spark", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--save", action="store_true")
    chosen = parser.parse_args()
    found = measure(chosen.events)
    print(json.dumps(found, indent=1))
    if chosen.save:
        rows = json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else []
        rows = sorted([row for row in rows if row["events"] != chosen.events] + [found], key=lambda row: row["events"])
        RESULTS.write_text(json.dumps({"policy": "default-1", "rows": rows}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
