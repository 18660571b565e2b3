"""A developer's machine hears what a test side is told, and has it told something; a live side is nobody's toy."""

import argparse
import json
from contextlib import nullcontext
from types import SimpleNamespace

import httpx
import pytest
from fastapi.testclient import TestClient
from shiming_client import webhooks

from shiming.commands import developer, listen, trigger
from shiming.errors import BadInput
from shiming.store.access import api_keys
from shiming.support.webhook_events import EVENTS
from tests.application import application

HOLD = {"reason": "violation_rumour", "capabilities": ["publish"], "requirements": ["pledge"]}
PATH = "/v1/webhook_messages"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One house for all, in which each test has an app of its own."""
    with application(tmp_path_factory.mktemp("listening")) as made:
        yield made


@pytest.fixture
def key(home, request):
    return home.key(app=request.node.name.replace("_", "-")[5:35])


def live(home, app="shop"):
    with home.context.database.write() as connection:
        secret = api_keys.make(connection, app, True, "platform", "server", home.context.now())
    return TestClient(home.web, headers={"Authorization": f"Bearer {secret}"})


class Machine:
    """A developer's own server, and the listener beside it."""

    def __init__(self, api, *events):
        self.got, self.lines, self.secret = [], [], listen.secret_of("sk_test_li")
        self.status = 204
        there = httpx.Client(transport=httpx.MockTransport(self.take))
        self.listener = listen.Listener(api, there, "http://localhost:3000/hook", self.secret, events or EVENTS,
                                        self.lines.append)  # fmt: skip

    def take(self, request):
        if self.status is None:
            raise httpx.ConnectError("refused")
        self.got.append(webhooks.verify(request.content, request.headers, listen.shown(self.secret)))
        return httpx.Response(self.status)


def test_every_event_can_be_fired_and_comes_signed_in_order(key):
    machine = Machine(key)
    fired = [key.post(PATH, json={"event": event}).json() for event in EVENTS]
    assert machine.listener.look(2) == 2
    assert [(each.id, each.type) for each in machine.got] == [(each["id"], each["event"]) for each in fired]
    assert len(machine.lines) == len(EVENTS) and machine.lines[0].endswith("-> 204")
    machine.listener.look(2)
    assert len(machine.got) == len(EVENTS)  # once


def test_what_really_happens_comes_too_as_endpoints_get_it(home, key):
    machine = Machine(key, "account.held")
    key.post("/v1/accounts/li/holds", json=HOLD)
    key.post("/v1/accounts/li/pledge", json={})
    machine.listener.look(2)
    (told,) = machine.got
    assert (told.type, told.data["account"]) == ("account.held", "li")
    shown = key.get(PATH).json()["items"]
    body = next(each["body"] for each in shown if each["event"] == "account.held")
    assert json.loads(body)["data"] == dict(told.data)


def test_a_fired_event_goes_to_the_endpoints_that_want_it_and_to_no_inbox(home, key, monkeypatch):
    key.post("/v1/webhook_endpoints", json={"url": "https://93.184.215.14/hook", "events": ["ticket.opened"]})
    for event in ("ticket.opened", "ticket.answered"):
        assert key.post(PATH, json={"event": event}).status_code == 202
    (sent,) = key.get("/v1/webhook_deliveries").json()["items"]
    assert sent["state"] == "waiting"


def test_more_than_a_page_is_all_handed_on(key, monkeypatch):
    monkeypatch.setattr(listen, "PAGE", 2)
    machine = Machine(key)
    machine.listener.pass_over()
    key.post(PATH, json={"event": "webhook.test"})
    machine.listener.look(2)
    fired = [key.post(PATH, json={"event": "account.normal"}).json()["id"] for _ in range(5)]
    machine.listener.look(2)
    assert [each.id for each in machine.got][1:] == fired


def test_a_server_that_is_down_is_said_and_an_installation_that_is_away_waited_for(key, capsys):
    machine = Machine(key)
    key.post(PATH, json={"event": "webhook.test"})
    machine.status = None
    machine.listener.look(2)
    assert "no answer (ConnectError): is your server running?" in machine.lines[0]

    def away(request):
        raise httpx.ConnectError("away")

    with httpx.Client(transport=httpx.MockTransport(away), base_url="http://id.test") as api:
        lost = listen.Listener(api, api, "http://localhost/", b"", EVENTS)
        assert [lost.look(2) for _ in range(6)] == [4, 8, 16, 30, 30, 30]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_test_keys_of_a_platform_may(home, method):
    given = {"json": {"event": "webhook.test"}} if method == "POST" else {}
    assert live(home).request(method, PATH, **given).json()["code"] == "not_allowed"
    for role in ("reviewer", "support", "operator"):
        assert home.key(role).request(method, PATH, **given).status_code == 403
    assert TestClient(home.web).request(method, PATH, **given).status_code == 401


def test_one_app_does_not_hear_another(home, key):
    key.post(PATH, json={"event": "webhook.test"})
    assert home.key(app="neighbour").get(PATH).json()["items"] == []


def test_an_event_that_there_is_not_is_refused(key):
    assert key.post(PATH, json={"event": "account.exploded"}).status_code == 422


def test_trigger_tells_what_it_fired_and_says_what_is_wrong(home, key, monkeypatch, capsys):
    monkeypatch.setattr(developer, "client", lambda options: nullcontext(key))
    trigger._trigger(argparse.Namespace(event="account.held", url="", key=""))
    event, id = capsys.readouterr().out.split()
    assert event == "account.held" and id == key.get(PATH).json()["items"][0]["id"]
    monkeypatch.setattr(developer, "client", lambda options: nullcontext(live(home)))
    with pytest.raises(developer.Refused, match=r"not_allowed: .*sk_test_"):
        trigger._trigger(argparse.Namespace(event="account.held", url="", key=""))


def test_a_live_key_is_not_even_sent():
    for given in ("", "sk_live_1", "vt_1"):
        with pytest.raises(BadInput, match="sk_test_"):
            developer.client(SimpleNamespace(key=given, url="http://id.test"))
    assert developer.client(SimpleNamespace(key="sk_test_1", url="http://id.test/v1/")).base_url == "http://id.test"
