"""What one unit of work costs: CPU time of the server's processes and of PostgreSQL, log written, bytes that are kept.

    python -m bench.database_cost [--rounds 2] [--save]

Units: a verification of level standard, one of level basic, an event (in batches of 500), a question to the gate. On
the tests' throw-away PostgreSQL, whose CPU time is that of all its processes; it syncs nothing, which costs no CPU
time. `bench/scale.py` reckons with the result.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg

from bench.verification import Tree, one
from shiming import demo
from shiming.demo.cast import people
from tests import throwaway_postgres as postgres
from tests.long.chaos.journeys import number

RESULTS = Path(__file__).parent / "results" / "database-cost.json"
EVENTS, BATCH, QUESTIONS, BASIC, SETTLE = 5000, 500, 1000, 10, 3.0
KEPT = """SELECT sum(pg_total_relation_size(oid)) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""


class Meter:
    """Reads what has been used so far."""

    def __init__(self, server: demo.Server, folder: Path, files: Path):
        self._server, self._files = Tree(server.pid), files
        self._database = Tree(int((folder / "data" / "postmaster.pid").read_text().split()[0]))
        self._connection = psycopg.connect(host=str(folder), user="shiming", dbname="main", autocommit=True)

    def read(self) -> dict[str, float]:
        log = self._connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()[0]
        kept = self._connection.execute(KEPT).fetchone()[0]
        files = sum(path.stat().st_size for path in self._files.rglob("*") if path.is_file())
        return {"server_cpu_ms": self._server.cpu_ms(), "database_cpu_ms": self._database.cpu_ms(),
                "log_bytes": float(log), "row_bytes": float(kept), "file_bytes": float(files)}  # fmt: skip

    def of(self, act: Callable[[], int], warm: Callable[[], object]) -> dict[str, float]:
        """What `act`, which returns how many units it did, has used for each. `warm` goes before: what is met first is
        loaded, planned and cached.
        """
        warm()
        time.sleep(SETTLE)
        before = self.read()
        units = act()
        time.sleep(SETTLE)
        used = {name: after - before[name] for name, after in self.read().items()}
        return {"units": units, **{name: round(each / units, 3) for name, each in used.items()}}


@contextmanager
def running():
    """A demo server on a PostgreSQL of its own, and its meter."""
    with postgres.server("max_connections=100") as folder, tempfile.TemporaryDirectory() as data:
        postgres.order(folder, 'CREATE DATABASE "main" TEMPLATE template0')
        given = {"database_url": postgres.url(folder, "main"), "requests_per_minute": "100000000"}
        with demo.server(Path(data), **given) as server:
            yield server, Meter(server, folder, Path(server.settings.place("files_url").removeprefix("file://")))


def measure(rounds: int) -> dict:
    chance, serial = random.Random(5), iter(range(100_000))
    passing = [p for p in people() if p.state == "approved" and p.live == "turns" and "稍后" not in p.name]
    with running() as (server, meter):
        api = server.api()

        def standard(of: int = rounds) -> int:
            for person in passing[:of]:
                one(api, Tree(server.pid), person, f"s-{next(serial)}")
            return of

        def basic() -> int:
            for _ in range(BASIC):
                n = next(serial)
                path = f"/verifications/{api.post('/verifications', {'account': f'b-{n}', 'level': 'basic'})['id']}"
                api.post(f"{path}/identity", {"name": "钱合格", "number": number(n)})
                api.post(f"{path}/submit")
                while api.get(path)["state"] == "checking":
                    time.sleep(0.1)
            return BASIC

        def events() -> int:
            for _ in range(EVENTS // BATCH):
                api.post("/events", {"events": [_event(chance, next(serial)) for _ in range(BATCH)]})
            return EVENTS

        def gate() -> int:
            with httpx.Client(headers={"Authorization": f"Bearer {server.key}"}) as http:
                for _ in range(QUESTIONS):
                    http.get(f"{server.address}/v1/accounts/e-{chance.randrange(500)}/may/live")
            return QUESTIONS

        found = {act.__name__: meter.of(act, act) for act in (events, gate, basic)}
        return found | {"standard": meter.of(standard, lambda: standard(1))}


def _event(chance: random.Random, n: int) -> dict:
    """Mostly engagement, some logins and transactions, of 2,000 accounts."""
    who = chance.randrange(2000)
    made = {"id": f"c-{n}", "account": f"e-{who}", "at": time.time_ns() // 1_000_000 - 1000, "device": f"d-{who}"}
    kind = chance.random()
    if kind < 0.8:
        return made | {"type": "engagement", "kind": "like", "target": f"t{chance.randrange(5000)}"}
    if kind < 0.92:
        return made | {"type": "login", "ip": f"114.66.{who >> 8}.{who & 255}"}
    return made | {"type": "transaction", "amount": chance.randrange(100_000)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.database_cost", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="people who are verified")
    parser.add_argument("--save", action="store_true", help=f"write {RESULTS.name}")
    chosen = parser.parse_args()
    found = measure(chosen.rounds)
    print(json.dumps(found, indent=1))
    if chosen.save:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
