"""A camera that stops (issue 14): the picture moves again or says why, and none that stood still is sent."""

import pytest
from playwright.sync_api import expect

from shiming.demo.cast import by_slug

pytestmark = pytest.mark.real_time
ENDED = "document.querySelector('video').srcObject.getTracks().forEach((track) => track.stop())"
WAITING = "在等摄像头打开"
FAULTS = {
    "NotAllowedError": "没有摄像头权限",
    "NotFoundError": "这台设备没有摄像头",
    "NotReadableError": "摄像头正被别的应用占用",
}


def test_the_card_s_camera_stops_and_goes_on(opened, api):
    """Back from the background it stood still, without a word, and the shutter sent what stood there."""
    person, made, sent = by_slug("hege"), api.post("/verifications", {"account": "card-stops"}), []
    phone = opened()
    phone.page.on("request", lambda asked: "/evidence/" in asked.url and sent.append(asked.url))
    phone.opens(made, person)
    phone.agrees()
    phone.be(person, "back")  # the wrong side: it does not shoot by itself
    phone.tap("打开摄像头")
    shutter = phone.page.get_by_role("button", name="拍照")
    expect(shutter).to_be_enabled()
    _away_and_back(phone)
    expect(shutter).to_be_disabled()
    phone.snap("stopped")
    phone.acts(frozen=False)
    phone.page.get_by_text("摄像头画面停住了").wait_for(state="detached")
    expect(shutter).to_be_enabled()
    assert phone.page.evaluate("document.querySelector('video').paused") is False and sent == []
    before = phone.page.evaluate("window.__actor.opened")
    phone.page.evaluate(ENDED)
    phone.page.wait_for_function("(before) => window.__actor.opened > before", arg=before)
    expect(shutter).to_be_enabled()
    phone.acts(fault="NotReadableError")
    phone.page.evaluate(ENDED)
    phone.page.get_by_text(FAULTS["NotReadableError"]).wait_for()
    _nobody_answers(phone, "再打开一次摄像头")
    phone.page.set_viewport_size({"width": 740, "height": 360})  # the phone is turned, and stays so
    phone.tap("再打开一次摄像头")
    expect(shutter).to_be_enabled()
    assert phone.page.get_by_text(WAITING).count() == 0
    phone.page.reload()  # as a phone does that is short of memory
    told = phone.page.get_by_text("手机刚才重新打开了这个页面")
    told.wait_for()
    phone.snap("loaded anew")
    phone.be(person)
    phone.tap("打开摄像头")
    told.wait_for(state="detached")
    shutter.click()
    phone.shows("拍身份证国徽面")
    assert len(sent) == 1


def _nobody_answers(phone, button) -> None:
    """The phone asks whether the page may have the camera, or hangs: the page was black without a word."""
    phone.acts(fault="never")
    phone.tap(button)
    phone.page.get_by_text(WAITING).wait_for()
    phone.snap("nobody answers")
    phone.acts(fault="")


def _away_and_back(phone) -> None:
    """The page is in the background for a while; when it comes back, the camera is still another app's."""
    phone.page.evaluate("window.__away(true)")
    phone.acts(frozen=True)
    phone.page.evaluate("window.__away(false)")
    phone.page.get_by_text("摄像头画面停住了").wait_for()


def test_the_face_s_camera_stops_or_does_not_open(before_face):
    """An attempt with a gap is over and costs nothing. M25: what keeps a camera shut is told apart, each with what to
    do on this phone; and the way without face recognition is offered."""
    phone, sent = before_face("mire", "face-stops"), []
    phone.page.on("request", lambda asked: "/evidence/" in asked.url and sent.append(asked.url))
    phone.acts(obeys=False)
    phone.tap("准备好了，开始")
    phone.page.get_by_text("第 1 步，共").wait_for()
    phone.acts(frozen=True)
    phone.page.get_by_text("摄像头画面停住了").wait_for()
    assert phone.page.get_by_text("不算一次失败").is_visible()
    phone.acts(frozen=False)
    phone.tap("再来一次")
    phone.page.get_by_text("第 1 步，共").wait_for()
    phone.page.evaluate("window.__away(true)")
    phone.page.get_by_text("刚才中断了").wait_for()
    phone.page.evaluate("Object.defineProperty(document, 'hidden', { value: false })")
    for fault, title in FAULTS.items():
        phone.acts(fault=fault)
        phone.tap("再来一次")
        phone.page.get_by_text(title).wait_for()
        assert phone.page.get_by_role("button", name="改为不刷脸").is_visible()
        phone.snap(fault)
    _nobody_answers(phone, "再来一次")
    assert not phone.page.get_by_role("button", name="改为不刷脸").is_visible()
    assert sent == []
