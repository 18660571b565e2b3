"""The simple mode, without script and without face recognition, which a person decides."""

import re

import pytest

from shiming.demo.cast import by_slug
from tests.stories import pictures
from tests.stories.holder import Browser, heading

# What a browser that does not know `required` sends of a file input that was left alone.
EMPTY = b"""--x\r
Content-Disposition: form-data; name="picture"; filename=""\r
Content-Type: application/octet-stream\r
\r
\r
--x--\r
"""


def test_zhou_huanyuan_hands_in_photos_without_script_and_waits_for_a_person(server, api):
    """M10, M39: plain forms all the way; it ends with a person."""
    person = by_slug("huanyuan")
    made = api.post("/verifications", {"account": "basic-1"})
    link = api.post(f"/verifications/{made['id']}/links?simple=true")["url"]
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
    assert _decided(api, made["id"]) in ("in_review", "needs_input")


def test_a_bad_picture_is_told_at_once(server, api):
    made = api.post("/verifications", {"account": "basic-2"})
    browser = Browser(server.address)
    browser.opens(made["url"])
    at = f"/v/{made['id']}/basic/piece"
    browser.post(f"{at}/consent")
    page = browser.post(f"{at}/card_front", files=_jpeg(pictures.desk()))
    assert "没有" in page.text and 'name="picture"' in page.text
    assert "Choose a picture" in browser.get(f"/v/{made['id']}/basic?lang=en").text


@pytest.fixture
def inside(server, api, request):
    """A browser that is in and has agreed to go without its face; the address of its forms."""
    made = api.post("/verifications", {"account": f"basic-{request.node.name[:40]}"})
    browser = Browser(server.address)
    browser.opens(made["url"])
    browser.at = f"/v/{made['id']}/basic/piece"
    browser.post(f"{browser.at}/consent")
    return browser


@pytest.mark.parametrize(
    ("piece", "sent"),
    [
        ("card_front", {}),
        ("card_front", {"data": {"picture": "no file"}}),
        ("card_front", {"content": EMPTY, "headers": {"content-type": "multipart/form-data; boundary=x"}}),
        ("card_front", {"content": b"--x", "headers": {"content-type": "multipart/form-data; boundary=y"}}),
        ("card_front", {"content": b"{}", "headers": {"content-type": "application/json"}}),
        ("bank_statement", {"files": {"picture": ("p.jpg", b"x", "image/jpeg")}}),
    ],
    ids=["nothing", "no file chosen", "a word", "no parts", "json", "unknown piece"],
)
def test_a_bad_form_is_answered_with_the_page_and_words(inside, piece, sent):
    page = inside.post(f"{inside.at}/{piece}", **sent)
    assert page.headers["content-type"].startswith("text/html")
    assert heading(page) == "身份证人像面" and ("请填好再继续" in page.text or "请选一张照片" in page.text)
    assert re.search(r'type="file"[^>]* required', page.text)


@pytest.mark.parametrize("form", ["card_front", "consent", "submit/now"])
def test_a_form_s_address_opened_again_leads_to_where_the_holder_stands(inside, form):
    page = inside.get(f"{inside.at}/{form}")
    assert heading(page) == "身份证人像面" and page.url.path.endswith("/basic")


def test_the_chosen_language_stays_from_form_to_form(inside):
    person = by_slug("hege")
    assert heading(inside.get(f"{inside.at}/card_front?lang=en")) == "Front of the card, with the portrait"
    page = inside.post(f"{inside.at}/card_front", files=_jpeg(person.picture("front")))
    assert 'lang="en"' in page.text and "Choose a picture" in page.text
    page = inside.get(inside.at.removesuffix("/piece") + "?lang=zh")
    assert 'lang="zh-CN"' in page.text
    assert 'lang="zh-CN"' in inside.post(f"{inside.at}/card_back").text


def test_the_other_language_is_a_link_that_keeps_what_the_page_was_asked_with(inside, server):
    text = Browser(server.address).get("/h/unknown?launch=a%26b%22&lang=zh").text
    assert 'href="?launch=a%26b%22&amp;lang=en"' in text
    desk = inside.at.replace("/basic/piece", "/desk")
    inside.get(desk)
    assert 'href="?look=1&amp;lang=en"' in inside.get(f"{desk}?look=1").text


def test_without_a_session_the_page_says_where_to_come_in(server):
    page = Browser(server.address).get("/v/ver_unknown/basic")
    assert page.status_code == 401 and heading(page) == "需要从 App 重新进入"


def _jpeg(picture: bytes) -> dict:
    return {"picture": ("p.jpg", picture, "image/jpeg")}


def _decided(api, id: str) -> str:
    import time

    until = time.monotonic() + 240
    while (state := api.get(f"/verifications/{id}")["state"]) == "checking" and time.monotonic() < until:
        time.sleep(0.2)
    return state
