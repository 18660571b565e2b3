"""A holder's way to a party that vouches for people, and back, on the live side: through the holder's own pages, with
the real adapter and an issuer behind it (M22, M20.16)."""

import os
import re
from datetime import UTC, datetime
from html import unescape

import httpx
import pytest
from starlette.testclient import TestClient

from shiming.store.verification import external_results
from tests.providers.live import live, sources
from tests.providers.numbers import id_number
from tests.review.staff.issuer import CLIENT, SECRET, issuer
from tests.stories.holder import CN, Browser

HOUSE = """[house]
kind = "identity"
adapter = "oidc"
side = "live"
[house.options]
issuer = "{issuer}"
client = "{client}"
secret = {{ env = "ISSUER_SECRET" }}
title = "某某账号"
"""
TELLS = 'number_claim = "identity.number"\n'
ALIPAY = """[alipay]
kind = "identity"
adapter = "alipay"
side = "live"
[alipay.options]
app_id = "{app_id}"
private_key = {{ env = "ALIPAY_KEY" }}
alipay_public_key = "{public_key}"
gateway = "{address}/gateway.do"
"""


@pytest.fixture(scope="module")
def house():
    with issuer([datetime.now(UTC)]) as made:
        yield made


@pytest.fixture(scope="module")
def opened(tmp_path_factory, vendor):
    """Opens the live side with this party in its file of sources."""
    os.environ["ISSUER_SECRET"], os.environ["ALIPAY_KEY"] = SECRET, vendor[1].alipay.private_key()

    def one(party):
        folder = tmp_path_factory.mktemp("identity")
        return live(folder, sources(folder, "tencent", vendor[0], kinds=("authority",), more=party))

    return one


@pytest.fixture(scope="module")
def one(opened, house):
    with opened(HOUSE.format(issuer=house.address, client=CLIENT) + TELLS) as made:
        yield made


def phone_of(one, account):
    """A holder's browser that has come in by the link of a new verification."""
    made = one.post("/verifications", {"account": account, "level": "basic"})
    browser = Browser.__new__(Browser)
    browser.http = TestClient(one.http.app, base_url="https://shiming.test", headers=CN, follow_redirects=True)
    assert browser.opens(f"/v/{made['id']}#{made['url'].partition('#')[2]}").is_success
    browser.id = made["id"]
    return browser


def way(browser, title):
    """Where the page leads from which the holder goes there."""
    page = browser.post(f"/v/{browser.id}/external/go")
    assert title in page.text, page.text
    return unescape(re.search(r'href="(http://127[^"]+)"', page.text)[1])


def there(browser, house, who):
    """The holder goes there and agrees; returns where the browser is led back to, as a path of ours."""
    house.who = who
    back = house.agree(way(browser, "某某账号"))
    return back[back.index("/v/") :]


def test_name_and_number_are_taken_over_from_the_claims(one, house):
    phone = phone_of(one, "taken-over")
    phone.get(there(phone, house, {"name": "张合格", "identity": {"number": id_number(1)}}))
    assert one.get(f"/verifications/{phone.id}")["identity"]["name"] == "张*格"


def test_the_way_back_with_another_s_state_leads_nowhere(one, house):
    phone = phone_of(one, "other-state")
    back = there(phone, house, {"name": "张合格", "identity": {"number": id_number(1)}})
    phone.get(re.sub(r"state=[^&]+", "state=guessed", back))
    assert one.get(f"/verifications/{phone.id}")["identity"] is None


def test_a_claim_that_is_missing_takes_nothing_over_and_the_holder_may_type(one, house):
    phone = phone_of(one, "no-claim")
    page = phone.get(there(phone, house, {"name": "张合格"}))
    assert page.is_success and one.get(f"/verifications/{phone.id}")["identity"] is None


def test_who_is_known_by_an_opaque_id_is_asked_for_no_number_and_no_authority_is_asked(opened, house, vendor):
    """As with the national network identity: the party's own id of the person takes the number's place."""
    with opened(HOUSE.format(issuer=house.address, client=CLIENT)) as one:
        phone = phone_of(one, "opaque")
        before = len(vendor[1].tally)
        phone.get(there(phone, house, {"sub": "app-77"}))
        seen = one.get(f"/verifications/{phone.id}")
        assert seen["identity"]["number"] == "" and seen["next"] == []
        one.post(f"/verifications/{phone.id}/submit")
        one.later(seconds=0)
        assert one.get(f"/verifications/{phone.id}")["state"] == "approved" and len(vendor[1].tally) == before


