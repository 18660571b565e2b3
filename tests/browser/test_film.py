"""A second phone films the appeal's failing screen: points are ticked as they are shown, and the film is sent."""

import pytest
from playwright.sync_api import expect

from shiming.demo.cast import by_slug
from tests.browser.conftest import PHONE
from tests.browser.test_me import failed_twice


@pytest.mark.long
def test_another_phone_films_for_the_appeal(opened, api):
    """M26, issue 18: by a code as for the face; the five points tick themselves while it is filmed."""
    first, second = opened(), opened(PHONE)
    person = by_slug("bufu")
    first.opens(failed_twice(api, "films-with-another"), person)
    first.page.get_by_role("link", name="不同意？申诉").click()
    first.shows("申诉：请备齐材料")
    first.tap("用另一台手机扫码拍")
    video = first.page.locator("[data-piece=failure_video]")
    number = video.locator(".number").inner_text()
    first.snap("film-code")
    second.be(person, "front")
    second.page.goto(video.locator("code").inner_text())
    second.shows("用这台手机拍申诉视频")
    second.page.get_by_role("button", name=number).click()
    second.shows("拍下认证失败的全过程")
    expect(video).to_contain_text("另一台手机已经接上了")
    _camera_hangs(second)
    second.tap("开始拍")
    _ticks(second, person)
    second.tap("拍完了，传上去")
    second.shows("视频收到了，但没有认出这些")
    expect(second.page.locator("main li")).to_contain_text(["失败提示"])
    expect(video).to_contain_text("已收到")
    first.page.goto("about:blank")


def _camera_hangs(phone) -> None:
    """Before it gives a picture, and while it is filmed: the page says so, and nothing of it is sent."""
    phone.acts(fault="never")
    phone.tap("开始拍")
    phone.page.get_by_text("在等摄像头打开").wait_for()
    phone.snap("film-waits")
    phone.tap("先不拍")
    phone.acts(fault="")
    phone.tap("开始拍")
    phone.page.get_by_role("button", name="拍完了，传上去").wait_for()
    phone.acts(frozen=True)
    phone.page.get_by_text("画面中断了").wait_for()
    phone.acts(frozen=False)


def _ticks(phone, person) -> None:
    """Both sides of the card, one after the other, are the fourth of the five."""
    card = phone.page.locator(".points li").nth(3)
    phone.page.wait_for_timeout(2500)
    expect(card).not_to_have_class("seen")
    phone.be(person, "back")
    phone.page.evaluate("window.__ready('environment')")
    expect(card).to_have_class("seen")
    phone.snap("film-ticked")
    expect(phone.page.locator(".points li").nth(1)).not_to_have_class("seen")
