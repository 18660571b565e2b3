"""小林 and 小吴 at their lists, 老周 at the rules: each act is read back by the API; axe, widths, languages, dark."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.application import application
from tests.browser.console.desks import FULL, desk, sound
from tests.review.queue.test_case_lists import hold

API = "/console/api"


@pytest.fixture
def home(tmp_path):
    with application(tmp_path, blind_share=0.0, bulk_alone=1) as made:
        platform = made.key()
        for n, (account, hours, ip) in enumerate((("mei", 5, "192.0.2.7"), ("mei", 4.5, "203.0.113.200"),
                                                  ("mei", 1, "198.51.100.7"), ("lan", 1, "192.0.2.7"))):  # fmt: skip
            at = (made.moment[0] - timedelta(hours=hours)).isoformat()
            told = {"id": f"e{n}", "account": account, "type": "login", "at": at, "ip": ip, "device": f"d{n}"}
            assert platform.post("/v1/events", json={"events": [told]}).is_success
        money = {"type": "transaction", "amount": 9_000_000, "at": made.moment[0].isoformat()}
        for account in ("zhu", "ju"):
            assert platform.post("/v1/events", json={"id": f"m-{account}", "account": account, **money}).is_success
        for account in ("mei", "lan"):
            hold(made, account, rule="far_apart")
        yield made


@pytest.mark.parametrize("full", FULL)
def test_lists_are_filtered_kept_and_worked_through(home, opened, full):
    faults: list[str] = []
    page = desk(opened, home, home.person("xiaolin", "reviewer"), "lists")
    expect(page.locator("tr[data-case]").first).to_be_visible()
    sound(page, "lists", faults, full)
    page.locator("select[name=kind]").select_option("hold")
    page.locator("input[name=rule]").fill("far_apart")
    page.locator("input[name=rule]").press("Enter")
    expect(page.locator("tr[data-case]")).to_have_count(2)
    assert page.url.endswith("#lists?kind=hold&rule=far_apart")
    view(home, page)
    bulk(home, opened, page, faults, full)
    case(page, faults, full)
    assert not faults, "\n".join(faults)


def view(home, page: Page) -> None:
    page.locator("[data-do=new-view]").click()
    page.locator("input[name=view]").fill("异地登录")
    page.locator("[data-do=keep-view]").click()
    expect(page.locator(".view")).to_contain_text("异地登录")
    with home.context.database.read() as connection:
        kept = connection.exec_driver_sql("SELECT name, query FROM saved_views").all()
    assert [tuple(row) for row in kept] == [("异地登录", "kind=hold&rule=far_apart")]


def bulk(home, opened, page: Page, faults: list[str], full: bool) -> None:
    page.locator("select[name=ground]").select_option("rule_mistaken")
    page.locator("[data-do=preview]").click()
    expect(page.locator("tr[data-item]")).to_have_count(2)
    sound(page, "bulk-preview", faults, full)
    page.locator("[data-do=bulk]").click()
    expect(page.locator(".bulk-of .mark.ask_again").first).to_have_text("等第二人确认")
    address = page.url.partition("#")[2]
    wu = home.person("xiaowu", "reviewer")
    other = desk(opened, home, wu, address)
    expect(other.locator("tr[data-item]")).to_have_count(2)
    other.locator("[data-do=confirm]").click()
    home.later(seconds=1)
    expect(other.locator("[data-outcome=decided]")).to_contain_text("2")
    sound(other, "bulk-result", faults, full)
    assert wu.get(f"{API}/bulks").json()["items"][0]["counts"] == {"decided": 2}


def case(page: Page, faults: list[str], full: bool) -> None:
    """The hold of who was in Beijing, Tokyo and Guangzhou within hours, on a map."""
    page.goto(f"{page.url.partition('#')[0]}#lists?own=&state=pending&order=newest")
    page.locator("tr[data-case]", has_text="m***").first.locator("th a").click()
    expect(page.locator(".track .stop")).to_have_count(3)
    expect(page.locator(".track .leg.fast")).to_have_count(1)
    sound(page, "hold-map", faults, full)


@pytest.mark.parametrize("full", FULL)
def test_flags_are_judged_by_key_and_a_rule_is_turned_off_in_a_draft(home, opened, full):
    faults: list[str] = []
    page = desk(opened, home, home.person("xiaolin", "reviewer"), "flags?rule=large_transaction")
    expect(page.locator("tr[data-flag]")).to_have_count(2)
    page.keyboard.press("o")
    expect(page.locator(".good[role=status]")).to_contain_text("误判")
    page.keyboard.press("u")
    expect(page.locator("tr[data-flag] .mark.pass")).to_have_count(1)
    found = home.key().get("/v1/flags").json()["items"]
    assert sorted(one["state"] for one in found if one["rule"] == "large_transaction") == ["overturned", "upheld"]
    sound(page, "flags", faults, full)
    page = desk(opened, home, home.person("laozhou", "policy"), "rules")
    row = page.locator("tr[data-rule=large_transaction]")
    expect(row).to_contain_text("启用")
    sound(page, "rules", faults, full)
    row.locator("[data-do=turn]").click()
    expect(page.locator(".good[role=status]")).to_contain_text("停用")
    expect(row.locator(".mark.ask_again").first).to_have_text("停用")
    (kept,) = home.key("operator", "audits").get("/v1/policies").json()["items"]
    text = home.key("operator", "audit-2").get(f"/v1/policies/{kept['version']}").json()["text"]
    assert "#off [rules.large_transaction]" in text
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("full", FULL)
def test_the_address_for_single_sign_on_is_set_by_two(home, opened, full):
    faults: list[str] = []
    home.person("xiaolin", "reviewer")
    page = desk(opened, home, home.person("xiaozhao", "admin"), "staff")
    row = page.locator("tbody tr", has=page.locator("th", has_text="xiaolin"))
    row.locator("[data-do=edit-mail]").click()
    row.locator("input[name=known-by]").fill("lin@house.test")
    sound(page, "staff-mail", faults, full)
    row.locator("[data-do=known]").click()
    expect(page.locator(".made[role=status]")).to_be_visible()
    wang = home.person("laowang", "admin")
    (waits,) = wang.get(f"{API}/staff").json()["proposals"]
    assert wang.post(f"{API}/staff/proposals/{waits['id']}/confirm").status_code == 200
    page.reload()
    expect(row.locator("[data-mail]")).to_have_text("lin@house.test")
    assert not faults, "\n".join(faults)
