"""Notices: their words, and what becomes of them. 陈无照 has a phone and a mail address."""

import asyncio
import ssl

import pytest
from aiosmtpd.controller import Controller

from shiming import reasons
from shiming.account.texts import told
from shiming.errors import BadInput, Unavailable
from shiming.providers.mail.smtp import Smtp
from shiming.support import notices
from shiming.support.notices import NOTICES, quiet_until, rendered
from shiming.support.webhook_events import EVENTS, TEST
from tests.application import free_port
from tests.holders import CHEN, in_review
from tests.review.staff.loopback import HERE

ANSWERED = {"ticket": "tkt_1"}
HELD = {"account": CHEN.account, "hold": "hld_1", "codes": ["login_risk"]}


def test_every_notice_has_both_languages_and_warns_where_money_could_be_asked_for():
    """M19: verification is free and nobody asks for codes; said in every notice that asks somebody to act."""
    for event in NOTICES:
        for spoken in ("zh", "en"):
            named = "一二三四五六七八九十某某"  # a signature has at most 12 characters; 70 in all are one part
            sms, mail = rendered(event, "sms", spoken, named), rendered(event, "mail", spoken, "P")
            assert "{" not in sms.text + mail.text + mail.subject and mail.subject
            assert len(sms.text) <= (70 if spoken == "zh" else 240) or "sms" not in NOTICES[event].channels, sms.text
    for event in ("verification.needs_input", "verification.rejected", "appeal.pieces_needed", "account.held"):
        assert "免费" in rendered(event, "sms", "zh-CN", "P").text


@pytest.mark.parametrize("spoken", reasons.LOCALES)
def test_each_message_has_a_title_of_its_own_and_the_same_in_mail_and_inbox(spoken):
    """Issue 18: what the mail calls restored is not "back to normal" in the inbox; no two messages look alike."""
    titles = {}
    for event in {*EVENTS} - {TEST, "operations.alarm"}:
        inbox, mail = told(event, spoken), notices.title(event, spoken)
        assert not (inbox and mail) or inbox["title"] == mail, event
        if inbox or mail:
            titles[event] = inbox["title"] if inbox else mail
    assert len(set(titles.values())) == len(titles) > 20


@pytest.mark.parametrize(("hour", "minute", "wait"), [
    (21, 59, 0), (22, 0, 10 * 3600), (23, 30, 8.5 * 3600), (7, 59, 60), (8, 0, 0), (12, 0, 0),
])  # fmt: skip
def test_quiet_hours_go_over_midnight(hour, minute, wait):
    assert quiet_until(hour, minute, 22, 8) == wait
    assert quiet_until(hour, minute, 8, 8) == 0


@pytest.fixture
def key(home):
    """The platform, which knows how to reach 陈无照."""
    client = home.key()
    for channel, address in (("sms", "13800001234"), ("mail", "chen@example.test")):
        given = {"channel": channel, "address": address, "verified": True}
        assert client.post(f"/v1/accounts/{CHEN.account}/contact", json=given).status_code == 200
    return client


def sent(key, event):
    """What became of the latest notice of this event, by channel."""
    items = key.get(f"/v1/accounts/{CHEN.account}/notices").json()["items"]
    return {d["channel"]: d for d in next(i for i in items if i["event"] == event)["deliveries"]}


def test_the_result_comes_by_sms_and_mail_without_saying_why(home, key):
    """M12: result by in-app message and SMS (and e-mail), with no more in it than the channel needs."""
    id = in_review(home)
    assert set(sent(key, "verification.in_review")) == {"mail"}
    home.later(seconds=1)
    ruling = {"verdict": "reject", "codes": ["face_document_mismatch"]}
    home.key("reviewer", "k").post(f"/v1/verifications/{id}/verdict", json=ruling)
    home.later(seconds=1)
    told = sent(key, "verification.rejected")
    assert {d["state"] for d in told.values()} == {"accepted"}
    assert told["sms"]["text"].startswith("【示例平台】") and "免费" in told["sms"]["text"]
    assert CHEN.name not in str(told) and "人脸" not in str(told)


