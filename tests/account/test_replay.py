"""老周 of the privacy audit makes decisions again from what was kept; who looks is told to the holder."""

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from shiming.store.tables import judgements
from tests.application import application
from tests.holders import CHEN, holder, in_review
from tests.review.day import decide

API = "/console/api"


@pytest.fixture
def home(tmp_path):
    with application(tmp_path, blind_share=0.0) as made:
        yield made


@pytest.fixture
def officer(home):
    return home.person("laozhou", "privacy")


def replay(who, id: str) -> dict:
    answer = who.get(f"{API}/verifications/{id}/replay")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def test_a_decision_comes_out_the_same_and_says_what_it_was_made_of(home, officer):
    """M33: what was seen, judged, asked and decided, under which policy, on which day."""
    id = in_review(home)
    decide(home, home.person("xiaolin", "reviewer"), {"verdict": "approve", "ground": "all_agree"})
    shown = replay(officer, id)
    machine, person = shown["rounds"]
    assert (machine["fate"], machine["kept"], machine["by"]) == ("same", machine["made"], "machine")
    assert machine["versions"]["policy"] == "default-1" and machine["versions"]["today"] == "2026-11-20"
    assert machine["findings"] and machine["passed"] and machine["kept"]["codes"][0]["zh"]
    assert {line["field"] for line in machine["fields"]} >= {"name", "number"}
    assert (person["fate"], person["by"], person["made"]) == ("person", "xiaolin", None)
    assert shown["state"] == "approved" and shown["gone"] == []
    for secret in (CHEN.name, CHEN.number, CHEN.account):
        assert secret not in str(shown)


def test_another_outcome_is_told_as_such(home, officer):
    """Somebody changed what was kept: a replay finds it."""
    id = in_review(home)
    with home.context.database.write() as connection:
        connection.execute(update(judgements).values(outcome="PASS", codes=[]))
    (one,) = replay(officer, id)["rounds"]
    assert one["fate"] == "different" and one["kept"]["outcome"] == "pass" != one["made"]["outcome"]


def test_each_look_is_kept_once_an_hour_and_told_to_the_holder(home, officer):
    id = in_review(home)
    replay(officer, id), replay(officer, id)
    looks = officer.get(f"{API}/looks").json()["items"]
    assert [(look["what"], look["why"], look["by"]) for look in looks] == [("replay", "replay", "laozhou")]
    home.later(hours=2)
    officer = home.person("laozhou2", "privacy")
    replay(officer, id)
    assert len(officer.get(f"{API}/looks").json()["items"]) == 2


def test_of_an_erased_verification_nothing_is_replayed(home, officer):
    id = in_review(home)
    decide(home, home.person("xiaolin", "reviewer"), {"verdict": "approve", "ground": "all_agree"})
    assert home.key().post(f"/v1/verifications/{id}/redact").is_success
    shown = replay(officer, id)
    assert shown["state"] == "erased" and [one["fate"] for one in shown["rounds"]] == ["erased", "person"]
    assert "fields" not in shown["rounds"][0]


def test_who_measures_a_decision_is_told_nothing_of_what_was_decided_later(tmp_path):
    with application(tmp_path, blind_share=1.0) as home:
        id = in_review(home, holder(7))
        decide(home, home.person("xiaolin", "reviewer"), {"verdict": "approve", "ground": "all_agree"})
        senior = home.person("laozhao", "senior_reviewer")
        assert len(replay(senior, id)["rounds"]) == 2
        assert senior.post(f"{API}/queue/next").json()["case"]["about"] == id
        shown = replay(senior, id)
        assert [one["by"] for one in shown["rounds"]] == ["machine"] and shown["state"] == "in_review"


def test_who_may_not(home):
    """Reviewers, support, policy and admin do not; nor anybody of another side, nor a key."""
    id = in_review(home)
    path = f"{API}/verifications/{id}/replay"
    others = home.person("others", "reviewer", "support", "senior_policy", "admin")
    assert others.get(path).status_code == home.key("reviewer", "desk").get(path).status_code == 403
    assert TestClient(home.web).get(path).status_code == 401
    assert home.person("laosun", "privacy", app="other.test").get(path).status_code == 404
    assert home.person("laozhou", "privacy").get(f"{API}/verifications/ver_x/replay").status_code == 404
