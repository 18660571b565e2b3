"""From 陈无照's account page: 小林 asks her to verify, 小何 writes to her; why is kept, and who may not does not."""

import pytest

from shiming.store.account import accounts
from tests.account.test_bans import trail
from tests.application import application
from tests.holders import CHEN, in_review

API = "/console/api"
WHY = {"why": "holder_asks"}
WORDS = {**WHY, "topic": "account", "text": "您好，请确认一下登录的城市。"}


@pytest.fixture
def home(tmp_path):
    with application(tmp_path, blind_share=0.0) as made:
        yield made


def known(home) -> str:
    """The path of an account that has a phone and a mail address, and has not begun to verify."""
    key = home.key()
    for channel, address in (("sms", "13800001234"), ("mail", "chen@example.test")):
        given = {"channel": channel, "address": address, "verified": True}
        assert key.post(f"/v1/accounts/{CHEN.account}/contact", json=given).is_success
    with home.context.database.read() as connection:
        return f"{API}/accounts/{accounts.by_ref(connection, 'demo.test', CHEN.account).id}"


def notices(home, event: str) -> list[dict]:
    items = home.key().get(f"/v1/accounts/{CHEN.account}/notices").json()["items"]
    return [each for each in items if each["event"] == event]


def test_the_holder_is_asked_to_verify_once_and_finds_it_where_she_is_signed_in(home):
    """By SMS and mail without a link; sent twice, it is one verification and one notice; a link is shown to nobody."""
    path, he = known(home), home.person("xiaohe", "support")
    hold = {"reason": "login_risk", "requirements": ["verify:enhanced"]}
    assert home.key().post(f"/v1/accounts/{CHEN.account}/holds", json=hold).is_success
    first = he.post(f"{path}/verifications", json=WHY)
    assert first.status_code == 201 and first.json().keys() == {"id", "level", "told"}, first.text
    assert (first.json()["level"], first.json()["told"]) == ("enhanced", True)
    lin = home.person("xiaolin", "reviewer")
    again = lin.post(f"{path}/verifications", json={"why": "case_in_hand"}).json()
    assert again == {**first.json(), "told": False}
    home.later(minutes=1)
    (told,) = notices(home, "verification.requested")
    sent = {each["channel"]: each for each in told["deliveries"]}
    assert {each["state"] for each in sent.values()} <= {"accepted", "delivered"} and sent.keys() == {"sms", "mail"}
    assert "免费" in sent["sms"]["text"] and "http" not in str(sent)
    home.later(minutes=10)
    assert lin.post(f"{path}/verifications", json=WHY).json()["told"]
    kept = [(actor, facts["why"], facts["told"]) for _, actor, facts in trail(home, "verification.requested")]
    first_look, second = ("xiaohe", "holder_asks", True), ("xiaolin", "case_in_hand", False)
    assert kept == [first_look, second, ("xiaolin", "holder_asks", True)]


def test_nobody_is_asked_for_what_is_in_review_or_cannot_be(home):
    in_review(home)
    path, lin = known(home), home.person("xiaolin", "reviewer")
    assert lin.post(f"{path}/verifications", json=WHY).json()["code"] == "in_hand"
    ban = {"reason": "violation_fraud", "requirements": []}
    assert home.key().post(f"/v1/accounts/{CHEN.account}/holds", json=ban).is_success
    assert lin.post(f"{path}/verifications", json=WHY).json()["code"] == "account_barred"
    sent = notices(home, "account.held")[0]["deliveries"]  # the log had said what was never sent
    assert {each["channel"] for each in sent if "封禁" in each["subject"] + each["text"]} == {"sms", "mail"}
    for wrong in ({}, {"why": "curious"}, {**WHY, "level": "basic"}):
        assert lin.post(f"{path}/verifications", json=wrong).status_code == 422, wrong
    assert not trail(home, "verification.requested") and not notices(home, "verification.requested")


def test_support_writes_first_and_goes_on_where_it_began(home):
    """The holder is told, reads and answers it; the same words twice are one message; a colleague's stays theirs."""
    path, he = known(home), home.person("xiaohe", "support")
    made = he.post(f"{path}/tickets", json=WORDS)
    assert made.status_code == 201 and he.post(f"{path}/tickets", json=WORDS).json() == made.json()
    ticket, key = made.json()["id"], home.key()
    shown = key.get(f"/v1/tickets/{ticket}").json()
    assert (shown["state"], [m["author"] for m in shown["messages"]]) == ("answered", ["xiaohe"])
    home.later(minutes=1)
    assert [each["channel"] for each in notices(home, "ticket.opened")[0]["deliveries"]] == ["mail"]
    assert key.post(f"/v1/tickets/{ticket}/messages", json={"text": "是我登录的"}).json()["state"] == "open"
    assert he.post(f"{path}/tickets", json={**WORDS, "text": "谢谢。"}).json()["id"] == ticket
    assert len(key.get(f"/v1/tickets/{ticket}").json()["messages"]) == 3
    xu = home.person("xiaoxu", "support")
    assert xu.post(f"{path}/tickets", json=WORDS).json()["code"] == "ticket_taken"
    assert xu.post(f"{path}/tickets", json={**WORDS, "topic": "other"}).json()["id"] != ticket
    kept = [(actor, facts["why"], facts["new"]) for _, actor, facts in trail(home, "ticket.begun")]
    assert kept == [("xiaohe", "holder_asks", True), ("xiaohe", "holder_asks", False), ("xiaoxu", "holder_asks", True)]
    for wrong in ({"topic": "erasure"}, {"text": ""}, {"why": "curious"}):
        assert he.post(f"{path}/tickets", json={**WORDS, **wrong}).status_code == 422, wrong


def test_who_may_not(home):
    """Roles that do not talk with holders; platforms; another side's staff; nobody where the account has ended."""
    path = known(home)

    def tried(client) -> tuple[int, int, int]:
        return (client.get(f"{API}/contact_reasons").status_code,
                client.post(f"{path}/verifications", json=WHY).status_code,
                client.post(f"{path}/tickets", json=WORDS).status_code)  # fmt: skip

    assert tried(home.person("others", "privacy", "policy", "admin")) == (403, 403, 403)
    assert tried(home.key()) == (403, 403, 403)
    assert tried(home.person("xiaozhao", "reviewer", "support", app="other.test")) == (200, 404, 404)
    assert home.person("xiaolin", "reviewer").post(f"{path}/tickets", json=WORDS).status_code == 403
    assert home.key().post(f"/v1/accounts/{CHEN.account}/cancel", json={"at_once": True}).is_success
    assert tried(home.person("xiaohe", "support")) == (200, 409, 409)
    assert not trail(home, "verification.requested") and not trail(home, "ticket.begun")
