"""老周 and 老钱 at the console: a policy is drafted, compared, tried, proposed, published, stopped and taken back."""

from importlib.resources import files

import pytest
from playwright.sync_api import Page, expect

from tests.application import application
from tests.browser.console.desks import FULL, desk, sound

DEFAULT = files("shiming.risk").joinpath("policies/default.toml").read_text("utf-8")
STRICT = DEFAULT.replace('name = "default"', 'name = "strict"').replace("amount >= 5000000", "amount >= 1000000")


@pytest.fixture
def home(tmp_path):
    with application(tmp_path) as made:
        platform = made.key()
        for n, amount in enumerate((2_000_000, 3_000_000, 9_000_000)):
            event = {"id": f"e{n}", "account": f"seller-{n}", "type": "transaction", "amount": amount}
            told = {**event, "account_kind": "seller", "at": made.moment[0].isoformat()}
            assert platform.post("/v1/events", json={"events": [told]}).is_success
        yield made


def in_force(home) -> str:
    return home.key("operator", "audits").get("/v1/policies").json()["in_force"]


@pytest.mark.parametrize("full", FULL)
def test_a_policy_goes_its_whole_way_at_the_console(home, opened, full):
    """M32: each act is read back by the API; axe, both widths, both languages, dark."""
    faults: list[str] = []
    page = desk(opened, home, home.person("laozhou", "policy"), "policy")
    expect(page.locator(".form .rule").first).to_be_visible()
    page.locator(".form .rule", has_text="large_transaction").locator(".to-line").click()
    expect(page.locator(".source .at")).to_contain_text("[rules.large_transaction]")
    sound(page, "policy-read", faults, full)
    version = drafted(home, page, faults, full)
    tried(home, page, faults, full)
    page.get_by_role("button", name="发布", exact=True).click()
    page.locator("[data-do=propose]").click()
    expect(page.locator(".good[role=status]")).to_contain_text("已提出")
    expect(page.locator("[data-do=approve]")).to_have_count(0)
    sound(page, "policy-proposed", faults, full)
    assert in_force(home) == "default-1"
    published(home, opened, version, faults, full)
    assert not faults, "\n".join(faults)


def drafted(home, page: Page, faults: list[str], full: bool) -> str:
    page.locator("[data-do=edit]").click()
    typed(page, STRICT.replace("amount >= 1000000", "amont >= 1000000"))
    expect(page.locator(".checked.bad")).to_contain_text("第")
    expect(page.locator("[data-do=keep]")).to_be_disabled()
    page.locator(".checked button").click()
    expect(page.locator(".cm-bad")).to_contain_text("amont")
    page.keyboard.press("Control+Space")
    expect(page.locator(".cm-tooltip-autocomplete li", has_text="amount").first).to_be_visible()
    sound(page, "policy-wrong", faults, full)
    page.keyboard.press("Escape")
    typed(page, STRICT)
    expect(page.locator(".checked.good")).to_be_visible()
    sound(page, "policy-draft", faults, full)
    page.locator("[data-do=keep]").click()
    expect(page.locator(".diff .new")).to_have_count(2)
    expect(page.locator(".diff .gone")).to_have_count(2)
    sound(page, "policy-diff", faults, full)
    (kept,) = home.key("operator", "audits").get("/v1/policies").json()["items"]
    assert (kept["state"], kept["written_by"]) == ("draft", "laozhou")
    return kept["version"]


def typed(page: Page, text: str) -> None:
    """All of the editor's text is this now."""
    page.locator(".editor .cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


@pytest.mark.long
def test_a_plain_field_takes_the_text_where_the_editor_cannot_be_loaded(home, opened):
    page = desk(opened, home, home.person("laozhou", "policy"), "policy")
    page.route("**/editor.js*", lambda route: route.abort())
    page.locator("[data-do=edit]").click()
    page.locator(".editor textarea").fill(STRICT)
    expect(page.locator(".checked.good")).to_be_visible()
    page.locator("[data-do=keep]").click()
    expect(page.locator(".diff .new")).to_have_count(2)


def tried(home, page: Page, faults: list[str], full: bool) -> None:
    page.get_by_role("button", name="历史回测").click()
    expect(page.locator(".trial .quiet", has_text="还没有回测过")).to_be_visible()
    page.locator("[data-do=try]").click()
    expect(page.locator(".trial progress")).to_be_visible()
    home.later(seconds=5)
    expect(page.locator(".numbers b.bad")).to_have_text("2")
    expect(page.locator(".examples li")).to_have_count(2)
    sound(page, "policy-trial", faults, full)


def published(home, opened, version: str, faults: list[str], full: bool) -> None:
    page = desk(opened, home, home.person("laoqian", "senior_policy"), f"policy/{version}/publish")
    expect(page.locator(".proposal")).to_contain_text("laozhou")
    expect(page.locator("[data-do=approve]")).to_be_disabled()
    expect(page.locator(".diff .new")).to_have_count(2)
    page.locator(".proposal input[type=checkbox]").check()
    sound(page, "policy-approve", faults, full)
    page.locator("[data-do=approve]").click()
    expect(page.locator(".good[role=status]")).to_contain_text("已批准")
    shown = home.key("operator", "audits").get(f"/v1/policies/{version}").json()
    assert (shown["state"], shown["approved_by"], len(shown["waves"])) == ("published", "laoqian", 3)
    page.locator("[data-do=pause]").click()
    expect(page.locator(".waves .mark.ask_again").first).to_be_visible()
    sound(page, "policy-paused", faults, full)
    page.locator("[data-do=resume]").click()
    expect(page.locator("[data-do=pause]")).to_be_visible()
    page.locator("[data-do=rollback]").click()
    expect(page.locator("[data-do=rollback-sure]")).to_be_focused()
    sound(page, "policy-rollback", faults, full)
    page.locator("[data-do=rollback-sure]").click()
    expect(page.locator(".good[role=status]")).to_contain_text("已结束")
    assert home.key("operator", "audits").get(f"/v1/policies/{version}").json()["ended_by"] == "laoqian"
