"""What adapters add: CPU and memory of each; calls and cost per approved verification, as it is and as it used to be.

    python -m bench.adapters [--calls 200] [--part per_approved] [--save]

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
from pathlib import Path

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--part", choices=("per_approved", "code"), help="this part only; the other's figures stay")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    found = {}
    if options.part != "code":
        from bench import adapters_approved

        found["per_approved"] = adapters_approved.per_approved()
    if options.part != "per_approved":
        found |= {"code": cost_of_code(options.calls), "calls": options.calls}
    if options.save:
        kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        RESULTS.write_text(json.dumps(kept | found, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
