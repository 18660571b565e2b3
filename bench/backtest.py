"""The default policy over a long history: DuckDB's windows beside plain Python, row at a time.

    python -m bench.backtest [--events 10000000] [--save]

CPU time of this process. Plain Python is measured on the events of some accounts and multiplied; the hits of those
accounts are compared, so that both did the same work.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

from bench import history as made
from shiming.risk.rules import replayed
from shiming.store.risk.history import History
from shiming.store.risk.policies import preset, understood

RESULTS = Path(__file__).parent / "results" / "backtest.json"
SAMPLE = 100_000


def measure(count: int) -> dict:
    """Seconds and memory for `count` events."""
    plan = understood(preset("default-1"), "default-1").plan
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, History(Path(folder) / "history.duckdb") as history:
        history.db.execute(f"INSERT INTO history {made.made(count)}")
        history.count = count
        begun, wall = time.process_time(), time.monotonic()
        history.judge(plan)
        cpu, wall = time.process_time() - begun, time.monotonic() - wall
        hits = history.db.execute("SELECT count(*) FROM hits").fetchone()[0]
        python = _python(history, plan, count)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"events": count, "duckdb_cpu_s": round(cpu, 1), "duckdb_wall_s": round(wall, 1), "hits": hits,
            "peak_mb": round(memory), **python}  # fmt: skip


def _python(history: History, plan, count: int) -> dict:
    """The same by `step`, on enough accounts for SAMPLE events, as if for all."""
    accounts = max(1, int(count / made.ACCOUNTS_PER * min(1.0, (SAMPLE / count) ** 2)))
    events = list(made.events(history.db, accounts))
    begun = time.process_time()
    _, hits = replayed(plan, events, lambda event: True)
    cpu = time.process_time() - begun
    alone = {rule for rule in plan.rules if not _shared(plan, rule)}
    mine = sorted((hit.event, hit.rule) for hit in hits if hit.rule in alone)
    query = f"SELECT id, rule FROM hits JOIN history USING (n) WHERE substr(account, 2)::BIGINT < {accounts}"
    theirs = sorted(row for row in history.db.execute(query).fetchall() if row[1] in alone)
    assert mine == theirs, "live judging and the query differ"
    return {"python_sample": len(events), "python_cpu_s_for_all": round(cpu / max(1, len(events)) * count, 1),
            "compared_hits": len(mine)}  # fmt: skip


def _shared(plan, rule: str) -> bool:
    """Whether a rule looks at other accounts too, of which the sample has not all."""
    return any(not plan.features[name].by.startswith("account") for name in plan.rules[rule].when.names()
               if name in plan.features)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--save", action="store_true")
    told = parser.parse_args()
    rows = [measure(count) for count in (told.events // 10, told.events)]
    for row in rows:
        print(json.dumps(row))
    print(f"times 10: DuckDB {rows[1]['duckdb_cpu_s'] / max(0.1, rows[0]['duckdb_cpu_s']):.1f}× the CPU time")
    if told.save:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps({"policy": "default-1", "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
