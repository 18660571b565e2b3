"""One run: start everything, break it so many times, let it come to rest, count."""

import json
import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, text

from shiming.store.access import api_keys
from shiming.store.crypto.sealed import Lookup
from shiming.store.database import Database
from tests.long.chaos import authority, faults, journal, tally, windows
from tests.long.chaos.clients import Clients
from tests.long.chaos.faults import Busy, Fault, Strike
from tests.long.chaos.fleet import Fleet
from tests.long.chaos.journal import Traffic
from tests.long.chaos.receiver import Receiver
from tests.long.chaos.takeovers import Takeovers

PAUSE = 0.2, 1.2  # seconds between two strikes
WAIT = 10.0  # seconds that a strike waits for a victim at which something is in flight
REST = 240.0  # seconds in which everything that was taken in must have come to its end
PENDING = "SELECT executor_id, count(*) FROM dbos.workflow_status WHERE status = 'PENDING' GROUP BY executor_id"
UNDONE = {
    "verifications in checking": "SELECT count(*) FROM verifications WHERE state = 'checking'",
    "deliveries waiting": "SELECT count(*) FROM deliveries WHERE state <> 'delivered'",
    "workflows": "SELECT count(*) FROM dbos.workflow_status WHERE status IN ('PENDING', 'ENQUEUED', 'DELAYED')",
}


@dataclass
class Run:
    """A fleet under load, and what was done to it."""

    fleet: Fleet
    database: Database
    receiver: Receiver
    clients: Clients
    key: str = ""
    strikes: list[Strike] = field(default_factory=list)
    idle: int = 0
    undone: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    takeovers: Takeovers | None = None

    def break_things(self, times: int, seed: int, kinds: Sequence[Fault], say: Callable[[str], None],
                     pause: tuple[float, float] = PAUSE, seconds: float = float("inf")) -> None:  # fmt: skip
        """Strike so many times, or for so many seconds, never where nothing is in flight."""
        chance, began = random.Random(seed), time.monotonic()
        while len(self.strikes) < times and time.monotonic() < began + seconds:
            time.sleep(chance.uniform(*pause))
            if (struck := self._strike(faults.drawn(chance, kinds), chance)) is None:
                self.idle += 1
                continue
            self.strikes.append(struck)
            say(f"{len(self.strikes):>5}/{times} {time.monotonic() - began:7.1f} s  {struck.line()}")
        self.seconds = time.monotonic() - began

    def _strike(self, fault: Fault, chance: random.Random) -> Strike | None:
        """Wait a little for somebody to be busy whom this fault may befall, and strike."""
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            if struck := faults.strike(self.fleet, fault, Busy(self.clients.traffic, self.running()), chance):
                if self.takeovers and fault.ends:
                    self.takeovers.begin(struck.service, struck.fault, struck.at)
                return struck
            time.sleep(0.05)
        return None

    def running(self) -> dict[int, int]:
        """Workflows that run now, by the process that runs them (those of the dead wait to be resumed).

        Which process an executor is, the authority was told with its first question.
        """
        pids = authority.executors(self.fleet.authority_log)
        alive = {member.pid for member in self.fleet.members()}
        with self.database.read() as connection:
            rows = connection.execute(text(PENDING)).all()
        return {pid: n for executor, n in rows if (pid := pids.get(executor)) in alive}

    def rest(self, say: Callable[[str], None]) -> None:
        """Let clients finish, and wait until nothing is left to be done, within bounds."""
        say(f"{len(self.strikes)} strikes; clients finish what they began …")
        self.clients.stop()
        until = time.monotonic() + REST
        while any((undone := self._undone()).values()) and time.monotonic() < until:
            time.sleep(1)
        self.undone = {what: n for what, n in undone.items() if n}

    def _undone(self) -> dict[str, int]:
        with self.database.read() as connection:
            return {what: connection.scalar(text(query)) for what, query in UNDONE.items()}


Door = Callable[[Fleet], tuple[list[str], Traffic | None]]
"""Where clients knock, and who knows what is in flight."""


def every_server(fleet: Fleet) -> tuple[list[str], Traffic | None]:
    """Clients knock at each server themselves."""
    return [service.address for service in fleet.services if service.port], None


