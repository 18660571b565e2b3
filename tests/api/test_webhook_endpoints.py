"""Endpoints choose their events, change secrets without losing a message, and are tried by a test event."""

import base64
import hashlib
import hmac
import json

import pytest

from shiming.egress import Answer
from tests.application import application

HOLD = {"reason": "violation_rumour", "capabilities": ["publish"], "requirements": ["pledge"]}
URL = "https://93.184.215.14/hook"


class Receiver:
    """Takes what would be sent out."""

    def __init__(self):
        self.got = []

    def request(self, method, url, body, headers, seconds, keep):
        self.got.append((url, json.loads(body), headers, body))
        return Answer(204, b"")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One house for all, in which each test has an app of its own."""
    with application(tmp_path_factory.mktemp("endpoints")) as made:
        yield made


@pytest.fixture
def app(request):
    return request.node.name.replace("_", "-")[5:35]


@pytest.fixture
def key(home, app):
    return home.key(app=app)


@pytest.fixture
def receiver(home, monkeypatch):
    there = Receiver()
    monkeypatch.setattr(type(home.context.egress), "request", lambda _, *args, **more: there.request(*args, **more))
    return there


def fits(secret, headers, body):
    """Whether one of the signatures is by this secret."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    right = "v1," + base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    return right in headers["webhook-signature"].split(" ")


def test_an_endpoint_gets_the_events_that_it_asked_for(home, key, receiver):
    """Every endpoint got everything."""
    all_of_them = key.post("/v1/webhook_endpoints", json={"url": f"{URL}/all"}).json()
    few = key.post("/v1/webhook_endpoints", json={"url": f"{URL}/few", "events": ["account.hold_lifted"]}).json()
    assert (all_of_them["events"], few["events"]) == (None, ["account.hold_lifted"])
    key.post("/v1/accounts/zhang/holds", json=HOLD)
    home.later(seconds=1)
    assert [url for url, *_ in receiver.got] == [f"{URL}/all"]
    key.post("/v1/accounts/zhang/pledge", json={})
    home.later(seconds=1)
    assert [body["type"] for url, body, *_ in receiver.got if url == f"{URL}/few"] == ["account.hold_lifted"]
    wrong = key.post("/v1/webhook_endpoints", json={"url": URL, "events": ["account.hold"]})
    assert (wrong.status_code, wrong.json()["fields"][0]["field"]) == (422, "events.0")


def test_what_an_endpoint_gets_can_be_changed(home, app, key, receiver):
    id = key.post("/v1/webhook_endpoints", json={"url": URL}).json()["id"]
    changed = key.patch(f"/v1/webhook_endpoints/{id}", json={"events": ["account.normal"]}).json()
    assert (changed["url"], changed["events"]) == (URL, ["account.normal"])
    moved = key.patch(f"/v1/webhook_endpoints/{id}", json={"url": f"{URL}/2", "events": None}).json()
    assert (moved["url"], moved["events"]) == (f"{URL}/2", None)
    assert key.patch(f"/v1/webhook_endpoints/{id}", json={"url": None}).status_code == 422
    assert key.patch(f"/v1/webhook_endpoints/{id}", json={"url": "http://127.0.0.1/x"}).status_code in (403, 422)
    stranger = home.key(app="other")
    assert stranger.patch(f"/v1/webhook_endpoints/{id}", json={"events": None}).status_code == 404
    assert home.key("reviewer", app=app).patch(f"/v1/webhook_endpoints/{id}", json={}).status_code == 403


def test_a_test_event_goes_to_this_endpoint_alone_whatever_it_asked_for(home, app, key, receiver):
    key.post("/v1/webhook_endpoints", json={"url": f"{URL}/other"})
    id = key.post("/v1/webhook_endpoints", json={"url": URL, "events": ["account.normal"]}).json()["id"]
    sent = key.post(f"/v1/webhook_endpoints/{id}/test")
    assert sent.status_code == 202
    home.later(seconds=1)
    ((url, body, headers, _),) = receiver.got
    assert (url, body["type"], body["data"]) == (URL, "webhook.test", {"sequence": 1, "endpoint": id})
    assert headers["webhook-id"] == sent.json()["message"]
    assert body["timestamp"].endswith("Z") and "+00:00" not in body["timestamp"]
    log = key.get(f"/v1/webhook_deliveries?endpoint={id}").json()["items"]
    assert [(one["id"], one["state"]) for one in log] == [(sent.json()["delivery"], "delivered")]
    assert home.key(app="other").post(f"/v1/webhook_endpoints/{id}/test").status_code == 404
    assert home.key("support", app=app).post(f"/v1/webhook_endpoints/{id}/test").status_code == 403


def test_a_secret_is_changed_without_losing_a_message(home, app, key, receiver):
    """Removing and adding the endpoint was the only way to another secret: what came between was lost."""
    made = key.post("/v1/webhook_endpoints", json={"url": URL}).json()
    rotated = key.post(f"/v1/webhook_endpoints/{made['id']}/rotate", json={"overlap_hours": 2}).json()
    assert rotated["secret"] != made["secret"]
    assert key.get("/v1/webhook_endpoints").json()["items"][0]["old_secret_until"] == rotated["old_until"]

    def signed_by():
        receiver.got.clear()
        key.post(f"/v1/webhook_endpoints/{made['id']}/test")
        home.later(seconds=1)
        ((_, _, headers, body),) = receiver.got
        return [fits(each["secret"], headers, body) for each in (made, rotated)]

    assert signed_by() == [True, True]
    home.later(hours=2)
    assert signed_by() == [False, True]
    assert key.get("/v1/webhook_endpoints").json()["items"][0]["old_secret_until"] is None
    assert home.key(app="other").post(f"/v1/webhook_endpoints/{made['id']}/rotate").status_code == 404
    assert home.key("reviewer", app=app).post(f"/v1/webhook_endpoints/{made['id']}/rotate").status_code == 403


def test_a_secret_found_out_is_ended_at_once(home, key, receiver):
    made = key.post("/v1/webhook_endpoints", json={"url": URL}).json()
    rotated = key.post(f"/v1/webhook_endpoints/{made['id']}/rotate", json={"overlap_hours": 0}).json()
    key.post(f"/v1/webhook_endpoints/{made['id']}/test")
    home.later(seconds=1)
    ((_, _, headers, body),) = receiver.got
    assert [fits(each["secret"], headers, body) for each in (made, rotated)] == [False, True]
