"""The gate (`may`) through HTTP, beside a bare route that returns a constant: the ceiling.

    python -m bench.gate [--accounts 100000] [--seconds 5] [--rounds 3] [--database URL] [--save]

One server process each, as `shiming serve` starts it; one client with 32 connections that stay open. Rounds go by
turns, so that what else the machine does falls on all of them alike. CPU time is the server's own; it is the figure to
trust where the machine is shared. A tenth of the accounts is held; all are adults, whom an age rule asks about.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from granian import Granian
from granian.constants import Interfaces
from sqlalchemy import insert
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from bench.verification import Tree
from shiming import children, demo
from shiming.http_app import web
from shiming.settings import Settings
from shiming.store import migrations
from shiming.store.access import api_keys
from shiming.store.account.gate import Gate
from shiming.store.crypto.sealed import Lookup
from shiming.store.database import Database, new_id
from shiming.store.risk.policies import InForce
from shiming.store.tables import accounts, holds
from shiming.web.access import Rates
from shiming.web.api.gate import Bare

RESULTS = Path(__file__).parent / "results" / "gate.json"
KINDS = ("constant", "gate", "documented")
MEANING = {
    "constant": "a bare Starlette route that returns a constant",
    "gate": "the gate as it is served",
    "documented": "the same function behind FastAPI, without the bare path",
}
CONNECTIONS = 32
LOOKUP = {1: bytes(32)}


def app():
    """What granian serves: the kind that the environment names."""
    children.end_with_starter()
    kind = os.environ["BENCH_KIND"]
    if kind == "constant":

        async def said(request):
            return JSONResponse({"allowed": True})

        return Starlette(routes=[Route("/v1/accounts/{account}/may/{capability}", said)])
    url = os.environ["BENCH_DATABASE"]
    settings = Settings(database_url=url)
    made = web(settings)
    if kind == "documented":
        made.user_middleware = [each for each in made.user_middleware if each.cls is not Bare]
    made.state.context = SimpleNamespace(
        policies=InForce(Database(url), settings.policy),
        database=Database(url),
        lookup=Lookup(LOOKUP),
        now=lambda: time.time_ns() // 1_000_000,
    )
    made.state.rates, made.state.gate = Rates(10**9), Gate(url)
    return made


def serve(port: int, parent: int) -> None:
    """One process; no lifespan, since the parts that look at pictures are not wanted here."""
    children.end_with(parent)
    Granian("bench.gate:app", port=port, interface=Interfaces.ASGINL, factory=True, log_level="error").serve()


@contextmanager
def server(kind: str, url: str):
    port = demo._free_port()
    environment = os.environ | {"BENCH_KIND": kind, "BENCH_DATABASE": url}
    command = [sys.executable, "-c", f"from bench.gate import serve; serve({port}, {os.getpid()})"]
    process = subprocess.Popen(command, env=environment)
    try:
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(timeout=20)


def fill(url: str, count: int) -> str:
    """Accounts, a tenth of them held; returns the key that asks about them."""
    database, now, lookup = Database(url), time.time_ns() // 1_000_000, Lookup(LOOKUP)
    migrations.upgrade(database)
    known = {"app": "demo.test", "kind": "personal", "locale": "zh-CN", "state": "active", "level": "standard",
             "verified_at": now, "in_person_at": now, "created_at": now}  # fmt: skip
    hold = {"app": "demo.test", "reason": "login_risk", "source": "bench", "capabilities": ["withdraw"],
            "requirements": ["verify:standard"], "met": [], "opened_at": now}  # fmt: skip
    with database.write() as connection:
        for start in range(0, count, 10_000):
            numbers = range(start, min(start + 10_000, count))
            rows = [{"id": new_id("acc"), "ref": f"user-{n}", **known} for n in numbers]
            marks = [{"age_mark": lookup.hash("age mark", f"{row['id']}:18")} for row in rows]
            connection.execute(insert(accounts), [row | mark for row, mark in zip(rows, marks, strict=True)])
            connection.execute(insert(holds), [{"id": new_id("hld"), "account": r["id"], **hold} for r in rows[::10]])
        key = api_keys.make(connection, "demo", False, "platform", "bench", now)
    database.close()
    return key


async def ask(port: int, key: str, count: int, seconds: float) -> list[float]:
    """Milliseconds of every request that was answered within `seconds`."""
    took: list[float] = []
    until = time.perf_counter() + seconds

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.perf_counter()) < until:
            number = (number * 48271 + 11) % count
            writer.write(f"GET /v1/accounts/user-{number}/may/withdraw HTTP/1.1\r\nHost: x\r\n"
                         f"Authorization: Bearer {key}\r\n\r\n".encode())  # fmt: skip
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            took.append((time.perf_counter() - began) * 1000)
        writer.close()

    await asyncio.gather(*(one(n * 7919) for n in range(CONNECTIONS)))
    return took


@dataclass(frozen=True, slots=True)
class Round:
    per_second: float
    p50: float
    p99: float
    cpu_us: float


def one_round(kind: str, url: str, key: str, count: int, seconds: float) -> Round:
    with server(kind, url) as (pid, port):
        asyncio.run(_when_up(port, key, count))
        tree = Tree(pid)
        before, took = tree.cpu_ms(), asyncio.run(ask(port, key, count, seconds))
        cpu = tree.cpu_ms() - before
    took.sort()
    return Round(len(took) / seconds, took[len(took) // 2], took[int(len(took) * 0.99)], cpu * 1000 / len(took))


async def _when_up(port: int, key: str, count: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            await ask(port, key, count, 0.3)
            return
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.2)


def run(url: str, count: int, seconds: float, rounds: int) -> dict:
    """All kinds by turns; medians over the rounds, and each as a share of the constant route's."""
    key = fill(url, count)
    made = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind in KINDS:
            made[kind].append(one_round(kind, url, key, count, seconds))
    rows = {kind: {name: round(statistics.median(getattr(r, name) for r in each), 2) for name in Round.__slots__}
            for kind, each in made.items()}  # fmt: skip
    ceiling = rows["constant"]
    for row in rows.values():
        row["share_of_ceiling"] = round(row["per_second"] / ceiling["per_second"], 2)
        row["cpu_of_constant"] = round(row["cpu_us"] / ceiling["cpu_us"], 2)
    return {"accounts": count, "database": url.partition(":")[0], "rounds": rounds, "seconds": seconds, "rows": rows}


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.gate")
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", help="an empty database; SQLite in a temporary folder when not given")
    parser.add_argument("--save", action="store_true", help=f"keep the figures in {RESULTS.name}")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite:///{folder}/gate.db"
        figures = run(url, options.accounts, options.seconds, options.rounds)
    print(f"{'':12}{'req/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}{'of ceiling':>12}")
    for kind, row in figures["rows"].items():
        print(f"{kind:12}{row['per_second']:>10.0f}{row['p50']:>9}{row['p99']:>9}{row['cpu_us']:>9.0f}"
              f"{row['share_of_ceiling']:>12}   {MEANING[kind]}")  # fmt: skip
    if options.save:
        kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        RESULTS.write_text(json.dumps({**kept, figures["database"]: figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
