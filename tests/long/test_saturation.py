"""An hour at saturation: memory stays where it was after the first minutes, and nothing fails but what is refused.

`MINUTES` says how long (60), `DATABASE` on what (postgresql). Minutes with pictures and minutes without take turns.
Result: bench/results/saturation.json.
"""

import json
import os
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench import overload
from bench.verification import Tree
from shiming import demo

RESULT = Path(__file__).parents[2] / "bench" / "results" / "saturation.json"
SHOWN = ("minute", "cycles_per_s", "shed", "errors", "memory_mb", "of_each_mb")
CLIENTS, GROWTH = 64, 1.15
"""How much more memory the last quarter may hold than the second: caches are full by then, a leak goes on."""


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
def test_an_hour_at_saturation_takes_no_more_memory_than_its_first_minutes(tmp_path, capfd):
    minutes, kind = int(os.environ.get("MINUTES", "60")), os.environ.get("DATABASE", "postgresql")
    pictures, rows = overload.sides(), []
    with ExitStack() as stack:
        given = stack.enter_context(overload.database(kind))
        server = stack.enter_context(demo.server(tmp_path, requests_per_minute="100000000", **given))
        for minute in range(minutes):
            row = overload.one(server, CLIENTS, 58, pictures if minute % 2 else None)
            rows.append({**row, "minute": minute, "of_each_mb": sorted(Tree(server.pid).memory_mb().values())})
            with capfd.disabled():
                print(json.dumps({name: rows[-1][name] for name in SHOWN}), flush=True)
    quarter = max(1, minutes // 4)
    early, late = rows[quarter : 2 * quarter] or rows, rows[-quarter:]
    told = {"minutes": minutes, "database": kind, "clients": CLIENTS, "early_mb": _mean(early), "late_mb": _mean(late),
            "most_mb": max(row["memory_mb"] for row in rows), "rows": rows}  # fmt: skip
    RESULT.write_text(json.dumps(told, indent=1) + "\n")
    assert not sum((Counter(row["errors"]) for row in rows), Counter())
    assert told["late_mb"] <= GROWTH * told["early_mb"], told["late_mb"]


def _mean(rows: list[dict]) -> float:
    return round(sum(row["memory_mb"] for row in rows) / len(rows), 1)
