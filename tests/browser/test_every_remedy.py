"""Remedies reached through the door, in a browser: above the fold at 360 × 640, and pressed (issue 18).

The application of tests/reasons listens on a port here: what its stories lead to is opened in Chromium.
"""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Error

from shiming.reasons import CATALOGUE
from tests.browser.test_remedies import SEEN, SMALL
from tests.reasons import entry, holds, persons, pictures, sources
from tests.reasons.catalogue import REACHED
from tests.reasons.door import Door
from tests.reasons.door import opened as opened_door

WAYS = (entry, holds, persons, pictures, sources)
# One story for each kind of control that a result has first, and one that lifts a hold.
KINDS = {
    "photo_glare": "card_front", "number_invalid": "identity", "liveness_failed": "face",
    "rejected_by_reviewer": "appeal", "subject_quota_reached": "places", "violation_rumour": "verify",
}  # fmt: skip
PRESS = "(document.querySelector('.do .button:not(.second), .do button:not(.second)') || {click() {}}).click()"
HELD = ".hold button, .hold a"
PER_HOP = ("host", "connection", "content-length", "content-encoding", "accept-encoding", "transfer-encoding")


class Relay(BaseHTTPRequestHandler):
    """Hands what a browser asks to the application of this process, and back."""

    protocol_version = "HTTP/1.1"
    web = None

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        inside = TestClient(self.web, base_url=f"http://{self.headers['host']}", follow_redirects=False)
        headers = [(name, text) for name, text in self.headers.items() if name.lower() not in PER_HOP]
        answer = inside.request(self.command, self.path, headers=headers, content=body)
        self.send_response(answer.status_code)
        for name, text in answer.headers.multi_items():
            if name not in PER_HOP:
                self.send_header(name, text)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def listening(door: Door):
    """The address where a browser finds this door."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Relay,), {"web": door.web}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


class Phones:
    """Small phones, each in front of its own door."""

    def __init__(self, opened, folder):
        self.opened, self.folder, self.below = opened, folder, {}

    def walk(self, codes) -> None:
        """Reach these reasons, installation by installation, and press what each says first."""
        kinds = {}
        for code in codes:
            kinds.setdefault(repr(sorted(REACHED[code].installation.items())), []).append(code)
        for n, group in enumerate(kinds.values()):
            installation = REACHED[group[0]].installation
            with opened_door(self.folder / str(n), **installation) as door, listening(door) as address:
                phone = self.opened(SMALL)
                for code in group:
                    self._one(door, address, phone, code)
                phone.page.goto("about:blank")  # nothing may still be asked when the door is gone

    def _one(self, door: Door, address: str, phone, code: str) -> None:
        said = REACHED[code].act(door, code)
        if not isinstance(said, dict):
            return
        if said.get("state") in ("needs_input", "in_review", "rejected") and "id" in said:
            self._result(door, address, phone, code, said["id"])
        elif "holds" in said and "account" in said:
            self._held(door, address, phone, code, said["account"])

    def _result(self, door, address, phone, code, id) -> None:
        url = door.does(f"/verifications/{id}/links")["url"]
        phone.page.goto("about:blank")
        phone.page.goto(f"{address}/v/{url.partition('/v/')[2]}")
        phone.page.locator(".do").wait_for()
        seen, before = phone.page.evaluate(SEEN), phone.page.url + phone.page.inner_text("h1")
        phone.snap(f"reached-{code}")
        if seen["bottom"] > 640 or not seen["free"] or seen["wide"] > 360:
            self.below[code] = seen
        if seen["buttons"]:
            phone.page.evaluate(PRESS)
            self._changed(phone, before, code)

    def _held(self, door, address, phone, code, account) -> None:
        url = door.does(f"/accounts/{account}/me", {})["url"]
        phone.page.goto("about:blank")
        phone.page.goto(f"{address}/me/{url.partition('/me/')[2]}")
        phone.page.locator(".hold").first.wait_for()
        before = phone.page.url + phone.page.inner_text("h1")
        phone.snap(f"held-{code}")
        phone.page.locator(HELD).first.click()
        self._changed(phone, before, code)

    def _changed(self, phone, before: str, code: str) -> None:
        """Another page, or another address, within a while."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                now = phone.page.url + phone.page.locator("h1").first.inner_text(timeout=20_000)
            except Error:  # between two pages
                continue
            if now != before:
                return
            phone.page.wait_for_timeout(50)
        pytest.fail(f"{code}: nothing happened")


@pytest.fixture
def phones(opened, tmp_path):
    return Phones(opened, tmp_path)


def test_each_kind_of_control_is_pressed(phones):
    phones.walk(KINDS)
    assert not phones.below


@pytest.mark.long
def test_every_reason_that_is_reached(phones):
    """The whole catalogue; what is told of another page than a result or my account is looked at in tests/reasons."""
    phones.walk([code for code in CATALOGUE if code in REACHED])
    assert not phones.below
