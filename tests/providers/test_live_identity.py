"""A holder's way to a party that vouches for people, and back, on the live side: through the holder's own pages, with
the real adapter and an issuer behind it (M22, M20.16)."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from starlette.testclient import TestClient

from tests.providers.live import live, sources
from tests.providers.numbers import id_number
from tests.review.staff.issuer import CLIENT, SECRET, issuer
from tests.stories.holder import CN, Browser

FILE = """[house]
kind = "identity"
adapter = "oidc"
side = "live"
[house.options]
issuer = "{issuer}"
client = "{client}"
secret = {{ env = "ISSUER_SECRET" }}
title = "某某账号"
number_claim = "identity.number"
"""


@pytest.fixture
def house():
    with issuer([datetime.now(UTC)]) as made:
        yield made


@pytest.fixture
def one(tmp_path, house, vendor, monkeypatch):
    monkeypatch.setenv("ISSUER_SECRET", SECRET)
    more = FILE.format(issuer=house.address, client=CLIENT)
    with live(tmp_path, sources(tmp_path, "tencent", vendor[0], kinds=("authority",), more=more)) as opened:
        yield opened


def phone_of(one):
    """A holder's browser that has come in by the link of a new verification."""
    made = one.post("/verifications", {"account": "zhang", "level": "basic"})
    browser = Browser.__new__(Browser)
    browser.http = TestClient(one.http.app, base_url="https://shiming.test", headers=CN, follow_redirects=True)
    assert browser.opens(f"/v/{made['id']}#{made['url'].partition('#')[2]}").is_success
    browser.id = made["id"]
    return browser


def there(browser, house, who):
    """The holder goes there and agrees; returns where the browser is led back to, as a path of ours."""
    house.who = who
    page = browser.post(f"/v/{browser.id}/external/go")
    assert "某某账号" in page.text
    address = unescape(re.search(r'href="(http://127[^"]+authorize[^"]+)"', page.text)[1])
    back = house.agree(address)
    return back[back.index("/v/") :]


def test_name_and_number_are_taken_over_from_the_claims(one, house):
    phone = phone_of(one)
    phone.get(there(phone, house, {"name": "张合格", "identity": {"number": id_number(1)}}))
    assert one.get(f"/verifications/{phone.id}")["identity"]["name"] == "张*格"


def test_the_way_back_with_another_s_state_leads_nowhere(one, house):
    phone = phone_of(one)
    back = there(phone, house, {"name": "张合格", "identity": {"number": id_number(1)}})
    phone.get(re.sub(r"state=[^&]+", "state=guessed", back))
    assert one.get(f"/verifications/{phone.id}")["identity"] is None


def test_a_claim_that_is_missing_takes_nothing_over_and_the_holder_may_type(one, house):
    phone = phone_of(one)
    page = phone.get(there(phone, house, {"name": "张合格"}))
    assert page.is_success and one.get(f"/verifications/{phone.id}")["identity"] is None
