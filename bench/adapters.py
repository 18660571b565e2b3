"""What adapters add: CPU and memory of each; calls and cost per approved verification, as it is and as it used to be.

    python -m bench.adapters [--calls 200] [--save]

CPU and memory: a process of its own for each adapter, beside one that has everything but adapters; the vendor server is
another process. CPU is this process's own, per call, signing, TLS-less HTTP and reading included. Calls: people go
through the live side, and the vendor server says what it was asked and would have billed; `before` asks everything anew
at each turn and checks name and number by a call of their own, as was done until half answers were resumed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

RESULTS = Path(__file__).parent / "results" / "adapters.json"
MEASURE = """
import json, os, sys, time
import shiming.app
from bench import adapters_asked

def memory():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

which, calls, there = int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
before, cpu = memory(), time.process_time()
ask = adapters_asked.load(which, there)
loaded, grown = time.process_time() - cpu, memory() - before
for _ in range(5):
    ask()
cpu = time.process_time()
for _ in range(calls):
    ask()
each = (time.process_time() - cpu) / calls
print(json.dumps({"load_cpu_ms": round(loaded * 1000, 1), "load_kb": grown // 1024,
                  "call_cpu_ms": round(each * 1000, 2), "after_calls_kb": (memory() - before) // 1024}))
"""


def cost_of_code(calls: int) -> dict[str, dict[str, float]]:
    """Of each adapter: CPU and memory to load it, CPU of a call, memory after all of them."""
    from bench import adapters_asked

    found = {}
    with adapters_asked.served() as there:
        for number, name in enumerate(adapters_asked.NAMES):
            asked = [sys.executable, "-c", MEASURE, str(number), str(calls), json.dumps(there)]
            run = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=600, env=os.environ)
            found[name] = json.loads(run.stdout)
            print(f"{name}: {found[name]}", flush=True)
    return found


@contextmanager
def as_before() -> Iterator[None]:
    """Every turn asks everything, and name and number by a call of their own."""
    from shiming.providers.authority.alibaba import Alibaba
    from shiming.providers.authority.tencent import Tencent
    from shiming.workflows import source_calls

    ask = source_calls.ask
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_calls, "ask", lambda context, row, seen, files: (
            ask(context, row, replace(seen, authority=None), files)))  # fmt: skip
        for adapter in (Tencent, Alibaba):
            patch.setattr(adapter, "one_call", False)
        yield


def per_approved(vendor: str, people: int = 4) -> dict[str, Any]:
    """Calls and cost of people who are approved at once, and of one for whom faces are not compared for an hour."""
    from shiming.vendor_server.server import serving
    from tests.account.application import Person
    from tests.providers.live import live, sources
    from tests.providers.numbers import id_number, phone

    policy = {"compare_portrait": False, "factors_at": {"standard": frozenset({"phone"})}}
    with serving() as (address, server), tempfile.TemporaryDirectory() as folder:
        path = sources(Path(folder), vendor, address, kinds=("authority", "carrier"))
        with live(Path(folder), path, **policy) as one:
            for n in range(people):
                assert one.verify(f"acc-{n}", Person("张合格", id_number(n + 1)), phone=phone())["state"] == "approved"
            asked, cost = len(server.tally), sum(call.cost or 0 for call in one.calls())
            id = one.begun("zhou", Person("周半答", id_number(77)), phone=phone())
            one.later(hours=1)
            assert one.get(f"/verifications/{id}")["state"] == "checking"
            waits = [call for call in one.calls() if call.about == id]
            billed = sum(row["charged"] for row in server.tally[asked:])
    return {
        "calls_per_approved": asked / people, "yuan_per_approved": round(cost / people / 10_000, 3),
        "half_answer_hour": {"calls": len(waits), "billed": billed},
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    approved = {}
    for vendor in ("tencent", "alibaba"):
        with as_before():
            before = per_approved(vendor)
        approved[vendor] = {"before": before, "now": per_approved(vendor)}
        print(f"{vendor}: {approved[vendor]}", flush=True)
    found = {"per_approved": approved, "code": cost_of_code(options.calls), "calls": options.calls}
    if options.save:
        RESULTS.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
