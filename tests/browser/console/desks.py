"""The console in a browser before an application of this process: who looks, and that what is seen is sound."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import AXE, DESK, SHOTS

FULL = (False, pytest.param(True, marks=pytest.mark.long))
"""Whether all looks are taken: a page is looked at four times then."""
ORIGIN = "https://console.test"
LARGE = {"width": 1440, "height": 900}
FAULTS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
    .map((v) => `${v.impact} ${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`)"""
WIDE = "() => document.documentElement.scrollWidth <= window.innerWidth + 1"
LATIN = """() => {
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const at = texts.currentNode.parentElement
    if (at.closest('code, kbd, pre, textarea, [lang=en], .source, .own, script, style')) continue
    if (!at.checkVisibility()) continue
    const said = texts.currentNode.data.match(/[A-Za-z]{2,}(?:[ ,;:]+[A-Za-z]{2,}){2,}/)
    if (said) found.push(`English: ${said[0]}`)
  }
  return found
}"""


def desk(opened, home, client, at: str) -> Page:
    """The console as this person of the staff sees it, answered by the application in this process."""
    page = opened(DESK).page

    def answer(route, asked) -> None:
        headers = {"content-type": asked.headers["content-type"]} if asked.post_data_buffer else {}
        said = client.request(asked.method, asked.url, content=asked.post_data_buffer, headers=headers)
        route.fulfill(status=said.status_code, headers=dict(said.headers), body=said.content)

    page.route("**/*", answer)
    page.goto(f"{ORIGIN}/console#{at}")
    expect(page.locator("header.top")).to_be_visible()
    page.evaluate(AXE.read_text("utf-8"))
    return page


def sound(page: Page, what: str, faults: list[str], full: bool) -> None:
    """In Chinese: nothing that axe finds, nothing cut off, no English. `full`: wider, on a phone, dark, and English."""
    looked(page, f"{what}-1280", faults, zh=True)
    if not full:
        return
    page.set_viewport_size(LARGE)
    looked(page, f"{what}-1440", faults, zh=True)
    page.set_viewport_size({"width": 360, "height": 780})
    looked(page, f"{what}-360", faults, zh=True)
    page.set_viewport_size(DESK["viewport"])
    page.emulate_media(color_scheme="dark")
    looked(page, f"{what}-dark", faults, zh=True)
    page.emulate_media(color_scheme="light")
    page.locator("header.top").get_by_role("button", name="English").click()
    expect(page.locator("header.top").get_by_role("button", name="中文")).to_be_visible()
    looked(page, f"{what}-en", faults, zh=False)
    page.set_viewport_size(LARGE)
    looked(page, f"{what}-en-1440", faults, zh=False)
    page.set_viewport_size(DESK["viewport"])
    page.locator("header.top").get_by_role("button", name="中文").click()
    expect(page.locator("header.top").get_by_role("button", name="English")).to_be_visible()


def looked(page: Page, what: str, faults: list[str], zh: bool) -> None:
    """SHIMING_SHOTS keeps a picture."""
    page.wait_for_timeout(250)
    if not page.evaluate("() => 'axe' in window"):  # the page was loaded anew
        page.evaluate(AXE.read_text("utf-8"))
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{what}.png", full_page=True)
    found = page.evaluate(FAULTS) + ([] if page.evaluate(WIDE) else ["cut off"])
    faults.extend(f"{what}: {fault}" for fault in found + (page.evaluate(LATIN) if zh else []))
