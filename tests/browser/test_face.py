"""The live face in front of a camera: what goes wrong, and the ways on."""

import pytest
from sqlalchemy import update

from shiming import reasons
from shiming.demo.cast import by_slug
from shiming.store.tables import challenges
from shiming.verification.challenge import COLOUR_MS
from tests.browser.conftest import bank

pytestmark = pytest.mark.real_time


def test_another_person_takes_over(before_face):
    """M20.1: the holder has to act in person all the time."""
    phone = before_face("huanren", "swap-in-browser")
    phone.acts(swap=bank(by_slug("yihao")))
    phone.tap("准备好了，开始")
    phone.shows(reasons.rendered("holder_not_present", "zh").title)
    assert phone.page.get_by_role("button", name="再刷一次脸").is_visible()


def test_turning_the_wrong_way(before_face):
    """M20.7: the challenge was not followed."""
    phone = before_face("shaohou", "wrong-way")
    phone.acts(wrong=True)
    phone.tap("准备好了，开始")
    phone.shows(reasons.rendered("liveness_failed", "zh").title)


def test_time_runs_out_and_costs_nothing(before_face):
    """M20.4: not finished is no failure; the next try passes."""
    phone = before_face("changqi", "too-slow")
    phone.page.route("**/challenge", _short)
    phone.acts(obeys=False)
    phone.tap("准备好了，开始")
    phone.page.get_by_text("时间到了，没有做完").wait_for()
    assert phone.page.get_by_text("不算一次失败").is_visible()
    phone.page.unroute("**/challenge")
    phone.acts(obeys=True)
    phone.tap("再来一次")
    phone.shows("认证通过了")


def _short(route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, json=answer.json() | {"seconds": 9})


def test_a_black_camera_and_then_a_face(before_face):
    """M25: black is not blocked; it goes on by itself when the lens is free."""
    phone = before_face("huanyuan", "black-camera")
    phone.acts(black=True)
    phone.tap("准备好了，开始")
    phone.page.get_by_text("摄像头画面是黑的").wait_for()
    phone.acts(black=False)
    phone.shows("认证通过了")


LIT = {"turns": ["left", "light", "right"], "show_ms": [800, 3200, 7600], "colours": ["red", "blue", "green", "red"]}


@pytest.fixture
def asks(database):
    """Lets challenges be this one, and not what was drawn."""

    def one(phone, asked: dict) -> None:
        def change(route) -> None:
            answer = route.fetch()
            with database.write() as connection:
                drawn = challenges.c.id == answer.json()["challenge"]
                connection.execute(update(challenges).where(drawn).values(**asked))
            route.fulfill(response=answer, json=answer.json() | asked | {"colour_ms": COLOUR_MS})

        phone.page.route("**/challenge", change)

    return one


def test_a_step_that_was_left_out(before_face, asks):
    """M20.4, by the server: a step is missing; it is done again, and costs nothing."""
    phone = before_face("mire", "left-out")
    asks(phone, {"turns": ["mouth", "left", "right"], "show_ms": [800, 3600, 6400], "colours": []})
    phone.acts(obeys=False)
    phone.tap("准备好了，开始")
    phone.page.get_by_text("第 2 步，共 3 步").wait_for()
    phone.acts(obeys=True)
    phone.shows(reasons.rendered("verification_incomplete", "zh").title)
    phone.tap("再刷一次脸")
    phone.shows("刷一下脸")


def test_the_screen_lights_the_face(before_face, asks):
    """Issue 5: the light of the screen, in colours drawn by the server, is told before and seen on the face after."""
    phone = before_face("mire", "lit")
    assert phone.page.get_by_text("红、绿、蓝").is_visible()
    asks(phone, LIT)
    phone.tap("准备好了，开始")
    phone.page.locator(".face.blue").wait_for()
    phone.page.wait_for_timeout(400)
    phone.snap("blue")
    assert phone.page.get_by_text("看着屏幕，别动").is_visible()
    phone.page.locator(".face.green").wait_for()
    phone.shows("认证通过了")


@pytest.mark.parametrize("still", [False, True])
def test_light_can_be_declined(before_face, still):
    """For eyes that light troubles: by one tap, or by the phone's own wish for stillness."""
    phone = before_face("changqi", f"no-light-{still}", reduced_motion="reduce" if still else "no-preference")
    if not still:
        phone.tap("不要彩光")
    assert phone.page.get_by_text("彩光已关掉").is_visible()
    with phone.page.expect_request("**/challenge") as asked:
        phone.tap("准备好了，开始")
    assert asked.value.post_data_json == {"light": False}


def test_after_three_tries_another_way_is_offered(before_face):
    """M39: whoever cannot do the face check goes on without."""
    phone = before_face("wuzhao", "three-tries")
    refusal = {"status": 409, "json": {"code": "x", "detail": "for developers"}}
    phone.page.route("**/challenge", lambda route: route.fulfill(**refusal))
    for again in ("准备好了，开始", "再来一次", "再来一次"):
        phone.tap(again)
        phone.page.get_by_text("没有成功，请再试一次").wait_for()
    phone.tap("改为不刷脸")
    phone.shows("拍手持身份证照片")
