"""Review, appeals, tickets, holds: where people come in."""

import time

import pytest

from bench import clips
from shiming.demo import walk
from shiming.demo.cast import by_slug
from shiming.demo.walk import Refused
from tests.stories.keys import key
from tests.stories.pictures import handheld

FACTS = {
    "account_name": "示例账号",
    "name": "褚旧照", "number": by_slug("jiuzhao").number, "prompt_seen": "人脸与照片不一致",
    "device_model": "phone", "app_version": "9.1", "contact": "mail@example.test",
}  # fmt: skip


@pytest.fixture
def reviewers(server):
    return tuple(server.api(secret) for secret in server.reviewers)


def test_a_reviewer_approves_what_the_machine_referred(results, api, reviewers):
    """M12: human review when needed. The authority had no photo; a person looks, and the account is verified."""
    seen = results["wuzhao"].verification
    path = f"/verifications/{seen['id']}"
    with pytest.raises(Refused, match="at least one reason"):
        reviewers[0].post(f"{path}/verdict", {"verdict": "reject"})
    decided = reviewers[0].post(f"{path}/verdict", {"verdict": "approve"})
    assert (decided["state"], decided["reasons"]) == ("approved", [])
    assert api.get("/accounts/wuzhao/may/live")["allowed"]
    no_second_place(api, reviewers)


def test_a_misread_validity_is_corrected_and_looked_at(api, reviewers):
    """M24: the machine reads a card as expired; its holder reads it otherwise, and a person sees both."""
    person, made = by_slug("guoqi"), api.post("/verifications", {"account": "reads-otherwise"})
    path = f"/verifications/{made['id']}"
    walk.hand_in(api, path, person)
    with pytest.raises(Refused, match="'valid_until' is a date"):
        api.post(f"{path}/identity", {"confirm": True, "corrected": {"valid_until": "soon"}})
    api.post(f"{path}/identity", {"confirm": True, "corrected": {"valid_until": "2040.6.15", "ethnicity": "汉族"}})
    api.post(f"{path}/submit")
    seen = walk.decided(api, path, person).verification
    assert (seen["state"], [reason["code"] for reason in seen["reasons"]]) == ("in_review", ["validity_disputed"])
    assert reviewers[0].post(f"{path}/verdict", {"verdict": "approve"})["state"] == "approved"


def no_second_place(api, reviewers):
    """M28: people may overrule what pictures seemed to say, never a quota."""
    second = walk.verify(api, by_slug("wuzhao"), "wuzhao-second").verification
    assert second["state"] == "in_review"
    with pytest.raises(Refused, match="subject_quota_reached"):
        reviewers[0].post(f"/verifications/{second['id']}/verdict", {"verdict": "approve"})


def test_an_appeal_from_its_opening_to_being_upheld(api, reviewers):
    """M20.2, M26, M38: the pieces are named, missing ones at once, and upholding gives the account back."""
    result = walk.verify(api, by_slug("jiuzhao"), "appellant")
    with pytest.raises(Refused, match="retry_first"):
        api.post(f"/verifications/{result.verification['id']}/appeals")
    walk.shows_face_again(api, f"/verifications/{result.verification['id']}", result.person)
    appeal = api.post(f"/verifications/{result.verification['id']}/appeals")
    path = f"/appeals/{appeal['id']}"
    assert appeal["missing"][0] == "failure_video"
    with pytest.raises(Refused, match="Still missing"):
        api.post(f"{path}/hand_in")
    with pytest.raises(Refused, match="under way"):
        api.post(f"/verifications/{result.verification['id']}/appeals")
    fill(api, path)
    assert api.post(f"{path}/hand_in")["state"] == "waiting"
    assert api.get(f"/verifications/{result.verification['id']}")["state"] == "in_review"
    with pytest.raises(Refused, match="appeal_waiting"):
        reviewers[0].post(f"/verifications/{result.verification['id']}/verdict", {"verdict": "approve"})
    assert reviewers[1].post(f"{path}/answer", {"answer": "uphold"})["state"] == "upheld"
    assert api.get("/accounts/appellant/may/live")["allowed"]


