"""From HTTP to the durable flag decision: events per CPU second, the p99 of one event, and what history costs.

    python -m bench.events [--save]

The door is the real application without a socket; the store is SQLite with full synchronous commits, or the tests'
throw-away PostgreSQL, whose own CPU time is in another process and not counted.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from pathlib import Path

from tests import throwaway_postgres as postgres
from tests.risk.watchtower import BEIJING, SHANGHAI, START, Tower, watchtower

RESULTS = Path(__file__).parent / "results" / "events.json"
BATCH = 500


def event(chance: random.Random, n: int, account: str) -> dict:
    """One event as a platform sends it: mostly engagement, some logins and transactions; all within 60 days."""
    at = int(START.timestamp() * 1000) - 60 * 86_400_000 + n % 1_000_000 * 400_000
    made = {"id": f"b{n}", "account": account, "at": at, "device": f"d{account}"}
    kind = chance.random()
    if kind < 0.8:
        return made | {"type": "engagement", "kind": "like", "target": f"t{chance.randrange(5000)}"}
    if kind < 0.92:
        return made | {"type": "login", "ip": chance.choice([BEIJING, SHANGHAI])}
    return made | {"type": "transaction", "amount": chance.randrange(100_000)}


def in_batches(tower: Tower, count: int) -> float:
    """Events per CPU second of this process, BATCH at once, over 2,000 accounts."""
    chance = random.Random(1)
    bodies = [{"events": [event(chance, n, f"a{chance.randrange(2000)}") for n in range(start, start + BATCH)]}
              for start in range(0, count, BATCH)]  # fmt: skip
    tower.post("/events", bodies[0])
    begun = time.process_time()
    for body in bodies[1:]:
        tower.post("/events", body)
    return (count - BATCH) / (time.process_time() - begun)


def one_by_one(tower: Tower, count: int) -> dict:
    """CPU milliseconds and the time until the answer, of one event at a time."""
    chance, cpu, wall = random.Random(2), [], []
    for n in range(count):
        given = event(chance, 10_000_000 + n, f"s{chance.randrange(50)}")
        begun, at = time.process_time(), time.perf_counter()
        tower.post("/events", given)
        cpu.append((time.process_time() - begun) * 1000)
        wall.append((time.perf_counter() - at) * 1000)
    p99 = statistics.quantiles(cpu, n=100)[98]
    return {"cpu_ms_median": round(statistics.median(cpu), 2), "cpu_ms_p99": round(p99, 2),
            "wall_ms_p99_under_load": round(statistics.quantiles(wall, n=100)[98], 1)}  # fmt: skip


def as_history_grows(tower: Tower) -> dict[str, float]:
    """CPU ms (median) of one event on an account that has so many already."""
    chance, found, n = random.Random(3), {}, 0
    for size in (10, 100, 1000, 10_000):
        while n < size:
            step = min(BATCH, size - n)
            tower.post("/events", {"events": [event(chance, 20_000_000 + n + k, "one") for k in range(step)]})
            n += step
        took = []
        for _ in range(25):
            given = event(chance, 20_000_000 + n, "one")
            n += 1
            begun = time.process_time()
            tower.post("/events", given)
            took.append((time.process_time() - begun) * 1000)
        found[str(size)] = round(statistics.median(took), 2)
    return found


def measure(url: str) -> dict:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, watchtower(Path(folder), url) as tower:
        grown = as_history_grows(tower)
        return {"events_per_cpu_s_batches_of_500": round(in_batches(tower, 10_500)), **one_by_one(tower, 300),
                "cpu_ms_by_history": grown}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--save", action="store_true")
    told = parser.parse_args()
    found = {"sqlite": measure("")}
    with postgres.server() as folder:
        found["postgresql"] = measure(postgres.url(folder))
    print(json.dumps(found, indent=1))
    if told.save:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps({"policy": "default-1", **found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
