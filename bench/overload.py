"""Beyond capacity: the same mix of calls from ever more clients at once, and the gate meanwhile.

    python -m bench.overload [--clients 1,8,32,100,400] [--seconds 20] [--databases sqlite,postgresql] [--pictures]
                             [--gate-apart] [--save]

Each client goes through cycles: create, identity, submit, read, may (with `--pictures`: consent and both sides of a
card as well, and no submit). It obeys Retry-After. A cycle counts from the answer that let it in. After each row the
workers' decisions are waited for: throughput is cycles in the seconds until the last of them was decided, for what is
taken in faster than it is decided only makes a queue.

Goals: at the most clients 90 % of the greatest throughput, p95 of what is let in at most three times that at 8, all
else refused within 100 ms, and p99 of the gate at most twice what it is when nobody else is there. Clients, database
and pictures share this machine's cores with it, so a server that does nothing (`bare`) is asked as often beside it, and
told beside it. On a busy machine only shares count. With `--gate-apart` the gate is asked of a second server on the
same database, as a proxy would send it there (deploy/nginx).
"""

import argparse
import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bench.verification import Tree
from shiming import demo
from shiming.demo.cast import by_slug
from shiming.store.database import Database
from shiming.store.operations.figures import queues
from shiming.workflows.queues import QUEUE_OF
from tests import throwaway_postgres
from tests.application import free_port

RESULTS = Path(__file__).parent / "results" / "overload.json"
LONGEST_BEHIND = 600  # seconds
GOALS = {"throughput_share": 0.9, "p95_times_that_at_8": 3.0, "shed_p99_ms": 100.0, "gate_p99_times_alone": 2.0}


@contextmanager
def database(kind: str) -> Iterator[dict[str, str]]:
    """Settings that name a fresh database of this kind."""
    if kind == "sqlite":
        yield {}
        return
    with throwaway_postgres.server() as socket:
        url = throwaway_postgres.url(socket)
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE shiming"))
        yield {"database_url": throwaway_postgres.url(socket, "shiming")}


