"""Firefox ESR walks the whole way in (issue 18), by WebDriver BiDi: Debian's own package, no driver beside it.

`apt-get install firefox-esr`, or SHIMING_FIREFOX=path of the program; without either it is skipped.
"""

import os
import shutil
from collections.abc import Iterator

import pytest

from shiming.demo.cast import by_slug
from tests.browser.conftest import PHONE, Screen, _expected, in_front_of_camera

PROGRAM = os.environ.get("SHIMING_FIREFOX") or shutil.which("firefox-esr")
ANDROID = "Mozilla/5.0 (Android 13; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"
pytestmark = [pytest.mark.long, pytest.mark.real_time,
              pytest.mark.skipif(not PROGRAM, reason="no firefox-esr here")]  # fmt: skip


@pytest.fixture
def phone(playwright) -> Iterator[Screen]:
    """Firefox, as large as a phone."""
    browser = playwright.firefox.launch(channel="moz-firefox", executable_path=PROGRAM, timeout=120_000)
    context = browser.new_context(viewport=PHONE["viewport"], locale="zh-CN", user_agent=ANDROID)
    made = in_front_of_camera(context)
    yield made
    faults = [fault for fault in made.faults if not _expected(fault)]
    browser.close()
    assert not faults


def test_zhang_hege_is_verified_in_firefox(phone, api):
    """Link, consent, both sides by the camera, name and number, live face, result."""
    person, made = by_slug("hege"), api.post("/verifications", {"account": "hege-firefox"})
    phone.opens(made, person)
    phone.shows("确认是您本人")
    phone.agrees()
    phone.hands_in_card(person)
    phone.shows("核对姓名和号码")
    phone.tap("没有错，继续")
    phone.shows("刷一下脸")
    phone.tap("准备好了，开始")
    phone.shows("认证通过了")
    assert api.get(f"/verifications/{made['id']}")["state"] == "approved"
