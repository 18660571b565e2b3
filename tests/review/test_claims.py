"""陈无照 says that an account under his name is not his; 小林 compares the faces and decides."""

import pytest

from shiming.store.account import accounts
from shiming.store.verification import verifications
from shiming.workflows.account import persons
from tests.application import application
from tests.holders import CHEN, Holder, in_review

API = "/console/api"


def claim(home):
    """An account verified a month ago, and the claim of who bears its name."""
    old = in_review(home, Holder(CHEN.name, CHEN.number, "old-channel"))
    home.key("reviewer", "somebody").post(f"/v1/verifications/{old}/verdict", json={"verdict": "approve"})
    home.later(days=30)
    now = in_review(home, CHEN)
    with home.context.database.write() as connection:
        account = accounts.by_ref(connection, "demo.test", "old-channel")
        return persons.not_mine(home.context, connection, account, verifications.get(connection, "demo.test", now))


@pytest.fixture
def claimed(home):
    """A claim whose case 小林 has taken."""
    claim(home)
    xiaolin = home.person("xiaolin", "reviewer")
    (case,) = xiaolin.get(f"{API}/cases?kind=claim").json()["items"]
    xiaolin.post(f"{API}/cases/{case['id']}/take")
    return xiaolin, case["id"]


def test_the_disputed_accounts_face_lies_beside_the_claimants(home, claimed):
    """M28: what the account was verified with, masked, and no other picture of it."""
    xiaolin, case = claimed
    shown = xiaolin.get(f"{API}/cases/{case}").json()
    assert shown["claim"]["account"]["ref"] == "ol***el" and shown["claim"]["verified_with"]
    theirs = {p["url"] for p in shown["pictures"] if p["piece"] == "disputed"}
    mine = {p["url"] for p in shown["pictures"]} - theirs
    assert len(mine) >= 4 and {url.rsplit("/", 1)[1] for url in theirs} == {"best", "portrait"}
    for url in (*mine, *theirs):
        assert xiaolin.get(url).status_code == 200
    assert xiaolin.get(f"{API}/cases/{case}/pictures/disputed/rectified").status_code == 404


def test_freed_after_the_time_of_undoing_and_no_sooner(home, claimed):
    xiaolin, case = claimed
    said = xiaolin.post(f"{API}/cases/{case}/ruling", json={"verdict": "free", "ground": "another_person"})
    assert said.status_code == 202
    reviewer = home.key("reviewer", "two")
    assert len(reviewer.get("/v1/claims").json()["items"]) == 1
    home.later(seconds=31)
    assert reviewer.get("/v1/claims").json()["items"] == []
    standing = home.key().get("/v1/accounts/old-channel/standing").json()
    assert [h["reason"] for h in standing["holds"]] == ["identity_disputed"]
    assert xiaolin.get(f"{API}/cases/{case}").json()["case"]["state"] == "decided"


def test_what_cannot_be_freed_is_said_at_once_and_a_verdict_by_key_ends_the_case(home, claimed):
    xiaolin, case = claimed
    home.key().post("/v1/accounts/old-channel/holds", json={"reason": "violation_fraud", "requirements": ["review"]})
    freed = xiaolin.post(f"{API}/cases/{case}/ruling", json={"verdict": "free", "ground": "another_person"})
    assert (freed.status_code, freed.json()["code"]) == (409, "place_kept")
    reviewer = home.key("reviewer", "two")
    (claim,) = reviewer.get("/v1/claims").json()["items"]
    verdict = f"/v1/claims/{claim['id']}/verdict"
    assert reviewer.post(verdict, json={"verdict": "keep"}).json()["code"] == "case_taken"
    home.later(minutes=11)
    assert reviewer.post(verdict, json={"verdict": "keep"}).status_code == 200
    assert xiaolin.get(f"{API}/cases/{case}").json()["case"]["state"] == "withdrawn"


def test_where_the_policy_asks_it_two_people_free_a_place_and_a_key_does_not_go_round_them(tmp_path):
    with application(tmp_path, blind_share=0.0, four_eyes=frozenset({"claim:free"})) as home:
        id, reviewer = claim(home), home.key("reviewer", "two")
        refused = reviewer.post(f"/v1/claims/{id}/verdict", json={"verdict": "free"})
        assert (refused.status_code, refused.json()["code"]) == (409, "four_eyes")
        for who in ("xiaolin", "xiaowu"):
            assert len(reviewer.get("/v1/claims").json()["items"]) == 1
            person = home.person(who, "reviewer")
            case = person.post(f"{API}/queue/next").json()["case"]["id"]
            person.post(f"{API}/cases/{case}/ruling", json={"verdict": "free", "ground": "another_person"})
            home.later(seconds=31)
        assert reviewer.get("/v1/claims").json()["items"] == []


def test_nor_does_it_lift_a_hold_that_takes_two(tmp_path):
    with application(tmp_path, four_eyes=frozenset({"hold:lift"})) as home:
        home.key().post("/v1/accounts/held/holds", json={"reason": "login_risk", "requirements": ["review"]})
        (hold,) = home.key().get("/v1/accounts/held/standing").json()["holds"]
        for verdict in ("clear", "lift"):
            said = home.key("reviewer", verdict).post(f"/v1/holds/{hold['id']}/verdict", json={"verdict": verdict})
            assert (said.status_code, said.json()["code"]) == (409, "four_eyes")
