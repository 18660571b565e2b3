"""Whom a server knows from the head of a request is not looked up again a moment later; nobody gets in by that.

A revoked key, a key's end, its networks and scopes are judged at each call, on every server, before any record of an
Idempotency-Key is looked at.
"""

import asyncio
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event
from starlette.requests import Request

from shiming import http_app
from shiming.errors import NotAuthenticated
from shiming.settings import Settings
from shiming.store.access import api_keys
from shiming.store.access.api_keys import Caller
from shiming.store.database import Database
from shiming.web import access
from tests.application import START
from tests.security.access.test_api_keys import client, row
from tests.security.processes.installation import opened

PROFILE, STANDING, BEGIN = "/v1/accounts/zhang/profile", "/v1/accounts/zhang/standing", "/v1/verifications"
ORDER, BODY = {"Idempotency-Key": "order-4711"}, {"filled": ["nickname"]}
HOUR = 3_600_000
NOW = int(START.timestamp() * 1000)


@pytest.fixture(params=["sqlite", "postgres"])
def home(request, tmp_path):
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else ""
    with opened(tmp_path, url) as made:
        made.key().post(PROFILE, json=BODY)
        yield made


@pytest.fixture
def plain(tmp_path):
    """The same on SQLite alone, where the database makes no difference."""
    with opened(tmp_path) as made:
        made.key().post(PROFILE, json=BODY)
        yield made


@contextmanager
def second_server(home):
    """Another process' HTTP application on the same database."""
    web, database = http_app.web(Settings()), Database(home.context.database.url)
    web.state.context = replace(home.context, database=database)
    web.state.rates, web.state.gate = access.Rates(1_000_000), home.web.state.gate
    yield web
    database.close()


def asked(http):
    """A call that reads, one with a body, and one whose answer is known already."""
    calls = (http.get(STANDING), http.post(PROFILE, json=BODY), http.post(PROFILE, json=BODY, headers=ORDER))
    return [each.status_code for each in calls]


def test_a_key_that_is_not_good_is_looked_for_once(home, monkeypatch):
    """By the gate, without a thread; strangers' keys had been looked for a second time on one."""
    http, looked = client(home), []
    http.headers["Authorization"] = "Bearer sk_test_of-nobody"
    there = home.web.state.gate.caller

    async def caller(secret, now):
        looked.append(secret)
        return await there(secret, now)

    monkeypatch.setattr(home.web.state.gate, "caller", caller)
    monkeypatch.setattr(access.api_keys, "caller", lambda *args: pytest.fail("looked for again"))
    for call in (lambda: http.get(STANDING), lambda: http.post(PROFILE, json=BODY)):
        answer = call()
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert len(looked) == 2


def test_a_key_that_is_revoked_at_one_server_is_refused_at_the_other_at_once(home):
    here = client(home)
    with second_server(home) as web:
        there = TestClient(web, headers=here.headers)
        assert [asked(http) for http in (here, there)] == [[200] * 3] * 2
        with home.context.database.write() as connection:
            api_keys.revoke(connection, row(home).id, home.context.now())
        assert [asked(http) for http in (there, here)] == [[401] * 3] * 2


def test_a_key_with_a_body_ends_at_its_hour_too(home):
    here = client(home, expires_at=home.context.now() + HOUR)
    assert asked(here) == [200] * 3
    home.later(minutes=61)
    assert asked(here) == [401] * 3


def test_a_call_with_a_body_comes_from_the_key_s_own_networks_and_scopes(plain):
    """What was answered to the right network is not told again to another one."""
    key = client(plain, addresses=["203.0.113.0/24"], scopes=["accounts:write", "accounts:read"])
    for address, status in (("203.0.113.9", 200), ("203.0.114.9", 403)):
        here = TestClient(plain.web, headers=key.headers, client=(address, 40_000))
        assert asked(here) == [status] * 3
        assert here.post(BEGIN, json={"account": "zhang"}, headers=ORDER).status_code == 403


def test_the_first_use_of_the_day_is_noted_by_a_call_with_a_body_too(plain):
    here, today = client(plain), plain.context.now() // api_keys.DAY_MS * api_keys.DAY_MS
    for days in (0, 2):
        plain.later(days=days)
        assert here.post(PROFILE, json=BODY).status_code == 200
        assert row(plain).used_at == today + days * api_keys.DAY_MS


def test_no_call_waits_for_the_database_on_the_loop(plain):
    """While one call waits there, the whole server does; so whatever is not at hand is asked for on a thread."""
    on_the_loop = []

    def note(connection, cursor, statement, *_):
        if running():
            on_the_loop.append(statement)

    event.listen(plain.context.database.engine, "before_cursor_execute", note)
    key, wrong = plain.key(), TestClient(plain.web, headers={"Authorization": "Bearer sk_test_wrong"})
    for days in (0, 2):
        plain.later(days=days)
        made = key.post(BEGIN, json={"account": f"zhang-{days}"}, headers={"Idempotency-Key": f"{days}"}).json()
        his = TestClient(plain.web, headers={"Authorization": f"Bearer {made['token']}"})
        typed = {"name": "张合格", "number": "170213199103140138"}
        assert his.post(f"{BEGIN}/{made['id']}/identity", json=typed).status_code == 200
        page = TestClient(plain.web, base_url="https://id.test")
        assert page.post(f"/v/{made['id']}/open", json={"link": made["url"].partition("#")[2]}).status_code == 200
        assert page.post(f"{BEGIN}/{made['id']}/cancel").json()["state"] == "cancelled"
        assert asked(key) == [200] * 3 and asked(his) == [403] * 3 and asked(wrong) == [401] * 3
    assert on_the_loop == []


def running():
    """Whether this thread is the application's event loop; this one's would be that of a browser of tests before."""
    if threading.current_thread() is threading.main_thread():
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def head(home, secret, caller, ago, sent="sk_test_sent"):
    """A request whose head was looked up so many seconds ago."""
    known = {"shiming.known": (secret, caller, time.monotonic() - ago), "app": home.web, "path_params": {}}
    return Request({"type": "http", "headers": [(b"authorization", f"Bearer {sent}".encode())], **known})


KEY = Caller("key_1", "demo.test", "platform", "server", used_at=NOW)
AT_HAND = [
    ("sk_test_sent", KEY, 0, True),
    ("sk_test_sent", KEY, 0.6, False),  # so that it still counts when it is used
    ("sk_test_other", KEY, 0, False),
    ("", None, 0, False),
    ("sk_test_sent", replace(KEY, used_at=None), 0, False),  # there is something to be written
    ("sk_test_sent", replace(KEY, used_at=NOW - 2 * api_keys.DAY_MS), 0, False),
    ("sk_test_sent", replace(KEY, used_at=None, role="holder"), 0, True),
]


def test_who_is_at_hand(plain):
    for secret, caller, ago, there in AT_HAND:
        assert access._at_hand(head(plain, secret, caller, ago)) is there, (secret, caller, ago)


def test_after_a_second_it_is_asked_anew(plain):
    """A body that came slowly: the key may have been revoked meanwhile."""
    assert access.known_by_head(head(plain, "sk_test_sent", KEY, 0.5), "sk_test_sent") is KEY
    with pytest.raises(NotAuthenticated):
        access.known_by_head(head(plain, "sk_test_sent", KEY, 1.1), "sk_test_sent")
    with pytest.raises(NotAuthenticated):
        access.known_by_head(head(plain, "sk_test_other", KEY, 0), "sk_test_sent")
