"""Alibaba Cloud's adapters against the vendor server, through every code that the vendor documents (M4, M12, M36)."""

import json
import time
from typing import get_args

import pytest

from shiming.errors import BadInput, Unavailability, Unavailable
from shiming.providers.authority.alibaba import Alibaba as Authority
from shiming.providers.bank.alibaba import Alibaba as Bank
from shiming.providers.carrier.alibaba import Alibaba as Carrier
from shiming.providers.contracts import FaceOutcome, Factors, FactorsOutcome, Receipt, Record, Text, Validity
from shiming.providers.sms.alibaba import Alibaba as Sms
from shiming.providers.vendors import codes
from shiming.vendor_server import alibaba
from tests.application import jpeg
from tests.providers.numbers import card, id_number, phone
from tests.providers.test_tencent import outcome

ACTIONS = [action for action in alibaba.TABLE["action"] if action != "QuerySendDetails"]
APPROVED = Text("verification.approved", "zh", "【示例平台】您的实名认证已通过。")
SMS = {"sign": "示例平台", "templates": {"verification.approved.zh": "SMS_1234567"}}
FACTORS = ("Mobile3MetaDetailStandardVerify", "Mobile3MetaSimpleStandardVerify", "BankMetaVerify")
VALUES = {
    **dict.fromkeys(["Id2MetaVerify", "Id2MetaPeriodVerify"], get_args(Record)),
    "Id3MetaVerifyPRO": get_args(FaceOutcome), **dict.fromkeys(FACTORS, get_args(FactorsOutcome)),
    "SendSms": ("accepted", "never", "unsure"),
}  # fmt: skip


def test_every_documented_code_means_exactly_one_value_of_the_contract():
    known = codes.Codes("alibaba")
    for action in ACTIONS:
        said = {code: known.find(action, code) for code in alibaba.rows(action)}
        assert not [code for code, meaning in said.items() if meaning is None], action
        assert {m.value for m in said.values() if m.value not in codes.FAULTS} <= set(VALUES[action])
        assert {code: m.charged for code, m in said.items()} == {code: alibaba.billed(action, code) for code in said}
        assert codes.table("alibaba")[action].keys() <= set(alibaba.rows(action)), "only what the vendor documents"
    counted = {action: len(alibaba.rows(action)) for action in ACTIONS}
    assert sum(counted.values()) > 200, counted


@pytest.mark.parametrize("action", ACTIONS)
def test_every_code_of_the_server_arrives_as_that_value(adapter, action):
    authority, validity = adapter(Authority, validity=True), Validity("2018-06-15", "2038-06-15")
    carrier, sms = adapter(Carrier, detailed="Detail" in action), adapter(Sms, **SMS)
    ask = {
        "Id2MetaVerify": lambda row: outcome(authority.check, "张合格", id_number(800 + row)),
        "Id2MetaPeriodVerify": lambda row: outcome(authority.check, "张合格", id_number(800 + row), validity),
        "Id3MetaVerifyPRO": lambda row: outcome(authority.compare, "张合格", id_number(800 + row), jpeg()),
        "BankMetaVerify": lambda row: outcome(adapter(Bank).check, "张合格", id_number(1), phone(), card(row)),
        "SendSms": lambda row: outcome(sms.send, phone(row), APPROVED, "dlv_1"),
    }.get(action, lambda row: outcome(carrier.check, "张合格", id_number(1), phone(row)))

    def wanted(code):
        value = codes.Codes("alibaba").find(action, code).value
        return codes.FAULTS[value].value if value in codes.FAULTS else value

    rows = alibaba.rows(action)
    assert {code: ask(row) for row, code in enumerate(rows)} == {code: wanted(code) for code in rows}


