"""小赵 sees to webhooks, keys and client apps at the console; what each role may, and that nothing tells a secret."""

import pytest
from starlette.testclient import TestClient

from shiming.settings import Settings
from shiming.store.audit import sequencer
from shiming.store.messaging import outbox
from tests.application import application

API = "/console/api"
URL = "https://hooks.example.com/shiming"
KEY = {"role": "platform", "name": "backend", "days": 30, "scopes": ["gate:read"], "networks": ["203.0.113.0/24"]}


@pytest.fixture
def home(tmp_path):
    with application(tmp_path) as made:
        made.context.egress.check = lambda url: None  # names are not looked up: there is no network
        yield made


@pytest.fixture
def zhao(home):
    return home.person("xiaozhao", "admin")


def said(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


def ordered(home) -> None:
    """The audit rows get their places, as a worker would see to."""
    with home.context.database.write() as connection:
        sequencer.catch_up(connection, home.context.audit_key, home.context.now())


def test_an_endpoint_is_made_tested_changed_and_its_deliveries_looked_into(home, zhao):
    """Its secret is shown once; a delivery shows the request that was sent and what was answered."""
    made = said(zhao.post(f"{API}/webhook_endpoints", json={"url": URL, "events": ["account.held"]}), 201)
    assert made["secret"].startswith("whsec_")
    (listed,) = said(zhao.get(f"{API}/webhook_endpoints"))["items"]
    assert listed["url"] == URL and "secret" not in listed
    path = f"{API}/webhook_endpoints/{made['id']}"
    sent = said(zhao.post(f"{path}/test"), 202)
    with home.context.database.write() as connection:
        outbox.note_delivery(connection, sent["delivery"], "failed", "503", home.context.now())
    hold = {"reason": "login_risk", "requirements": ["review"]}
    said(home.key().post("/v1/accounts/ada/holds", json=hold), 201)
    of_test = said(zhao.get(f"{API}/webhook_deliveries?event=webhook.test"))["items"]
    assert [(row["event"], row["state"], row["answer"]) for row in of_test] == [("webhook.test", "failed", "503")]
    assert {row["event"] for row in said(zhao.get(f"{API}/webhook_deliveries"))["items"]} == {
        "webhook.test", "account.held"}  # fmt: skip
    shown = said(zhao.get(f"{API}/webhook_deliveries/{sent['delivery']}"))
    assert shown["request"]["url"] == URL and '"webhook.test"' in shown["request"]["body"]
    assert shown["request"]["headers"]["webhook-id"] == sent["message"] and "signature" not in str(shown["request"])
    said(zhao.post(f"{API}/webhook_deliveries/{sent['delivery']}/resend"), 202)
    assert said(home.key().get("/v1/webhook_deliveries?state=waiting"))["items"][-1]["id"] == sent["delivery"]
    assert said(zhao.post(f"{path}/rotate", json={"overlap_hours": 1}))["secret"] != made["secret"]
    said(zhao.patch(path, json={"events": None}))
    assert said(home.key().get("/v1/webhook_endpoints"))["items"][0]["events"] is None
    assert zhao.delete(path).status_code == 204 and not said(home.key().get("/v1/webhook_endpoints"))["items"]


def test_a_key_works_once_a_second_admin_has_agreed_and_no_more_once_revoked(home, zhao):
    """Its secret is shown to whoever asked; one admin alone makes none. Before, only a command made keys."""
    made = said(zhao.post(f"{API}/api_keys", json=KEY), 201)
    key = TestClient(home.web, headers={"Authorization": f"Bearer {made['secret']}"})
    assert key.get("/v1/flags").status_code == 401
    (row,) = [one for one in said(zhao.get(f"{API}/api_keys"))["items"] if one["id"] == made["id"]]
    assert (row["state"], row["asked"], row["scopes"]) == ("asked", {"by": "xiaozhao", "mine": True}, ["gate:read"])
    assert made["secret"] not in str(row)
    assert said(zhao.post(f"{API}/api_keys/{made['id']}/confirm"), 409)["code"] == "four_eyes"
    other = home.person("laowang", "admin")
    said(other.post(f"{API}/api_keys/{made['id']}/confirm"))
    assert key.get("/v1/flags").status_code == 403, "it works, as far as its scopes go"
    assert zhao.delete(f"{API}/api_keys/{made['id']}").status_code == 204
    assert key.get("/v1/flags").status_code == 401
    assert said(other.post(f"{API}/api_keys/{made['id']}/confirm"), 404)["code"] == "not_found"


def test_a_key_that_nobody_agreed_to_within_a_week_never_works(home, zhao):
    made = said(zhao.post(f"{API}/api_keys", json={**KEY, "days": None}), 201)
    home.later(days=8)
    other = home.person("laowang", "admin")
    assert other.post(f"{API}/api_keys/{made['id']}/confirm").status_code == 404
    (row,) = [one for one in said(other.get(f"{API}/api_keys"))["items"] if one["id"] == made["id"]]
    assert row["state"] == "revoked"


def test_client_apps_are_let_in_and_taken_away(home, zhao):
    made = said(zhao.post(f"{API}/clients", json={"name": "ios", "min_version": "5.0"}), 201)
    assert made["secret"] and "secret" not in said(zhao.get(f"{API}/clients"))["items"][0]
    assert [one["name"] for one in said(home.key().get("/v1/clients"))["items"]] == ["ios"]
    assert zhao.delete(f"{API}/clients/{made['id']}").status_code == 204
    assert not said(home.key().get("/v1/clients"))["items"]


def test_settings_tell_no_secret_and_no_place(home, zhao):
    home.web.state.settings = Settings(database_url="postgresql+psycopg://me:geheim@db/one", smtp_password="geheim",
                                       oidc_secret="geheim", titles="other=geheim|geheim")  # fmt: skip
    shown = said(zhao.get(f"{API}/settings"))
    rows = {row["name"]: row for row in shown["items"]}
    assert "geheim" not in str(shown) and rows["SHIMING_SMTP_PASSWORD"]["set"]
    assert rows["SHIMING_EVENT_DAYS"]["value"] == 400 and rows["SHIMING_EVENT_DAYS"]["default"]
    assert not rows["SHIMING_DATABASE_URL"]["default"] and rows["SHIMING_DATABASE_URL"]["value"] is None


def test_the_trail_is_looked_through_taken_away_and_each_row_proven(home, zhao):
    said(zhao.post(f"{API}/webhook_endpoints", json={"url": URL}), 201)
    home.person("xiaozhao2", "admin", app="other.test").post(f"{API}/webhook_endpoints", json={"url": URL})
    ordered(home)
    (row,) = said(zhao.get(f"{API}/audit?action=webhook."))["items"]
    assert (row["action"], row["actor"]) == ("webhook.added", "xiaozhao")
    assert said(zhao.get(f"{API}/audit?object={row['object']}"))["items"] == [row]
    assert said(zhao.get(f"{API}/audit?actor=nobody"))["items"] == []
    assert said(zhao.get(f"{API}/audit/{row['id']}/proof"))["proven"]
    file = zhao.get(f"{API}/audit/{row['id']}/proof?form=file")
    assert file.text.startswith("c2sp.org/tlog-proof") and "attachment" in file.headers["content-disposition"]
    assert "webhook.added" in zhao.get(f"{API}/audit?form=csv").text
    pages = said(zhao.get(f"{API}/audit?limit=1"))
    further = said(zhao.get(f"{API}/audit?limit=1&before={pages['next']}"))
    assert further["items"] != pages["items"]


def test_queues_and_sources_say_how_they_are(home, zhao):
    found = said(zhao.get(f"{API}/queues"))
    assert found["workers"] == [] and found["audit"]["refused"] == 0
    for source in said(zhao.get(f"{API}/sources"))["items"]:
        assert source["codes"] == [] and source["breaker"] == "closed"


def test_who_may_not(home, zhao):
    """Only admins; reading the trail, the privacy officer too. Of other sides nothing is told or changed."""
    made = said(zhao.post(f"{API}/webhook_endpoints", json={"url": URL}), 201)
    key = said(zhao.post(f"{API}/api_keys", json=KEY), 201)
    sent = said(zhao.post(f"{API}/webhook_endpoints/{made['id']}/test"), 202)
    hook, one, dlv = (f"{API}/{part}" for part in (f"webhook_endpoints/{made['id']}", f"api_keys/{key['id']}",
                                                   f"webhook_deliveries/{sent['delivery']}"))  # fmt: skip
    reads = ("webhook_endpoints", "webhook_deliveries", "api_keys", "clients", "queues", "settings")
    calls = [*(("GET", f"{API}/{name}", None) for name in reads), ("GET", dlv, None),
             ("POST", f"{API}/webhook_endpoints", {"url": URL}), ("PATCH", hook, {"events": None}),
             ("POST", f"{hook}/rotate", {}), ("POST", f"{hook}/test", None), ("DELETE", hook, None),
             ("POST", f"{dlv}/resend", None), ("POST", f"{API}/webhook_deliveries/resend", {"endpoint": made["id"]}),
             ("POST", f"{API}/api_keys", KEY), ("POST", f"{one}/confirm", None), ("DELETE", one, None),
             ("POST", f"{API}/clients", {"name": "ios", "min_version": "5"}),
             ("DELETE", f"{API}/clients/x", None)]  # fmt: skip

    def answers(client, chosen=calls) -> set[int]:
        return {client.request(method, path, json=body).status_code for method, path, body in chosen}

    others = home.person("others", "senior_reviewer", "support", "senior_policy", "privacy")
    trail = [("GET", f"{API}/audit", None), ("GET", f"{API}/audit/aud_x/proof", None)]
    assert answers(others) == {403} and answers(others, trail) == {200, 404}
    for client in (home.key("operator", "ops"), home.key("reviewer", "desk"), home.person("wu", "senior_policy")):
        assert answers(client, [*calls, *trail]) == {403}
    assert answers(TestClient(home.web), [*calls, *trail]) == {401}
    elsewhere = home.person("fang", "admin", app="other.test")
    foreign = [call for call in calls if made["id"] in call[1] or key["id"] in call[1] or dlv in call[1]]
    assert answers(elsewhere, foreign) == {404}
    assert said(zhao.get(f"{API}/webhook_endpoints"))["items"][0]["url"] == URL


def test_the_trail_is_looked_through_by_days_however_long_it_is(home, zhao, monkeypatch):
    """Days in China; the log is not read from its end to get there, and ends where the span begins."""
    monkeypatch.setattr("shiming.store.audit.reading.STRETCH", 3)
    monkeypatch.setattr("shiming.store.audit.reading.STRAGGLERS", 0)
    for _ in range(3):
        for n in range(4):
            with home.context.database.write() as connection:
                home.context.note(connection, "demo.test", "machine", "case.taken", f"cas_{n}")
        ordered(home)
        home.later(days=1)
    zhao = home.person("xiaozhao2", "admin")
    asked = f"{API}/audit?action=case.&since=2026-11-21&until=2026-11-21"
    first = said(zhao.get(asked))
    rest = said(zhao.get(f"{asked}&before={first['next']}"))
    found = [row["at"][:10] for row in (*first["items"], *rest["items"])]
    assert found == ["2026-11-21"] * 4 and rest["next"] is None
    assert said(zhao.get(f"{API}/audit?since=2026-12-01"))["items"] == []
    assert zhao.get(f"{API}/audit?since=yesterday").status_code == 422
