"""Keys, tokens, other people's things, states and repeated requests."""

from dataclasses import replace

import httpx
import pytest
from fastapi.testclient import TestClient

from shiming.providers.authority.simulated import Simulated
from shiming.store.access import api_keys
from tests.application import application
from tests.stories.keys import key

NUMBER = "170213199103140138"


@pytest.fixture
def made(api):
    return api.post("/verifications", {"account": "access", "level": "basic"})


def using(server, secret):
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.Client(base_url=f"{server.address}/v1", headers=headers, timeout=60)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer sk_test_wrong"}, {"Authorization": "Basic abc"}])
def test_a_wrong_key_is_401_and_says_how(server, headers):
    answer = httpx.get(f"{server.address}/v1/verifications", headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_someone_elses_verification_is_as_unknown_as_one_that_never_was(server, made):
    with using(server, key(server, app="other")) as stranger:
        theirs = stranger.get(f"/verifications/{made['id']}")
        nobodys = stranger.get("/verifications/ver_00000000000000000000000000")
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.json()["code"] == nobodys.json()["code"]


def test_a_holders_token_opens_their_own_verification_and_nothing_else(server, api, made):
    other = api.post("/verifications", {"account": "access-2", "level": "basic"})
    with using(server, made["token"]) as holder:
        assert holder.get(f"/verifications/{made['id']}").status_code == 200
        assert holder.get(f"/verifications/{other['id']}").status_code == 403
        assert holder.get("/verifications").status_code == 403
        assert holder.post(f"/verifications/{made['id']}/redact").status_code == 403


def test_a_platform_key_cannot_decide_and_a_reviewers_cannot_create(server, http, made):
    assert http.post(f"/verifications/{made['id']}/verdict", json={"verdict": "approve"}).status_code == 403
    with using(server, server.reviewers[0]) as reviewer:
        assert reviewer.post("/verifications", json={"account": "x"}).status_code == 403


def test_submitting_before_everything_is_there_names_what_is_missing(http, made):
    answer = http.post(f"/verifications/{made['id']}/submit")
    assert (answer.status_code, answer.json()["code"]) == (409, "pieces_missing")
    assert "identity" in answer.json()["detail"]


def test_submitting_twice_and_handing_in_after_the_decision_are_wrong_states(http, api, made):
    path = f"/verifications/{made['id']}"
    api.post(f"{path}/identity", {"name": "张合格", "number": NUMBER})
    assert http.post(f"{path}/submit").status_code == 202
    assert http.post(f"{path}/submit").json()["code"] == "wrong_state"
    wait_until_decided(api, path)
    late = http.post(f"{path}/identity", json={"name": "张合格", "number": NUMBER})
    assert (late.status_code, late.json()["code"]) == (409, "wrong_state")
    assert "Possible now" in late.json()["detail"]


def wait_until_decided(api, path):
    import time

    for _ in range(2400):
        if api.get(path)["state"] != "checking":
            return
        time.sleep(0.1)
    raise AssertionError("never decided")


def test_the_same_key_gets_the_same_answer_and_another_body_409(http):
    headers = {"Idempotency-Key": "order-4711"}
    first, again = (http.post("/verifications", json={"account": "twice"}, headers=headers) for _ in range(2))
    fresh = {"token": first.json()["token"], "url": first.json()["url"]}  # each answer has its own
    assert (first.status_code, first.json()) == (again.status_code, again.json() | fresh)
    assert again.headers["idempotent-replay"] == "true"
    other = http.post("/verifications", json={"account": "thrice"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_a_refused_request_leaves_its_key_free_for_the_corrected_one(http):
    headers = {"Idempotency-Key": "order-4712"}
    assert http.post("/verifications", json={"acount": "typo"}, headers=headers).status_code == 422
    assert http.post("/verifications", json={"account": "typo"}, headers=headers).status_code == 201


def test_the_list_pages_by_cursor(api):
    for n in range(5):
        api.post("/verifications", {"account": "listed", "locale": "en" if n % 2 else "zh-CN"})
    first = api.get("/verifications", account="listed", limit=3)
    rest = api.get("/verifications", account="listed", limit=3, after=first["next"])
    ids = [item["id"] for item in first["items"] + rest["items"]]
    assert (len(ids), len(set(ids)), rest["next"]) == (5, 5, None)
    assert ids == sorted(ids, reverse=True)


def test_an_unknown_address_is_a_problem_too(http):
    answer = http.get("/nothing/here")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_cancel_ends_it(http, made):
    path = f"/verifications/{made['id']}"
    assert http.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert http.post(f"{path}/submit").status_code == 409


def test_the_openapi_page_describes_every_call(server):
    spec = httpx.get(f"{server.address}/openapi.json", timeout=60).json()
    assert spec["openapi"].startswith("3.1")
    calls = [call for path in spec["paths"].values() for call in path.values()]
    assert all(call.get("description") or call.get("summary") for call in calls)
    page = httpx.get(f"{server.address}/docs", timeout=60)
    assert page.status_code == 200
    assert "https://" not in page.text, "the page must come from this server alone"


def test_live_mode_needs_a_real_authority(tmp_path):
    """Simulated sources never answer about real people."""
    with application(tmp_path) as home:
        simulated = replace(home.context, authorities=(Simulated("first", None, None),))
        home.web.state.context = simulated
        with home.context.database.write() as connection:
            secret = api_keys.make(connection, "demo", True, "platform", "server", home.context.now())
        live = TestClient(home.web, headers={"Authorization": f"Bearer {secret}"})
        answer = live.post("/v1/verifications", json={"account": "someone"})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_live_authority")


def test_the_gate_answers_about_accounts_that_are_new_to_us(api):
    """M17: unknown means not verified, which is enough for some things."""
    assert api.get("/accounts/never-seen/may/comment")["allowed"]
    refused = api.get("/accounts/never-seen/may/withdraw")
    assert (refused["allowed"], refused["needs_level"]) == (False, "standard")
