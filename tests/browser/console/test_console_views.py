"""All views of the console with something in them: no serious fault that axe finds, none cut off on a narrow screen."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

from shiming import app
from shiming.demo import sample_cases, staff
from shiming.demo.cast import by_slug
from shiming.review.roles import ROLES
from shiming.store.account import accounts
from shiming.store.verification import verifications
from shiming.verification.seen import Box, Flaw
from shiming.workflows.account import bans, persons
from tests.browser.conftest import AXE, DESK, SERIOUS, SHOTS
from tests.holders import Holder, in_review, number

FAULTS: list[str] = []
WIDE = "() => document.documentElement.scrollWidth <= window.innerWidth + 1"


@pytest.fixture
def page(server, opened) -> Page:
    """Somebody with every role, signed in."""
    (person,) = staff.let_in(server.settings, {"xiaoquan": tuple(ROLES)})
    page = opened(DESK).page
    page.goto(f"{server.address}/console")
    for field, text in (("name", person.name), ("password", person.password), ("code", person.code())):
        page.locator(f"input[name={field}]").fill(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="下一件")).to_be_visible()
    page.evaluate(AXE.read_text("utf-8"))
    return page


def test_every_view_with_something_in_it(server, api, page):
    """M12, M16, M26, M28, M38: each kind of case, a conversation with a picture, figures, staff."""
    reviewers = [server.api(key) for key in server.reviewers]
    with app.command_context(server.settings) as context:
        application, who = SimpleNamespace(context=context), Holder("测试甲", number(900), "views")
        id = in_review(application, who, signs=(Flaw("document_altered", 9.0, 5.0, Box(0.6, 0.1, 0.3, 0.6)),))
    case(page, server, "verification", "a verification")
    reviewers[0].post(f"/verifications/{id}/verdict", {"verdict": "reject", "codes": ["face_document_mismatch"]})
    appeal = sample_cases.appeal(api, id, by_slug("wuzhao"), seconds=0.6)
    case(page, server, "appeal", "an appeal")
    reviewers[1].post(f"/appeals/{appeal}/answer", {"answer": "uphold"})
    claimed(server, "views", id)
    case(page, server, "claim", "not mine")
    api.post(
        "/accounts/views/holds", {"reason": "login_risk", "requirements": ["review"], "because": sample_cases.BECAUSE}
    )
    case(page, server, "hold", "a hold")
    written(api, id)
    api.post("/events", {"events": [{"id": f"views-{who}", "account": who, "type": "login", "ip": "192.0.2.7",
                                     "at": datetime.now(UTC).isoformat(), "device": "shared"}
                                    for who in ("views", "views-over")]})  # fmt: skip
    searched(page, server)
    for view in ("support", "figures", "quality", "looks", "erasures", "staff", "own"):
        page.goto(f"{server.address}/console#{view}")
        page.wait_for_timeout(300)
        if view == "support":
            page.locator(".cases button").first.click()
            expect(page.locator(".talk img")).to_be_visible()
        if view == "figures":
            page.locator(".leads").first.click()
            expect(page.locator(".behind tbody tr").first).to_be_visible()
        sound(page, view)
    assert not FAULTS, "\n".join(FAULTS)


def searched(page: Page, server) -> None:
    """M23: by keyboard to an account's page; a person is looked for with a reason, and shown with another one."""
    page.goto(f"{server.address}/console#own")
    page.keyboard.press("Control+k")
    page.keyboard.type("测试甲")
    page.keyboard.press("Enter")
    expect(page.locator(".asks button").first).to_be_visible()
    sound(page, "search for a person")
    page.locator(".asks button").first.click()
    expect(page.locator(".account .moments .timeline li").first).to_be_visible()
    name = page.locator(".who dd").nth(1)
    expect(name).to_contain_text("*")
    page.locator("[data-reveal=name]").click()
    page.locator(".who .asks button").first.click()
    expect(name).to_contain_text("测试甲")
    expect(page.locator(".linked svg text").first).to_be_visible()
    page.locator(".place button").click()
    expect(page.locator(".place select").first).to_be_visible()
    sound(page, "account")
    page.locator(".place .inline button").last.click()
    reached(page, server)
    banned(page, server)
    page.locator(".linked li a").click()
    expect(page.locator(".account h1")).to_contain_text("vi***er")
    expect(page.locator(".groups button")).to_have_count(7)
    page.get_by_role("button", name="活动").click()
    expect(page.locator(".moments li.event")).to_have_count(1)


