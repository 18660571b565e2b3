"""M42 in the browser: the page stops before the camera, a parent agrees on another phone, and the child goes on."""

from playwright.sync_api import expect

from shiming import app
from shiming.demo import walk
from shiming.demo.cast import by_slug
from shiming.store.account import guardians as rows
from shiming.workflows.verification import guardians
from tests.account.guardians import XIAO


def test_a_child_is_stopped_a_parent_agrees_and_takes_it_back(server, opened, api):
    """What a person decides about the papers is told in tests/account/test_guardians.py; here it is done underneath."""
    made = api.post("/verifications", {"account": "xiao-browser"})
    api.post(f"/verifications/{made['id']}/consent", {"face": True})
    api.post(f"/verifications/{made['id']}/identity", {"name": XIAO.name, "number": XIAO.number})
    child = opened()
    child.page.goto(made["url"])
    child.shows("未满 14 岁，要先请监护人同意")
    child.tap("邀请监护人")
    child.shows("请监护人同意")
    child.tap("生成邀请链接")
    url = child.page.locator("#link").input_value()
    parent = opened()
    parent.page.goto(url)
    parent.shows("孩子要做实名认证，请您决定")
    expect(parent.page.get_by_role("button", name="同意，可以刷脸")).to_be_disabled()
    (asked,) = api.get("/accounts/xiao-browser/guardian")["items"]
    assert walk.verify(api, by_slug("hege"), f"guardian:{asked['id']}").verification["state"] == "approved"
    parent.page.reload()
    parent.page.locator("input[type=file]").set_input_files(
        {"name": "hukou.jpg", "mimeType": "image/jpeg", "buffer": by_slug("hege").picture("back")}
    )
    expect(parent.page.locator(".badge")).to_have_count(2)
    parent.page.get_by_label("母亲").check()
    expect(parent.page.get_by_text("和它登记的照片比对，看是不是孩子本人")).to_be_visible()
    parent.tap("同意，可以刷脸")
    expect(parent.page.get_by_text("已经收到，工作人员正在看")).to_be_visible()
    _accepted(server, asked["id"])
    child.shows("拍身份证人像面")
    parent.page.reload()
    expect(parent.page.get_by_text("您的同意已经生效")).to_be_visible()
    parent.page.get_by_role("link", name="看看收集了孩子的什么").click()
    parent.shows("看看收集了孩子的什么")
    parent.page.go_back()
    parent.tap("撤回同意")
    parent.tap("撤回并删除")
    expect(parent.page.get_by_text("同意已经撤回")).to_be_visible()
    assert api.get(f"/verifications/{made['id']}")["state"] == "erased"


def _accepted(server, id: str) -> None:
    with app.command_context(server.settings) as context, context.database.write() as connection:
        row = rows.get(connection, "demo.test", id)
        guardians.decide(context, connection, row.app, id, "accept", "lin", "guardian_shown")
