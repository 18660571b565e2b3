"""The queue through the console's door. 陈无照 waits; 小林, 小吴 and 小郑 are reviewers, 老周 is senior."""

import pytest

from shiming.store.review import cases
from tests.application import application
from tests.holders import CHEN, holder, in_review

API = "/console/api"
APPROVE = {"verdict": "approve", "ground": "machine_mistaken"}


def taken(client):
    return client.post(f"{API}/queue/next").json()["case"]


def state(home, id):
    return home.key().get(f"/v1/verifications/{id}").json()["state"]


def test_a_case_is_taken_decided_and_carried_out_after_half_a_minute(home):
    """M12: a person decides; nothing is told or lifted before the time of undoing is over."""
    id, lin = in_review(home), home.person("xiaolin", "reviewer")
    assert lin.get(f"{API}/queue").json()["items"][0]["cases"] == 1
    case = taken(lin)
    assert (case["about"], case["codes"], case["assigned"]) == (id, ["authority_photo_missing"], "xiaolin")
    assert lin.post(f"{API}/cases/{case['id']}/ruling", json=APPROVE).json()["undo_seconds"] == 30
    home.later(seconds=29)
    assert state(home, id) == "in_review"
    home.later(seconds=2)
    assert state(home, id) == "approved"
    assert lin.get(f"{API}/queue").json() == {"items": [], "held": None}


def test_a_decision_is_undone_and_the_case_is_in_hand_again(home):
    id, lin = in_review(home), home.person("xiaolin", "reviewer")
    case = taken(lin)
    lin.post(f"{API}/cases/{case['id']}/ruling", json={"verdict": "reject", "codes": ["rejected_by_reviewer"]})
    assert lin.post(f"{API}/cases/{case['id']}/undo").status_code == 204
    home.later(minutes=5)
    assert state(home, id) == "in_review" and taken(lin)["id"] == case["id"]
    lin.post(f"{API}/cases/{case['id']}/ruling", json=APPROVE)
    home.later(seconds=31)
    assert lin.post(f"{API}/cases/{case['id']}/undo").json()["code"] == "too_late"


def test_no_decision_without_a_reason_or_without_the_case(home):
    in_review(home)
    lin, wu = home.person("xiaolin", "reviewer"), home.person("xiaowu", "reviewer")
    case = taken(lin)["id"]
    assert lin.post(f"{API}/cases/{case}/ruling", json={"verdict": "approve"}).json()["code"] == "ground_missing"
    assert lin.post(f"{API}/cases/{case}/ruling", json={"verdict": "reject"}).status_code == 422
    assert wu.post(f"{API}/cases/{case}/ruling", json=APPROVE).json()["code"] == "case_not_yours"
    assert wu.post(f"{API}/cases/{case}/take").json()["code"] == "case_taken"
    assert taken(wu) is None


def test_a_case_left_alone_goes_back_to_the_queue(home):
    in_review(home)
    lin, wu = home.person("xiaolin", "reviewer"), home.person("xiaowu", "reviewer")
    case = taken(lin)["id"]
    home.later(minutes=9)
    assert lin.post(f"{API}/cases/{case}/keep").status_code == 200
    home.later(minutes=9)
    assert taken(wu) is None
    home.later(minutes=2)
    assert taken(wu)["id"] == case
    assert lin.post(f"{API}/cases/{case}/ruling", json=APPROVE).json()["code"] == "case_not_yours"


def test_put_off_given_back_and_handed_over(home):
    in_review(home)
    lin, wu = home.person("xiaolin", "reviewer"), home.person("xiaowu", "reviewer")
    home.person("xiaohe", "support")
    case = taken(lin)["id"]
    assert lin.post(f"{API}/cases/{case}/snooze?minutes=20").status_code == 204
    assert taken(wu) is None
    home.later(minutes=21)
    assert taken(wu)["id"] == case
    assert wu.post(f"{API}/cases/{case}/hand_over", json={"to": "xiaohe"}).status_code == 422
    assert wu.post(f"{API}/cases/{case}/hand_over", json={"to": "xiaolin"}).status_code == 204
    assert taken(lin)["id"] == case and taken(wu) is None
    assert lin.post(f"{API}/cases/{case}/release").status_code == 204
    assert taken(wu)["id"] == case


def test_an_escalated_case_is_for_a_senior_and_not_for_who_escalated_it(home):
    in_review(home)
    lin, zhou = home.person("xiaolin", "reviewer"), home.person("laozhou", "senior_reviewer")
    case = taken(lin)["id"]
    lin.post(f"{API}/cases/{case}/ruling", json={"verdict": "escalate", "ground": "unsure", "note": "左耳不像"})
    home.later(seconds=31)
    assert taken(lin) is None and taken(home.person("xiaowu", "reviewer")) is None
    assert taken(zhou)["id"] == case


def test_what_cannot_be_approved_is_told_at_once_and_not_after_the_undo_time(home):
    """M28: people may overrule what pictures seemed to say, never a quota."""
    first, lin = in_review(home), home.person("xiaolin", "reviewer")
    lin.post(f"{API}/cases/{taken(lin)['id']}/ruling", json=APPROVE)
    home.later(seconds=31)
    assert state(home, first) == "approved"
    in_review(home, CHEN.__class__(CHEN.name, CHEN.number, "chen-second"))
    refused = lin.post(f"{API}/cases/{taken(lin)['id']}/ruling", json=APPROVE)
    assert refused.json()["code"] == "subject_quota_reached"


