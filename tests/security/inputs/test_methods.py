"""Methods that addresses have (issue 14): HEAD wherever GET is, and `Allow` names those that work and no others.

Monitors and link checkers ask with HEAD and were told 405; `Allow` named the methods of one route where several share
an address.
"""

import itertools

import pytest
from fastapi.testclient import TestClient

from tests.security.inputs import calls
from tests.security.processes.whole import whole

METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with whole(tmp_path_factory.mktemp("methods")) as made:
        yield made


def test_head_is_get_without_its_body(home):
    """Every GET that there is, as somebody with a key and as nobody; some of them answer, the others refuse alike."""
    seen = set()
    for client, call in itertools.product((home.key(), TestClient(home.web)), calls.every()):
        if call.method != "GET":
            continue
        address = f"{call.address}?{call.asked}"
        got, asked = (client.request(method, address, follow_redirects=False) for method in ("GET", "HEAD"))
        assert (asked.status_code, asked.content) == (got.status_code, b""), address
        assert asked.headers.keys() == got.headers.keys(), address
        assert asked.headers.get("content-length") == got.headers.get("content-length") or got.is_error, address
        seen.add(got.status_code)
    assert {200, 401, 404} <= seen


def test_allow_names_what_works_and_nothing_else(home):
    anybody, addresses = TestClient(home.web), {}
    for call in calls.every():
        addresses.setdefault(call.template, call.address)
    for template, address in addresses.items():
        refused = anybody.request("OPTIONS", address)
        assert (refused.status_code, refused.json()["code"]) == (405, "method_not_allowed"), template
        allowed = refused.headers["allow"].split(", ")
        answers = {method: anybody.request(method, address, follow_redirects=False) for method in METHODS}
        assert allowed == [method for method in METHODS if answers[method].status_code != 405], template
        told = {answer.headers["allow"] for answer in answers.values() if answer.status_code == 405}
        assert told <= {refused.headers["allow"]}, template


def test_allow_and_the_description_are_of_one_mind(home):
    """`/v1/policies/check` said GET, too, which was to a version that nobody can make."""
    anybody, methods = TestClient(home.web), {}
    for call in calls.every():
        methods.setdefault(call.address, set()).add(call.method)
    for address, described in methods.items():
        if address.startswith("/v1/"):
            implied = {"HEAD"} if "GET" in described else set()
            assert {*anybody.options(address).headers["allow"].split(", ")} == described | implied, address


def test_head_of_events_that_never_end_ends(home):
    """A stream is told by its head, and nothing stays open for it."""
    platform = home.key()
    assert platform.post("/v1/verifications", json={"account": "zhang"}).is_success
    made = platform.post("/v1/tickets", json={"account": "zhang", "topic": "help", "text": "在吗"})
    assert made.status_code == 201, made.text
    answer = platform.head(f"/v1/tickets/{made.json()['id']}/live")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/event-stream")
