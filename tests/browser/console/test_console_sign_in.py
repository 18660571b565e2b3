"""Staff set up how they sign in, in a real Chromium: 老周 by an authenticator, 老吴 by a passkey; both let 小何 in.

Passkeys are made by Chromium's own virtual authenticator. Browsers allow them under a name only: here it is localhost.
"""

from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Page, expect

from shiming import app, demo
from shiming.workflows.staff import membership
from tests.application import free_port
from tests.browser.conftest import AXE, DESK, SERIOUS, SHOTS

DEVICE = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
          "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
WIDE = "() => document.documentElement.scrollWidth <= window.innerWidth + 1"
PASSWORD = "a horse, a lamp, a boat"
FAULTS: list[str] = []


@pytest.fixture(scope="module")
def application(tmp_path_factory) -> Iterator[demo.Server]:
    port = str(free_port())
    given = {"port": port, "public_url": f"http://localhost:{port}", "vision_workers": "1"}
    with demo.server(tmp_path_factory.mktemp("sign-in"), **given) as one:
        yield one


def link(application, name: str, role: str) -> str:
    """Made by the operator at the command line."""
    with app.command_context(application.settings) as context:
        return (
            f"{application.settings.address()}/console#welcome/{membership.enlist(context, name, 'demo.test', [role])}"
        )


@pytest.fixture
def someone(application, opened):
    """Somebody at a computer that has a device for passkeys."""

    def one(address: str) -> Page:
        page = opened(DESK).page
        cdp = page.context.new_cdp_session(page)
        cdp.send("WebAuthn.enable")
        cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        page.goto(address)
        return page

    return one


def sound(page: Page, what: str) -> None:
    """No serious fault, and nothing cut off, at both widths. SHIMING_SHOTS keeps a picture of each."""
    page.evaluate(AXE.read_text("utf-8"))
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 860})
        page.wait_for_timeout(200)
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/staff-{what}-{width}.png", full_page=True)
        faults = page.evaluate(SERIOUS) + ([] if page.evaluate(WIDE) else ["cut off"])
        FAULTS.extend(f"{what} at {width}: {fault}" for fault in faults)
    page.set_viewport_size(DESK["viewport"])


def begins(page: Page, code: str = "") -> None:
    """Open the link; its secret is gone from the address by then."""
    expect(page.get_by_role("heading", name="设置您的登录方式")).to_be_visible()
    assert "welcome" not in page.url
    page.locator("input[name=handed]").fill(code)
    page.get_by_role("button", name="开始").click()
    for field in ("new", "again"):
        page.locator(f"input[name={field}]").fill(PASSWORD)


def finishes_by_codes(page: Page) -> str:
    """Returns the authenticator's secret."""
    secret = page.locator("form code").inner_text()
    page.locator("input[name=code]").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="完成").click()
    page.get_by_role("button", name="去登录").click()
    return secret


def finishes_by_passkey(page: Page) -> None:
    page.get_by_role("button", name="通行密钥", exact=True).click()
    page.locator("input[name=label]").fill("办公室电脑")
    sound(page, "welcome-passkey")
    page.get_by_role("button", name="创建通行密钥并完成").click()
    page.get_by_role("button", name="去登录").click()
    sound(page, "sign-in")
    page.get_by_role("button", name="用通行密钥登录").click()


def fresh_code(page: Page, secret: str, used: str) -> str:
    """The next code: one works once."""
    while (code := pyotp.TOTP(secret).now()) == used:
        page.wait_for_timeout(500)
    return code


def test_two_admins_let_a_third_person_in_who_alone_knows_how_they_sign_in(application, someone):
    zhou = someone(link(application, "laozhou", "admin"))
    sound(zhou, "welcome")
    begins(zhou)
    sound(zhou, "welcome-codes")
    secret = finishes_by_codes(zhou)
    code = fresh_code(zhou, secret, pyotp.TOTP(secret).now())
    for field, text in (("name", "laozhou"), ("password", PASSWORD), ("code", code)):
        zhou.locator(f"input[name={field}]").fill(text)
    zhou.keyboard.press("Enter")
    expect(zhou.get_by_role("link", name="人员")).to_be_visible()
    wu = someone(link(application, "laowu", "admin"))
    begins(wu)
    finishes_by_passkey(wu)
    expect(wu.get_by_role("link", name="人员")).to_be_visible()
    code = proposed(zhou)
    he = someone(confirmed(wu))
    begins(he, code)
    finishes_by_codes(he)
    expect(he.get_by_role("heading", name="实名控制台")).to_be_visible()
    wu.goto(f"{application.settings.address()}/console#own")
    changes(wu)
    assert not FAULTS, "\n".join(FAULTS)


def proposed(zhou: Page) -> str:
    """老周 proposes 小何 as a reviewer, and gets the code."""
    zhou.get_by_role("link", name="人员").click()
    zhou.locator("input[name=handle]").fill("xiaohe")
    zhou.locator("form.inline").get_by_text("审核员", exact=True).click()
    zhou.get_by_role("button", name="添加人员").click()
    code = zhou.locator("code.secret").inner_text()
    expect(zhou.locator(".proposals").get_by_role("button", name="确认")).to_have_count(0)
    sound(zhou, "proposed")
    return code


def confirmed(wu: Page) -> str:
    """老吴 confirms it, and gets the link."""
    wu.get_by_role("link", name="人员").click()
    wu.locator(".proposals").get_by_role("button", name="确认").click()
    address = wu.locator("code.secret").inner_text()
    assert "#welcome/" in address
    sound(wu, "confirmed")
    return address


def changes(wu: Page) -> None:
    """老吴 shows once more who they are, and cannot take the last way in away."""
    wu.get_by_role("button", name="移除").click()
    expect(wu.get_by_role("heading", name="请再确认一次是您本人")).to_be_visible()
    sound(wu, "own-proof")
    wu.get_by_role("button", name="用通行密钥确认").click()
    expect(wu.get_by_text("这是您最后一种登录方式")).to_be_visible()
    wu.get_by_role("button", name="换成新的验证器").click()
    secret = wu.locator("form.own code").first.inner_text()
    wu.locator("input[name=next]").fill(pyotp.TOTP(secret).now())
    sound(wu, "own-authenticator")
    wu.get_by_role("button", name="完成").click()
    expect(wu.get_by_text("已换成新的验证器")).to_be_visible()
    wu.get_by_role("button", name="移除").click()
    expect(wu.locator(".keys-own li")).to_have_count(0)
    sound(wu, "own")
