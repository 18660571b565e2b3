"""From the computer to the phone by QR code (M21), and what can go wrong on the way."""

import re

import pytest
from sqlalchemy import update

from shiming.store.database import Database
from shiming.store.tables import links
from shiming.web.flow.entry import handoff
from shiming.web.flow.texts import words
from tests.stories.holder import Browser, heading

SHOWN = {"image": r'<img src="([^"]+)"', "link": r"<code>([^<]+)</code>", "number": r'class="number">(\d+)<',
         "seconds": r"data-left>(\d+)<"}  # fmt: skip


@pytest.fixture
def desk(server, api, request):
    """A computer that is in, with the verification's id."""
    made = api.post("/verifications", {"account": f"handoff-{request.node.name[:40]}"})
    browser = Browser(server.address)
    browser.opens(made["url"])
    browser.id = made["id"]
    return browser


def code_of(desk: Browser) -> dict:
    """What the computer shows."""
    text = desk.get(f"/v/{desk.id}/desk").text
    shown = {name: re.search(pattern, text)[1] for name, pattern in SHOWN.items()}
    return shown | {"number": int(shown["number"]), "seconds": int(shown["seconds"])}


def test_the_phone_picks_the_number_and_the_computer_follows(server, desk):
    """M21: looking uses nothing up; the tap with the right number does, once."""
    code, phone = code_of(desk), Browser(server.address)
    assert code["image"].startswith("data:image/svg+xml")
    page = phone.get(code["link"])
    assert heading(page) == "在手机上继续认证" and f'value="{code["number"]}"' in page.text
    assert phone.get(code["link"]).text.count('name="pick"') == 4  # three numbers, and "not me"
    landed = phone.post(code["link"], data={"pick": code["number"]})
    assert landed.url.path == f"/v/{desk.id}"
    assert phone.get(f"/v/{desk.id}/state").is_success
    assert desk.get(f"/v/{desk.id}/state").json()["code"]["state"] == "used"
    assert heading(desk.get(f"/v/{desk.id}/desk?look=1")) == "请在手机上继续"
    second = Browser(server.address).post(code["link"], data={"pick": code["number"]})
    assert heading(second) == "这个码已经用过了"


@pytest.mark.parametrize("pick", ["wrong", "not me"])
def test_not_me_or_another_number_makes_the_code_void(server, desk, pick):
    code, phone = code_of(desk), Browser(server.address)
    number = 0 if pick == "not me" else (code["number"] - 10 + 1) % 90 + 10
    assert heading(phone.post(code["link"], data={"pick": number})) == "这个码已经作废"
    assert heading(phone.post(code["link"], data={"pick": code["number"]})) == "这个码已经用过了"
    assert desk.get(f"/v/{desk.id}/state").json()["code"]["state"] == "disowned"
    told = desk.get(f"/v/{desk.id}/desk?look=1")  # where the computer goes by itself
    assert heading(told) == "这个二维码已经作废", "issue 18: it was headed 'go on with your phone'"
    assert re.search(r'class="button " href="/v/\w+/desk">换一个二维码', told.text)
    assert phone.get(f"/v/{desk.id}/state").status_code == 401


def test_only_the_newest_code_is_good(server, desk):
    old, new = code_of(desk), code_of(desk)
    phone = Browser(server.address)
    assert heading(phone.get(old["link"])) == "二维码已经换新了"
    assert phone.post(new["link"], data={"pick": new["number"]}).url.path == f"/v/{desk.id}"


def test_a_code_is_good_for_two_minutes(server, desk):
    code = code_of(desk)
    assert code["seconds"] == 120
    database = Database(server.settings.place("database_url"))
    with database.write() as connection:
        connection.execute(update(links).where(links.c.verification == desk.id).values(expires_at=1))
    database.close()
    assert heading(Browser(server.address).get(code["link"])) == "这个码过期了"


def test_a_code_that_never_was(server):
    assert heading(Browser(server.address).get("/h/0000000000")) == "这个码不能用"


def test_an_unknown_app_gets_its_page_and_does_not_burn_the_code(server, api, http, desk):
    """M20.18: scanned with the wrong app; the right way still works afterwards."""
    code, phone = code_of(desk), Browser(server.address)
    client = api.post("/clients", {"name": "android"})
    try:
        page = phone.get(code["link"])
        assert page.status_code == 403 and heading(page) == "这个 App 不能用来做认证"
        assert phone.post(code["link"], data={"pick": code["number"]}).status_code == 403
    finally:
        http.delete(f"/clients/{client['id']}")
    assert phone.post(code["link"], data={"pick": code["number"]}).url.path == f"/v/{desk.id}"


def test_where_no_image_can_be_made_the_short_link_serves():
    """M20.17: no blank page: what happened, what to do, the link and the number."""
    shown = "".join(handoff._code(words("zh"), "https://id.test/" + "x" * 5000, 47))
    assert "<img" not in shown and "二维码暂时显示不出来" in shown and "https://id.test/x" in shown and "47" in shown
