"""Firefox ESR and WebKit walk the whole way in (issue 18), each driven by its own WebDriver.

`apt-get install firefox-esr libvpx7 webkit2gtk-driver xvfb`; an engine that is not there is skipped. The camera is a
canvas, as in the other browser tests; what the engine does with its stream, a picture and an upload is its own. What
phones do besides is in web/README.md.
"""

import base64
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shiming import reasons
from shiming.demo import sample_cases
from shiming.demo.cast import Person, by_slug
from tests.application import free_port
from tests.browser.conftest import HERE, VIOLATION, bank

FIREFOX, WEBKIT, SCREEN = map(shutil.which, ("firefox-esr", "WebKitWebDriver", "Xvfb"))
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PATIENCE = 240  # seconds; a bound against hanging
FAULTS = """window.__faults = []
addEventListener('error', (e) => window.__faults.push(String(e.message)))
addEventListener('unhandledrejection', (e) => window.__faults.push(String(e.reason)))
const error = console.error; console.error = (...said) => { window.__faults.push(said.join(' ')); error(...said) }
"""
READY = "window.__ready = async (facing) => facing === 'environment' ? __show(window.__still) : __be(window.__bank)"
CHOOSE = """const input = document.querySelector('input[type=file]'), chosen = new DataTransfer()
const bytes = Uint8Array.from(atob(arguments[0]), (sign) => sign.charCodeAt(0))
chosen.items.add(new File([bytes], 'card.jpg', { type: 'image/jpeg' }))
input.files = chosen.files
input.dispatchEvent(new Event('change'))"""
Asks = Callable[[str, str, dict], Any]
"""Sends one command: its name in Marionette, its path in W3C's WebDriver, its parameters."""


class Phone:
    """One window of a browser's, as large as a phone."""

    def __init__(self, asks: Asks):
        self.asks = asks
        asks("WebDriver:SetWindowRect", "window/rect", {"width": 500, "height": 820})

    def script(self, code: str, *given: object) -> Any:
        return self.asks("WebDriver:ExecuteScript", "execute/sync", {"script": code, "args": list(given)})

    def until(self, expression: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self.script(f"return !!({expression})"):
            assert time.monotonic() < end, (expression, self.script("return document.body.innerText"))
            time.sleep(0.1)

    def opens(self, made: dict, person: Person) -> None:
        self.asks("WebDriver:Navigate", "url", {"url": made["url"]})
        self.script(";\n".join([FAULTS, VIOLATION, (HERE / "actor.js").read_text("utf-8"), READY]))
        self.script("window.__bank = arguments[0]", bank(person))

    def lies(self, person: Person, side: str) -> None:
        """A side of the card is what the camera at the back sees."""
        picture = base64.b64encode(person.picture(side)).decode()
        self.script("window.__still = arguments[0]", f"data:image/jpeg;base64,{picture}")

    def chooses(self, picture: bytes) -> None:
        """A picture of the gallery, as the page hears of it."""
        self.script(CHOOSE, base64.b64encode(picture).decode())

    def shows(self, title: str) -> None:
        self.until(f"(document.querySelector('h1') || {{}}).textContent === '{title}'")
        self.snap(title)

    def tap(self, name: str) -> None:
        """A finger on the button, by the browser's own events."""
        path = f"//button[contains(normalize-space(.), '{name}') or @aria-label='{name}']"
        found = f"document.evaluate(`{path}`, document, null, 9).singleNodeValue"
        self.until(f"({found} || {{disabled: true}}).disabled === false")
        found = self.asks("WebDriver:FindElement", "element", {"using": "xpath", "value": path})
        id = found.get("value", found)[ELEMENT]
        self.asks("WebDriver:ElementClick", f"element/{id}/click", {"id": id})

    def snap(self, name: str) -> None:
        if shots := os.environ.get("SHIMING_SHOTS"):
            picture = self.asks("WebDriver:TakeScreenshot", "screenshot", {"full": False})
            Path(shots, f"{type(self).__name__}-{time.time():.0f}-{name}.png").write_bytes(base64.b64decode(picture))


@contextmanager
def firefox(folder: Path) -> Iterator[Phone]:
    """By Marionette, which Firefox speaks itself: a list of numbered commands over TCP, each with its length."""
    port, folder = free_port(), folder / "profile"
    folder.mkdir()
    wishes = {"marionette.port": port, "intl.accept_languages": "zh-CN"}
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in wishes.items())
    (folder / "user.js").write_text("\n".join(lines))
    with _running([FIREFOX, "--marionette", "--headless", "--no-remote", "--profile", str(folder)], folder):
        line = _reached(lambda: socket.create_connection(("127.0.0.1", port), PATIENCE))
        with line, line.makefile("rb") as answers:
            _message(answers)

            def asks(command: str, _: str, given: dict) -> Any:
                text = json.dumps([0, 1, command, given]).encode()
                line.sendall(b"%d:%b" % (len(text), text))
                _, _, fault, answer = _message(answers)
                assert fault is None, fault
                return answer.get("value", answer)

            asks("WebDriver:NewSession", "", {"acceptInsecureCerts": False})
            yield Phone(asks)


