"""A real Chromium on a real server: phones and computers whose camera sees the people of the cast."""

import base64
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from shiming import demo
from shiming.demo.cast import Person, face_frames
from shiming.demo.walk import Door

HERE = Path(__file__).parent
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
).split()
ANDROID = (
    "Mozilla/5.0 (Linux; Android 13; V2254A) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0 Mobile Safari/537.36"
)
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True,
         "user_agent": ANDROID}  # fmt: skip
DESK = {"viewport": {"width": 1280, "height": 860}}
VIOLATION = """document.addEventListener('securitypolicyviolation',
    (e) => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`))"""
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[demo.Server]:
    with demo.server(tmp_path_factory.mktemp("browser"), titles="demo=青藤直播|Ivy Live", contact="400-000-0000") as one:
        yield one


@pytest.fixture(scope="session")
def door(server) -> Door:
    return server.door()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert program, "no Chromium: run tools/setup/browser.sh"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Screen:
    """One browser with one page. `faults` are CSP violations and errors in the console: there may be none."""

    page: Page
    context: BrowserContext
    facing: str = ""
    person: Person | None = None
    faults: list[str] = field(default_factory=list)

    def be(self, person: Person, side: str = "front") -> None:
        """Who holds the phone; `side` of whose card lies on the table, for the camera at the back."""
        self.person, self.side = person, side
        if self.page.url.startswith("http"):
            self.look_into(self.facing or "user")

    def look_into(self, facing: str) -> None:
        self.facing = facing

    def film(self) -> dict:
        """What this camera sees now."""
        if self.facing == "environment":
            return {"still": _url(self.person.picture(self.side))}
        return {"bank": bank(self.person)}

    def tap(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=False).first.click()

    def shows(self, title: str) -> None:
        """The heading of the page that is shown, or will be in a moment."""
        expect(self.page.get_by_role("heading", level=1, name=title)).to_be_visible()


def bank(person: Person) -> list[dict]:
    rows = face_frames(person.live_face or person.slug)
    return [{"yaw": yaw, "src": _url(jpeg)} for yaw, jpeg in rows]


def _url(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


@pytest.fixture
def opened(chromium) -> Iterator:
    """Opens a device: `opened()` a phone, `opened(DESK)` a computer. All of them must have been without faults."""
    screens: list[Screen] = []

    def one(device: dict = PHONE, **more) -> Screen:
        context = chromium.new_context(**{"locale": "zh-CN", **device, **more})
        page = context.new_page()
        page.set_default_timeout(20_000)
        screen = Screen(page, context)
        page.on("console", lambda said: said.type == "error" and screen.faults.append(said.text))
        page.on("pageerror", lambda fault: screen.faults.append(str(fault)))
        page.expose_function("__film", lambda facing: (screen.look_into(facing), json.dumps(screen.film()))[1])
        page.add_init_script(VIOLATION)
        page.add_init_script((HERE / "actor.js").read_text("utf-8") + READY)
        if os.environ.get("SHIMING_BROWSER_LOG"):
            page.on("response", lambda said: print(f"{time.monotonic():.1f}", said.status, said.url, flush=True))
        screens.append(screen)
        return screen

    yield one
    faults = [fault for screen in screens for fault in screen.faults if not _expected(fault)]
    for screen in screens:
        screen.context.close()
    assert not faults


READY = """
window.__ready = async (facing) => {
  const seen = JSON.parse(await window.__film(facing))
  if (seen.still) await window.__show(seen.still)
  else await window.__be(seen.bank)
}
"""


def _expected(fault: str) -> bool:
    """Chromium reports every answer that is no success, and every lost connection, as an error of the page."""
    return fault.startswith("Failed to load resource") or "WebSocket connection" in fault
