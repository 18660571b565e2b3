"""The simple mode, without script and without face recognition, which a person decides."""

from shiming.demo.cast import by_slug
from tests.stories import pictures
from tests.stories.holder import Browser, heading


def test_zhou_huanyuan_hands_in_photos_without_script_and_waits_for_a_person(server, door):
    """M10, M39: plain forms all the way; it ends with a person."""
    person = by_slug("huanyuan")
    made = door.post("/verifications", {"account": "basic-1"})
    link = door.post(f"/verifications/{made['id']}/links?simple=true")["url"]
    browser = Browser(server.address)
    assert heading(browser.get(link)) == "简易版实名认证"
    assert "<script" not in browser.get(link).text
    assert heading(browser.post(link)) == "不刷脸，人工审核"
    at = f"/v/{made['id']}/basic/piece"
    assert heading(browser.post(f"{at}/consent")) == "身份证人像面"
    assert heading(browser.post(f"{at}/card_front", files=_jpeg(person.picture("front")))) == "身份证国徽面"
    assert heading(browser.post(f"{at}/card_back", files=_jpeg(person.picture("back")))) == "姓名和身份证号码"
    typed = {"name": person.name, "number": person.number}
    assert heading(browser.post(f"{at}/identity", data=typed)) == "手持身份证照片"
    page = browser.post(f"{at}/handheld", files=_jpeg(pictures.handheld("huanyuan")))
    while heading(page) == "手持身份证照片":  # the page says what is wrong with the picture, and lets it pass
        page = browser.get(f"/v/{made['id']}/basic")
    assert heading(page) == "提交"
    assert heading(browser.post(f"{at}/submit/now")) == "认证进度"
    assert _decided(door, made["id"]) in ("in_review", "needs_input")


def test_a_bad_picture_is_told_at_once(server, door):
    made = door.post("/verifications", {"account": "basic-2"})
    browser = Browser(server.address)
    browser.opens(made["url"])
    at = f"/v/{made['id']}/basic/piece"
    browser.post(f"{at}/consent")
    page = browser.post(f"{at}/card_front", files=_jpeg(pictures.desk()))
    assert "没有" in page.text and 'name="picture"' in page.text
    assert "Choose a picture" in browser.get(f"/v/{made['id']}/basic?lang=en").text


def test_without_a_session_the_page_says_where_to_come_in(server):
    page = Browser(server.address).get("/v/ver_unknown/basic")
    assert page.status_code == 401 and heading(page) == "需要从 App 重新进入"


def _jpeg(picture: bytes) -> dict:
    return {"picture": ("p.jpg", picture, "image/jpeg")}


def _decided(door, id: str) -> str:
    import time

    until = time.monotonic() + 60
    while (state := door.get(f"/verifications/{id}")["state"]) == "checking" and time.monotonic() < until:
        time.sleep(0.2)
    return state
