"""API keys end, are narrowed to what they are for and to where they are used, and tell when they were used last.

A key did everything that its role may, from everywhere, for ever: one that leaked with a backup was as good as new.
"""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from shiming.commands.keys import span
from shiming.errors import BadInput, NotFound
from shiming.store import migrations
from shiming.store.access import api_keys
from shiming.store.database import Database
from shiming.store.tables import api_keys as rows
from shiming.web.http.client_address import Proxies
from shiming.web.routers import ROUTERS
from shiming.web.scopes import NOUN_OF, OPEN, needed
from tests.application import application

GATE, ACCOUNTS = "/v1/accounts/zhang/may/live", "/v1/accounts/zhang/standing"
HOUR = 3_600_000


@pytest.fixture(params=["sqlite", "postgres"])
def home(request, tmp_path):
    url = request.getfixturevalue("postgres_tables") if request.param == "postgres" else ""
    with application(tmp_path, url) as made:
        made.key().post("/v1/accounts/zhang/profile", json={"filled": ["nickname"]})
        yield made


def client(home, role="platform", **narrowed):
    with home.context.database.write() as connection:
        secret = api_keys.make(connection, "demo", False, role, "narrow", home.context.now(), **narrowed)
    return TestClient(home.web, headers={"Authorization": f"Bearer {secret}"})


def row(home):
    with home.context.database.read() as connection:
        return connection.execute(select(rows).where(rows.c.name == "narrow")).first()


def test_a_key_ends_at_its_hour_at_every_door(home):
    """赵过期's contract ended; so does his key, at the gate as well."""
    asks = client(home, expires_at=home.context.now() + HOUR)
    assert [asks.get(path).status_code for path in (GATE, ACCOUNTS)] == [200, 200]
    home.later(minutes=61)
    assert [asks.get(path).status_code for path in (GATE, ACCOUNTS)] == [401, 401]


def test_a_key_for_the_gate_opens_the_gate_only(home):
    """The game server asks at every start; it has no business with holds."""
    asks = client(home, scopes=["gate:read"])
    assert asks.get(GATE).status_code == 200
    refused = asks.get(ACCOUNTS)
    assert (refused.status_code, "accounts:read" in refused.json()["detail"]) == (403, True)
    hold = {"reason": "login_risk", "capabilities": ["live"], "requirements": ["review"]}
    assert asks.post("/v1/accounts/zhang/holds", json=hold).status_code == 403
    assert asks.get("/v1/webhook_endpoints").status_code == 403


def test_a_key_without_the_gate_is_refused_there_and_reading_is_not_writing(home):
    asks = client(home, scopes=["accounts:read", "holds:read"])
    assert asks.get(ACCOUNTS).status_code == 200
    assert asks.get(GATE).status_code == 403
    assert asks.post("/v1/accounts/zhang/profile", json={"filled": []}).status_code == 403


def test_no_scope_gives_what_the_role_may_not(home):
    assert client(home, role="support", scopes=["policies:read", "holds:read"]).get("/v1/holds").status_code == 403
    queue = client(home, role="reviewer", scopes=["holds:read"])
    assert (queue.get("/v1/holds").status_code, queue.get("/console/api/queue").status_code) == (200, 403)


def test_what_was_answered_before_is_not_told_again_to_a_narrower_key(home):
    """The idempotency record of a wide key must not answer one that may not ask."""
    body, named = {"filled": ["nickname", "phone"]}, {"Idempotency-Key": "same"}
    for asks, status in ((home.key(), 200), (client(home, scopes=["gate:read"]), 403)):
        assert asks.post("/v1/accounts/zhang/profile", json=body, headers=named).status_code == status


def test_a_key_works_from_its_own_networks_at_every_door(home):
    asks = client(home, addresses=["203.0.113.0/24", "2001:db8::/32"])
    for address, status in (("203.0.113.9", 200), ("2001:db8::9", 200), ("::ffff:203.0.113.9", 200),
                            ("203.0.114.9", 403), ("testclient", 403)):  # fmt: skip
        here = TestClient(home.web, headers=asks.headers, client=(address, 40_000))
        assert [here.get(path).status_code for path in (GATE, ACCOUNTS)] == [status, status], address