def told(page):
    return "暂时没有回应" in page.text


def test_an_issuer_that_is_not_there_is_said_on_the_page_and_the_holder_may_type(opened):
    """On the way there: nothing is taken over, no attempt is lost, and the next tap asks again."""
    with opened(HOUSE.format(issuer="http://127.0.0.1:9", client=CLIENT) + TELLS) as one:
        phone = phone_of(one, "no-issuer")
        assert told(phone.post(f"/v/{phone.id}/external/go")) and told(phone.post(f"/v/{phone.id}/external/go"))
        calls = [(call.question, call.kind, call.outcome) for call in one.calls()]
        assert calls == [("begin", "down", "unanswered")] * 2
        one.post(f"/verifications/{phone.id}/identity", {"name": "张合格", "number": id_number(3)})
        one.post(f"/verifications/{phone.id}/submit")
        one.later(seconds=0)
        seen = one.get(f"/verifications/{phone.id}")
        assert (seen["state"], seen["attempts"]["used"]) == ("approved", 0)


def test_an_issuer_that_refuses_our_secret_alarms_and_stops_nobody(opened, house, monkeypatch):
    monkeypatch.setenv("WRONG_ISSUER", "another secret")
    party = HOUSE.format(issuer=house.address, client=CLIENT).replace("ISSUER_SECRET", "WRONG_ISSUER") + TELLS
    with opened(party) as one:
        one.post("/webhook_endpoints", {"url": "https://platform.test/hook"})
        phone = phone_of(one, "wrong-secret")
        page = phone.get(there(phone, house, {"name": "张合格", "identity": {"number": id_number(4)}}))
        assert told(page) and one.get(f"/verifications/{phone.id}")["attempts"]["used"] == 0
        (alarm,) = one.alarmed()
        assert (alarm["alarm"], alarm["of"]) == ("source_misconfigured", "identity.house")
        assert alarm["code"] == "invalid_client"
        one.post(f"/verifications/{phone.id}/identity", {"name": "张合格", "number": id_number(4)})
        one.post(f"/verifications/{phone.id}/submit")
        one.later(seconds=0)
        assert one.get(f"/verifications/{phone.id}")["state"] == "approved"


@pytest.mark.parametrize(("name", "kind", "outcome"), [
    ("孙限额", "busy", "unanswered"), ("严稍后", "down", "unanswered"), ("赵超时", "down", "unsure"),
])  # fmt: skip
def test_an_alipay_that_cannot_answer_costs_nobody_anything(opened, vendor, name, kind, outcome):
    """The page says so, and that one may go on without; the next tap asks again."""
    made = ALIPAY.replace("[alipay.options]", "read_seconds = 3.0\n[alipay.options]")
    given = {"app_id": vendor[1].alipay.app_id, "public_key": vendor[1].alipay.public_key(), "address": vendor[0]}
    with opened(made.format(**given)) as one:
        phone = phone_of(one, "cannot")
        one.post(f"/verifications/{phone.id}/identity", {"name": name, "number": id_number(5)})
        page = phone.post(f"/v/{phone.id}/external/go")
        assert told(page) and "跳过这一步" in page.text
        (call,) = [call for call in one.calls() if call.question == "begin"]
        assert (call.kind, call.outcome, call.cost or 0) == (kind, outcome, 0)
        assert one.get(f"/verifications/{phone.id}")["attempts"]["used"] == 0 and one.alarmed() == []
        if name == "严稍后":
            assert way(phone, "支付宝")


def test_alipay_confirms_who_was_typed_or_does_not(opened, vendor):
    app_id, public_key = vendor[1].alipay.app_id, vendor[1].alipay.public_key()
    states = {}
    with opened(ALIPAY.format(app_id=app_id, public_key=public_key, address=vendor[0])) as one:
        for name in ("张合格", "李不像"):
            phone = phone_of(one, f"alipay-{len(states)}")
            one.post(f"/verifications/{phone.id}/identity", {"name": name, "number": id_number(len(states) + 1)})
            back = httpx.get(way(phone, "支付宝"), trust_env=False, timeout=60).headers["location"]
            phone.get(back[back.index("/v/") :])
            with one.context.database.read() as connection:
                states[name] = external_results.newest(connection, phone.id).state
    assert states == {"张合格": "adopted", "李不像": "not_confirmed"}
