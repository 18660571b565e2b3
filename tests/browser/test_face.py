"""The live face in front of a camera: what goes wrong, and the ways on."""

import pytest

from shiming import reasons
from shiming.demo import walk
from shiming.demo.cast import by_slug
from tests.browser.conftest import bank


@pytest.fixture
def before_face(door, opened):
    """Somebody who has handed in all but the face, on the page of the face."""

    def one(slug: str, account: str):
        person = by_slug(slug)
        made = door.post("/verifications", {"account": account})
        walk.hand_in_papers(door, f"/verifications/{made['id']}", person)
        phone = opened()
        phone.opens(made, person)
        phone.shows("刷一下脸")
        return phone

    return one


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


@pytest.mark.parametrize(
    ("fault", "title"),
    [
        ("NotAllowedError", "没有摄像头权限"),
        ("NotFoundError", "这台设备没有摄像头"),
        ("NotReadableError", "摄像头正被别的应用占用"),
    ],
)
def test_a_camera_that_does_not_open(before_face, fault, title):
    """M25: told apart, each with what to do on this phone; and the way without face recognition is offered."""
    phone = before_face("mire", f"camera-{fault}".lower())
    phone.acts(fault=fault)
    phone.tap("准备好了，开始")
    phone.page.get_by_text(title).wait_for()
    assert phone.page.get_by_role("button", name="改为不刷脸").is_visible()
    phone.snap(fault)


def test_a_black_camera_and_then_a_face(before_face):
    """M25: black is not blocked; it goes on by itself when the lens is free."""
    phone = before_face("huanyuan", "black-camera")
    phone.acts(black=True)
    phone.tap("准备好了，开始")
    phone.page.get_by_text("摄像头画面是黑的").wait_for()
    phone.acts(black=False)
    phone.shows("认证通过了")


def test_after_three_tries_another_way_is_offered(before_face):
    """M39: whoever cannot do the face check goes on without."""
    phone = before_face("wuzhao", "three-tries")
    phone.page.route("**/challenge", lambda route: route.fulfill(status=409, json={"code": "x", "detail": "没有录好"}))
    for again in ("准备好了，开始", "再来一次", "再来一次"):
        phone.tap(again)
        phone.page.get_by_text("没有录好").wait_for()
    phone.tap("改为不刷脸")
    phone.shows("拍手持身份证照片")
