"""What a simple call asks of the database and of threads: whoever adds to it says so here.

Both are most of what such a call costs; in CPU it is measured by `python -m bench.call_cost`.
"""

from contextlib import contextmanager
from math import inf

import pytest
from anyio import to_thread

from shiming.store.database import Database
from shiming.web.http import backlog
from shiming.workflows.verification import start_links
from tests.security.processes.installation import opened
from tests.statements import counted

APP, TYPED = "demo.test", {"name": "张合格", "number": "170213199103140138"}
MOST = {"create": (14, 1), "identity": (16, 1), "read": (5, 1), "standing": (2, 1)}
"""Statements and threads of each call, with an Idempotency-Key where it writes; beside them one on the gate's
connection, without a thread, by which the key is known."""


@pytest.fixture
def home(tmp_path):
    with opened(tmp_path) as made:
        yield made


@contextmanager
def threads(monkeypatch):
    """What is handed to threads meanwhile."""
    handed, run_sync = [], to_thread.run_sync

    async def noted(act, *args, **options):
        handed.append(act)
        return await run_sync(act, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(to_thread, "run_sync", noted)
        yield handed


def test_a_simple_call_takes_few_statements_and_threads(home, monkeypatch):
    """They took 22, 27, 9 and 3 statements; 5, 5, 3 and 3 threads; then 15, 16, 6 and 3, and 2 each."""
    key, took, asked = home.key(), {}, {}
    monkeypatch.setattr(backlog, "EVERY", inf)  # one look for all calls of two seconds, beside them

    def call(name, method, path, body=None):
        with counted(home.context.database.engine) as made, threads(monkeypatch) as handed:
            answer = key.request(method, f"/v1{path}", json=body, headers={"Idempotency-Key": name})
        took[name], asked[name] = (len(made), len(handed)), list(made)
        assert answer.is_success, answer.text
        return answer.json()

    for name in ("first", "create"):  # the first notes the day of the key's use
        made = call(name, "POST", "/verifications", {"account": "zhang", "level": "basic"})
    path = f"/verifications/{made['id']}"
    call("identity", "POST", f"{path}/identity", TYPED)
    assert call("read", "GET", path)["attempts"] == {"used": 0, "left": 5}
    call("standing", "GET", "/accounts/zhang/standing")
    over = [name for name, most in MOST.items() if took[name][0] > most[0] or took[name][1] > most[1]]
    assert not over, (took, {name: asked[name] for name in over})


def test_what_is_wanted_of_an_account_is_read_at_one_moment(home, monkeypatch):
    """Where no age is asked for, the account was read twice, in two transactions."""
    home.key().post("/v1/accounts/zhang/holds", json={"reason": "login_risk"})
    reads, read = [], Database.read
    monkeypatch.setattr(Database, "read", lambda database: reads.append(1) or read(database))
    for ref, capability, times, why in (("zhang", "", 1, "hold"), ("zhang", "comment", 1, "hold"),
                                        ("new", "", 1, ""), ("new", "live", 1, "use")):  # fmt: skip
        reads.clear()
        with counted(home.context.database.engine) as made:
            wanted = start_links.wanted(home.context, APP, ref, "personal", capability)
        assert (len(reads), sum("FROM accounts" in each for each in made)) == (times, 1), (ref, capability)
        assert wanted.why == why, (ref, capability)
