"""What a result leads on to, in a browser without script: appeal, places, record, phone number (issue 18).

The pages said "you can appeal" and "see my accounts", and had no control for it.
"""

import pytest

from tests.reasons.door import held_by, opened
from tests.reasons.entry import without_script
from tests.reasons.persons import TWO


@pytest.fixture
def door(tmp_path):
    with opened(tmp_path / "data") as made:
        yield made


def rejected(door) -> str:
    """王无照, whom a reviewer rejected for her face."""
    id = door.verifies(door.somebody("无照"))["id"]
    verdict = {"verdict": "reject", "codes": ["rejected_by_reviewer"]}
    door.does(f"/verifications/{id}/verdict", verdict, TWO[0])
    return id


def test_an_appeal_is_begun_filled_and_handed_in_by_plain_forms(door):
    """With what was handed in before, by one tap; name and number are not typed again."""
    id = rejected(door)
    browser, page = without_script(door, id)
    at = f"/v/{id}/basic/appeal"
    assert at in page and "开始申诉" in browser.get(at).text
    page = browser.post(f"{at}/begin").text
    assert "用认证时交过的照片" in page and 'name="number"' not in page
    page = browser.post(f"{at}/reuse").text
    assert "用认证时交过的照片" not in page
    assert {"card_front", "card_back"} <= set(_appeal(door)["pieces"])
    facts = dict.fromkeys(("account_name", "prompt_seen", "device_model", "app_version"), "x")
    browser.post(f"{at}/facts", data={**facts, "contact": "13800000000"})
    appeal = _appeal(door)
    assert "facts" in appeal["pieces"] and not appeal["unusable"]
    assert "材料还没有交齐" in browser.post(f"{at}/hand_in").text
    for piece in set(appeal["missing"]) - {"failure_video"}:
        seen = door.eyes.picture(held(door), None)
        browser.post(f"{at}/pictures/{piece}", files={"picture": ("p.jpg", seen, "image/jpeg")})
    assert _appeal(door)["missing"] in ([], ["failure_video"])
    assert "撤回申诉" in browser.get(at).text and browser.post(f"{at}/withdraw").status_code == 200
    assert _appeal(door)["state"] == "withdrawn" and "开始申诉" in browser.get(at).text


def held(door):
    return held_by(door.somebody())


def _appeal(door) -> dict:
    return door.get("/appeals")["items"][0]


def test_nobody_else_may(door):
    """Another site's page, a browser that is not in, another verification's: nothing is begun."""
    id = rejected(door)
    browser, _ = without_script(door, id)
    at = f"/v/{id}/basic/appeal"
    browser.post(f"{at}/begin", headers={"Origin": "https://elsewhere.test"})
    stranger, _ = without_script(door, door.begins())
    assert stranger.get(at).status_code == 401 and stranger.get(f"/v/{id}/basic/places").status_code == 401
    stranger.post(f"{at}/begin")
    assert door.get("/appeals")["items"] == []


def test_a_place_is_moved_after_one_more_tap(door):
    """M28: quota reached; the place of another account of hers is moved here."""
    who, old = door.somebody(), door.account()
    door.verifies(who, old)
    full = door.verifies(who)
    browser, page = without_script(door, full["id"])
    places = f"/v/{full['id']}/basic/places"
    assert places in page
    place = next(each["place"] for each in door.get(f"/verifications/{full['id']}/places")["items"] if not each["this"])
    assert "确定要这样做" in browser.post(f"{places}/{place}/move").text
    assert door.get(f"/verifications/{full['id']}")["state"] == "rejected"
    assert "名额已经转过来" in browser.post(f"{places}/{place}/move", data={"sure": "yes"}).text
    assert door.get(f"/accounts/{full['account']}/standing")["level"] == "standard"


def test_the_accounts_record_says_what_is_held_and_what_lifts_it(door):
    account = door.account()
    id = door.begins(account=account)
    door.does(f"/accounts/{account}/holds", {"reason": "violation_rumour", "requirements": ["pledge"]})
    browser, _ = without_script(door, id)
    page = browser.get(f"/v/{id}/basic/account").text
    assert "怎样解除" in page and "<li>" in page


def test_a_level_that_asks_for_a_phone_number_has_a_form_for_it(door):
    """It ended in an error of ours: the page knew no words for it."""
    who, id = door.somebody(), door.begins("enhanced")
    door.hands_in(id, who, held=held(door))
    browser, page = without_script(door, id)
    assert 'name="phone"' in page
    at = f"/v/{id}/basic/piece/phone"
    assert "手机号不对" in browser.post(at, data={"phone": "12"}).text
    assert "提交" in browser.post(at, data={"phone": "12012345678"}).text
    assert door.get(f"/verifications/{id}")["next"] == []
