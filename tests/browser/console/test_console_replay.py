"""老周 of the privacy audit replays a decision, and a senior puts a known answer into the queue, at the console."""

import pytest
from playwright.sync_api import expect

from shiming.store.audit import sequencer
from tests.application import application
from tests.browser.console.desks import FULL, desk, sound
from tests.holders import CHEN, in_review
from tests.review.day import decide

API = "/console/api"
APPROVE = {"verdict": "approve", "ground": "all_agree"}


@pytest.fixture
def home(tmp_path):
    with application(tmp_path, blind_share=0.0) as made:
        yield made


@pytest.mark.parametrize("full", FULL)
def test_a_decision_is_replayed_from_the_trail_and_from_the_account(home, opened, full):
    """M33, M34: found in the trail, made again, masked; that it was looked at is in the trail and in the looks."""
    faults: list[str] = []
    id = in_review(home)
    decide(home, home.person("xiaolin", "reviewer"), APPROVE)
    with home.context.database.write() as connection:
        sequencer.catch_up(connection, home.context.audit_key, home.context.now())
    officer = home.person("laozhou", "privacy")
    page = desk(opened, home, officer, "operations/audit")
    sound(page, "audit-trail", faults, full)
    page.locator(f"a[href='#replay/{id}']").first.click()
    expect(page.locator("[data-round='1'][data-fate=same]")).to_be_visible()
    expect(page.locator("[data-fate=person]")).to_contain_text("xiaolin")
    expect(page.locator("main")).not_to_contain_text(CHEN.name)
    sound(page, "replay", faults, full)
    with home.context.database.write() as connection:
        sequencer.catch_up(connection, home.context.audit_key, home.context.now())
    assert officer.get(f"{API}/audit?action=decision.replayed").json()["items"][0]["object"] == id
    assert officer.get(f"{API}/looks").json()["items"][0]["what"] == "replay"
    page.locator(".replay a[href^='#accounts/']").click()
    page.locator(".moments a[href^='#replay/']").first.click()
    expect(page.locator("[data-fate=same]")).to_be_visible()
    page.locator("input[name=verification]").fill("ver_nothing")
    page.locator("[data-do=replay]").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("full", FULL)
def test_a_known_answer_is_put_in_and_peoples_rates_are_seen(home, opened, full):
    """M38: from a decided case into the queue; answered by a reviewer; the rate of who answered stands there."""
    faults: list[str] = []
    in_review(home)
    lin, zhou = home.person("xiaolin", "reviewer"), home.person("laozhou", "senior_reviewer")
    done = decide(home, zhou, APPROVE)
    page = desk(opened, home, zhou, f"cases/{done['id']}")
    page.locator(f"a[href='#quality/known/{done['id']}']").click()
    expect(page.locator("input[name=known-case]")).to_have_value(done["id"])
    page.locator("select[name=known-verdict]").select_option("approve")
    sound(page, "known-answer", faults, full)
    page.locator("[data-do=seed]").click()
    expect(page.locator(".known [role=status]")).to_contain_text("队列")
    (made,) = zhou.get(f"{API}/cases/known").json()["items"]
    assert (made["expected"], made["put_in_by"], made["state"]) == ("approve", "laozhou", "open")
    decide(home, lin, APPROVE)
    page.reload()
    expect(page.locator("[data-rate=xiaolin]")).to_contain_text("100%")
    expect(page.locator(f"[data-known='{made['id']}'] .mark.pass")).to_be_visible()
    sound(page, "known-answers", faults, full)
    assert not faults, "\n".join(faults)
