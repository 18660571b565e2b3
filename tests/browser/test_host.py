"""The pretended live platform of the demo: the prompt, the way to the holder's pages, and back."""

from shiming.demo import host
from shiming.demo.cast import by_slug


def test_a_streamer_is_asked_and_comes_back(opened, server, door):
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
    made = door.get("/verifications", account="host-story")["items"][0]
    heard = "window.heard = []; window.addEventListener('message', (e) => window.heard.push(e.data.state))"
    phone.page.evaluate(heard)
    door.post(f"/verifications/{made['id']}/cancel")
    window.value.reload()
    window.value.get_by_role("heading", level=1, name="这次认证已经取消").wait_for()
    assert made["return_url"].startswith("http://127.0.0.1")


def test_my_account_is_one_tap_away(opened, server, door):
    """M9, M31: from the platform's page to how the account stands, and back."""
    door.post("/accounts/host-me/holds", {"reason": "violation_rumour", "requirements": ["pledge"]})
    phone = opened()
    phone.page.goto(host.serve(server.address, server.key).replace("streamer-1", "host-me"))
    phone.snap("host-page")
    phone.tap("我的账号")
    phone.shows("账号有 1 项限制")
    phone.page.get_by_role("link", name="回到 App").click()
    phone.page.get_by_role("heading", name="青藤直播").wait_for()
