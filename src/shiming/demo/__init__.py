"""`shiming demo`: a server of its own, and the whole cast sent through its public API with real pictures."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urljoin

import httpx

from shiming import app
from shiming.demo import host, live_side, result_table, sample_cases, staff, walk
from shiming.demo.cast import Person, by_slug, people, write_register
from shiming.demo.walk import ApiClient, Result
from shiming.settings import Settings
from shiming.store.access import api_keys
from shiming.store.database import Database

AT_ONCE = 3
START_SECONDS, STOP_SECONDS = 240, 120  # a bound against hanging: machines differ, and tests share them


@dataclass(frozen=True, slots=True)
class Server:
    """A running demo server, with a key for the platform and keys of two reviewers."""

    address: str
    key: str
    reviewers: tuple[str, str]
    settings: Settings
    pid: int

    def api(self, key: str | None = None) -> ApiClient:
        return ApiClient(self.address, key or self.key)


def run(once: bool = False) -> int:
    """The demo. Returns 0 when every outcome is the expected one; without `once` it keeps serving before that.

    SIGTERM ends it as Ctrl-C does: its servers first, then what it wrote beside a data folder that was asked for.
    """
    signal.signal(signal.SIGTERM, _ended)
    with (
        tempfile.TemporaryDirectory(prefix="shiming-demo-") as name,
        live_side.vendors(folder := Path(name)) as (vendor, sources),
        server(folder, **chosen(os.environ), sources=sources) as running,
    ):
        print(f"Serving on {running.address} (API pages: {running.address}/docs)\n", flush=True)
        results = send_all(running)
        print(result_table.drawn(results), flush=True)
        live = live_side.send_all(running.address, running.settings)
        print(f"\n{result_table.drawn(live)}\n{live_side.told(vendor)}", flush=True)
        wrong = [r for r in [*results, *live] if not r.expected]
        if not once:
            sample_cases.leave(running.api(), results)
            _keep_serving(running, sample_cases.materials(folder / "materials", by_slug("hege")))
    return 1 if wrong else 0


def chosen(environment: Mapping[str, str]) -> dict[str, str]:
    """Where it was asked to serve and to keep its data; else on a free port, and nothing is kept."""
    asked = {name: environment.get(f"SHIMING_{name.upper()}", "") for name in ("host", "port", "data")}
    return {name: value for name, value in asked.items() if value}


def _ended(*_: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)


def send_all(running: Server) -> list[Result]:
    """Send everybody, a few at once, showing progress on a terminal; results in the cast's order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = []
        for result in pool.map(lambda person: send(running, person), people()):
            results.append(result)
            result_table.progress(len(results), len(people()), result)
    return results


def send(running: Server, person: Person) -> Result:
    """One person, with what has to happen before: an account that holds the place, or that was banned."""
    api = running.api()
    if person.code in ("subject_quota_reached", "subject_blocked"):
        walk.verify(api, person, f"{person.slug}-1", seed=1)
    if person.code == "subject_blocked":
        first, second = (running.api(key) for key in running.reviewers)
        asked = first.post("/subjects/blocks", {"account": f"{person.slug}-1", "ground": "violation_fraud"})
        second.post(f"/subjects/blocks/{asked['id']}/confirm")
    return walk.verify(api, person, person.slug)


@contextmanager
def server(folder: Path, log: IO | None = None, **settings: str) -> Iterator[Server]:
    """`shiming serve` on a free port, or `port`, stopped at the end; its data in `folder`/data, or `data`, the
    authority's photos in `folder`.
    """
    port, register = settings.get("port") or _free_port(), write_register(folder / "authority")
    given = {"data": str(folder / "data"), "port": str(port), "retry_seconds": "1", "simulated_register": str(register)}
    given |= {"fetch_private": "127.0.0.1", "private_hosts": "127.0.0.1"}  # webhooks and providers of a demo live here
    given |= {"titles": "demo=青藤直播（演示）|Ivy Live (demo)"}
    environment = os.environ | {f"SHIMING_{name.upper()}": value for name, value in (given | settings).items()}
    chosen = Settings.load(environment)
    app.migrate(chosen)
    platform, *reviewers = _keys(chosen)
    command = [sys.executable, "-m", "shiming", "serve", "--parent", str(os.getpid())]
    process = subprocess.Popen(command, env=environment, start_new_session=True, stdout=log, stderr=log)  # nosec B603  # ours
    try:
        address = f"http://{_reached(settings.get('host', ''))}:{port}"
        _wait(address, process)
        yield Server(address, platform, (reviewers[0], reviewers[1]), chosen, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()  # and its children end with it
            process.wait()


def _keys(settings: Settings) -> list[str]:
    wanted = [("platform", "demo"), ("reviewer", "reviewer-one"), ("reviewer", "reviewer-two")]
    database = Database(settings.place("database_url"))
    with database.write() as connection:
        made = [
            api_keys.make(connection, "demo", False, role, name, time.time_ns() // 1_000_000) for role, name in wanted
        ]
    database.close()
    return made


def _wait(address: str, process: subprocess.Popen) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{address}/v1/health", timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise SystemExit("The server did not start; what it said stands above.")


def _reached(host: str) -> str:
    """Where a server that listens there is reached from here."""
    if host in ("", "0.0.0.0", "::"):  # noqa: S104  # nosec B104  # compared with, not listened on
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _keep_serving(running: Server, materials: Path) -> None:
    people = staff.let_in(running.settings)
    pretend = host.serve(running.address, running.key, people, str(materials))
    print(f"\nA pretended live platform that asks its streamers to verify: {pretend}  (open it in a browser)")
    print(f"docs/walk.md leads from there to an upheld appeal; what it takes lies in {materials}")
    print(f"\nStill serving on {running.address} — stop with Ctrl-C. Keys of this demo (test mode, gone when it ends):")
    print(
        f"  platform  {running.key}\n  reviewers {running.reviewers[0]}\n            {running.reviewers[1]}", flush=True
    )
    print(staff.told(running.address, people, urljoin(pretend, "/staff")), flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()
