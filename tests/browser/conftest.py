"""A real Chromium on a real server: phones and computers whose camera sees the people of the cast."""

import base64
import itertools
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, BrowserType, Page, Playwright, expect, sync_playwright
from sqlalchemy import update

from shiming import demo
from shiming.demo import walk
from shiming.demo.cast import Person, by_slug, face_frames
from shiming.demo.walk import ApiClient
from shiming.store.database import Database
from shiming.store.tables import accounts
from tests.application import free_port
from tests.quick_face import quick

HERE = Path(__file__).parent
AXE = HERE.parents[1] / "web" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
    .filter((v) => ['serious', 'critical'].includes(v.impact))
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`)"""
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage "
    "--disable-gpu-watchdog --disable-gpu-process-crash-limit"  # drawing that starves ends the whole browser otherwise
).split()
ANDROID = (
    "Mozilla/5.0 (Linux; Android 13; V2254A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36"
)
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True,
         "user_agent": ANDROID}  # fmt: skip
DESK = {"viewport": {"width": 1280, "height": 860}}
VIOLATION = """document.addEventListener('securitypolicyviolation',
    (e) => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`))"""
HOST_PORT = free_port()
HOST = f"http://localhost:{HOST_PORT}"  # another site than the server's 127.0.0.1: its frames get no ordinary cookie
SHAPE = """() => {
  const page = document.documentElement.cloneNode(true)
  for (const code of page.querySelectorAll('script')) code.remove()
  const texts = document.createTreeWalker(page, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.trim() ? 'x' : ''
  return page.outerHTML
}"""
"""A page but for its words: elements, their attributes and where there is text. axe finds the same in two alike."""
OURS = re.compile("(?:data|blob):[^\"')]+|[a-z]{3}_[0-9a-z]{20,}")  # pictures and ids, another one each time
SHOTS, _shots = os.environ.get("SHIMING_SHOTS"), itertools.count(1)
PATIENCE = 120_000  # ms; a bound against hanging: only a loaded machine needs as much
expect.set_options(timeout=PATIENCE)
_sound: set[tuple[str, str]] = set()  # shapes of pages, by screen, that axe has seen


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[demo.Server]:
    given = {"titles": "demo=青藤直播|Ivy Live", "contact": "400-000-0000", "embed_origins": HOST}
    with demo.server(tmp_path_factory.mktemp("browser"), **given) as one, quick(one):
        walk.verify(one.api(), by_slug("guoqi"), "warm-up")  # so that no page waits for models to load
        yield one


@pytest.fixture(scope="session")
def database(server) -> Iterator[Database]:
    one = Database(server.settings.place("database_url"))
    yield one
    one.close()


@pytest.fixture
def api(server, database) -> Iterator[ApiClient]:
    """The host's way in. Whoever was verified in a test is nobody's subject after it: others need the place."""
    yield server.api()
    with database.write() as connection:
        connection.execute(update(accounts).values(subject=None, level="none"))


def program() -> str:
    """Where Chromium is."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "no Chromium: run tools/setup/browser.sh"
    return found


class Chromium:
    """One browser for all tests, started again where it is gone: its end is told to one test, not to all after it."""

    def __init__(self, kind: BrowserType):
        self.kind, self.browser = kind, None

    def new_context(self, **how) -> BrowserContext:
        if self.browser is None or not self.browser.is_connected():
            self.browser = self.kind.launch(executable_path=program(), args=FLAGS)
        return self.browser.new_context(**how)

    def close(self) -> None:
        if self.browser is not None:
            self.browser.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as one:
        yield one


@pytest.fixture(scope="session")
def chromium(playwright) -> Iterator[Chromium]:
    browser = Chromium(playwright.chromium)
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
    looked_at: set[str] = field(default_factory=set)
    scripts: bool = True

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

    def acts(self, **how) -> None:
        """How person and camera behave: `obeys`, `wrong`, `black`, `frozen`, `fault`, `swap` (see actor.js)."""
        self.page.evaluate("(how) => Object.assign(window.__actor, how)", how)

    def opens(self, made: dict, person: Person) -> None:
        self.be(person)
        self.page.goto(made["url"])

    def agrees(self) -> None:
        self.tap("开始")
        self.tap("同意，刷脸认证")

    def hands_in_card(self, person: Person) -> None:
        """Both sides of the card, by the camera at the back."""
        for side, title in (("front", "拍身份证人像面"), ("back", "拍身份证国徽面")):
            self.shows(title)
            self.be(person, side)
            self.tap("打开摄像头")
            self.page.wait_for_timeout(300 if SHOTS else 50)
            self.snap(f"camera-{side}")
            shutter = self.page.get_by_role("button", name="拍照")
            if not SHOTS or shutter.count():  # a camera that has been looked at for long has shot by itself
                shutter.click()

    def shows(self, title: str) -> None:
        """The heading of the page that is shown, or will be in a moment. Keeps a picture where SHIMING_SHOTS says."""
        expect(self.page.get_by_role("heading", level=1, name=title)).to_be_visible()
        self.snap(title)
        if AXE.exists() and self.scripts and title not in self.looked_at:
            self.looked_at.add(title)
            seen = OURS.sub("", self.page.evaluate(SHAPE)), str(self.page.viewport_size)
            if seen not in _sound:
                _sound.add(seen)
                self.page.evaluate(AXE.read_text("utf-8"))
                self.faults += [f"axe, {title}: {fault}" for fault in self.page.evaluate(SERIOUS)]

    def snap(self, name: str) -> None:
        if SHOTS:
            wide = self.page.viewport_size["width"]
            self.page.screenshot(path=f"{SHOTS}/{next(_shots):03d}-{wide}-{name}.png", full_page=True)


def bank(person: Person) -> list[dict]:
    """What the camera can see of a person: turned by so many degrees, or with eyes shut or mouth open."""
    seen = face_frames(person.live_face or person.slug)
    acts = getattr(seen, "acts", {})
    turned = [{"yaw": yaw, "src": _url(jpeg)} for yaw, jpeg in seen]
    return turned + [{"yaw": 0, "act": act, "src": _url(jpeg)} for act, jpeg in acts.items()]


def _url(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def in_front_of_camera(context: BrowserContext, scripts: bool = True) -> Screen:
    """A page of this browser, whose camera sees whom the screen is told to see."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    screen = Screen(page, context, scripts=scripts)
    page.on("console", lambda said: said.type == "error" and screen.faults.append(said.text))
    page.on("pageerror", lambda fault: screen.faults.append(str(fault)))
    page.expose_function("__film", lambda facing: (screen.look_into(facing), json.dumps(screen.film()))[1])
    page.add_init_script(VIOLATION)
    page.add_init_script((HERE / "actor.js").read_text("utf-8") + READY)
    if os.environ.get("SHIMING_BROWSER_LOG"):
        page.on("response", lambda said: print(f"{time.monotonic():.1f}", said.status, said.url, flush=True))
    return screen


@pytest.fixture
def opened(chromium) -> Iterator:
    """Opens a device: `opened()` a phone, `opened(DESK)` a computer. All of them must have been without faults."""
    screens: list[Screen] = []

    def one(device: dict = PHONE, **more) -> Screen:
        context = chromium.new_context(**{"locale": "zh-CN", **device, **more})
        screens.append(in_front_of_camera(context, more.get("java_script_enabled", True)))
        return screens[-1]

    yield one
    faults = [fault for screen in screens for fault in screen.faults if not _expected(fault)]
    for screen in screens:
        screen.context.close()
    assert not faults


@pytest.fixture
def before_face(api, opened):
    """Somebody who has handed in all but the face, on the page of the face."""

    def one(slug: str, account: str, **device) -> Screen:
        person, made = by_slug(slug), api.post("/verifications", {"account": account})
        walk.hand_in_papers(api, f"/verifications/{made['id']}", person)
        phone = opened(**device)
        phone.opens(made, person)
        phone.shows("刷一下脸")
        return phone

    return one


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