async def nothing(scope: dict, receive: Callable, send: Callable) -> None:
    """The ASGI application of `bare`."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})


@contextmanager
def bare() -> Iterator[int]:
    """The port of a server like ours that answers at once."""
    port = free_port()
    given = ["--interface", "asginl", "--port", str(port), "--no-access-log", "--log-level", "warning"]
    with _served([sys.executable, "-m", "granian", *given, "bench.overload:nothing"], port):
        yield port


@contextmanager
def _served(command: list[str], port: int, **how: Any) -> Iterator[None]:
    """A server while it runs, once it listens."""
    process = subprocess.Popen(command, **how)
    try:
        while process.poll() is None and not _listens(port):
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def second(folder: Path, given: dict[str, str]) -> Iterator[int]:
    """The port of a `shiming gate` on the same data."""
    port = free_port()
    settings = {"data": str(folder / "data"), "port": str(port), "requests_per_minute": "100000000", **given}
    environment = os.environ | {f"SHIMING_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "shiming", "gate", "--parent", str(os.getpid())]
    with _served(command, port, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        yield port


def one(server: demo.Server, clients: int, seconds: float, pictures: dict | None, beside: int | None = None,
        gate: int | None = None) -> dict:  # fmt: skip
    """One row: what so many clients saw in so many seconds; `beside`: the port of `bare`, `gate`: of who answers it."""
    wanted = {"port": int(server.address.rpartition(":")[2]), "bare": beside, "gate": gate, "key": server.key,
              "clients": clients, "seconds": seconds, "pictures": pictures}  # fmt: skip
    command = [sys.executable, "-m", "bench.overload_clients"]
    began = time.perf_counter()
    said = subprocess.run(command, input=json.dumps(wanted), capture_output=True, text=True, check=True).stdout
    told, took = json.loads(said), time.perf_counter() - began
    memory = Tree(server.pid).memory_mb()
    return {
        "clients": clients, "seconds": round(took, 1), "cycles": len(told["cycles"]),
        "cycles_per_s": round(len(told["cycles"]) / seconds, 2),
        "cycle_ms": _spread(told["cycles"]), "shed": len(told["shed"]), "shed_ms": _spread(told["shed"]),
        "gate_ms": _spread(told["gate"]), "bare_ms": _spread(told["bare"]),
        "refused": told["refused"], "errors": told["errors"],
        "steps_p95_ms": {name: _spread(took)["p95"] for name, took in told["steps"].items()},
        "memory_mb": round(sum(memory.values())),
    }  # fmt: skip


def decided(server: demo.Server) -> float:
    """Wait until the workers have nothing left to decide; the seconds that it took."""
    began, database = time.perf_counter(), Database(server.settings.place("database_url"))
    try:
        while time.perf_counter() - began < LONGEST_BEHIND:
            with database.read() as connection:
                left = [each for each in queues(connection) if each.queue == QUEUE_OF["verify"]]
            if not any(each.ready + each.running for each in left):
                break
            time.sleep(0.2)
    finally:
        database.close()
    return time.perf_counter() - began


def sides() -> dict[str, str]:
    """Both sides of a card, for a mix with pictures."""
    return {side: base64.b64encode(by_slug("hege").picture(side)).decode() for side in ("front", "back")}


def _spread(seconds: list[float]) -> dict[str, float]:
    at = sorted(seconds) or [0.0]
    return {f"p{p}": round(1000 * at[min(len(at) - 1, len(at) * p // 100)], 1) for p in (50, 95, 99)}


def judged(rows: list[dict]) -> dict[str, float]:
    """What the goals speak of, of the row with the most clients."""
    by = {row["clients"]: row for row in rows}
    most, few = rows[-1], by.get(8) or rows[1]
    return {
        "throughput_share": round(most["decided_per_s"] / max(max(r["decided_per_s"] for r in rows), 0.01), 2),
        "p95_times_that_at_8": round(most["cycle_ms"]["p95"] / max(few["cycle_ms"]["p95"], 0.1), 2),
        "shed_p99_ms": max(row["shed_ms"]["p99"] for row in rows),
        "gate_p99_times_alone": round(most["gate_ms"]["p99"] / max(rows[0]["gate_ms"]["p99"], 0.1), 2),
        "bare_p99_times_alone": round(most["bare_ms"]["p99"] / max(rows[0]["bare_ms"]["p99"], 0.1), 2),
    }


def run(kind: str, counts: list[int], seconds: float, pictures: dict | None, gate_apart: bool = False) -> dict:
    """All counts of clients on one server, fewest first, after a look at the gate alone."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        given = stack.enter_context(database(kind))
        server = stack.enter_context(demo.server(folder, requests_per_minute="100000000", **given))
        beside = stack.enter_context(bare())
        gate = stack.enter_context(second(folder, given)) if gate_apart else None
        one(server, 2, 3, pictures, beside, gate)  # warm
        rows = [_decided(server, one(server, count, seconds, pictures, beside, gate)) for count in (0, *counts)]
    return {"rows": rows, "reached": judged(rows)}


def _decided(server: demo.Server, row: dict) -> dict:
    """The row with its throughput, once all of it is decided."""
    behind = decided(server)
    whole = row["seconds"] + behind
    row |= {"behind_s": round(behind, 1), "decided_per_s": round(row["cycles"] / whole, 2)}
    print(json.dumps(row, ensure_ascii=False), flush=True)
    return row


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.overload")
    parser.add_argument("--clients", default="1,8,32,100,400")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--pictures", action="store_true")
    parser.add_argument("--no-pictures", dest="pictures", action="store_false")
    parser.add_argument("--gate-apart", action="store_true")
    parser.add_argument("--save", action="store_true", help=f"keep the figures in {RESULTS.name}")
    options = parser.parse_args()
    counts = [int(count) for count in options.clients.split(",")]
    made = {kind: run(kind, counts, options.seconds, sides() if options.pictures else None, options.gate_apart)
            for kind in options.databases.split(",")}  # fmt: skip
    for kind, figures in made.items():
        print(kind, json.dumps(figures["reached"]), "goals:", json.dumps(GOALS))
    if options.save:
        kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        mix = ("pictures" if options.pictures else "no_pictures") + ("_gate_apart" if options.gate_apart else "")
        kept |= {"goals": GOALS, mix: {**kept.get(mix, {}), **made}}
        RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