def fill(api, path):
    """All the pieces of the package."""
    with pytest.raises(Refused, match="not an mp4"):
        api.post(f"{path}/pieces/failure_video", files={"video": ("v.mp4", b"not a video at all", "video/mp4")})
    api.post(f"{path}/pieces/failure_video", files={"video": ("v.mp4", clips.recorded("jiuzhao", 0, 2), "video/mp4")})
    front, back = (by_slug("jiuzhao").picture(side) for side in ("front", "back"))
    wrong = api.post(f"{path}/pieces/card_back", files={"picture": ("p.jpg", front, "image/jpeg")})
    assert [r["code"] for r in wrong["unusable"]["card_back"]] == ["wrong_side"]
    given = {"handheld_front": handheld("jiuzhao"), "card_front": front, "card_back": back, "error_screenshot": front}
    for piece, picture in given.items():
        api.post(f"{path}/pieces/{piece}", files={"picture": ("p.jpg", picture, "image/jpeg")})
    done = api.post(f"{path}/pieces/facts", FACTS)
    assert (done["missing"], done["unusable"]) == ([], {})
    watched(api, path)


def watched(api, path):
    """Wait until the video has been looked at; it is a screen recording, and the person who answers is told so."""
    until = time.monotonic() + 240
    while (video := api.get(path)["video"]) is None and time.monotonic() < until:
        time.sleep(0.2)
    assert video["filmed"]["verdict"] == "recorded"


def test_nothing_is_appealed_where_nothing_was_decided_against_anybody(results, api):
    with pytest.raises(Refused, match="nothing to appeal"):
        api.post(f"/verifications/{results['hege'].verification['id']}/appeals")


def test_an_appeal_turned_down_is_rejected_by_somebody_else(api, reviewers):
    """M38: never by the first decider."""
    result = walk.verify(api, by_slug("jiuzhao"), "appellant-2", kind="creator")
    path = f"/verifications/{result.verification['id']}"
    walk.shows_face_again(api, path, result.person)
    first = api.post(f"{path}/appeals")
    fill(api, f"/appeals/{first['id']}")
    api.post(f"/appeals/{first['id']}/hand_in")
    reviewers[0].post(f"/appeals/{first['id']}/answer", {"answer": "turn_down"})
    assert api.get(path)["state"] == "rejected"
    second = api.post(f"{path}/appeals")
    fill(api, f"/appeals/{second['id']}")
    api.post(f"/appeals/{second['id']}/hand_in")
    with pytest.raises(Refused, match="your own decision"):
        reviewers[0].post(f"/appeals/{second['id']}/answer", {"answer": "uphold"})
    assert reviewers[1].post(f"/appeals/{second['id']}/answer", {"answer": "uphold"})["state"] == "upheld"


def test_a_ticket_carries_its_account_and_verification(server, results, api):
    """M16."""
    about = results["bufu"].verification["id"]
    made = api.post(
        "/tickets", {"account": "bufu", "topic": "result_unclear", "text": "我不明白", "verification": about}
    )
    agent = server.api(key(server, role="support", name="agent-one"))
    agent.post(f"/tickets/{made['id']}/messages", {"text": "请对照身份证检查姓名。"})
    said = api.get(f"/tickets/{made['id']}")
    assert (said["state"], said["verification"], [m["author"] for m in said["messages"]]) == (
        "answered", about, ["holder", "agent-one"],
    )  # fmt: skip
    assert api.post(f"/tickets/{made['id']}/close")["state"] == "closed"


def test_a_hold_is_lifted_by_verifying_and_the_other_stays(api):
    """M9, M15, M31."""
    api.post("/accounts/held/holds", {"reason": "login_risk", "capabilities": ["withdraw"], "kind": "creator"})
    hold = {"reason": "violation_rumour", "capabilities": ["publish"], "requirements": ["pledge"]}
    standing = api.post("/accounts/held/holds", hold)
    assert (standing["standing"], len(standing["holds"])) == ("abnormal", 2)
    refused = api.get("/accounts/held/may/withdraw")
    assert refused["holds"][0]["lifted_by"] == ["verify:standard"]
    assert walk.verify(api, by_slug("changqi"), "held", kind="creator").verification["state"] == "approved"
    after = api.get("/accounts/held/standing")
    assert (after["standing"], [h["reason"] for h in after["holds"]]) == ("abnormal", ["violation_rumour"])
    assert api.get("/accounts/held/may/withdraw")["allowed"]


