"""The way of docs/walk.md: a held account is verified after a failure, a review, an appeal; then all is as before."""

import pytest

from shiming.demo import sample_cases, walk
from shiming.demo.cast import by_slug
from shiming.demo.walk import Refused

ACCOUNT = "walker"


@pytest.fixture
def path(api):
    """A streamer who may not go live; the prompt makes the verification, on the route without face recognition."""
    held = {"reason": "login_risk", "capabilities": ["live"], "kind": "walker"}
    assert api.post(f"/accounts/{ACCOUNT}/holds", held)["standing"] == "abnormal"
    asked = api.post(f"/accounts/{ACCOUNT}/prompt", {"capability": "live"})
    assert asked["needed"] and asked["words"]["zh"]["button"]
    made = api.get("/verifications", account=ACCOUNT)["items"][0]
    return f"/verifications/{made['id']}"


def test_held_verified_failed_tried_again_reviewed_appealed_upheld_normal(server, api, path):
    """M9, M13, M14, M26, M38, M31."""
    person, reviewers = by_slug("hege"), tuple(server.api(key) for key in server.reviewers)
    api.post(f"{path}/consent", {"face": False})
    given = {"card_front": person.picture("front"), "card_back": person.picture("back"),
             "handheld": sample_cases.handheld(person)}  # fmt: skip
    for piece, picture in given.items():
        api.post(f"{path}/evidence/{piece}", files={"picture": ("p.jpg", picture, "image/jpeg")})
    api.post(f"{path}/identity", {"name": "张合各", "number": person.number})
    failed = submitted(api, path, person)
    assert failed["state"] == "needs_input" and failed["reasons"][0]["zh"]["remedy"]

    api.post(f"{path}/identity", {"name": person.name, "number": person.number})
    assert submitted(api, path, person)["state"] == "in_review"
    turned_away = {"verdict": "reject", "codes": ["face_document_mismatch"]}
    assert reviewers[0].post(f"{path}/verdict", turned_away)["state"] == "rejected"
    assert not api.get(f"/accounts/{ACCOUNT}/may/live")["allowed"]

    appeal = sample_cases.appeal(api, path.rpartition("/")[2], person, seconds=0.6)
    with pytest.raises(Refused, match="your own decision"):
        reviewers[0].post(f"/appeals/{appeal}/answer", {"answer": "uphold"})
    assert reviewers[1].post(f"/appeals/{appeal}/answer", {"answer": "uphold"})["state"] == "upheld"
    assert api.get(f"/accounts/{ACCOUNT}/standing")["standing"] == "normal"
    assert api.get(f"/accounts/{ACCOUNT}/may/live")["allowed"]


def submitted(api, path, person):
    api.post(f"{path}/submit")
    return walk.decided(api, path, person).verification
