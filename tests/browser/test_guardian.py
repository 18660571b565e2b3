"""M42 in the browser: the page stops before the camera, a parent agrees on another phone, and the child goes on."""

from playwright.sync_api import expect
from sqlalchemy import update

from shiming import app
from shiming.account import guardians as guardian_rules
from shiming.demo.cast import by_slug
from shiming.store.account import accounts
from shiming.store.account import guardians as rows
from shiming.store.database import new_id
from shiming.store.tables import accounts as every_account
from shiming.workflows.account import ages
from shiming.workflows.verification import guardians
from tests.account.guardians import XIAO, number


def test_a_child_is_stopped_a_parent_agrees_and_takes_it_back(server, opened, api):
    """Card and face of the parent, and what a person decides about the papers, are told elsewhere (test_journey.py,
    tests/account/test_guardians.py): here both are written underneath."""
    made = api.post("/verifications", {"account": "xiao-browser"})
    api.post(f"/verifications/{made['id']}/consent", {"face": True})
    api.post(f"/verifications/{made['id']}/identity", {"name": XIAO.name, "number": XIAO.number})
    child = opened()
    child.page.goto(made["url"])
    url = _invited(child)
    parent = opened()
    parent.page.goto(url)
    parent.shows("孩子要实名认证，请您决定")
    parent.snap("parent-asked")
    expect(parent.page.get_by_role("button", name="同意，可以刷脸")).to_be_disabled()
    (asked,) = api.get("/accounts/xiao-browser/guardian")["items"]
    _verified(server, guardian_rules.ref(asked["id"]), 40)
    parent.page.reload()
    parent.page.locator("input[type=file]").set_input_files(
        {"name": "hukou.jpg", "mimeType": "image/jpeg", "buffer": by_slug("hege").picture("back")}
    )
    expect(parent.page.locator(".badge")).to_have_count(2)
    parent.page.get_by_label("母亲").check()
    expect(parent.page.get_by_text("和它登记的照片比对，看是不是孩子本人").first).to_be_visible()
    parent.snap("parent-ready")
    parent.tap("同意，可以刷脸")
    expect(parent.page.get_by_text("已经收到，工作人员正在看")).to_be_visible()
    parent.snap("parent-waits")
    _accepted(server, asked["id"])
    child.shows("拍身份证人像面")
    _looks_and_takes_it_back(parent)
    parent.snap("parent-withdrawn")
    assert api.get(f"/verifications/{made['id']}")["state"] == "erased"


def _invited(child) -> str:
    """The child is told why, and makes a link for a parent."""
    child.shows("未满 14 岁，要先请监护人同意")
    child.snap("child-stopped")
    child.tap("邀请监护人")
    child.shows("请监护人同意")
    child.tap("生成邀请链接")
    expect(child.page.locator("#link")).to_be_visible()
    child.snap("child-link")
    return child.page.locator("#link").input_value()


def _looks_and_takes_it_back(parent) -> None:
    parent.page.reload()
    expect(parent.page.get_by_text("您的同意已经生效")).to_be_visible()
    parent.snap("parent-given")
    parent.page.get_by_role("link", name="看看收集了孩子的什么").click()
    parent.shows("看看收集了孩子的什么")
    parent.snap("parent-receipt")
    parent.page.go_back()
    parent.tap("撤回同意")
    parent.snap("parent-sure")
    parent.tap("撤回并删除")
    expect(parent.page.get_by_text("同意已经撤回")).to_be_visible()


def _accepted(server, id: str) -> None:
    with app.command_context(server.settings) as context, context.database.write() as connection:
        row = rows.get(connection, "demo.test", id)
        guardians.decide(context, connection, row.app, id, "accept", "lin", "guardian_shown")


def test_who_is_seventeen_invites_a_guardian_by_a_button(server, opened, api):
    """M41: only the platform could invite one. What verifying would have noted is written underneath."""
    _verified(server, "shiqi-browser", 17)
    young = opened()
    young.page.goto(api.post("/accounts/shiqi-browser/me", {})["url"])
    expect(young.page.get_by_role("heading", name="要监护人同意的功能")).to_be_visible()
    young.snap("seventeen")
    young.tap("邀请监护人")
    expect(young.page.locator("#link")).to_be_visible()
    url = young.page.locator("#link").input_value()
    young.tap("复制链接")
    expect(young.page.get_by_text("已经复制，现在发给监护人吧。")).to_be_visible()
    young.snap("seventeen-link")
    parent = opened()
    parent.page.goto(url)
    parent.shows("孩子想用的功能，请您决定")
    expect(parent.page.get_by_text("想用：开直播")).to_be_visible()
    parent.snap("parent-of-seventeen")


def test_a_parent_whose_card_was_used_is_told_that_the_account_begins_anew(server, opened, api):
    made = api.post("/verifications", {"account": "xiao-anew"})
    api.post(f"/verifications/{made['id']}/identity", {"name": XIAO.name, "number": XIAO.number})
    url = api.post(f"/verifications/{made['id']}/guardian", {})["url"]
    (asked,) = api.get("/accounts/xiao-anew/guardian")["items"]
    own = _verified(server, guardian_rules.ref(asked["id"]), 40)
    _verified(server, "xiao-anew", 40, own)
    parent = opened()
    parent.page.goto(url)
    expect(parent.page.get_by_text("这个账号原来是用您的身份证认证的")).to_be_visible()
    parent.snap("parent-anew")


def _verified(server, ref: str, years: int, subject: str | None = None) -> str:
    """What verifying somebody so old would have noted; the person."""
    with app.command_context(server.settings) as context, context.database.write() as connection:
        row = accounts.get_or_open(connection, "demo.test", ref, "personal", "zh-CN", context.now())
        ages.note(context, connection, row, number(f"{context.today().year - years}0101"), proved=True)
        known = {"subject": subject or new_id("sub"), "level": "standard", "in_person_at": context.now()}
        connection.execute(update(every_account).where(every_account.c.id == row.id).values(**known))
    return known["subject"]