def test_the_route_without_face_recognition_ends_with_a_person(api, reviewers):
    """M39: a hand-held photo and a person instead."""
    person = by_slug("hege")
    made = api.post("/verifications", {"account": "no-face", "kind": "creator"})
    path = f"/verifications/{made['id']}"
    asked = api.post(f"{path}/consent", {"face": False})
    assert "face" not in asked["next"] and "handheld" in asked["next"]
    given = {"card_front": person.picture("front"), "card_back": person.picture("back"), "handheld": handheld("hege")}
    for piece, picture in given.items():
        api.post(f"{path}/evidence/{piece}", files={"picture": ("p.jpg", picture, "image/jpeg")})
    api.post(f"{path}/identity", {"confirm": True})
    api.post(f"{path}/submit")
    seen = walk.decided(api, path, person).verification
    assert (seen["state"], [r["code"] for r in seen["reasons"]]) == ("in_review", ["review_by_person"])
    assert reviewers[0].post(f"{path}/verdict", {"verdict": "approve"})["state"] == "approved"


def test_a_thief_cannot_free_an_account_with_his_own_papers(api):
    """M20.11: on a bound account only its own subject meets `verify`; the hold stays."""
    assert walk.verify(api, by_slug("changqi"), "stolen", kind="shop").verification["state"] == "approved"
    api.post("/accounts/stolen/holds", {"reason": "login_risk"})
    thief = walk.verify(api, by_slug("yan"), "stolen", kind="shop")
    assert (thief.verification["state"], thief.code) == ("rejected", "subject_mismatch")
    assert api.get("/accounts/stolen/standing")["standing"] == "abnormal"
    assert walk.verify(api, by_slug("changqi"), "stolen", kind="shop").verification["state"] == "approved"
    assert api.get("/accounts/stolen/standing")["standing"] == "normal"


def test_a_place_is_free_again_after_its_account_is_cancelled(api):
    """M20.12, M28: cancelling another account makes room."""
    person = by_slug("mire")
    assert walk.verify(api, person, "first-shop", kind="stall").verification["state"] == "approved"
    assert walk.verify(api, person, "second-shop", kind="stall").code == "subject_quota_reached"
    api.post("/accounts/first-shop/cancel", {"at_once": True})
    assert walk.verify(api, person, "third-shop", kind="stall").verification["state"] == "approved"


def test_a_clip_that_breaks_off_is_incomplete_and_costs_no_attempt(api):
    """M20.4: a piece or a step is missing; never said for a mismatch."""
    person, made = by_slug("shaohou"), api.post("/verifications", {"account": "broken-off", "kind": "shop"})
    path = f"/verifications/{made['id']}"
    walk.hand_in(api, path, person)
    asked = api.post(f"{path}/challenge")
    frames, times = walk.film(person, walk.challenge_of(asked), 0)
    parts = [("frames", (f"{n}.jpg", frame, "image/jpeg")) for n, frame in enumerate(frames[:4])]
    data = {"challenge": asked["challenge"], "times_ms": ",".join(map(str, times[:4]))}
    api.post(f"{path}/evidence/face", data=data, files=parts)
    api.post(f"{path}/submit")
    result = walk.decided(api, path, person)
    assert (result.code, result.verification["attempts"]["used"]) == ("verification_incomplete", 0)


def test_a_long_outage_is_told_once(api):
    """M36: the authority never answers; the holder is told once, nothing is counted, and cancelling still works."""
    path = f"/verifications/{api.post('/verifications', {'account': 'outage', 'level': 'basic'})['id']}"
    api.post(f"{path}/identity", {"name": "赵超时", "number": by_slug("shaohou").number})
    api.post(f"{path}/submit")
    time.sleep(5)
    seen = api.get(path)
    assert (seen["state"], seen["reasons"][0]["code"], seen["attempts"]["used"]) == (
        "checking",
        "authority_unavailable",
        0,
    )
    assert [m["event"] for m in api.get("/accounts/outage/inbox")["items"]] == ["verification.waiting"]
    assert api.post(f"{path}/cancel")["state"] == "cancelled"
