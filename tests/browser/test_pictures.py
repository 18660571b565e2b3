"""The README's pictures, taken of the real pages: `make pictures`. `make test-long` says which are stale.

Pixels differ from machine to machine; a picture is stale where what stands on its page is not what stood there.
"""

import json
import os
import re
from pathlib import Path

import pytest

from shiming import reasons
from shiming.demo import walk
from shiming.demo.cast import by_slug
from tests.browser.conftest import DESK
from tests.browser.console.test_console import at_work

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
SEEN = FOLDER / "pages.json"
TAKE = bool(os.environ.get("SHIMING_PICTURES"))
HOLDS = (("violation_rumour", ["publish", "live"], ["pledge"]), ("login_risk", ["withdraw"], ["verify:standard"]))
CHANGING = re.compile(r"…\w+|\d+")
"""Ends of ids, ages of cases."""
pytestmark = [pytest.mark.long]


def kept(name, page):
    """Take the picture, or find that the one that there is shows this page."""
    words = page.locator("h1, h2, h3, button, legend, th").all_inner_texts()
    stands = sorted({CHANGING.sub("#", word.strip()) for word in words} - {"", "English"})
    pages = json.loads(SEEN.read_text("utf-8")) if SEEN.exists() else {}
    if not TAKE:
        assert pages.get(name) == stands and (FOLDER / f"{name}.png").exists(), "make pictures"
        return
    FOLDER.mkdir(exist_ok=True)
    page.screenshot(path=FOLDER / f"{name}.png")
    SEEN.write_text(json.dumps(pages | {name: stands}, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")


def test_the_phone_s_way(opened, api):
    phone, person = opened(), by_slug("hege")
    phone.opens(api.post("/verifications", {"account": "picture-way"}), person)
    phone.agrees()
    phone.shows("拍身份证人像面")
    phone.be(person, "front")
    phone.tap("打开摄像头")
    phone.page.get_by_role("button", name="拍照").wait_for()
    kept("phone", phone.page)


def test_a_failure_with_its_remedy(opened, api):
    person, phone = by_slug("bufu"), opened()
    made = api.post("/verifications", {"account": "picture-failure"})
    walk.hand_in(api, f"/verifications/{made['id']}", person)
    phone.opens(made, person)
    phone.shows(reasons.rendered("name_number_mismatch", "zh").title)
    kept("failure", phone.page)


def test_the_account_page(opened, api):
    for reason, capabilities, requirements in HOLDS:
        asked = {"reason": reason, "capabilities": capabilities, "requirements": requirements}
        api.post("/accounts/picture-account/holds", asked)
    phone = opened()
    phone.page.goto(api.post("/accounts/picture-account/me", {})["url"])
    phone.shows("账号有 2 项限制")
    kept("account", phone.page)


def test_the_reviewer_s_desk(server, opened):
    assert DESK["viewport"]["width"] > 1000
    kept("desk", at_work(server, opened, "picture"))
