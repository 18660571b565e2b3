"""A stranger's tool with every role's key: each call of the description, once as its example says and once changed.

All that schemathesis can think of is asked by tests/long/test_strangers.py.
"""

import json

import pytest

from tests.strangers.asking import DOCUMENT, Asked, ask, may, read
from tests.strangers.things import ROLES

CASES = 300
"""Of all roles together, on calls that they may make."""


@pytest.fixture(scope="module")
def asked():
    """By role, what came of it."""
    return {}


@pytest.mark.parametrize("role", ROLES)
def test_a_stranger_succeeds_with_the_calls_of_its_key(server, asked, role, tmp_path):
    found = asked[role] = ask(server, role, tmp_path, "--phases", "examples,fuzzing", "--max-examples", 1)
    assert (found.ended, found.failed) == (0, {}), found.said[-8000:]
    assert found.enough, found.never


def test_enough_was_asked(asked):
    if asked.keys() != {*ROLES}:
        pytest.skip("Only where every role has asked before, in this process.")
    assert sum(each.cases for each in asked.values()) >= CASES


def test_nine_in_ten_of_a_roles_calls_are_enough_and_less_are_not():
    calls = [f"GET /v1/{n}" for n in range(20)]
    assert Asked(frozenset(calls), reached={*calls[:18], "GET /v1/of-another-role"}).enough
    assert not Asked(frozenset(calls), reached={*calls[:17], "GET /v1/of-another-role"}).enough


def test_every_call_is_somebodys():
    document = json.loads(DOCUMENT.read_text("utf-8"))
    calls = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    assert set().union(*(may(document, role) for role in ROLES)) == calls


def test_what_a_check_found_and_what_was_refused_is_counted():
    one = {"value": {"method": "GET", "path": "/v1/things"}}
    other = {"value": {"method": "DELETE", "path": "/v1/things"}}
    recorder = {
        "cases": {"a": one, "b": other, "c": one},
        "interactions": {"a": {"response": {"status_code": 200}}, "b": {"response": {"status_code": 403}},
                         "c": {"response": None}},
        "checks": {"a": [{"name": "x", "status": "success"}], "c": [{"name": "x", "status": "failure"}]},
    }  # fmt: skip
    found = read([json.dumps({"ScenarioFinished": {"recorder": recorder}})], Asked(frozenset({"GET /v1/things"})))
    assert (found.cases, found.refused, found.reached) == (2, 1, {"GET /v1/things"})
    assert (found.passed, found.failed) == ({"x": 1}, {"x": 1})
