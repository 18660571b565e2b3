"""Every number of the dashboards is clicked, and as many cases are listed as it said.

The application is in this process: it answers the browser's requests without a server.
"""

import re
from collections import Counter

import pytest
from playwright.sync_api import Page, expect

from tests.application import application
from tests.browser.conftest import DESK
from tests.review import day

ORIGIN = "https://console.test"
CHOSEN = {
    "number": (".numbers button", "b"),
    "day": ("svg.days [role=button]", None),
    "row": ("svg.bars g", "text:last-child"),
    "part": ("svg.bars rect:has(title)", None),
}
"""Where the figures of each kind are, and what of each says the number and is clicked (all of it, where not said)."""


@pytest.fixture
def page(opened, tmp_path) -> Page:
    """The dashboards after a busy day, before 老周 of policy."""
    with application(tmp_path, blind_share=1.0) as home:
        for happens in (day.measured, day.decided, day.flagged, day.appealed, day.waited):
            happens(home)
        zhou, page = home.person("laozhou", "policy"), opened(DESK).page
        page.route("**/*", lambda route, asked: route.fulfill(**answered(zhou, asked)))
        page.clock.set_fixed_time(home.moment[0])
        page.goto(f"{ORIGIN}/console#figures")
        expect(page.locator("svg.days rect").first).to_be_visible()
        yield page


def answered(client, asked) -> dict:
    said = client.request(asked.method, asked.url, content=asked.post_data_buffer)
    return {"status": said.status_code, "headers": dict(said.headers), "body": said.content}


def test_as_many_cases_as_each_number_says(page):
    clicked = Counter()
    for kind, (places, inside) in CHOSEN.items():
        for place in page.locator(places).all():
            figure = place.locator(inside) if inside else place
            if kind == "number" and figure.inner_text().startswith("¥"):
                costs(page, figure)
                clicked["money"] += 1
                continue
            number = said(kind, place, figure)
            if kind == "part" and not number:
                continue  # nothing is drawn
            leads(page, figure, number)
            clicked[kind] += 1
    assert clicked["money"] == 1
    assert clicked["number"] == 7 and clicked["day"] >= 6 and clicked["row"] >= 12 and clicked["part"] >= 8, clicked


def test_each_figure_of_quality_leads_to_its_rulings_or_appeals(page):
    page.goto(f"{ORIGIN}/console#quality")
    expect(page.locator("button.number").first).to_be_visible()
    pairs, known, median, slow = page.locator(".numbers button").all()
    for figure, number in ((pairs, 1), (known, 0), (median, 2), (slow, 2)):
        leads(page, figure, number)
    by_reviewer = page.locator("button.number").all()
    assert len(by_reviewer) == 2 * 3
    for figure, number in zip(by_reviewer, (1, 1, 0) * 2, strict=True):  # cases, blind, known
        leads(page, figure, number)
    for kind in ("row", "part"):
        places, inside = CHOSEN[kind]
        for place in page.locator(places).all():
            figure = place.locator(inside) if inside else place
            leads(page, figure, said(kind, place, figure))
    assert page.locator("svg.bars g").count() == 2 and page.locator(CHOSEN["part"][0]).count() == 2


def said(kind, place, figure) -> int:
    """The number that a figure says: a share names of how many, a title names it last, `1/2 of these` the whole."""
    text = figure.evaluate("(f) => f.ariaLabel || f.textContent")
    if "%" in text and kind == "number":
        text = place.inner_text().split("\n")[-1]
    found = re.findall(r"\d+", text)
    return int(found[0] if kind == "row" and "/" not in text else found[-1])


def costs(page, figure) -> None:
    """Click it: the costs of the rows add up to so much money."""
    figure.click()
    expect(page.locator(".behind tbody tr").first).to_be_visible()
    column = page.locator(".behind th").all_inner_texts().index("费用（元）")
    each = [row.locator("td").nth(column).inner_text() for row in page.locator(".behind tbody tr").all()]
    assert f"¥{sum(map(float, each)):.2f}" == figure.inner_text()
    page.locator(".behind").get_by_role("button", name="关闭").click()


def leads(page, figure, number) -> None:
    """Click it: so many rows are listed, or rows that add up to so many calls."""
    figure.click()
    rows = page.locator(".behind tbody tr")
    expect(rows.first if number else page.locator(".behind .quiet")).to_be_visible()
    if page.locator(".behind th", has_text="查询次数").count():
        column = page.locator(".behind th").all_inner_texts().index("查询次数")
        assert sum(int(row.locator("td").nth(column).inner_text()) for row in rows.all()) == number
    else:
        expect(rows).to_have_count(number)
    page.locator(".behind").get_by_role("button", name="关闭").click()
