"""An appeal over HTTP: 陈无照 was rejected by 小林 and appeals; 小吴 answers."""

import pytest

from bench import clips
from shiming.errors import BadInput
from shiming.support import appeals
from shiming.support.appeals import LOOKING, MACHINE
from shiming.workflows.support import appeals as at_work
from shiming.workflows.support import uploads
from tests.application import jpeg
from tests.holders import CHEN, in_review
from tests.review.day import filled

API = "/console/api"
REJECT = {"verdict": "reject", "codes": ["face_document_mismatch"]}


@pytest.fixture
def rejected(home):
    """陈无照, whom 小林 rejected."""
    id, lin = in_review(home), home.person("xiaolin", "reviewer")
    rule(home, lin, REJECT)
    return id


def rule(home, client, ruling):
    case = client.post(f"{API}/queue/next").json()["case"]
    answer = client.post(f"{API}/cases/{case['id']}/ruling", json=ruling)
    home.later(seconds=31)
    return answer


def test_upheld_by_somebody_else_and_counted_against_who_was_wrong(home, rejected):
    """M26, M38: a different decider; the answer has a ground; 小林's overturn rate shows it."""
    key, wu = home.key(), home.person("xiaowu", "reviewer")
    id = filled(home, key, rejected)
    assert key.post(f"/v1/appeals/{id}/hand_in").json()["answer_by"]
    lin = home.key("reviewer", "xiaolin")
    assert lin.post(f"{API}/queue/next").json()["case"] is None
    case = wu.post(f"{API}/queue/next").json()["case"]["id"]
    shown = wu.get(f"{API}/cases/{case}").json()
    assert shown["appeal"]["facts"]["prompt_seen"] == "审核未通过" and CHEN.number not in str(shown)
    assert {"appeal", "card_front"} <= {p["piece"] for p in shown["pictures"]}
    rule(home, wu, {"verdict": "uphold", "ground": "reviewer_mistaken"})
    seen = key.get(f"/v1/appeals/{id}").json()
    assert (seen["state"], seen["ground"]["zh"]) == ("upheld", "上次审核有误")
    assert key.get(f"/v1/verifications/{rejected}").json()["state"] == "approved"
    inbox = key.get(f"/v1/accounts/{CHEN.account}/inbox").json()["items"]
    told = [m["event"] for m in inbox if not m["event"].startswith("account.")]
    assert told[:2] == ["verification.approved", "appeal.upheld"]
    zhou = home.person("laozhou", "senior_reviewer")
    seen = zhou.get(f"{API}/quality").json()
    assert seen["overturned_by_decider"]["xiaolin"]["rate"] == 1.0
    assert seen["upheld_against"] == {"reviewer:xiaolin": 1}


def test_a_piece_asked_for_again_keeps_the_rest(home, rejected):
    key, wu = home.key(), home.person("xiaowu", "reviewer")
    id = filled(home, key, rejected)
    key.post(f"/v1/appeals/{id}/hand_in")
    again = {"verdict": "ask_again", "ground": "pieces_unusable", "redo": ["card_back"]}
    assert rule(home, wu, {**again, "redo": ["my_cat"]}).status_code == 422
    rule(home, wu, again)
    seen = key.get(f"/v1/appeals/{id}").json()
    assert (seen["state"], seen["missing"]) == ("collecting", ["card_back"])
    at_work.keep(home.context, "demo.test", id, "card_back", f"{rejected}/new", ())
    assert key.post(f"/v1/appeals/{id}/hand_in").json()["state"] == "waiting"


def test_turned_down_reopened_once_and_never_to_the_same_person(home, rejected):
    key, wu = home.key(), home.person("xiaowu", "reviewer")
    id = filled(home, key, rejected)
    key.post(f"/v1/appeals/{id}/hand_in")
    rule(home, wu, {"verdict": "turn_down", "ground": "unconvincing"})
    assert key.get(f"/v1/verifications/{rejected}").json()["state"] == "rejected"
    assert key.post(f"/v1/appeals/{id}/reopen").json()["state"] == "collecting"
    key.post(f"/v1/appeals/{id}/hand_in")
    assert wu.post(f"{API}/queue/next").json()["case"] is None
    rule(home, home.person("xiaozheng", "reviewer"), {"verdict": "turn_down", "ground": "still_holds"})
    assert key.post(f"/v1/appeals/{id}/reopen").json()["code"] == "once"


def test_left_lying_it_is_reminded_of_once_and_then_ends(home, rejected):
    key = home.key()
    id = key.post(f"/v1/verifications/{rejected}/appeals").json()["id"]
    for hours, told in ((13 * 24 - 1, 0), (2, 1), (2, 1)):
        home.later(hours=hours)
        at_work.keep_up(home.context)
        inbox = key.get(f"/v1/accounts/{CHEN.account}/inbox").json()["items"]
        assert sum(m["event"] == "appeal.reminder" for m in inbox) == told
    home.later(days=1)
    assert at_work.keep_up(home.context) == 1
    assert key.get(f"/v1/appeals/{id}").json()["state"] == "expired"


