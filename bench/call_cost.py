"""What one simple call costs the HTTP process, in CPU and in additions of Python timed beside it.

    python -m bench.call_cost [--other FOLDER] [--calls 150] [--rounds 4] [--database URL] [--save]

One server process for each version (granian, the whole application, no pictures), and a client in another process.
Versions go by turns, kind by kind, so that what else the machine does falls on both alike. `--other`: another checkout
of this repository, the version before. CPU is that of the server process, read from /proc.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import timeit
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import httpx

from tests.application import free_port

HERE, RESULTS = Path(__file__).parents[1], Path(__file__).parent / "results" / "call-cost.json"
TICK = os.sysconf("SC_CLK_TCK")
KINDS = ("create", "identity", "read", "standing")
TARGET = """
import os
from datetime import UTC, datetime
from dataclasses import replace
from pathlib import Path
from shiming import children
from shiming.providers.authority.simulated import Simulated
from shiming.store.access import api_keys
from shiming.workflows import engine, queues
from tests.application import installed

class Now(list):
    def __getitem__(self, _):
        return datetime.now(UTC)

def app():
    children.end_with_starter()
    folder = Path(os.environ["BENCH_FOLDER"])
    given = {"authorities": (Simulated("first", None, None),), "enqueue": None}
    app.kept = installed(folder, os.environ.get("BENCH_DATABASE", ""), Now(), {}, **given)
    context, web = app.kept.__enter__()
    engine.migrate(context.database)
    web.state.context = replace(context, enqueue=queues.Enqueuer(context.database))
    with context.database.write() as connection:
        key = api_keys.make(connection, "demo", False, "platform", "bench", context.now())
    (folder / "key").write_text(key)
    return web
"""
SERVE = """
import sys
from granian import Granian
from granian.constants import Interfaces
from shiming import children
children.end_with(int(sys.argv[2]))
Granian("call_target:app", port=int(sys.argv[1]), interface=Interfaces.ASGINL, factory=True, log_level="error").serve()
"""


class Version:
    """One version's server, and what it has been asked."""

    def __init__(self, tree: Path, folder: Path, port: int, process: subprocess.Popen):
        command = [shutil.which("git") or "git", "-C", str(tree), "describe", "--always", "--dirty"]
        self.commit = subprocess.check_output(command, text=True).strip()
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
        key = _come(folder / "key")
        self._http.headers["Authorization"] = f"Bearer {key}"
        self._process, self._ids, self._n = process, [], 0

    def ask(self, kind: str, count: int) -> float:
        """CPU seconds of the server for one such call, over so many."""
        before = _cpu(self._process.pid)
        for _ in range(count):
            self._n += 1
            getattr(self, kind)().raise_for_status()
        return (_cpu(self._process.pid) - before) / count

    def create(self) -> httpx.Response:
        body = {"account": f"user-{self._n}", "level": "basic"}
        answer = self._http.post("/v1/verifications", json=body, headers=self._once())
        self._ids.append((answer.json()["id"], body["account"]))
        return answer

    def identity(self) -> httpx.Response:
        id, _ = self._ids[self._n % len(self._ids)]
        body = {"name": "张合格", "number": "170213199103100015"}
        return self._http.post(f"/v1/verifications/{id}/identity", json=body, headers=self._once())

    def read(self) -> httpx.Response:
        return self._http.get(f"/v1/verifications/{self._ids[self._n % len(self._ids)][0]}")

    def standing(self) -> httpx.Response:
        return self._http.get(f"/v1/accounts/{self._ids[self._n % len(self._ids)][1]}/standing")

    def _once(self) -> dict[str, str]:
        return {"Idempotency-Key": f"{self._n}"}


@contextmanager
def _serving(tree: Path, database: str):
    with tempfile.TemporaryDirectory() as given:
        folder, port = Path(given), free_port()
        (folder / "call_target.py").write_text(TARGET)
        told = {"PYTHONPATH": f"{folder}:{tree / 'src'}:{tree}", "BENCH_FOLDER": given, "BENCH_DATABASE": database}
        command = [sys.executable, "-c", SERVE, str(port), str(os.getpid())]
        process = subprocess.Popen(command, cwd=tree, env=os.environ | told)
        try:
            yield Version(tree, folder, port, process)
        finally:
            process.terminate()
            process.wait(30)


def _come(file: Path) -> str:
    for _ in range(1200):
        if file.exists() and (said := file.read_text()):
            time.sleep(2)
            return said
        time.sleep(0.1)
    raise TimeoutError("the server does not start")


def _cpu(root: int) -> float:
    """CPU seconds of a process and its children."""
    used = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        used += int(words[11]) + int(words[12]) if root in (int(stat.parent.name), int(words[1])) else 0
    return used / TICK


def _addition() -> float:
    """Seconds of one addition, as it takes just now."""
    return timeit.timeit("n += 1", "n = 0", number=1_000_000, timer=time.process_time) / 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.call_cost", description=__doc__)
    parser.add_argument("--other", type=Path)
    parser.add_argument("--calls", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--database", default="", help="of an empty PostgreSQL database; two, by comma")
    parser.add_argument("--save", action="store_true", help=f"write {RESULTS}")
    chosen = parser.parse_args()
    trees = {"this": HERE, **({"other": chosen.other.resolve()} if chosen.other else {})}
    urls = (chosen.database.split(",") + ["", ""])[:2]
    rows = []
    with ExitStack() as stack:
        there = {name: stack.enter_context(_serving(trees[name], url)) for name, url in zip(trees, urls, strict=False)}
        costs: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for turn in range(chosen.rounds + 1):
            for kind in KINDS:
                for name, version in there.items():
                    spent, addition = version.ask(kind, chosen.calls if turn else 20), _addition()
                    if turn:  # the first one only warms
                        costs.setdefault((kind, name), []).append((spent, spent / addition))
        for (kind, name), each in costs.items():
            rows.append({"call": kind, "version": name, "commit": there[name].commit,
                         "cpu_ms": round(1000 * median(c for c, _ in each), 2),
                         "thousand_additions": round(median(a for _, a in each) / 1000, 1)})  # fmt: skip
            print(json.dumps(rows[-1]), flush=True)
    if chosen.save:
        RESULTS.write_text(json.dumps({"calls": chosen.calls, "rounds": chosen.rounds, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