def reached(page: Page, server) -> None:
    """The holder is asked to verify, then written to; both are read back by the platform."""
    page.locator("[data-contact=verify]").click()
    expect(page.locator(".contact select")).to_be_focused()
    page.locator(".contact select").select_option("holder_asks")
    sound(page, "account ask to verify")
    page.locator(".contact form button[type=submit]").click()
    expect(page.locator(".contact [role=status]")).to_be_focused()
    page.locator("[data-contact=write]").click()
    page.locator(".contact select").first.select_option("complaint")
    page.locator(".contact textarea").fill("您好，请确认一下登录的城市。")
    sound(page, "account write")
    page.locator(".contact form button[type=submit]").click()
    expect(page.locator(".contact [role=status] a")).to_be_visible()
    told = {each["event"] for each in server.api().get("/accounts/views/inbox", limit=100)["items"]}
    assert {"verification.requested", "ticket.opened"} <= told


def banned(page: Page, server) -> None:
    """Asked for and taken back; then a colleague's request is confirmed, and the account is banned."""
    page.locator("[data-ask=ban]").click()
    expect(page.locator(".bans select")).to_be_focused()
    page.locator(".bans select").select_option("violation_fraud")
    sound(page, "account ban")
    page.locator(".bans form button[type=submit]").click()
    expect(page.locator(".bans [role=status]")).to_be_focused()
    expect(page.locator("[data-do=sure]")).to_have_count(0)
    page.locator("[data-do=drop]").click()
    expect(page.locator(".bans li")).to_have_count(0)
    with app.command_context(server.settings) as context, context.database.write() as connection:
        account = accounts.by_ref(connection, "demo.test", "views")
        bans.ask(context, connection, account, "ban", "violation_fraud", "xiaolin")
    page.goto(f"{server.address}/console#cases")
    expect(page.locator(".seconds a")).to_contain_text("xiaolin")
    page.locator(".seconds a").click()
    page.locator("[data-do=sure]").click()
    sound(page, "account ban confirm")
    page.locator("[data-do=confirm]").click()
    expect(page.locator(".bans [role=status]")).to_contain_text("已经封禁")
    expect(page.locator(".account .head")).to_contain_text("封禁")
    assert server.api().get("/accounts/views/standing")["barred"]
    page.locator(".account h1").scroll_into_view_if_needed()
    sound(page, "account banned")


def sound(page: Page, what: str) -> None:
    """No serious fault, and nothing cut off, at both widths. SHIMING_SHOTS keeps a picture of each."""
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 860})
        page.wait_for_timeout(250)
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/console-{what.replace(' ', '-')}-{width}.png", full_page=True)
        faults = page.evaluate(SERIOUS) + ([] if page.evaluate(WIDE) else ["cut off"])
        FAULTS.extend(f"{what} at {width}: {fault}" for fault in faults)
    page.set_viewport_size(DESK["viewport"])


def case(page: Page, server, kind: str, what: str) -> None:
    """Take the newest case of this kind and look at it; no key decides before a reason; give it back."""
    found = page.request.get(f"{server.address}/console/api/cases?kind={kind}&limit=100").json()["items"]
    newest = max(found, key=lambda line: line["opened_at"])
    page.goto(f"{server.address}/console#cases/{newest['id']}")
    page.get_by_role("button", name="领取").click()
    expect(page.locator(".decide")).to_be_visible()
    for key in ("a", "r", "e"):
        page.keyboard.press(key)
    expect(page.get_by_text("先选理由")).to_be_visible()
    assert page.request.get(f"{server.address}/console/api/cases/{newest['id']}").json()["case"]["state"] == "open"
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()
    page.keyboard.press("?")
    if kind == "verification":
        expect(page.locator(".tile.rectified .marks rect.refer")).to_have_css("fill", "none")
    sound(page, what)
    page.keyboard.press("x")
    expect(page.locator(".decide")).to_have_count(0)


def claimed(server, ref: str, verification: str) -> None:
    """The person says that the account is not theirs; the face check that it takes was shown elsewhere."""
    with app.command_context(server.settings) as context, context.database.write() as connection:
        account = accounts.by_ref(connection, "demo.test", ref)
        persons.not_mine(context, connection, account, verifications.get(connection, "demo.test", verification))


def written(api, verification: str) -> None:
    """A holder writes, with a picture; wants the verification erased; another account was cancelled."""
    asked = {"account": "views", "topic": "verification", "verification": verification}
    made = api.post("/tickets", {**asked, "text": "请看看这张"})
    files = {"picture": ("card.jpg", by_slug("wuzhao").picture("front"), "image/jpeg")}
    api.post(f"/tickets/{made['id']}/pictures", files=files)
    api.post("/tickets", {**asked, "topic": "erasure", "text": "请删除这次认证的资料"})
    api.post("/accounts/views-over/profile", {"filled": ["nickname", "phone"]})
    api.post("/accounts/views-over/cancel", {"at_once": True})
