"""What is made of a stranger's report: which calls a role may make, which it succeeded with, what was found."""

import json

from tests.strangers.asking import DOCUMENT, Asked, may, read
from tests.strangers.things import ROLES


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