def test_at_night_what_can_wait_waits_and_what_cannot_comes(home, key):
    home.later(hours=13)  # 23:00 in China
    in_review(home)
    home.later(hours=1)
    assert sent(key, "verification.in_review")["mail"]["state"] == "waiting"
    home.later(hours=8)
    assert sent(key, "verification.in_review")["mail"]["state"] == "accepted"


def test_the_same_is_not_said_twice_within_minutes(home, key):
    from shiming.workflows.messaging.notify import tell

    for minutes in (0, 1, 11):
        home.later(minutes=minutes)
        with home.context.database.write() as connection:
            row = connection.exec_driver_sql("SELECT id FROM accounts").scalar()
            tell(home.context, connection, "demo.test", row, "tkt_1", "ticket.answered", ANSWERED)
    items = key.get(f"/v1/accounts/{CHEN.account}/notices").json()["items"]
    assert [len(i["deliveries"]) for i in items if i["event"] == "ticket.answered"] == [1, 0, 1]


def test_a_provider_that_is_down_is_tried_again_and_an_unknown_number_is_not(home, key):
    for address, state, tries in (("13800000000", "retry", 3), ("13800009999", "failed", 1)):
        key.post(f"/v1/accounts/{CHEN.account}/contact", json={"channel": "sms", "address": address})
        with home.context.database.write() as connection:
            row = connection.exec_driver_sql("SELECT id FROM accounts").scalar()
            from shiming.workflows.messaging.notify import tell

            tell(home.context, connection, "demo.test", row, address[-4:], "account.held", HELD)
        home.later(seconds=60)
        told = sent(key, "account.held")["sms"]
        assert (told["state"], told["tries"]) == (state, tries)


def test_a_second_provider_takes_over_at_once(home, key):
    class Down:
        name, simulated = "down", True

        def send(self, *_):
            raise Unavailable("down")

    channels = home.context.channels
    object.__setattr__(channels, "sms", (Down(), *channels.sms))
    id = in_review(home)
    home.key("reviewer", "k").post(f"/v1/verifications/{id}/verdict", json={"verdict": "approve"})
    home.later(seconds=1)
    assert sent(key, "verification.approved")["sms"]["answer"] == "simulated"


def test_an_address_that_was_taken_back_is_gone(home, key):
    key.post(f"/v1/accounts/{CHEN.account}/contact", json={"channel": "sms", "address": None})
    in_review(home)
    assert "sms" not in sent(key, "verification.in_review")
    assert key.post("/v1/accounts/x/contact", json={"channel": "mail", "address": "a b@c"}).status_code == 422


def test_notices_are_previewed_by_support(home):
    items = home.person("xiaohe", "support").get("/console/api/notices").json()["items"]
    assert {i["event"] for i in items} == set(NOTICES) and notices.CHANNELS == ("sms", "mail")


class Box:
    """A mail server that keeps what it is given."""

    def __init__(self):
        self.mails = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("unknown@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(envelope)
        await asyncio.sleep(0)
        return "250 OK"


@pytest.fixture
def server():
    """A real SMTP server on this machine."""
    controller = Controller(Box(), hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop()


def test_mail_goes_through_a_real_smtp_server(server):
    smtp = Smtp("127.0.0.1", server.port, "noreply@example.test", "示例平台", security="none", egress=HERE)
    assert smtp.send("chen@example.test", "实名认证", "您好", {}, "dlv_1") == "<dlv_1@example.test>"
    (mail,) = server.handler.mails
    assert b"Auto-Submitted: auto-generated" in mail.content and mail.rcpt_tos == ["chen@example.test"]
    with pytest.raises(BadInput, match="does not take"):
        smtp.send("unknown@example.test", "x", "x", {}, "dlv_2")


def test_a_server_without_encryption_is_not_used_and_one_that_is_gone_is_unavailable(server):
    with pytest.raises(BadInput, match="encrypted"):
        Smtp("mail.example.test", 25, "a@b", security="none")
    with pytest.raises(Unavailable):
        Smtp("127.0.0.1", server.port, "a@b.test", egress=HERE).send("c@d.test", "x", "x", {}, "k")
    with pytest.raises(Unavailable):
        Smtp("127.0.0.1", 1, "a@b.test", security="none", egress=HERE).send("c@d.test", "x", "x", {}, "k")
    assert ssl.create_default_context().check_hostname