def test_a_result_and_its_detail_that_contradict_each_other_are_no_answer(monkeypatch, adapter):
    monkeypatch.setitem(alibaba.TABLE["action"]["Id3MetaVerifyPRO"]["results"], "1 204", "both")
    row = alibaba.rows("Id3MetaVerifyPRO").index("1 204")
    with pytest.raises(Unavailable) as failed:
        adapter(Authority).compare("张合格", id_number(800 + row), jpeg())
    assert failed.value.kind.alarms and failed.value.vendor_code == "1 204"


def test_a_face_comes_with_score_threshold_and_whose_data_it_was(adapter):
    said = adapter(Authority).compare("张合格", id_number(1), jpeg())
    assert (said.value.score, said.value.threshold, said.provenance) == (925.0, 700.0, "police")
    other = adapter(Authority).compare("李不像", id_number(1), jpeg()).value
    assert other.outcome == "different" and other.score == 120.0


def test_three_factors_leave_the_phone_untold(adapter):
    said = adapter(Bank, factors=3).check("张合格", id_number(1), phone(), card())
    assert said.value == Factors(True, True, None, True, outcome="match") and said.charged


def test_one_code_of_three_senses_is_told_apart_by_its_message(adapter):
    kinds = []
    for code in ("402", "402 policy"):
        row = alibaba.rows("Id2MetaVerify").index(code)
        with pytest.raises(Unavailable) as failed:
            adapter(Authority).check("张合格", id_number(800 + row))
        kinds.append(failed.value.kind)
    assert kinds == [Unavailability.DOWN, Unavailability.MISCONFIGURED]


def test_a_wrong_key_is_ours_to_mend_and_a_source_that_hangs_is_not_asked_twice(adapter):
    with pytest.raises(Unavailable) as refused:
        adapter(Authority, secret="another").check("张合格", id_number(1))
    assert refused.value.kind is Unavailability.MISCONFIGURED and refused.value.vendor_code == "SignatureDoesNotMatch"
    with pytest.raises(Unavailable) as late:
        adapter(Authority, read_seconds=0.1).check("赵超时", id_number(1))
    assert late.value.unsure


@pytest.mark.parametrize(("number", "state"), [
    ("12000000013", "delivered"), ("12000000011", "undelivered"), ("12000000012", "waiting"),
])  # fmt: skip
def test_accepted_is_not_delivered_before_a_receipt_says_so(adapter, number, state):
    sms = adapter(Sms, **SMS)
    sent = sms.send(number, APPROVED, f"dlv_{number}")
    assert sms.find(number, sent.id, f"dlv_{number}", int(time.time() * 1000)).state == state


def test_a_message_of_which_nobody_knows_whether_it_went_out_is_found_by_our_key(adapter):
    with pytest.raises(Unavailable) as lost:
        adapter(Sms, **SMS, read_seconds=0.1).send("12000007404", APPROVED, "dlv_8")
    assert lost.value.unsure
    now = int(time.time() * 1000)
    assert adapter(Sms, **SMS).find("12000007404", "", "dlv_8", now).state == "delivered"
    assert adapter(Sms, **SMS).find("12000007404", "", "dlv_9", now) is None
    assert adapter(Sms, **SMS).find("12000007404", "", "dlv_9", now - 3_600_000).state == "not_sent"


def test_pushed_receipts_are_read_and_answered_as_alibaba_wants_it(adapter):
    row = {"phone_number": "12000000013", "success": True, "err_code": "DELIVERED", "biz_id": "1^0", "out_id": "dlv_1",
           "sms_size": "1"}  # fmt: skip
    said = adapter(Sms, **SMS).pushed(json.dumps([row, row | {"success": False, "biz_id": "2^0"}]).encode(), {})
    assert said.receipts == (
        Receipt("delivered", "1^0", "dlv_1", "DELIVERED"), Receipt("undelivered", "2^0", "dlv_1", "DELIVERED"),
    )  # fmt: skip
    assert json.loads(said.reply)["code"] == 0
    with pytest.raises(BadInput):
        adapter(Sms, **SMS).pushed(json.dumps([row | {"success": "perhaps"}]).encode(), {})
