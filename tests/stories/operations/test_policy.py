"""A policy tried and published on a running server, by people with keys of their own (M32)."""

import time
from datetime import UTC, datetime
from importlib.resources import files

import httpx
import pytest

from tests.stories.keys import key

DEFAULT = files("shiming.risk").joinpath("policies/default.toml").read_text("utf-8")
STRICT = DEFAULT.replace('name = "default"', 'name = "strict"').replace("amount >= 5000000", "amount >= 1000000")


@pytest.fixture
def desk(server):
    """What an operator asks, as (method, path, body) → answer; its name is the operator's."""

    def ask(name, method, path, **body):
        headers = {"Authorization": f"Bearer {secrets[name]}"}
        answer = httpx.request(method, f"{server.address}/v1{path}", headers=headers, timeout=60, **body)
        assert answer.is_success, answer.text
        return answer.json()

    secrets = {name: key(server, app="bank", role="operator", name=name) for name in ("anna", "bert")}
    secrets["platform"] = key(server, app="bank")
    return ask


def test_a_worker_tries_a_version_and_two_people_publish_it(desk):
    now = datetime.now(UTC).isoformat()
    moved = {"id": "t1", "account": "fu", "type": "transaction", "amount": 2_000_000, "at": now}
    assert desk("platform", "POST", "/events", json=moved)["items"][0]["flags"] == []
    version = desk("anna", "POST", "/policies", json={"text": STRICT})["version"]
    asked = desk("anna", "POST", f"/policies/{version}/try", json={"days": 30})
    result = finished(desk, asked["id"])
    assert result["held"]["new"] == 1 and result["by_rule"][0]["rule"] == "large_transaction"
    desk("anna", "POST", f"/policies/{version}/propose", json={"waves": [{"share": 100}]})
    desk("bert", "POST", f"/policies/{version}/approve")
    time.sleep(1.1)  # another process may go by the schedule that it read for a second
    again = desk("platform", "POST", "/events", json={**moved, "id": "t2"})["items"][0]
    assert len(again["flags"]) == 1
    assert desk("bert", "POST", f"/policies/{version}/rollback")["holds_lifted"] == 1


def finished(desk, id):
    until = time.monotonic() + 240
    while time.monotonic() < until:
        trial = desk("anna", "GET", f"/policy_trials/{id}")
        if trial["state"] == "done":
            return trial["result"]
        time.sleep(0.3)
    raise AssertionError(f"the trial did not end: {trial}")
