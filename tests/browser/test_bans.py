"""A banned account on a phone: the page that is open says it at the next step; my account takes the appeal."""

from urllib.parse import urlsplit

from playwright.sync_api import expect

from shiming.demo.cast import by_slug

BAN = {"reason": "violation_fraud", "requirements": []}
BANNED = "这个账号已被封禁"


def test_a_ban_that_comes_meanwhile_ends_the_way_at_the_next_step(api, opened):
    """Issue 11: card and face were asked for, and the ban told at the end."""
    phone, made = opened(), api.post("/verifications", {"account": "banned-meanwhile"})
    phone.opens(made, by_slug("hege"))
    phone.tap("开始")
    phone.shows("要不要刷脸")
    api.post("/accounts/banned-meanwhile/holds", BAN)
    phone.tap("同意，刷脸认证")
    phone.shows(BANNED)
    expect(phone.page.locator(".do")).to_contain_text("我的账号")
    phone.page.reload()
    phone.shows(BANNED)
    expect(phone.page.get_by_role("button", name="拍")).to_have_count(0)
    phone.faults = [fault for fault in phone.faults if "409" not in fault]


def test_the_prompt_of_a_banned_account_leads_to_its_appeal(api, opened):
    """Issue 11: it led to a verification."""
    api.post("/accounts/banned-before/holds", {"reason": "login_risk"})
    link = urlsplit(api.get("/accounts/banned-before/may/live")["verify_url"])
    api.post("/accounts/banned-before/holds", BAN)
    phone = opened()
    phone.page.goto(api.post("/accounts/banned-before/prompt", {"capability": "live"})["url"])
    phone.shows("账号已被封禁")
    expect(phone.page.get_by_role("button", name="立即认证")).to_have_count(0)
    expect(phone.page.locator(".hold").nth(1)).to_contain_text("封禁解除以后再完成这一项")
    phone.tap("不同意？申诉")
    phone.shows("申诉：请备齐材料")
    phone.page.goto(phone.page.url.partition("#")[0])
    phone.page.goto(link.geturl())
    phone.shows(BANNED)
