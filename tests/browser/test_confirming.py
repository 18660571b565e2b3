"""The step in which another party confirms who was typed, in a browser: the page leads there by itself and goes on from
there. (What else may happen on that way: tests/providers/test_confirming.py.)"""

import pytest

from shiming import demo
from shiming.demo.cast import by_slug
from shiming.providers.identity import simulated

PARTY = """[party]
kind = "identity"
adapter = "simulated"
side = "test"
[party.options]
address = "{}"
vouches = "confirms"
"""


@pytest.fixture(scope="module")
def confirming(tmp_path_factory):
    """A server that knows a party which confirms people."""
    folder = tmp_path_factory.mktemp("confirming")
    with simulated.serve() as party:
        (folder / "sources.toml").write_text(PARTY.format(party), "utf-8")
        with demo.server(folder, sources=str(folder / "sources.toml"), vision_workers="1") as one:
            yield one


@pytest.mark.long
def test_chen_types_confirms_and_goes_on(confirming, opened):
    """One tap there, one back; a slip is corrected on the way."""
    phone, person = opened(), by_slug("hege")
    begun = confirming.api().post("/verifications", {"account": "confirmed", "level": "basic"})
    phone.opens(begun, person)
    phone.tap("开始")
    for name in (f"{person.name}错", person.name):
        phone.page.locator("#name").fill(name)
        phone.page.locator("#number").fill(person.number)
        phone.page.locator("button[type=submit]").click()
        phone.page.get_by_role("heading", name="确认是您本人").wait_for()
        if name != person.name:
            phone.page.get_by_role("link", name="返回修改").click()
    phone.snap("a step of its own")
    phone.page.get_by_role("button", name="去").click()
    phone.page.get_by_role("link", name="去").click()
    phone.page.locator("input[name=name]").fill(person.name)
    phone.page.locator("input[name=number]").fill(person.number)
    phone.page.locator("form button").first.click()
    phone.page.wait_for_url(f"**/v/{begun['id']}")
    seen = confirming.api().get(f"/verifications/{begun['id']}")
    assert seen["identity"]["confirmed_by"] == "party", seen
