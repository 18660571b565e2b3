"""Notices by Tencent Cloud SMS: by template, receipts by pull and by push, an unsure send found by our own key."""

import json
import time

import pytest

from shiming.errors import BadInput, Unavailability, Unavailable
from shiming.providers.contracts import Receipt, Text
from shiming.providers.sms.tencent import Tencent
from tests.providers.test_tencent import APPROVED, TEMPLATES


@pytest.fixture
def sms(adapter):
    return lambda **more: adapter(Tencent, app_id="1400006666", sign="示例平台", templates=TEMPLATES, **more)


def sent_now():
    return int(time.time() * 1000)


@pytest.mark.parametrize(("number", "state"), [
    ("12000000013", "delivered"), ("12000000011", "undelivered"), ("12000000012", None),
])  # fmt: skip
def test_accepted_is_not_delivered_before_a_receipt_says_so(sms, number, state):
    sent = sms().send(number, APPROVED, "dlv_7")
    assert sent.id and sent.parts == 1
    found = sms().find(number, sent.id, "dlv_7", sent_now())
    assert (found and found.state) == state


def test_a_message_of_which_nobody_knows_whether_it_went_out_is_found_by_our_key(sms):
    with pytest.raises(Unavailable) as lost:
        sms(read_seconds=0.1).send("12000007404", APPROVED, "dlv_8")
    assert lost.value.unsure
    found = sms().find("12000007404", "", "dlv_8", sent_now())
    assert found.state == "delivered" and found.key == "dlv_8"
    assert sms().find("12000007404", "", "dlv_9", sent_now()) is None


def test_a_notice_without_a_template_is_for_the_operator(sms):
    with pytest.raises(Unavailable, match=r"verification\.approved\.en") as missing:
        sms().send("12000000013", Text("verification.approved", "en", "…"), "dlv_1")
    assert missing.value.kind is Unavailability.MISCONFIGURED


def test_pushed_receipts_are_read_and_answered_as_tencent_wants_it(sms):
    row = {"user_receive_time": "2026-11-20 10:00:00", "nationcode": "86", "mobile": "12000000013",
           "report_status": "SUCCESS", "errmsg": "DELIVRD", "description": "送达成功", "sid": "8:abc"}  # fmt: skip
    said = sms().pushed(json.dumps([row, row | {"report_status": "FAIL", "sid": "8:def"}]).encode(), {})
    assert said.receipts == (
        Receipt("delivered", "8:abc", code="DELIVRD"), Receipt("undelivered", "8:def", code="DELIVRD"),
    )  # fmt: skip
    assert json.loads(said.reply) == {"result": 0, "errmsg": "OK"}


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'[{"sid": "1"}]', b'[{"report_status": "NEW", "sid": "1"}]'])
def test_what_is_no_receipt_is_refused(sms, body):
    with pytest.raises(BadInput):
        sms().pushed(body, {})
