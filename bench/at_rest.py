"""What a `shiming serve` takes at rest: CPU seconds a minute of each of its processes, and how soon queued work begins.

    python -m bench.at_rest [--seconds 120] [--other FOLDER] [--save]

Starts one server on SQLite and one on PostgreSQL, lets each rest, and reads what every process of it has used from
/proc. Then queues work, of which each piece notes when it began: in a worker of its own without pictures, on a database
of its own. `--other`: another checkout of this repository (the version before), measured in the same way in between.
Additions of Python timed beside it say how fast the machine was meanwhile.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import timeit
import urllib.request
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests import throwaway_postgres as postgres
from tests.application import free_port

HERE, RESULTS = Path(__file__).parents[1], Path(__file__).parent / "results" / "at-rest.json"
TICK, SETTLE = os.sysconf("SC_CLK_TCK"), 40.0
PROBE = """
import statistics, sys, tempfile, time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tests.application import installed
from shiming.workflows import engine, queues
url, times, begun = sys.argv[1], int(sys.argv[2]), {}
engine.WORK["conclude"] = lambda context, app, id: begun.setdefault(id, time.monotonic()) and "done"
folder = Path(tempfile.mkdtemp())
with installed(folder, url, [datetime.now(UTC)], {}, enqueue=None) as (context, _):
    engine.migrate(context.database)
    context = replace(context, enqueue=queues.Enqueuer(context.database))
    worker = engine.Worker(context, 4)
    time.sleep(5)
    for n in range(times):
        with context.database.write() as connection:
            context.enqueue(connection, "conclude", f"work:{n}", "demo", f"work{n}")
        queued = time.monotonic()
        while f"work{n}" not in begun:
            time.sleep(0.0005)
        print(1000 * (begun[f"work{n}"] - queued), flush=True)
        time.sleep(0.2 + n % 7 / 5)
    import os; os._exit(0)
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.at_rest", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--times", type=int, default=60, help="pieces of work to queue")
    parser.add_argument("--other", type=Path, help="another checkout")
    parser.add_argument("--save", action="store_true", help=f"write {RESULTS}")
    chosen = parser.parse_args()
    trees = {"this": HERE, **({"other": chosen.other.resolve()} if chosen.other else {})}
    rows = []
    with postgres.server() as folder:
        for database in ("sqlite", "postgresql"):
            for name, tree in trees.items():
                rows.append({"database": database, "version": name, "commit": _commit(tree)})
                rows[-1] |= _rest(tree, _fresh(folder, database, f"{name}_rest"), chosen.seconds)
                rows[-1] |= _begin(tree, _fresh(folder, database, f"{name}_begin"), chosen.times)
                print(json.dumps(rows[-1]), flush=True)
    if chosen.save:
        RESULTS.write_text(json.dumps({"seconds": chosen.seconds, "rows": rows}, indent=1) + "\n", "utf-8")


def _fresh(folder: Path, database: str, name: str) -> str:
    """The URL of an empty database; empty for SQLite, which lies in the data folder."""
    if database == "sqlite":
        return ""
    postgres.order(folder, f'CREATE DATABASE "{name}" TEMPLATE template0')
    return postgres.url(folder, name)


def _rest(tree: Path, url: str, seconds: float) -> dict:
    with tempfile.TemporaryDirectory() as data, _serving(tree, data, url) as server:
        time.sleep(SETTLE)
        before, began = _used(server.pid), time.monotonic()
        additions = []
        while time.monotonic() - began < seconds:
            additions.append(timeit.timeit("n += 1", "n = 0", number=100_000) / 100_000)
            time.sleep(seconds / 20)
        took, after = time.monotonic() - began, _used(server.pid)
    spent: dict[str, float] = defaultdict(float)
    for (pid, what), ticks in after.items():
        spent[what] += (ticks - before.get((pid, what), 0)) / TICK
    each = {what: round(60 * used / took, 3) for what, used in spent.items()}
    return {"cpu_seconds_per_minute": each, "percent_of_a_core": round(100 * sum(spent.values()) / took, 2),
            "addition_ns": round(1e9 * median(additions), 1)}  # fmt: skip


@contextmanager
def _serving(tree: Path, data: str, url: str):
    port = free_port()
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SHIMING_")}
    settings = {"DATA": f"{data}/data", "PORT": str(port), "DATABASE_URL": url, "WEIGHTS": str(tree / ".cache/weights")}
    given = {f"SHIMING_{name}": value for name, value in settings.items() if value}
    process = subprocess.Popen([sys.executable, "-m", "shiming", "serve"], cwd=tree, env=ours | given | _path(tree))
    try:
        for _ in range(1200):
            if _answers(port):
                break
            time.sleep(0.5)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _path(tree: Path) -> dict[str, str]:
    return {"PYTHONPATH": f"{tree / 'src'}:{tree}"}


def _answers(port: int) -> bool:
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/ready", timeout=5).status == 200
    except OSError:
        return False


def _used(root: int) -> dict[tuple[int, str], int]:
    """Ticks of every process of the tree, by what it is."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
            found[pid] = (int(rest[1]), int(rest[11]) + int(rest[12]), (stat.parent / "cmdline").read_bytes())
        except OSError:
            continue
    ours, grown = {root}, True
    while grown:
        more = {pid for pid, (parent, *_) in found.items() if parent in ours} - ours
        ours, grown = ours | more, bool(more)
    return {(pid, _kind(found[pid][2], pid == root)): found[pid][1] for pid in ours if pid in found}


def _kind(command: bytes, root: bool) -> str:
    words = command.split(b"\0")
    if b"work" in words:
        return "worker"
    return "serve" if root else "http" if b"serve" in words else "pictures"


def _begin(tree: Path, url: str, times: int) -> dict:
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "-c", PROBE, url or f"sqlite:///{data}/shiming.db", str(times)]
        said = subprocess.run(command, cwd=tree, env=os.environ | _path(tree), stdout=subprocess.PIPE, check=True)
    took = sorted(map(float, said.stdout.split()))
    return {"begins_ms_p50": round(median(took), 1), "begins_ms_p95": round(took[int(0.95 * len(took))], 1)}


def _commit(tree: Path) -> str:
    command = [shutil.which("git") or "git", "-C", str(tree), "describe", "--always", "--dirty"]
    return subprocess.check_output(command, text=True).strip()


if __name__ == "__main__":
    main()
