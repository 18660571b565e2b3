"""Each neighbour is ill for two minutes while clients work: who does not need it does not notice.

`SECONDS` says how long (120). The picture store hangs, the wire to the keys database is cut, a receiver of webhooks
drips a byte every four seconds. Result: bench/results/neighbours.json.
"""

import json
import os
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from bench import overload
from shiming import demo
from tests import throwaway_postgres as postgres
from tests.standing.hung_store import bucket
from tests.standing.slow_receivers import receivers
from tests.standing.test_hung_keys import Between

RESULT = Path(__file__).parents[2] / "bench" / "results" / "neighbours.json"
CLIENTS, SLOWER, MORE, QUIET_SECONDS = 4, 2.0, 1.5, 300
"""So much slower, and so much more often sent away, may be what does not need the neighbour: everything beside it runs
on the same two cores."""


@pytest.fixture
def world(tmp_path, monkeypatch):
    with ExitStack() as stack:
        folder = stack.enter_context(postgres.server("max_connections=200"))
        for name in ("main", "keys"):
            postgres.order(folder, f'CREATE DATABASE "{name}" TEMPLATE template0')
        wire, store = Between(str(folder)), stack.enter_context(bucket())
        stack.callback(wire.close)
        receiver = stack.enter_context(receivers())
        for name, value in (("ENDPOINT", store.options["endpoint"]), ("ALLOW_HTTP", "true"), ("REGION", "r"),
                            ("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b")):  # fmt: skip
            monkeypatch.setenv(f"AWS_{name}", value)
        server = stack.enter_context(demo.server(
            tmp_path, requests_per_minute="100000000", files_url=store.url, database_url=postgres.url(folder, "main"),
            keys_url=f"postgresql+psycopg://shiming@127.0.0.1:{wire.port}/keys",
        ))  # fmt: skip
        yield server, {"store": store.well, "keys": wire.well}, receiver


@contextmanager
def ill(well):
    well.clear()
    try:
        yield
    finally:
        well.set()


def share_begun_in_vain(found: dict) -> float:
    """Of all that was begun: what the clients make is more than two cores decide, so some is always sent away."""
    refused = found["refused"].get("create", 0)
    return refused / (refused + found["cycles"])


def at_rest(receiver) -> int:
    """How many webhooks have come once no more come."""
    came, until = -1, time.monotonic() + QUIET_SECONDS
    while came != receiver.came["/ok"] and time.monotonic() < until:
        came = receiver.came["/ok"]
        time.sleep(15)
    return receiver.came["/ok"]


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_who_does_not_need_the_neighbour_does_not_notice(world, capfd):
    server, neighbours, receiver = world
    seconds, told = float(os.environ.get("SECONDS", "120")), {}

    def look(name: str) -> dict:
        told[name] = overload.one(server, CLIENTS, seconds, None)
        with capfd.disabled():
            print(name, json.dumps(told[name], ensure_ascii=False), flush=True)
        return told[name]

    overload.one(server, CLIENTS, 5, None)
    well = look("all well")
    for name, each in neighbours.items():
        with ill(each):
            look(f"{name} ill")
        look(f"{name} well again")
    told["webhooks per cycle"] = {}
    for path, name in (("ok", "a receiver that is well"), ("drip", "a receiver drips beside it")):
        server.api().post("/webhook_endpoints", {"url": receiver.url(path)})
        before = at_rest(receiver)
        cycles = look(name)["cycles_per_s"] * seconds
        told["webhooks per cycle"][name] = round((receiver.came["/ok"] - before) / cycles, 3)
    RESULT.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")

    for name in ("store ill", "store well again", "keys well again", "a receiver drips beside it"):
        soon = 2 * CLIENTS if name == "keys well again" else 0  # it is asked every five seconds whether it is back
        others = {step: n for step, n in told[name]["refused"].items() if step != "create"}
        assert not told[name]["errors"] and sum(others.values()) <= soon, name
        assert share_begun_in_vain(told[name]) <= MORE * max(0.01, share_begun_in_vain(well)), name
        assert told[name]["cycle_ms"]["p95"] <= SLOWER * well["cycle_ms"]["p95"], name
    assert set(told["keys ill"]["refused"]) <= {"create", "identity", "submit"} and not told["keys ill"]["errors"]
    for name in (f"{each} ill" for each in neighbours):
        assert told[name]["gate_ms"]["p99"] <= SLOWER * max(50.0, well["gate_ms"]["p99"]), name
    alone, beside = told["webhooks per cycle"].values()
    assert beside >= 0.9 * alone, "workers give way to calls: as many are late where nobody drips"