def test_behind_our_proxy_it_is_the_address_that_the_proxy_saw(home):
    home.web.state.proxies = Proxies("10.0.0.2")
    asks = client(home, addresses=["203.0.113.9"])
    asked = [("10.0.0.2", ["203.0.113.9"], 200), ("10.0.0.2", ["203.0.113.9, 198.51.100.1"], 403),
             ("10.0.0.2", ["203.0.113.9", "198.51.100.1"], 403), ("198.51.100.1", ["203.0.113.9"], 403),
             ("::ffff:10.0.0.2", ["198.51.100.1, 203.0.113.9"], 200)]  # fmt: skip
    for address, passed, status in asked:
        here = TestClient(home.web, headers=asks.headers, client=(address, 40_000))
        named = [("x-forwarded-for", each) for each in passed]
        assert [here.get(path, headers=named).status_code for path in (GATE, ACCOUNTS)] == [status] * 2, passed


@pytest.mark.parametrize("path", [GATE, ACCOUNTS])
def test_the_day_of_the_last_use_is_kept_and_written_once_a_day(home, path):
    asks, today = client(home), home.context.now() // api_keys.DAY_MS * api_keys.DAY_MS
    assert row(home).used_at is None
    for later in (0, 3, 24):
        home.later(hours=later)
        assert asks.get(path).status_code == 200
    assert row(home).used_at == today + api_keys.DAY_MS


def test_a_renewed_key_overlaps_with_the_old_one(home):
    old = client(
        home, expires_at=home.context.now() + 90 * api_keys.DAY_MS, scopes=["gate:read"], addresses=["10.0.0.0/8"]
    )
    old = TestClient(home.web, headers=old.headers, client=("10.1.1.1", 1))
    home.later(days=80)
    with home.context.database.write() as connection:
        secret = api_keys.renew(connection, row(home).id, home.context.now(), 24 * HOUR)
    new = TestClient(home.web, headers={"Authorization": f"Bearer {secret}"}, client=("10.1.1.1", 1))
    assert [each.get(GATE).status_code for each in (old, new)] == [200, 200]
    assert new.get(ACCOUNTS).status_code == 403
    home.later(days=2)
    assert [each.get(GATE).status_code for each in (old, new)] == [401, 200]
    home.later(days=89)
    assert new.get(GATE).status_code == 401
    with home.context.database.write() as connection, pytest.raises(NotFound):
        api_keys.renew(connection, "key_nothing", home.context.now(), HOUR)


def test_a_key_of_before_the_step_does_what_it_did(request, tmp_path, postgres_database):
    for url in (f"sqlite:///{tmp_path}/old.db", postgres_database):
        database = Database(url)
        with database.write() as connection:
            from alembic import command

            command.upgrade(migrations.config(connection), "0001_baseline")
            connection.execute(text(
                "INSERT INTO api_keys (id, app, role, name, hash, created_at) VALUES "
                f"('key_1', 'demo.test', 'platform', 'old', '{api_keys.secret_hash('sk_test_old')}', 1)"
            ))  # fmt: skip
        migrations.upgrade(database)
        with database.read() as connection:
            found = api_keys.caller(connection, "sk_test_old", 10**13)
        assert (found.name, found.scopes, found.addresses) == ("old", None, None)
        database.close()


def test_every_route_of_the_api_declares_its_scope():
    """One that nobody has thought of is closed to narrowed keys, and is named here."""
    api = [route for api in ROUTERS for route in api.routes if route.path.startswith(("/v1", "/console/api"))]
    routes = [(method, route.path) for route in api for method in route.methods]
    assert len(routes) > 100
    missing = [path for method, path in routes if path not in OPEN and needed(method, path) not in api_keys.SCOPES]
    assert missing == []
    assert set(NOUN_OF.values()) == set(api_keys.NOUNS)
    assert needed("GET", "/v1/unthought") == "undeclared:read"
    assert needed("POST", "/v1/accounts/{account}/holds/{hold}/appeals") == "appeals:write"


@pytest.mark.parametrize("narrowed", [{"scopes": ["gate:all"]}, {"addresses": ["203.0.113.1/24"]}])
def test_what_cannot_be_read_makes_no_key(home, narrowed):
    with pytest.raises(BadInput):
        client(home, **narrowed)
    assert (span("90d"), span("12h")) == (90 * api_keys.DAY_MS, 12 * HOUR)
    with pytest.raises(BadInput):
        span("soon")