def _message(answers) -> Any:
    length = b""
    while (sign := answers.read(1)) != b":":
        assert sign, "the browser is gone"
        length += sign
    return json.loads(answers.read(int(length)))


@contextmanager
def webkit(folder: Path) -> Iterator[Phone]:
    """WebKitGTK's own small browser, by HTTP, on a screen that nobody sees."""
    read, write = os.pipe()
    port = free_port()
    size = [SCREEN, "-displayfd", str(write), "-screen", "0", "800x1000x24"]
    with _running(size, folder, pass_fds=[write]):
        os.close(write)
        with os.fdopen(read) as said:
            display = f":{said.readline().strip()}"
        with _running([WEBKIT, f"--port={port}", "--host=127.0.0.1"], folder, display):
            address = f"http://127.0.0.1:{port}"
            _reached(lambda: urllib.request.urlopen(f"{address}/status", timeout=PATIENCE).close())
            asked = {"capabilities": {"alwaysMatch": {}}}
            session = f"{address}/session/{_http('POST', f'{address}/session', asked)['sessionId']}"
            try:
                yield Phone(
                    lambda _, path, given: _http("GET" if path == "screenshot" else "POST", f"{session}/{path}", given)
                )
            finally:
                _http("DELETE", session)


def _http(method: str, address: str, given: dict | None = None) -> Any:
    """What the driver answers. Raises AssertionError with its words for any fault."""
    body = json.dumps(given).encode() if method == "POST" else None
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())["value"]
    except urllib.error.HTTPError as fault:
        raise AssertionError(fault.read().decode()) from None


@contextmanager
def _running(command: list, folder: Path, display: str = "", **how: Any) -> Iterator[None]:
    """A process for as long as it is needed, at home in this folder."""
    env = {**os.environ, "HOME": str(folder), "LANG": "zh_CN.UTF-8", "DISPLAY": display, "GDK_BACKEND": "x11",
           "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1", "LIBGL_ALWAYS_SOFTWARE": "1"}  # fmt: skip
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _reached(reach: Callable[[], Any]) -> Any:
    """Its answer, once something listens there."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return reach()
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.2)


def by_camera(phone: Phone) -> None:
    """Link, consent, both sides by the camera, name and number, live face, result."""
    person = by_slug("hege")
    phone.tap("同意，刷脸认证")
    for side, title in (("front", "拍身份证人像面"), ("back", "拍身份证国徽面")):
        phone.lies(person, side)
        phone.shows(title)
        phone.tap("打开摄像头")
        phone.until("(document.querySelector('video') || {}).videoWidth > 0")
        phone.snap(f"camera-{side}")
        phone.tap("拍照")
    phone.shows("核对姓名和号码")
    phone.tap("没有错，继续")
    phone.shows("刷一下脸")
    phone.tap("准备好了，开始")
    phone.shows("认证通过了")


def by_files(phone: Phone) -> None:
    """The way without a face, where there is no camera: the page says so, and pictures come from files."""
    person = by_slug("hege")
    phone.tap("不刷脸，人工审核")
    phone.shows("拍身份证人像面")
    phone.tap("打开摄像头")
    phone.until("document.body.innerText.includes('这台设备没有摄像头')")
    phone.chooses(person.picture("front"))
    phone.shows("拍身份证国徽面")
    phone.chooses(person.picture("back"))
    phone.shows("核对姓名和号码")
    phone.tap("没有错，继续")
    phone.shows("拍手持身份证照片")
    phone.chooses(sample_cases.handheld(person))
    phone.shows(reasons.rendered("review_by_person", "zh").title)


@pytest.mark.long
@pytest.mark.real_time
@pytest.mark.parametrize(("engine", "way", "end"), [
    pytest.param(firefox, by_camera, "approved", marks=pytest.mark.skipif(not FIREFOX, reason="no firefox-esr here")),
    pytest.param(webkit, by_files, "in_review",  # Debian's has no media devices
                 marks=pytest.mark.skipif(not (WEBKIT and SCREEN), reason="no WebKitWebDriver or Xvfb here")),
])  # fmt: skip
def test_zhang_hege_goes_the_whole_way(engine, way, end, api, tmp_path):
    made = api.post("/verifications", {"account": f"hege-{engine.__name__}"})
    with engine(tmp_path) as phone:
        phone.opens(made, by_slug("hege"))
        phone.shows("确认是您本人")
        phone.tap("开始")
        way(phone)
        assert phone.script("return window.__faults") == []
    assert api.get(f"/verifications/{made['id']}")["state"] == end
