"""Pages that the server draws itself, looked at in a browser: results found again, no code, wrong apps."""

import httpx
import pytest

from shiming import demo
from shiming.demo.cast import by_slug
from shiming.providers.identity import simulated
from tests.browser.conftest import DESK

LONG = "http://127.0.0.1/" + "x" * 3000


@pytest.fixture(scope="module")
def joined(tmp_path_factory):
    """A server that knows an identity provider, and whose own address is too long for any QR code."""
    with simulated.serve() as provider:
        given = {"identity": f"simulated={provider}", "vision_workers": "1", "public_url": LONG}
        with demo.server(tmp_path_factory.mktemp("joined"), **given) as one:
            yield one


def made(joined, account: str) -> dict:
    answer = joined.api().post("/verifications", {"account": account, "level": "basic"})
    return answer | {"url": f"{joined.address}/v/{answer['url'].partition('/v/')[2]}"}


def test_a_result_that_was_found_and_never_taken(joined, opened):
    """M20.16: verified there, and the page was closed before it came back; one tap adopts it."""
    phone, person, begun = opened(), by_slug("hege"), made(joined, "found-again")
    phone.opens(begun, person)
    phone.tap("开始")
    phone.shows("核对姓名和号码" if phone.page.get_by_text("核对姓名").count() else "填写姓名和号码")
    phone.page.goto(f"{joined.address}/v/{begun['id']}/external")
    phone.tap("去")
    phone.page.get_by_role("link", name="去").click()
    phone.page.locator("input[name=name]").fill(person.name)
    phone.page.locator("input[name=number]").fill(person.number)
    phone.page.route("**/authorize*", lambda route: (route.fetch(max_redirects=0), route.fulfill(status=204)))
    with phone.page.expect_event("requestfailed"):
        phone.page.locator("form button").first.click()
    phone.page.goto(f"{joined.address}/v/{begun['id']}")
    phone.snap("result found")
    phone.page.get_by_role("button", name="提交这个结果").click()
    phone.shows("认证通过了")
    assert joined.api().get(f"/verifications/{begun['id']}")["identity"]["name"] == "张*格"


def test_no_code_can_be_made(joined, opened):
    """M20.17: no blank page, but the link and the number."""
    desk, begun = opened(DESK), made(joined, "no-code")
    desk.opens(begun, by_slug("hege"))
    desk.shows("确认是您本人")
    desk.page.goto(f"{joined.address}/v/{begun['id']}/desk")
    desk.page.get_by_text("二维码暂时显示不出来").wait_for()
    desk.snap("no code")
    assert desk.page.locator("img[src^=data]").count() == 0 and desk.page.locator(".number").is_visible()


def test_a_code_scanned_with_the_wrong_app(server, api, opened):
    """M20.18: what to do; the code stays good for the right one."""
    person, begun = by_slug("hege"), api.post("/verifications", {"account": "wrong-app"})
    desk, phone = opened(DESK), opened()
    desk.opens(begun, person)
    desk.page.get_by_role("link", name="用手机继续").click()
    link, number = desk.page.locator("code").inner_text(), desk.page.locator(".number").inner_text()
    client = api.post("/clients", {"name": "android"})
    try:
        phone.page.goto(link)
        phone.shows("这个 App 不能用来做认证")
    finally:
        key = {"Authorization": f"Bearer {server.key}"}
        assert httpx.delete(f"{server.address}/v1/clients/{client['id']}", headers=key, timeout=60).is_success
    phone.page.reload()
    phone.page.get_by_role("button", name=number).click()
    phone.shows("确认是您本人")
