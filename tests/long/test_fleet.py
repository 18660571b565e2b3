"""`make fleet`: three servers behind a balancer and three workers, each on a machine of its own, are broken at random
while clients use them; then the clients' journal is counted, and every flow walked across the servers.

`SECONDS` of chaos (600), `SEED`, `CLIENTS` at once. Each machine has its own address, data folder and clock; they share
PostgreSQL and an S3 server. Machines end, freeze, are cut off and get wrong clocks. Result: bench/results/fleet.json.
"""

import os
import random
from contextlib import ExitStack

import pytest

from tests import throwaway_postgres as postgres
from tests.long.chaos import balancer, faults, machines, walk
from tests.long.chaos import run as chaos
from tests.long.test_kills import HOURS, RESULT
from tests.standing.hung_store import bucket

SERVERS, WORKERS, PER_MINUTE = 3, 3, 6000
PAUSE = 2.0, 8.0  # seconds between two strikes
TAKEOVER = 6.0  # seconds


class World:
    """What the machines share, and how the fleet is started on them."""

    def __init__(self, stack: ExitStack, folder):
        self._stack, self.folder = stack, folder
        names = [f"{kind}-{n + 1}" for kind, many in (("serve", SERVERS), ("work", WORKERS)) for n in range(many)]
        self.network = stack.enter_context(machines.network(folder, names))
        here = self.network.here
        database = stack.enter_context(postgres.server("max_connections=300", f"listen_addresses={here}"))
        with (database / "data" / "pg_hba.conf").open("a", encoding="ascii") as allowed:
            allowed.write(f"host all all {here}/24 trust\n")
        postgres.order(database, "SELECT pg_reload_conf()")
        for name in ("main", "keys"):
            postgres.order(database, f'CREATE DATABASE "{name}" TEMPLATE template0')
        self.urls = [f"postgresql+psycopg://shiming@{here}/{name}" for name in ("main", "keys")]
        self.store = stack.enter_context(bucket(here))

    def started(self, seed: int, threads: int) -> chaos.Run:
        settings = {
            "files_url": self.store.url, "requests_per_minute": str(PER_MINUTE), "serve_processes": str(SERVERS),
            "work_processes": str(WORKERS), "fetch_private": f"{self.network.here}/32",
            "trusted_proxies": self.network.here, "private_hosts": self.store.options["endpoint"].partition("//")[2],
        }  # fmt: skip
        aws = {"ENDPOINT": self.store.options["endpoint"], "ALLOW_HTTP": "true", "REGION": "r", "ACCESS_KEY_ID": "a",
               "SECRET_ACCESS_KEY": "b"}  # fmt: skip
        return chaos.started(
            self.folder, *self.urls, seed, threads, self.network.here, self._door, servers=SERVERS, workers=WORKERS,
            machines=self.network.machines, settings=settings,
            variables={f"AWS_{name}": value for name, value in aws.items()},
        )  # fmt: skip

    def _door(self, fleet):
        names = {service.address: service.name for service in fleet.services if service.port}
        places = {name: address.removeprefix("http://") for address, name in names.items()}
        made = self._stack.enter_context(balancer.balancer(self.folder, places))
        return [made.url], balancer.Balanced(made, names)

    def faults(self) -> list[faults.Fault]:
        """Those that these machines can be struck by."""
        without = {"cut": not self.network.cables, "clock": not self.network.clocks}
        return [fault for name, those in faults.MACHINES.items() if not without.get(name) for fault in those]


@pytest.fixture
def world(tmp_path):
    with ExitStack() as stack:
        yield World(stack, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(2 * HOURS)
def test_a_fleet_loses_nothing_and_every_flow_goes_on_at_any_server(world, capfd):
    seconds, threads = float(os.environ.get("SECONDS", "600")), int(os.environ.get("CLIENTS", "10"))
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 10**6)

    def say(line: str) -> None:
        with capfd.disabled():
            print(line, flush=True)

    kinds = world.faults()
    say(f"\n{seconds:.0f} s of chaos, seed {seed}, {threads} clients; everything lies in {world.folder}")
    say(f"cables {'can' if world.network.cables else 'CANNOT'} be pulled, clocks "
        f"{'can' if world.network.clocks else 'CANNOT'} be wrong")  # fmt: skip
    run = world.started(seed, threads)
    try:
        run.break_things(10**6, seed, kinds, say, PAUSE, seconds)
        run.rest(say)
        with run.database.read() as connection:
            found = chaos.counted(run, connection)
        found["wrong"]["audit"] = chaos.audited(run)
        found["flows"] = walked(world, run, say)
    finally:
        chaos.stop(run)
    kept = {"cables": world.network.cables, "clocks": world.network.clocks, **chaos.result(run, found, seed)}
    chaos.written(RESULT.with_name("fleet.json"), kept)
    say("\n".join(f"{name}: {kept[name]}" for name in ("totals", "takeovers", "flows", "orphans", "authority")))
    assert not kept["with_nothing_in_flight"]
    assert not {kind: lines[:20] for kind, lines in found["wrong"].items() if lines}
    assert {flow: told for flow, told in found["flows"].items() if told != "well"} == {}
    assert all(took["most_s"] <= TAKEOVER for took in kept["takeovers"].values()), kept["takeovers"]


def walked(world: World, run: chaos.Run, say) -> dict[str, str]:
    """Each flow, once all clocks are right again: what a code for signing in is good for goes by them."""
    for machine in world.network.machines:
        machine.turn_clock(0)
    w, told = walk.Walk(run, run.key), {}
    flows = {"every_server_is_well_again": lambda w: walk.until(w.all_well, 120)}
    flows |= {flow.__name__: flow for flow in walk.FLOWS}
    flows["limits_count_across_servers"] = lambda w: walk.limits_count_across_servers(w, PER_MINUTE // 20)
    for name, flow in flows.items():
        try:
            flow(w)
            told[name] = "well"
        except Exception as fault:  # the other flows are walked all the same
            told[name] = f"{type(fault).__name__}: {str(fault)[:400]}"
        say(f"flow {name}: {told[name]}")
    return told
