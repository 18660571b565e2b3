"""The way of docs/walk.md: a held account is verified after a failure, a review, an appeal; then all is as before."""

import pytest

from shiming.demo import morning, walk
from shiming.demo.cast import by_slug
from shiming.demo.walk import Refused

ACCOUNT = "walker"


@pytest.fixture
def path(door):
    """A streamer who may not go live; the prompt makes the verification, on the route without face recognition."""
    held = {"reason": "login_risk", "capabilities": ["live"], "kind": "walker"}
    assert door.post(f"/accounts/{ACCOUNT}/holds", held)["standing"] == "abnormal"
    asked = door.post(f"/accounts/{ACCOUNT}/prompt", {"capability": "live"})
    assert asked["needed"] and asked["words"]["zh"]["button"]
    made = door.get("/verifications", account=ACCOUNT)["items"][0]
    return f"/verifications/{made['id']}"


def test_held_verified_failed_tried_again_reviewed_appealed_upheld_normal(server, door, path):
    """M9, M13, M14, M26, M38, M31."""
    person, reviewers = by_slug("hege"), tuple(server.door(key) for key in server.reviewers)
    door.post(f"{path}/consent", {"face": False})
    given = {"card_front": person.picture("front"), "card_back": person.picture("back"),
             "handheld": morning.handheld(person)}  # fmt: skip
    for piece, picture in given.items():
        door.post(f"{path}/evidence/{piece}", files={"picture": ("p.jpg", picture, "image/jpeg")})
    door.post(f"{path}/identity", {"name": "张合各", "number": person.number})
    failed = submitted(door, path, person)
    assert failed["state"] == "needs_input" and failed["reasons"][0]["zh"]["remedy"]

    door.post(f"{path}/identity", {"name": person.name, "number": person.number})
    assert submitted(door, path, person)["state"] == "in_review"
    turned_away = {"verdict": "reject", "codes": ["face_document_mismatch"]}
    assert reviewers[0].post(f"{path}/verdict", turned_away)["state"] == "rejected"
    assert not door.get(f"/accounts/{ACCOUNT}/may/live")["allowed"]

    appeal = morning.appeal(door, path.rpartition("/")[2], person, seconds=0.6)
    with pytest.raises(Refused, match="your own decision"):
        reviewers[0].post(f"/appeals/{appeal}/answer", {"answer": "uphold"})
    assert reviewers[1].post(f"/appeals/{appeal}/answer", {"answer": "uphold"})["state"] == "upheld"
    assert door.get(f"/accounts/{ACCOUNT}/standing")["standing"] == "normal"
    assert door.get(f"/accounts/{ACCOUNT}/may/live")["allowed"]


def submitted(door, path, person):
    door.post(f"{path}/submit")
    return walk.decided(door, path, person).verification
