"""The default policy over a long history: DuckDB's windows beside plain Python, row at a time; and trials on a history
that an earlier one left with its features (store/risk/kept_history.py).

    python -m bench.backtest [--events 10000000] [--save]

CPU time of this process. Plain Python is measured on the events of some accounts and multiplied; the hits of those
accounts are compared, so that both did the same work. A trial on what is kept opens the file, judges the policy in
force and a changed one, and counts whom they would hold. Every history is made where it is judged, of no events that
come from a database.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from pathlib import Path

from bench import history as made
from shiming.risk.rules import Plan, merged, replayed
from shiming.store.risk.history import History
from shiming.store.risk.kept_history import KeptHistory
from shiming.store.risk.policies import preset, understood

RESULTS = Path(__file__).parent / "results" / "backtest.json"
SAMPLE = 100_000
CHANGES = {
    "changed_rule": ("engagements_10m > 120 || engagements_24h > 3000", "engagements_10m > 60 || engagements_24h > 30"),
    "changed_feature": ('[features.engagements_10m]\nvalue = "count"\non = "engagement"\nwindow = "10m"',
                        '[features.engagements_10m]\nvalue = "count"\non = "engagement"\nwindow = "20m"'),
}  # fmt: skip
"""Of engagements, which most events are."""


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
        kept = _kept(Path(folder), history, plan, count)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"events": count, "load": round(os.getloadavg()[0], 1), "hits": hits,
            "duckdb_cpu_s": round(cpu, 1), "duckdb_wall_s": round(wall, 1), "peak_mb": round(memory), **python, **kept,
            "python_by_changed_rule": round(python["python_cpu_s_for_all"] / kept["changed_rule"]["cpu_s"], 1),
            "python_by_changed_feature": round(python["python_cpu_s_for_all"] / kept["changed_feature"]["cpu_s"], 1),
            }  # fmt: skip


def _kept(folder: Path, fresh: History, plan: Plan, count: int) -> dict:
    """What it costs to keep the history, to judge it the first time, and then by one more changed rule or feature."""
    file, key = folder / "kept.duckdb", "0" * 32
    begun = time.process_time()
    with KeptHistory(file, key) as history:
        history.db.execute(f"INSERT INTO history {made.made(count)}")
        history.close_intake()
    laid_down = time.process_time() - begun
    found: dict = {"keep_cpu_s": round(laid_down, 1)}
    for name, (old, new) in {"first": ("name", "name"), **CHANGES}.items():
        found[name] = _tried(file, key, plan, _changed(old, new))
    fresh.judge(_changed(*CHANGES["changed_rule"]))
    assert fresh.db.execute("SELECT count(*) FROM hits").fetchone()[0] == found["changed_rule"]["hits_then"]
    return found | {"kept_mb": round(file.stat().st_size / 1e6)}


def _changed(old: str, new: str) -> Plan:
    text = preset("default-1")
    assert old in text
    return understood(text.replace(old, new), "default-1").plan


def _tried(file: Path, key: str, now: Plan, then: Plan) -> dict:
    begun, wall = time.process_time(), time.monotonic()
    with KeptHistory(file, key) as history:
        history.judge(merged({"now": now, "then": then}))
        judged = time.process_time() - begun
        history.name_accounts([])
        history.note_holds([f"{side}/{name}" for side in ("now", "then") for name in then.rules], 0)
        history.held(), history.by_rule(), history.by_day()
        query = "SELECT count(*) FROM hits WHERE starts_with(rule, 'then/')"
        hits = history.db.execute(query).fetchone()[0]
    return {"judge_cpu_s": round(judged, 2), "cpu_s": round(time.process_time() - begun, 2),
            "wall_s": round(time.monotonic() - wall, 2), "hits_then": hits}  # fmt: skip


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
        kept = json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else []
        rows += [row for row in kept if row["events"] not in {mine["events"] for mine in rows}]
        rows.sort(key=lambda row: row["events"])
        RESULTS.write_text(json.dumps({"policy": "default-1", "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