def started(folder: Path, database_url: str, keys_url: str, seed: int, threads: int, here: str = "127.0.0.1",
            door: Door = every_server, **given: Any) -> Run:  # fmt: skip
    """A fleet that serves, with its clients at work. `here` is the address under which its machines reach us."""
    fleet = Fleet(folder, database_url, keys_url, **given)
    receiver, database = Receiver(here), Database(database_url)
    try:
        fleet.start()
        with database.write() as connection:
            key = api_keys.make(connection, "demo", False, "platform", "server", time.time_ns() // 1_000_000)
        servers, traffic = door(fleet)
        clients = Clients(servers, key, journal.Journal(folder / "journal.jsonl"), seed, threads, traffic)
        _listen(servers[0], key, receiver.url)
    except BaseException:
        stop(Run(fleet, database, receiver, None))
        raise
    clients.start()
    return Run(fleet, database, receiver, clients, key, takeovers=Takeovers(fleet, database))


def _listen(server: str, key: str, url: str) -> None:
    answer = httpx.post(f"{server}/v1/webhook_endpoints", json={"url": url}, timeout=60,
                        headers={"Authorization": f"Bearer {key}"})  # fmt: skip
    assert answer.status_code == 201, answer.text


def stop(run: Run) -> None:
    if run.takeovers:
        run.takeovers.close()
    run.fleet.stop()
    run.receiver.close()
    run.database.close()


def audited(run: Run) -> list[str]:
    """What is wrong with the audit trail, by the word of the command that checks it."""
    trail = str(run.fleet.folder / "trail.jsonl")
    try:
        run.fleet.run("audit", "export", trail)
        run.fleet.run("audit", "verify", trail)
        return []
    except subprocess.CalledProcessError as failed:
        return [f"{failed.cmd[-2:]}: {failed.stdout}"]


def counted(run: Run, connection: Connection) -> dict[str, Any]:
    """The tally: lists of what is wrong, by kind, and the figures beside them."""
    intents = journal.read(run.fleet.folder / "journal.jsonl")
    lookup = Lookup.load(run.fleet.folder / "master.keys")
    log = authority.asked(run.fleet.authority_log)
    beyond, unavoidable, avoidable = tally.asked_again(
        connection, lambda number: lookup.hash("number", number), log, run.fleet.ends
    )
    troubles = tally.troubles(intents) + Counter(run.clients.faults)
    return {
        "wrong": {
            "lost": tally.lost(connection, intents) + tally.untold(connection, run.receiver.bodies),
            "doubled": tally.doubled(connection, intents, run.receiver.happenings()),
            "miscounted": windows.miscounted(run.database, time.time_ns() // 1_000_000),
            "wedged": tally.wedged(intents),
            "refused": tally.refused(intents),
            "given_up": tally.given_up(intents),
            "undone": [f"{n} {what}" for what, n in run.undone.items()],
            "authority_asked_again_without_need": avoidable,
            "answers_500": [f"{n} × {said}" for said, n in troubles.items() if " 500" in f" {said}"],
            "fallen": run.fleet.fallen,
        },
        "orphans": dict(Counter(run.fleet.orphans)),
        "intents": dict(Counter(i.kind for i in intents)),
        "requests": run.clients.traffic.sent,
        "tries_without_success": dict(troubles),
        "webhooks": {"ids": len(run.receiver.bodies), "came": sum(map(len, run.receiver.bodies.values()))},
        "authority": {"asked": len(log), "beyond_kept": beyond, "unavoidable": unavoidable},
        "restarts": {service.name: service.starts - 1 for service in run.fleet.services},
    }


def result(run: Run, found: dict[str, Any], seed: int) -> dict[str, Any]:
    """What is kept of a run: totals first, then every strike with what was in flight at it."""
    kinds = Counter(strike.fault for strike in run.strikes)
    return {
        "seed": seed, "cores": os.cpu_count(), "minutes": round(run.seconds / 60, 1), "strikes": len(run.strikes),
        "by_kind": dict(kinds), "with_nothing_in_flight": sum(not strike.in_flight_there for strike in run.strikes),
        "draws_without_a_busy_victim": run.idle,
        "totals": {kind: len(lines) for kind, lines in found["wrong"].items()}, **found,
        "takeovers": run.takeovers.told() if run.takeovers else {},
        "log": [strike.line() for strike in run.strikes],
    }  # fmt: skip


def written(file: Path, kept: dict[str, Any]) -> None:
    file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
