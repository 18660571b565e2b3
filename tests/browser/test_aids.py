"""Torch, focus and spoken prompts, where phone and browser have them (issue 18)."""

import pytest

from shiming.demo.cast import by_slug
from tests.browser.test_every_remedy import listening
from tests.reasons.door import back_of, front_of
from tests.reasons.door import opened as opened_door

ABLE = """Object.assign(MediaStreamTrack.prototype, {
  getCapabilities: () => ({ torch: true, focusMode: ['single-shot'] }),
  applyConstraints(what) { (window.__wished = window.__wished || []).push(what.advanced[0]); return Promise.resolve() },
})"""
HEARD = "void (window.__said = [], speechSynthesis.speak = (one) => window.__said.push(one.text))"


@pytest.fixture
def door(tmp_path):
    with opened_door(tmp_path / "data") as made:
        yield made


def comes_in(phone, door, address, id) -> None:
    url = door.does(f"/verifications/{id}/links")["url"]
    phone.be(by_slug("mire"))
    phone.page.goto(f"{address}/v/{url.partition('/v/')[2]}")


def test_torch_and_focus_where_the_camera_has_them(opened, door):
    """ "Tap on the picture to focus" was said where the camera cannot, and there was no light."""
    id = door.begins()
    door.does(f"/verifications/{id}/consent", {"face": True})
    with listening(door) as address:
        phone = opened()
        phone.page.add_init_script(ABLE)
        comes_in(phone, door, address, id)
        phone.tap("打开摄像头")
        phone.tap("打开手电筒")
        phone.page.get_by_role("button", name="关掉手电筒").wait_for()
        phone.page.locator(".view").click()
        wished = phone.page.evaluate("window.__wished")
        assert {"torch": True} in wished and any(each.get("focusMode") == "single-shot" for each in wished)
        phone.page.goto("about:blank")
        phone.faults.clear()  # no guidance comes through this door


def test_prompts_are_read_aloud_for_who_asks_for_it(opened, door):
    """And the choice stays."""
    who, id = door.somebody(), door.begins()
    door.does(f"/verifications/{id}/consent", {"face": True})
    door.shows(id, "card_front", front_of(who), who.portrait)
    door.shows(id, "card_back", back_of(who))
    door.does(f"/verifications/{id}/identity", {"name": who.name, "number": who.number})
    with listening(door) as address:
        phone = opened()
        comes_in(phone, door, address, id)
        phone.page.get_by_role("button", name="打开语音提示").wait_for()
        phone.page.evaluate(HEARD)
        phone.tap("打开语音提示")
        assert phone.page.evaluate("window.__said") == ["好，会把提示读出来。"]
        phone.page.reload()
        phone.page.get_by_role("button", name="关掉语音提示").wait_for()
        phone.page.goto("about:blank")