def test_withdrawn_while_it_waits_leaves_the_decision_and_the_queue(home, rejected):
    key = home.key()
    id = filled(home, key, rejected)
    key.post(f"/v1/appeals/{id}/hand_in")
    assert key.post(f"/v1/appeals/{id}/withdraw").json()["state"] == "withdrawn"
    assert key.get(f"/v1/verifications/{rejected}").json()["state"] == "rejected"
    assert home.person("xiaowu", "reviewer").post(f"{API}/queue/next").json()["case"] is None


def test_a_video_is_sent_in_chunks_continued_where_it_broke_off_and_looked_at(home, rejected):
    """M26: resumable; the reviewer gets a copy that browsers play, and is told that it was recorded off the screen."""
    key, data = home.key(), clips.recorded("mire", 0, 3)
    id = key.post(f"/v1/verifications/{rejected}/appeals").json()["id"]
    made = key.post(f"/v1/appeals/{id}/uploads", json={"size": len(data)}).json()
    url, half = f"/v1/uploads/{made['id']}", len(data) // 2
    assert key.patch(url, content=data[:half], headers={"upload-offset": "0"}).headers["upload-offset"] == str(half)
    assert key.patch(url, content=data[:half], headers={"upload-offset": "0"}).json()["code"] == "wrong_offset"
    assert key.head(url).headers["upload-offset"] == str(half)
    assert key.patch(url, content=data[half:], headers={"upload-offset": str(half)}).status_code == 204
    assert "failure_video" not in key.get(f"/v1/appeals/{id}").json()["missing"]
    home.later(seconds=1)
    seen = key.get(f"/v1/appeals/{id}").json()["video"]
    assert seen["filmed"]["verdict"] == "recorded" and 2.5 < seen["seconds"] <= 3.0
    assert all(s["looked_for"] for s in seen["sights"])
    assert "card_back" in {s["what"] for s in key.get(f"/v1/appeals/{id}").json()["video_lacks"]}
    assert next(s["at_ms"] for s in seen["sights"] if s["what"] == "own_face") is not None


def test_what_is_no_video_is_refused_at_once_and_a_broken_one_is_named(home, rejected):
    key = home.key()
    id = key.post(f"/v1/verifications/{rejected}/appeals").json()["id"]
    path = f"/v1/appeals/{id}/pieces/failure_video"
    assert key.post(path, files={"video": ("v.mp4", jpeg(), "video/mp4")}).json()["code"] == "not_a_video"
    key.post(path, files={"video": ("v.mp4", b"\0\0\0\x18ftypmp42" + b"\0" * 300, "video/mp4")})
    home.later(seconds=1)
    assert key.get(f"/v1/appeals/{id}").json()["unusable"]["failure_video"]
    with pytest.raises(BadInput):
        uploads.whole(home.context, "demo.test", id, b"")


def test_a_retake_is_forced_twice_and_then_a_person_looks():
    seen = {}
    for force in (True, True, False):
        seen = {"card_back": appeals.noted(seen.get("card_back", {}), ["photo_blurred"])}
        assert bool(appeals.unusable(seen)) is force
    assert appeals.unusable({"failure_video": {"codes": [LOOKING], "tries": 0}}) == {}


def test_a_wrong_number_in_the_facts_is_told_at_once():
    assert appeals.fact_flaws({"number": "170213199103140130"}) == ("number_invalid",)
    assert appeals.fact_flaws({"number": CHEN.number}) == ()


@pytest.mark.parametrize(("code", "state", "tries", "against"), [
    ("face_authority_mismatch", "needs_input", 1, "retry_first"),
    ("face_authority_mismatch", "needs_input", 2, None),
    ("face_authority_mismatch", "rejected", 1, None),  # where nothing can be tried again
    ("face_authority_mismatch", "checking", 2, "appeal_not_offered"),
    ("attempts_exhausted", "rejected", 1, None),
    ("authority_unavailable", "needs_input", 2, "appeal_not_offered"),
])  # fmt: skip
def test_another_try_comes_first_where_the_catalogue_says_so(code, state, tries, against):
    """M26: after a retry."""
    assert (appeals.objection([code], state, tries) or (None,))[0] == against


def test_the_api_asks_for_another_try_first(home):
    """M26: 陈无照 is asked for her face again by 小林; an appeal is for after that, by whatever door she comes."""
    id, lin = in_review(home), home.person("xiaolin", "reviewer")
    rule(home, lin, {"verdict": "ask_again", "codes": ["face_document_mismatch"], "redo": ["face"]})
    answer = home.key().post(f"/v1/verifications/{id}/appeals")
    assert (answer.status_code, answer.json()["code"]) == (409, "retry_first")
    shown = home.key().get(f"/v1/verifications/{id}").json()
    assert "`next`" in answer.json()["detail"] and shown["next"] == ["face"] and "appeals" not in shown["can"]


def test_every_end_is_an_end():
    for state in ("upheld", "expired", "withdrawn"):
        assert MACHINE.events(state) == ()
