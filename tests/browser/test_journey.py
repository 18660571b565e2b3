"""The holder's whole way on a phone, from the link to the result."""

import os

import pytest

from shiming.demo.cast import by_slug


@pytest.mark.real_time
def test_zhang_hege_is_verified_in_one_go(opened, api):
    """M10–M12, M20, M25: link, consent, both sides, name and number, live face, result without reloading."""
    made = api.post("/verifications", {"account": "hege-browser", "return_url": "http://host.test/"})
    phone = opened()
    phone.be(by_slug("hege"))
    phone.page.goto(made["url"])
    phone.shows("确认是您本人")
    phone.tap("开始")
    phone.shows("要不要刷脸")
    phone.tap("同意，刷脸认证")
    phone.tap("先存着，以后再来")
    phone.page.get_by_text("随时从 App 里再打开").wait_for()
    phone.hands_in_card(by_slug("hege"))
    phone.shows("核对姓名和号码")
    phone.page.get_by_text("第 4 步，共 5 步").wait_for()
    assert phone.page.get_by_label("姓名").input_value() == "张合格"
    phone.tap("没有错，继续")
    phone.shows("刷一下脸")
    phone.tap("准备好了，开始")
    phone.shows("认证通过了")
    told = phone.page.locator(".passed").inner_text()
    assert all(word in told for word in ("张*格", "实名认证", "提现", "2038年6月15日")), told
    assert api.get(f"/verifications/{made['id']}")["state"] == "approved"


@pytest.mark.skipif("SHIMING_SHOTS" not in os.environ, reason="makes pictures for looking at: SHIMING_SHOTS=folder")
def test_pictures_of_every_page(opened, api):
    """Both widths, both languages, for a person to look at."""
    person = by_slug("fanguang")
    made = api.post("/verifications", {"account": "shots"})
    phone = opened()
    phone.be(person)
    phone.page.goto(made["url"])
    phone.shows("确认是您本人")
    phone.tap("English")
    phone.snap("intro-en")
    phone.tap("中文")
    phone.tap("开始")
    phone.tap("同意，刷脸认证")
    phone.tap("打开摄像头")
    phone.page.wait_for_timeout(1500)
    phone.snap("card-camera")
    phone.tap("拍照")
    phone.page.get_by_text("这不算一次失败").wait_for()
    phone.snap("card-told")
