"""Every page of every role, with a day's work behind it: at 1440, 1280 and 360, in both languages, light and dark."""

import pytest
from playwright.sync_api import Page, expect

from shiming.review.roles import ROLES
from shiming.store.audit import sequencer
from shiming.store.staff import members
from tests.application import application
from tests.browser.console.desks import ORIGIN, desk, sound
from tests.review import day
from tests.risk.test_policy_console import proposed
from tests.risk.test_wave_calendar import AHEAD

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.fixture
def home(tmp_path):
    with application(tmp_path, blind_share=0.0) as made:
        day.decided(made)
        day.flagged(made)
        day.appealed(made)
        proposed(made, made.person("drafts", "policy"), AHEAD)
        money = {"id": "e1", "account": "zhu", "type": "transaction", "amount": 9_000_000}
        made.key().post("/v1/events", json={"events": [{**money, "at": made.moment[0].isoformat()}]})
        made.key().post("/v1/tickets", json={"account": "zhu", "topic": "verification", "text": "请看看"})
        with made.context.database.write() as connection:
            sequencer.catch_up(connection, made.context.audit_key, made.context.now())
        yield made


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_is_sound(home, opened, role):
    """Issue 19: axe finds nothing of any level, nothing is cut off, no English in Chinese."""
    name, faults = role.replace("_", "-"), []
    who = home.person(f"is-{name}", role)
    with home.context.database.write() as connection:
        members.give(connection, members.named(connection, f"is-{name}"), "shop.test", [role])
    page = desk(opened, home, who, "own")
    for at in [*addresses(page, "header.top nav a"), "#own"]:
        visit(page, at)
        for part in addresses(page, "nav.parts a") or [at]:
            visit(page, part)
            sound(page, f"{name}-{part[1:].replace('/', '-')}", faults, full=True)
    assert not faults, "\n".join(faults)


def addresses(page: Page, where: str) -> list[str]:
    return [link.get_attribute("href") for link in page.locator(where).all()]


def visit(page: Page, at: str) -> None:
    page.goto(f"{ORIGIN}/console{at}")
    expect(page.get_by_text("正在加载")).to_have_count(0)
