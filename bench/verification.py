"""One standard verification, step by step: milliseconds and CPU-milliseconds (median, p95), cold start, memory.

    python -m bench.verification [--rounds 3] [--save]

Runs a server of its own and sends the demo's people through it one after another. CPU time is that of the server's
whole process tree, so that worker processes are counted; the pause of the person turning their head is not.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from shiming import demo
from shiming.demo import walk
from shiming.demo.cast import Person, people

RESULTS = Path(__file__).parent / "results" / "verification.json"
TICKS = os.sysconf("SC_CLK_TCK")
STEPS = ("create", "consent", "card front", "card back", "identity", "challenge", "face", "submit to decision", "all")


class Tree:
    """A process and all its descendants, by what /proc says of them."""

    def __init__(self, pid: int):
        self.pid = pid

    def cpu_ms(self) -> float:
        return sum(self._ticks(pid) for pid in self.pids()) * 1000 / TICKS

    def memory_mb(self) -> dict[str, float]:
        """Proportional set size of each process: what is shared counts once."""
        return {f"{pid} {self._name(pid)}": round(self._pss(pid), 1) for pid in self.pids()}

    def pids(self) -> list[int]:
        children = defaultdict(list)
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and (stat := self._stat(int(entry.name))):
                children[int(stat[1])].append(int(entry.name))
        found, queue = [], [self.pid]
        while queue:
            found.append(pid := queue.pop())
            queue += children[pid]
        return found

    def _ticks(self, pid: int) -> int:
        """Its own time and that of the children that it has outlived, in user and kernel mode."""
        stat = self._stat(pid)
        return sum(map(int, stat[11:15])) if stat else 0

    @staticmethod
    def _stat(pid: int) -> list[str]:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return []

    @staticmethod
    def _name(pid: int) -> str:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        return next(
            (n for n in ("resource_tracker", "multiprocessing", "shiming work", "shiming serve") if n in words), ""
        )

    @staticmethod
    def _pss(pid: int) -> float:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
        return 0.0


def one(api: walk.ApiClient, tree: Tree, person: Person, account: str) -> dict[str, tuple[float, float]]:
    """(milliseconds, CPU-milliseconds) of each step for one person who passes."""
    took: dict[str, tuple[float, float]] = {}

    def timed(step: str, act):
        wall, cpu = time.perf_counter(), tree.cpu_ms()
        result = act()
        took[step] = ((time.perf_counter() - wall) * 1000, tree.cpu_ms() - cpu)
        return result

    path = "/verifications/" + timed("create", lambda: api.post("/verifications", {"account": account}))["id"]
    timed("consent", lambda: api.post(f"{path}/consent", {"face": True}))
    for side in ("front", "back"):
        files = {"picture": ("p.jpg", person.picture(side), "image/jpeg")}
        timed(f"card {side}", lambda side=side, files=files: api.post(f"{path}/evidence/card_{side}", files=files))
    timed("identity", lambda: api.post(f"{path}/identity", {"name": person.name, "number": person.number}))
    asked = timed("challenge", lambda: api.post(f"{path}/challenge"))
    frames, times = walk.film(person, walk.challenge_of(asked), 0)
    time.sleep(times[-1] / 1000)
    parts = [("frames", (f"{n}.jpg", frame, "image/jpeg")) for n, frame in enumerate(frames)]
    data = {"challenge": asked["challenge"], "times_ms": ",".join(map(str, times))}
    timed("face", lambda: api.post(f"{path}/evidence/face", data=data, files=parts))
    timed("submit to decision", lambda: (api.post(f"{path}/submit"), walk.decided(api, path, person)))
    took["all"] = tuple(sum(step[i] for step in took.values()) for i in (0, 1))
    return took


def run(rounds: int) -> dict:
    """Everything that is measured, as plain values."""
    passing = [p for p in people() if p.state == "approved" and p.live == "turns" and "稍后" not in p.name]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, demo.server(Path(folder)) as server:
        start = time.perf_counter() - began
        tree, api = Tree(server.pid), server.api()
        cold = tree.cpu_ms()
        one(api, tree, passing[0], "warm-up")
        took = [one(api, tree, p, f"{p.slug}-{n}") for n in range(rounds) for p in passing]
        memory = tree.memory_mb()
    steps = {step: [_spread([t[step][i] for t in took]) for i in (0, 1)] for step in STEPS}
    return {
        "verifications": len(took), "cold_start_s": round(start, 2), "cold_start_cpu_s": round(cold / 1000, 2),
        "steps": {s: {"ms": w, "cpu_ms": c} for s, (w, c) in steps.items()}, "memory_mb": memory,
    }  # fmt: skip


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(values), 1), "p95": round(sorted(values)[int(len(values) * 0.95)], 1)}


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.verification")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--save", action="store_true", help=f"keep the figures in {RESULTS.name}")
    options = parser.parse_args()
    figures = run(options.rounds)
    print(f"{'step':22}{'ms':>8}{'p95':>8}{'CPU ms':>9}{'p95':>8}")
    for step, row in figures["steps"].items():
        ms, cpu = row["ms"], row["cpu_ms"]
        print(f"{step:22}{ms['median']:>8}{ms['p95']:>8}{cpu['median']:>9}{cpu['p95']:>8}")
    print(f"\ncold start {figures['cold_start_s']} s ({figures['cold_start_cpu_s']} CPU s); memory (PSS, MB):")
    for process, mb in figures["memory_mb"].items():
        print(f"  {process:30}{mb:>8}")
    if options.save:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
