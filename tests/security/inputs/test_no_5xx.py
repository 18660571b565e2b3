"""Whatever a client sends, with whatever key: no fault of ours (issue 11, row 10).

Every field of every call, those of pages and console too, is given what nobody means to send, by everybody who can ask.
`SHIMING_LONG=1` tries some 14,000 on each store and writes bench/results/fuzz.json; SHIMING_SEED repeats a run.
"""

import json
import logging
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.security.inputs import calls
from tests.security.inputs.odd import BODIES, HEADERS, OTHERS, TEXTS, WORST
from tests.security.processes.whole import whole
from tests.security.world import World, send

LONG = bool(os.environ.get("SHIMING_LONG"))
pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)] if LONG else []
SEED = int(os.environ.get("SHIMING_SEED", random.SystemRandom().randrange(2**32) if LONG else 11))
EXAMPLES, RENEW, SECONDS = (11_000 if LONG else 600), 250, 10
RESULT = Path(__file__).parents[3] / "bench" / "results" / "fuzz.json"
CALLS = calls.every()


class Faults(logging.Handler):
    """What the application logs as a fault of its own, also where its last net has caught it."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage())


@pytest.fixture(scope="module")
def faults():
    handler, log = Faults(), logging.getLogger("shiming.web")
    log.addHandler(handler)
    yield handler
    log.removeHandler(handler)


@dataclass
class Tried:
    """What was answered how often, by store; and how often a fault of ours was."""

    statuses: dict[str, Counter] = field(default_factory=dict)
    faults: int = 0

    def told(self) -> dict:
        stores = {store: {"inputs": n.total(), "statuses": {str(status): n[status] for status in sorted(n)}}
                  for store, n in self.statuses.items()}  # fmt: skip
        return {"seed": SEED, "calls": len(CALLS), "faults": self.faults, "stores": stores}


@pytest.fixture(scope="module")
def tried():
    """Told at the end; of a long run it is kept."""
    found = Tried()
    yield found
    print(json.dumps(found.told()))
    if LONG:
        RESULT.write_text(json.dumps(found.told(), indent=1) + "\n")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request, tmp_path_factory, tried):
    tried.statuses[request.param] = Counter()
    with start_blocking_portal() as portal, _home(request, tmp_path_factory.mktemp("no_5xx")) as home:
        made = World(home, portal).settle()
        made.store = request.param
        yield made


def _home(request, folder):
    if request.param == "sqlite":
        return whole(folder)
    from tests import throwaway_postgres as postgres

    server = request.getfixturevalue("postgres_server")
    postgres.order(server, 'CREATE DATABASE "no_5xx" TEMPLATE template0')
    return whole(folder, postgres.url(server, "no_5xx"))


def tell(
    world: World, faults: Faults, tried: Tried, call: calls.Call, role: str, more: dict, raw: bytes | None
) -> None:
    """Send one, and look at what comes of it."""
    statuses = tried.statuses[world.store]
    if statuses.total() % RENEW == RENEW - 1:
        world.renew()
    call = world.aimed(call)
    body, kind = encoded(call) if raw is None else (raw, "application/json")
    headers = {**world.who[role], "content-type": kind, **call.headers, **more}
    faults.seen.clear()
    began = time.process_time()
    status, answered, said = world.portal.call(
        send, world.home.web, call.method, call.address, call.asked, headers, body
    )
    about = (call.method, call.address[:200], call.asked[:200], role, more, body[:300], status, said[:300],
             faults.seen[-1:])  # fmt: skip
    statuses[status] += 1
    tried.faults += status >= 500 or bool(faults.seen)
    assert status < 500 and not faults.seen, about
    assert time.process_time() - began < SECONDS, about
    if status >= 400 and call.template.startswith(("/v1", "/console/api")):
        assert answered["content-type"] == "application/problem+json" or call.method == "HEAD", about
        assert call.method == "HEAD" or json.loads(said)["code"], about
    if status >= 400:
        assert not any(private in said.decode() for private in calls.PRIVATE), about


def encoded(call: calls.Call) -> tuple[bytes, str]:
    """The body as it is sent, and its type."""
    if not call.form:
        return (b"" if call.body is None else json.dumps(call.body).encode()), "application/json"
    texts = call.body.items() if isinstance(call.body, dict) else [("x", call.body)]
    if not call.files:
        from urllib.parse import urlencode

        return urlencode(list(texts), errors="surrogatepass").encode(), "application/x-www-form-urlencoded"
    parts = [f'name="{name}"\r\n\r\n{value}' for name, value in texts] + [
        f'name="{n}"; filename="a"\r\n\r\nx' for n in call.files
    ]
    lines = "".join(f"--x\r\nContent-Disposition: form-data; {part}\r\n" for part in parts)
    return f"{lines}--x--\r\n".encode("utf-8", "surrogatepass"), "multipart/form-data; boundary=x"


def asks(template: str) -> str:
    """Whose call it is; it goes furthest with their key."""
    first = template.split("/")[1]
    if first == "console":
        return "staff admin" if "staff" in template else "reviewer"
    if template.startswith(("/v1/policies", "/v1/policy")):
        return "operator"
    if any(part in template for part in ("/verdict", "/answer", "/subjects/", "/claims")):
        return "reviewer"
    return {"v1": "platform", "me": "account"}.get(first, "holder")


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.template}")
def test_each_field_of_each_call_with_the_worst(world, faults, tried, call):
    """One after the other, by whoever gets furthest with it."""
    tell(world, faults, tried, call, asks(call.template), {}, None)
    for place, value in product(call.places(), WORST):
        tell(world, faults, tried, call.put(place, value), asks(call.template), {}, None)


VALUES = st.one_of(st.sampled_from(TEXTS), st.sampled_from(OTHERS), st.text(max_size=30), st.integers(),
                   st.text(st.characters(categories=["Cc", "Cf", "Cs", "Co", "Zs"]), max_size=8))  # fmt: skip
LINES = st.sampled_from([(name, value) for name, values in HEADERS.items() for value in values])


@st.composite
def oddities(draw):
    """A call with one to three of its fields, and now and then a header or the whole body, replaced."""
    call = draw(st.sampled_from(CALLS))
    for _ in range(draw(st.integers(0, 3))):
        places = call.places()
        if places:
            call = call.put(draw(st.sampled_from(places)), draw(VALUES))
    if draw(st.integers(0, 7)) == 0:
        call = call.put(
            ("query", draw(st.sampled_from(["after", "limit", "account", "x\0", "lang", "launch"]))), draw(VALUES)
        )
    more = dict(draw(st.lists(LINES, max_size=2))) if draw(st.booleans()) else {}
    raw = draw(st.one_of(st.sampled_from(BODIES), st.binary(max_size=40))) if draw(st.integers(0, 5)) == 0 else None
    own, other = asks(call.template), draw(st.integers(0, 1 << 16))
    return call, own if other % 3 else other, more, raw


def test_any_field_of_any_call_by_anybody(world, faults, tried):
    """As many as there is time for, drawn."""

    @seed(SEED)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(oddities())
    def one(drawn):
        call, role, more, raw = drawn
        roles = sorted(world.who)
        tell(world, faults, tried, call, role if isinstance(role, str) else roles[role % len(roles)], more, raw)

    print(f"SHIMING_SEED={SEED}")
    one()


def test_every_door_is_tried():
    """The calls are those of all routers that the application has, and of nothing else."""
    from shiming.web.routers import ROUTERS

    assert len(CALLS) >= 200 and {"/v/{id}/basic/piece/identity", "/console/api/session"} <= {c.template for c in CALLS}
    assert len(ROUTERS) == len(set(map(id, ROUTERS)))
