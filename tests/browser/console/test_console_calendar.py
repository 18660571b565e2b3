"""老钱 at the calendar of waves: what runs and what comes, stopped and taken back from there; read back by the API."""

import pytest
from playwright.sync_api import expect

from shiming.store.staff import members
from tests.application import application
from tests.browser.console.desks import FULL, desk, sound
from tests.risk.test_policy_console import API, proposed, published
from tests.risk.test_wave_calendar import AHEAD


@pytest.fixture
def home(tmp_path):
    with application(tmp_path) as made:
        yield made


@pytest.mark.parametrize("full", FULL)
def test_waves_are_drawn_on_their_days_and_stopped_there(home, opened, full):
    """M32: each act is read back by the API; axe, both widths, both languages, dark."""
    faults: list[str] = []
    zhou, qian = home.person("laozhou", "policy"), home.person("laoqian", "senior_policy")
    version = published(home, zhou, qian, AHEAD)
    page = desk(opened, home, qian, "waves")
    expect(page.locator("[data-day='2026-11-20'] .entry")).to_contain_text("10%")
    expect(page.locator("[data-day='2026-11-22'] [data-what=notice]")).to_have_count(1)
    sound(page, "waves", faults, full)
    page.locator("[data-day='2026-11-29'] .entry").click()
    expect(page.locator(".chosen-wave h2")).to_be_focused()
    page.locator("[data-do=pause]").click()
    expect(page.locator("[data-day='2026-11-29'] .entry")).to_have_attribute("data-stage", "paused")
    expect(page.locator("[data-do=resume]")).to_be_visible()
    assert all(wave["paused"] for wave in kept(zhou, version)["waves"])
    sound(page, "waves-paused", faults, full)
    page.locator("[data-do=rollback]").click()
    page.locator("[data-do=rollback-sure]").click()
    expect(page.locator("[data-day='2026-11-20'] [data-what=end]")).to_have_count(1)
    assert kept(zhou, version)["ended_by"] == "laoqian"
    page.locator("[data-do=after]").click()
    expect(page.locator(".month [data-day='2026-12-31']")).to_have_count(1)
    expect(page.locator(".entry")).to_have_count(0)
    assert page.url.endswith("#waves?month=2026-12")
    assert not faults, "\n".join(faults)


def kept(who, version: str) -> dict:
    return who.get(f"{API}/policies/{version}").json()


def test_a_wave_of_another_side_leads_there(home, opened):
    other = home.person("laosun", "policy", app="shop.test")
    version = proposed(home, other, app="shop.test")["version"]
    qian = home.person("laoqian", "senior_policy")
    with home.context.database.write() as connection:
        members.give(connection, members.named(connection, "laoqian"), "shop.test", ["senior_policy"])
    page = desk(opened, home, qian, "waves")
    page.locator(".entry").click()
    expect(page.locator(".chosen-wave [data-do=pause]")).to_have_count(0)
    page.locator("[data-do=go]").click()
    expect(page.locator("[data-do=approve]")).to_be_visible()
    assert qian.get(f"{API}/session").json()["app"] == "shop.test" and page.url.endswith(f"#policy/{version}/publish")
