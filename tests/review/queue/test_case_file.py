"""What a reviewer sees of 陈无照's case, and what of it is kept from them until they say why."""

import io

import pytest
from PIL import Image

from shiming.policy import DEFAULT
from shiming.vision import calibration
from shiming.vision.picture import thumbnail
from tests.application import jpeg
from tests.holders import CHEN, in_review

API = "/console/api"
LIMIT = calibration.score("portrait", DEFAULT.false_match_rate)


@pytest.fixture
def lin(home):
    """小林, who has taken 陈无照's case."""
    in_review(home)
    client = home.person("xiaolin", "reviewer")
    client.case = client.post(f"{API}/queue/next").json()["case"]["id"]
    return client


def test_the_case_lies_side_by_side_and_masked(lin):
    shown = lin.get(f"{API}/cases/{lin.case}")
    assert CHEN.name not in shown.text and CHEN.number not in shown.text and CHEN.account not in shown.text
    assert shown.headers["cache-control"] == "no-store"
    seen = shown.json()
    by_name = {line["field"]: line for line in seen["fields"]}
    assert by_name["name"]["same"] and by_name["number"]["authority"] == "match"
    assert by_name["number"]["typed"] == by_name["number"]["card"] != CHEN.number
    assert by_name["birth"]["card"] == "1991-••-••" and by_name["valid_until"]["card"] == "2040-01-01"


def test_findings_and_faces_come_with_what_was_seen_and_the_limits(lin):
    seen = lin.get(f"{API}/cases/{lin.case}").json()
    assert [f["code"] for f in seen["findings"]] == ["authority_photo_missing"]
    assert "no photo" in seen["findings"][0]["what"]
    ours, live, portrait = seen["triangle"]
    assert (ours["score"], ours["limit"], ours["same"]) == (1.0, LIMIT, True)
    assert (live["source"], live["score"], live["same"]) == ("first", None, None) and portrait["score"] is None
    assert [t["asked"] for t in seen["live"]["turns"]] == ["left", "right"]
    assert [e["what"] for e in seen["timeline"]] == ["created", *["handed_in"] * 3, "judged"]


def test_clear_text_takes_a_reason_and_is_kept_for_the_holder(home, lin):
    """M39: each look by staff is in the trail and in the receipt, taking the case included."""
    path = f"{API}/cases/{lin.case}/reveal"
    assert lin.post(path, json={"fields": ["name"], "why": "curious"}).json()["code"] == "why_missing"
    given = {"fields": ["name"], "why": "rare_character"}
    assert lin.post(path, json=given).json() == {"fields": {"name": {"typed": CHEN.name, "card": CHEN.name}}}
    receipt = home.key().get(f"/v1/accounts/{CHEN.account}/receipt").json()
    assert [(look["role"], look["what"], look["why"]) for look in receipt["looks"]] == [
        ("reviewer", "case", "review"),
        ("reviewer", "name", "rare_character"),
    ]
    assert "xiaolin" not in str(receipt)


def test_pictures_only_for_who_holds_the_case_and_each_look_is_kept_once(home, lin):
    seen = lin.get(f"{API}/cases/{lin.case}").json()
    for picture in seen["pictures"]:
        answer = lin.get(picture["url"])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg"), picture
        assert answer.headers["cache-control"] == "no-store"
    assert lin.get(f"{API}/cases/{lin.case}/pictures/face/frames.2").status_code == 200
    assert lin.get(f"{API}/cases/{lin.case}/pictures/face/frames.3").status_code == 404
    lin.get(seen["pictures"][0]["url"])
    wu = home.person("xiaowu", "reviewer")
    assert wu.get(seen["pictures"][0]["url"]).json()["code"] == "case_not_yours"
    privacy = home.person("laosun", "privacy")
    looked = [(x["by"], x["what"]) for x in privacy.get(f"{API}/looks?by=xiaolin").json()["items"]]
    assert len(looked) == len(set(looked)) == len(seen["pictures"]) + 1


def test_an_erased_case_shows_nothing_any_more(home, lin):
    key, id = home.key(), lin.get(f"{API}/cases/{lin.case}").json()["verification"]["id"]
    key.post(f"/v1/verifications/{id}/cancel")
    key.post(f"/v1/verifications/{id}/redact")
    assert lin.get(f"{API}/cases/{lin.case}").status_code == 410
    receipt = key.get(f"/v1/accounts/{CHEN.account}/receipt").json()
    assert receipt["verifications"][0]["erased"] and receipt["verifications"][0]["collected"] == []


def test_support_and_privacy_see_no_case(home, lin):
    for role in ("support", "privacy", "policy", "admin"):
        assert home.person(f"one-{role}", role).get(f"{API}/cases/{lin.case}").status_code == 403


def test_a_small_picture_shows_no_name_and_the_large_one_is_the_look(home, lin):
    """Was: name and number could be read on the card before anybody revealed them, and each drawing was a look."""
    path = f"{API}/cases/{lin.case}/pictures/card_front"
    for name in ("rectified", "clean"):
        small = lin.get(f"{path}/{name}?small=true")
        assert small.status_code == 200 and small.headers["content-type"] == "image/jpeg", name
    with Image.open(io.BytesIO(thumbnail(jpeg(size=(1000, 631))))) as card:
        assert card.size == (64, 40)
    other = home.person("xiaowu", "reviewer")
    assert other.get(f"{path}/rectified?small=true").json()["code"] == "case_not_yours"
    assert lin.get(f"{path}/none?small=true").status_code == 404
    assert lin.get(f"{path}/portrait?small=true").content == lin.get(f"{path}/portrait").content
    lin.get(f"{path}/rectified")
    looks = home.person("xiaogu", "privacy").get(f"{API}/looks?by=xiaolin").json()["items"]
    assert sorted(look["what"] for look in looks) == ["card_front/portrait", "card_front/rectified", "case"]