def test_what_became_impossible_in_between_opens_the_case_again(home):
    """Two accounts of one person are approved within the same half minute: one place, one approval."""
    ids = [in_review(home), in_review(home, CHEN.__class__(CHEN.name, CHEN.number, "chen-second"))]
    for name in ("xiaolin", "xiaowu"):
        client = home.person(name, "reviewer")
        client.post(f"{API}/cases/{taken(client)['id']}/ruling", json=APPROVE)
    home.later(seconds=31)
    assert sorted(state(home, id) for id in ids) == ["approved", "in_review"]
    assert taken(home.person("xiaozheng", "reviewer")) is not None


def test_a_case_whose_verification_is_cancelled_leaves_the_queue(home):
    id, lin = in_review(home), home.person("xiaolin", "reviewer")
    home.key().post(f"/v1/verifications/{id}/cancel")
    assert taken(lin) is None


def test_an_api_key_does_not_go_round_somebody_who_holds_the_case(home):
    id, lin = in_review(home), home.person("xiaolin", "reviewer")
    key, case = home.key("reviewer", "reviewer-one"), taken(lin)["id"]
    path, given = f"/v1/verifications/{id}/verdict", {"verdict": "approve"}
    assert key.post(path, json=given).json()["code"] == "case_taken"
    lin.post(f"{API}/cases/{case}/release")
    assert key.post(path, json=given).json()["state"] == "approved"
    assert taken(lin) is None


@pytest.fixture
def careful(tmp_path):
    """A house where approving a verification takes two people."""
    with application(tmp_path, four_eyes=frozenset({"verification:approve"})) as made:
        yield made


def rule(home, client, ruling=APPROVE):
    case = taken(client)
    client.post(f"{API}/cases/{case['id']}/ruling", json=ruling)
    home.later(seconds=31)
    return case["id"]


def test_four_eyes_the_second_person_agrees(careful):
    id = in_review(careful)
    lin, wu = careful.person("xiaolin", "reviewer"), careful.person("xiaowu", "reviewer")
    rule(careful, lin)
    assert state(careful, id) == "in_review" and taken(lin) is None
    assert careful.key("reviewer", "k").post(f"/v1/verifications/{id}/verdict", json={"verdict": "approve"}).json()[
        "code"] == "four_eyes"  # fmt: skip
    rule(careful, wu)
    assert state(careful, id) == "approved"


def test_four_eyes_disagree_and_a_senior_settles_it(careful):
    id = in_review(careful)
    lin, wu = careful.person("xiaolin", "reviewer"), careful.person("xiaowu", "reviewer")
    zhou = careful.person("laozhou", "senior_reviewer")
    rule(careful, lin)
    rule(careful, wu, {"verdict": "reject", "codes": ["rejected_by_reviewer"]})
    assert state(careful, id) == "in_review" and taken(careful.person("xiaozheng", "reviewer")) is None
    rule(careful, zhou, {"verdict": "reject", "codes": ["rejected_by_reviewer"]})
    assert state(careful, id) == "rejected"


def test_the_most_urgent_case_comes_first(home):
    """By deadline and risk: a suspected duplicate of this hour before a missing photo of the morning."""
    morning = in_review(home, holder(1))
    home.later(hours=2)
    with home.context.database.write() as connection:
        now = home.context.now()
        cases.add(connection, "demo.test", "hold", "hld_1", "acc_1", now, now + 86_400_000,
                  ["duplicate_person_suspected"])  # fmt: skip
    assert taken(home.person("xiaolin", "reviewer"))["codes"] == ["duplicate_person_suspected"]
    assert taken(home.person("xiaowu", "reviewer"))["about"] == morning


def test_who_decides_first_of_two_is_told_so_and_is_not_offered_the_case_again(careful):
    """小林 was told that it takes effect, saw the case in the list again, and got a 403 for taking it."""
    id = in_review(careful)
    lin, wu = careful.person("xiaolin", "reviewer"), careful.person("xiaowu", "reviewer")
    case = taken(lin)
    assert lin.post(f"{API}/cases/{case['id']}/ruling", json=APPROVE).json()["second"]
    careful.later(seconds=31)
    assert state(careful, id) == "in_review"
    for who, barred in ((lin, True), (wu, False)):
        (row,) = who.get(f"{API}/cases").json()["items"]
        assert row["barred"] is barred and who.get(f"{API}/cases/{row['id']}").json()["barred"] is barred
    assert wu.get(f"{API}/cases/{case['id']}").json()["rulings"] == [], "the second is blind to the first"


def test_escalated_cases_are_listed_apart_and_rows_tell_their_accounts(home):
    """The tiles "senior" and "all" listed the same; rows said nothing of whose case it is."""
    for n in (1, 2):
        in_review(home, holder(n))
    lin = home.person("xiaolin", "reviewer")
    case = taken(lin)
    lin.post(f"{API}/cases/{case['id']}/ruling", json={"verdict": "escalate", "ground": "unsure"})
    home.later(seconds=31)
    found = {senior: lin.get(f"{API}/cases?kind=verification&senior={senior}").json()["items"]
             for senior in ("true", "false")}  # fmt: skip
    assert [row["id"] for row in found["true"]] == [case["id"]] and len(found["false"]) == 1
    assert all("***" in row["account"]["ref"] for rows in found.values() for row in rows)
    assert len({row["account"]["id"] for rows in found.values() for row in rows}) == 2
