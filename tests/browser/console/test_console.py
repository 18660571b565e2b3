"""The console in a real Chromium: 小林 and 小吴 decide and compare by keyboard, while 陈无照's verification waits."""

from playwright.sync_api import Page, expect

from shiming.demo import staff, walk
from shiming.demo.cast import by_slug
from tests.browser.conftest import DESK


def at_work(server, opened, name: str) -> Page:
    """The console of a reviewer who has just signed in and taken the next case."""
    assert walk.verify(server.api(), by_slug("wuzhao"), f"for-{name}").verification["state"] == "in_review"
    (person,) = staff.let_in(server.settings, {name: ("reviewer",)})
    page = opened(DESK).page
    page.goto(f"{server.address}/console")
    for field, text in (("name", name), ("password", person.password), ("code", person.code())):
        page.locator(f"input[name={field}]").fill(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="下一件")).to_be_visible()
    page.keyboard.press("n")
    expect(page.locator(".pictures img").first).to_be_visible()
    return page


def chooses(page: Page, reason: str) -> None:
    page.keyboard.press("/")
    page.keyboard.type(reason)
    page.keyboard.press("Enter")
    expect(page.locator(".choices .chosen")).to_have_count(1)


def test_a_case_is_decided_by_keyboard_taken_back_and_decided_again(server, opened):
    """M12, M39: masked until a reason is given; no key decides before a reason is chosen; undo within 30 seconds."""
    page = at_work(server, opened, "xiaolin")
    case = page.locator(".case-head .line code").inner_text()

    def state() -> str:
        return page.request.get(f"{server.address}/console/api/cases/{case}").json()["case"]["state"]

    name = page.locator(".fields tbody tr").first
    expect(name).to_contain_text("*")
    page.locator("[data-reveal=name]").click()
    page.get_by_role("button", name="核对生僻字").click()
    expect(name).not_to_contain_text("*")

    page.keyboard.press("a")
    expect(page.get_by_text("先选理由")).to_be_visible()
    assert state() == "open"
    chooses(page, "machine_mistaken")
    page.keyboard.press("a")
    expect(page.locator(".undo")).to_contain_text("已决定：通过")
    assert state() == "pending"
    page.keyboard.press("u")
    expect(page.locator(".decide")).to_be_visible()
    assert state() == "open"
    chooses(page, "photo_blurred")
    page.keyboard.press("s")
    expect(page.locator(".undo")).to_contain_text("已决定：请重交")
    assert state() == "pending"


def test_pictures_are_compared_large_and_the_navigation_fits_the_role(server, opened):
    """M23: two pictures side by side, zoomed, turned, under the lens; a reviewer sees no figures and no staff."""
    page = at_work(server, opened, "xiaowu")
    assert page.locator(".top nav a").all_inner_texts() == ["审核", "列表", "命中"]
    page.locator(".tile.best").click()
    expect(page.locator(".viewer .pane")).to_have_count(2)
    for key in ("+", "q", "l"):
        page.keyboard.press(key)
    placed = "transform: translate(0px, 0px) scale(1.25) rotate(90deg);"
    expect(page.locator(".pane > img").first).to_have_attribute("style", placed)
    page.locator(".pane").first.hover()
    expect(page.locator(".lens")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".viewer")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()
