"""The pretended live platform of the demo: the prompt, the way to the holder's pages, and back."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from shiming.demo import host
from shiming.demo.cast import by_slug
from tests.browser.conftest import HOST, HOST_PORT, Screen

FRAMED = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>host</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{margin:0}}iframe{{border:0;width:100vw;height:96vh}}</style>
<div id="place"></div><script src="{shiming}/v/assets/embed.js"></script>
<script>heard = []; Shiming.frame(place, {url!r}, (state) => heard.push(state))</script>"""


@pytest.fixture
def framed(server, api, opened):
    """Opens a host's page on a phone, with an account's own pages in a frame of it."""
    pages = {}

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(pages[self.path].encode() if self.path in pages else b"")

        def log_message(self, *_) -> None: ...

    def one(account: str, address: str = HOST) -> Screen:
        url = api.post(f"/accounts/{account}/me", {})["url"]
        pages[f"/{account}"] = FRAMED.format(shiming=server.address, url=url)
        phone = opened()
        phone.page.goto(f"{address}/{account}")
        return phone

    with ThreadingHTTPServer(("127.0.0.1", HOST_PORT), Host) as application:
        threading.Thread(target=application.serve_forever, daemon=True).start()
        yield one
        application.shutdown()


def heading(frame, name: str) -> None:
    expect(frame.get_by_role("heading", level=1, name=name)).to_be_visible()


def test_my_account_in_a_frame_of_the_host_s_page(framed, api):
    """M9, M29, M31: storage is blocked there, and a refresh loses nothing; a verification begun there goes on."""
    api.post("/accounts/framed/holds", {"reason": "violation_rumour", "requirements": ["pledge"]})
    api.post("/accounts/framed/holds", {"reason": "login_risk", "requirements": ["verify:standard"]})
    phone = framed("framed")
    frame, within = phone.page.frame_locator("iframe[title=Shiming]"), phone.page.frames[1]
    heading(frame, "账号有 2 项限制")
    phone.snap("me-framed")
    within.evaluate("location.reload()")
    frame.get_by_role("button", name="阅读承诺书").click()
    frame.get_by_role("button", name="我承诺").click()
    heading(frame, "账号有 1 项限制")
    frame.get_by_role("button", name="立即认证").click()
    heading(frame, "确认是您本人")
    frame.get_by_role("button", name="开始").click()
    heading(frame, "要不要刷脸")
    frame.get_by_role("button", name="不刷脸，人工审核").click()
    heading(frame, "拍身份证人像面")
    within.evaluate("location.reload()")
    heading(frame, "拍身份证人像面")
    phone.snap("flow-framed")
    assert {cookie.get("partitionKey") for cookie in phone.context.cookies()} == {"http://localhost"}


def test_a_page_that_is_not_named_may_not_show_ours(framed, api):
    """The operator names the origins (`embed_origins`); the same page at another address is none of them."""
    api.post("/accounts/framed-elsewhere/holds", {"reason": "violation_rumour", "requirements": ["pledge"]})
    phone = framed("framed-elsewhere", f"http://127.0.0.1:{HOST_PORT}")
    phone.page.wait_for_timeout(1500)
    assert phone.page.frames[1].url.startswith("chrome-error")
    assert any("frame-ancestors" in fault for fault in phone.faults)
    phone.faults.clear()


def test_a_streamer_is_asked_and_comes_back(opened, server, api):
    """M9, M17: going live asks; the window opens by the helper script, and tells the platform's page what came out."""
    address = host.serve(server.address, server.key)
    phone = opened()
    phone.be(by_slug("hege"))
    phone.page.goto(address.replace("streamer-1", "host-story"))
    phone.tap("开始直播")
    phone.page.get_by_text("请先完成实名认证").wait_for()
    phone.snap("host-prompt")
    with phone.page.expect_popup() as window:
        phone.tap("新窗口打开")
    window.value.get_by_role("heading", level=1, name="确认是您本人").wait_for()
    made = api.get("/verifications", account="host-story")["items"][0]
    heard = "window.heard = []; window.addEventListener('message', (e) => window.heard.push(e.data.state))"
    phone.page.evaluate(heard)
    api.post(f"/verifications/{made['id']}/cancel")
    window.value.reload()
    window.value.get_by_role("heading", level=1, name="这次认证已经取消").wait_for()
    assert made["return_url"].startswith("http://127.0.0.1")


def test_my_account_is_one_tap_away(opened, server, api):
    """M9, M31: from the platform's page to how the account stands, and back."""
    api.post("/accounts/host-me/holds", {"reason": "violation_rumour", "requirements": ["pledge"]})
    phone = opened()
    phone.page.goto(host.serve(server.address, server.key).replace("streamer-1", "host-me"))
    phone.snap("host-page")
    phone.tap("我的账号")
    phone.shows("账号有 1 项限制")
    assert phone.page.locator(".account").inner_text().split() == ["host-me", "未认证"]
    phone.page.get_by_role("link", name="回到 App").click()
    phone.page.get_by_role("heading", name="青藤直播").wait_for()
