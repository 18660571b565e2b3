"""How many taps, and how long, from the link to the result: passing, each single retry, an appeal (issue 18).

A tap is a finger on the screen; a field that was typed into or a file that was chosen counts as one more. Seconds are
those of a script that never reads or hesitates: bounds from below, with the face check's own time in them. Keeps
bench/results/taps.json where SHIMING_TAPS=1.
"""

import json
import os
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bench import clips
from shiming import reasons
from shiming.demo import walk
from shiming.demo.cast import by_slug
from tests.browser.test_me import chooses, failed_twice, hands_in_pieces

pytestmark = [pytest.mark.long, pytest.mark.real_time]
RESULTS = Path(__file__).parents[2] / "bench" / "results" / "taps.json"
COMMAND = "SHIMING_LONG=1 SHIMING_TAPS=1 pytest -m long -n0 tests/browser/test_taps.py"
COUNTED: dict[str, dict[str, float]] = {}
COUNT = """for (const kind of ['pointerdown', 'change']) document.addEventListener(kind, (event) => {
  if (event.isTrusted || event.target.type === 'file') window.__tapped(kind)
}, true)"""


@pytest.fixture
def counted(opened):
    """Opens a phone, and notes under this name what was tapped until the end of the `with`."""

    class Counted:
        def __init__(self, name: str):
            self.name, self.taps, self.phone = name, 0, opened()
            self.phone.page.expose_function("__tapped", self._tapped)
            self.phone.page.add_init_script(COUNT)

        def _tapped(self, _kind: str) -> None:
            self.taps += 1

        def __enter__(self):
            self.began, self.taps = time.monotonic(), 0
            return self.phone

        def __exit__(self, kind, *_):
            if kind is None:
                COUNTED[self.name] = {"taps": self.taps, "seconds": round(time.monotonic() - self.began, 1)}

    yield Counted
    if os.environ.get("SHIMING_TAPS"):
        kept = {"command": COMMAND, "cores": os.cpu_count(), "counted": COUNTED}
        RESULTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


def test_passing(counted, api):
    made, person = api.post("/verifications", {"account": "taps-pass"}), by_slug("hege")
    with counted("pass") as phone:
        phone.opens(made, person)
        phone.agrees()
        phone.hands_in_card(person)
        phone.tap("没有错，继续")
        phone.tap("准备好了，开始")
        phone.shows("认证通过了")
    assert COUNTED["pass"]["taps"] <= 9


def failed(api, slug: str) -> dict:
    made = api.post("/verifications", {"account": f"taps-{slug}"})
    walk.hand_in(api, f"/verifications/{made['id']}", by_slug(slug))
    api.post(f"/verifications/{made['id']}/submit")
    walk.decided(api, f"/verifications/{made['id']}", by_slug(slug))
    return made


def test_the_front_once_more(counted, api):
    """张反光, from the result to the next one, with somebody's card that has no glare."""
    made = failed(api, "fanguang")
    with counted("retry card_front") as phone:
        phone.opens(made, by_slug("fanguang"))
        phone.tap("重拍身份证人像面")
        phone.tap("打开摄像头")
        phone.tap("拍照")
        expect(phone.page.get_by_text("这不算一次失败")).to_be_visible()
    assert COUNTED["retry card_front"]["taps"] <= 3


def test_name_and_number_once_more(counted, api):
    made, person = failed(api, "cuohao"), by_slug("cuohao")
    with counted("retry identity") as phone:
        phone.opens(made, person)
        phone.tap("修改姓名和号码")
        phone.page.get_by_label("姓名").fill(person.name)
        phone.page.get_by_label("身份证号码", exact=True).fill(person.number)
        phone.tap("没有错，继续")
        phone.shows("认证通过了")
    assert COUNTED["retry identity"]["taps"] <= 4


def test_the_face_once_more(counted, api):
    made, person = failed(api, "jiuzhao"), by_slug("jiuzhao")
    with counted("retry face") as phone:
        phone.opens(made, person)
        phone.tap("再刷一次脸")
        phone.tap("准备好了，开始")
        phone.page.get_by_text("还可以再试 3 次").wait_for()
        phone.shows(reasons.rendered("face_authority_mismatch", "zh").title)
    assert COUNTED["retry face"]["taps"] <= 2


def test_an_appeal(counted, opened, api, tmp_path):
    """Everything taken anew, with the video chosen from the gallery; what was handed in before would be one tap."""
    made = failed_twice(api, "taps-appeal")
    with counted("appeal") as phone:
        phone.opens(made, by_slug("bufu"))
        phone.page.get_by_role("link", name="不同意？申诉").click()
        phone.shows("申诉：请备齐材料")
        hands_in_pieces(phone, tmp_path)
        chooses(phone, "failure_video", tmp_path, "v.mp4", clips.recorded("hege", 0, 2))()
        expect(phone.page.locator("[data-piece=failure_video]").get_by_text("没有认出这些")).to_be_visible()
        for name, text in (("账号名称", "示例"), ("App 版本", "9.1"), ("联系方式", "13800000000")):
            phone.page.get_by_label(name, exact=True).fill(text)
        phone.tap("保存")
        phone.tap("提交申诉")
        phone.shows("申诉已交，等工作人员答复")
    assert COUNTED["appeal"]["taps"] <= 13
