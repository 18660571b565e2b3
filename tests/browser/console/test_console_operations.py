"""小赵 of the admins at the console: every part of operations, each act read back by the API."""

import pytest
from playwright.sync_api import expect

from shiming.store.audit import sequencer
from tests.application import application
from tests.browser.console.desks import FULL, desk, sound

URL = "https://hooks.example.com/shiming"


@pytest.fixture
def home(tmp_path):
    with application(tmp_path) as made:
        made.context.egress.check = lambda url: None  # names are not looked up: there is no network
        yield made


@pytest.mark.parametrize("full", FULL)
def test_every_part_of_operations_is_worked_in(home, opened, full):
    """axe, both widths, both languages, dark; what is done is in the store."""
    faults: list[str] = []
    page = desk(opened, home, home.person("xiaozhao", "admin"), "operations")
    expect(page.locator("table tbody tr").first).to_be_visible()
    sound(page, "operations-sources", faults, full)
    webhooks(home, page, faults, full)
    keys(home, opened, page, faults, full)
    page.goto(f"{page.url.partition('#')[0]}#operations/clients")
    page.locator("input[name=client]").fill("ios")
    page.get_by_label("最低版本").fill("5.0")
    page.get_by_role("button", name="添加").click()
    expect(page.locator("code.secret")).to_be_visible()
    assert [one["name"] for one in home.key().get("/v1/clients").json()["items"]] == ["ios"]
    sound(page, "operations-clients", faults, full)
    for part in ("queues", "settings", "notices"):
        page.goto(f"{page.url.partition('#')[0]}#operations/{part}")
        expect(page.locator(".operations .card").first).to_be_visible()
        sound(page, f"operations-{part}", faults, full)
    trail(home, page, faults, full)
    assert not faults, "\n".join(faults)


def webhooks(home, page, faults, full) -> None:
    page.goto(f"{page.url.partition('#')[0]}#operations/webhooks")
    page.locator("input[name=url]").fill(URL)
    page.locator("[data-do=add]").click()
    expect(page.locator("code.secret")).to_contain_text("whsec_")
    (made,) = home.key().get("/v1/webhook_endpoints").json()["items"]
    assert made["url"] == URL
    page.locator("[data-do=test]").click()
    expect(page.locator("tr[data-delivery]")).to_have_count(1)
    page.get_by_role("button", name="详情").click()
    expect(page.locator("pre").first).to_contain_text("webhook-id")
    sound(page, "operations-webhooks", faults, full)
    page.locator("select[name=event]").select_option("account.held")
    expect(page.locator("tr[data-delivery]")).to_have_count(0)
    page.locator("[data-do=rotate]").click()
    expect(page.locator(".good[role=status]")).to_contain_text("旧密钥")
    assert home.key().get("/v1/webhook_endpoints").json()["items"][0]["old_secret_until"]


def keys(home, opened, page, faults, full) -> None:
    page.goto(f"{page.url.partition('#')[0]}#operations/keys")
    page.locator("input[name=key]").fill("backend")
    page.locator("[data-do=ask]").click()
    expect(page.locator("code.secret")).to_contain_text("sk_test_")
    secret = page.locator("code.secret").inner_text()
    sound(page, "operations-keys", faults, full)
    assert not works(home, secret)
    other = desk(opened, home, home.person("laowang", "admin"), "operations/keys")
    other.locator("[data-do=confirm]").click()
    expect(other.locator(".good[role=status]")).to_contain_text("backend")
    assert works(home, secret)
    row = other.locator("tr[data-key]", has_text="backend")
    row.locator("[data-do=revoke]").click()
    row.locator("[data-do=revoke]").click()
    expect(other.locator(".good[role=status]")).to_contain_text("已吊销")
    assert not works(home, secret)


def works(home, secret: str) -> bool:
    asks = {"authorization": f"Bearer {secret}"}
    return home.key().get("/v1/flags", headers=asks).status_code == 200


def trail(home, page, faults, full) -> None:
    with home.context.database.write() as connection:
        sequencer.catch_up(connection, home.context.audit_key, home.context.now())
    page.goto(f"{page.url.partition('#')[0]}#operations/audit")
    page.locator("input[name=action]").fill("webhook.")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("[data-do=prove]").first.click()
    expect(page.locator(".mark.pass")).to_contain_text("已验证")
    sound(page, "operations-audit", faults, full)


@pytest.mark.parametrize(("role", "parts"), [("support", 1), ("senior_policy", 2), ("privacy", 2)])
def test_each_role_sees_its_own_parts(home, opened, role, parts):
    page = desk(opened, home, home.person(f"is-{role.replace('_', '-')}", role), "operations")
    expect(page.locator(".parts a")).to_have_count(parts)


@pytest.mark.parametrize("full", FULL)
def test_how_holders_see_the_app_is_set(home, opened, full):
    """What is typed is previewed, kept, and read back by somebody else."""
    faults: list[str] = []
    page = desk(opened, home, home.person("xiaozhao", "admin"), "brand")
    page.get_by_label("中文名称").fill("示例平台")
    expect(page.locator(".brand-page").first).to_contain_text("示例平台")
    with page.expect_response("**/brand/preview"):
        page.get_by_label("主色").fill("#a02020")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已经保存")).to_be_visible()
    sound(page, "brand", faults, full)
    kept = home.person("xiaotong", "policy").get("/console/api/brand").json()
    assert (kept["zh"], kept["colour"]) == ("示例平台", "#a02020")
    assert not faults, "\n".join(faults)
