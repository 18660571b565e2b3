"""Tencent Cloud's adapters against the vendor server, through every code that the vendor documents (M4, M12, M36)."""

from typing import get_args

import pytest

from shiming.errors import BadInput, Unavailability, Unavailable
from shiming.providers.authority.tencent import Tencent as Authority
from shiming.providers.bank.tencent import Tencent as Bank
from shiming.providers.carrier.tencent import Tencent as Carrier
from shiming.providers.contracts import FaceOutcome, Factors, FactorsOutcome, Match, Record, Sent, Text, Validity
from shiming.providers.sms.tencent import Tencent as Sms
from shiming.providers.vendors import codes
from shiming.vendor_server import tencent
from tests.application import jpeg
from tests.providers.numbers import card, id_number, phone

ACTIONS = [action for action in tencent.TABLE["action"] if not action.startswith("Pull")]
APPROVED = Text("verification.approved", "zh", "【示例平台】您的实名认证已通过。")
TEMPLATES = {"verification.approved.zh": "1234567"}
VALUES = {
    **dict.fromkeys(["IdCardVerification", "CheckIdNameDate"], get_args(Record)),
    "ImageRecognitionV2": get_args(FaceOutcome),
    **dict.fromkeys(["PhoneVerification", "BankCard4EVerification", "BankCardVerification"], get_args(FactorsOutcome)),
    "SendSms": ("accepted", "never", "unsure"),
}


def test_every_documented_code_means_exactly_one_value_of_the_contract():
    """n of n: what the vendor's table has and ours has not would be told as unknown; ours may have nothing besides."""
    known = codes.table("tencent")
    for action in ACTIONS:
        said = {code: codes.Codes("tencent").find(action, code) for code in tencent.rows(action)}
        assert not [code for code, meaning in said.items() if meaning is None]
        answers = {code: m.value for code, m in said.items() if m.value not in codes.FAULTS}
        assert set(answers.values()) <= set(VALUES[action])
        assert {code for code, m in said.items() if m.charged} == {c for c in said if tencent.charged(action, c)}
        assert known[action].keys() - {"-4"} <= set(tencent.rows(action)), "only what the vendor documents"
    counted = {action: len(tencent.rows(action)) for action in ACTIONS}
    assert sum(counted.values()) > 480, counted


def outcome(asked, *given):
    """The value that came, or how it failed."""
    try:
        said = asked(*given)
    except Unavailable as why:
        return "unsure" if why.unsure else why.kind.value
    except BadInput:
        return "never"
    if isinstance(said, Sent):
        return "accepted"
    value = said.value.outcome if isinstance(said.value, Match | Factors) else said.value
    assert said.request_id and said.code
    return value


def wanted(action, code):
    found = codes.Codes("tencent").find(action, code)
    return codes.FAULTS[found.value].value if found.value in codes.FAULTS else found.value


@pytest.mark.parametrize("action", ACTIONS)
def test_every_code_of_the_server_arrives_as_that_value(adapter, action):
    """Over HTTP, signed: the codes of each action, and with faces and SMS all errors of their products and of all."""
    everything = action in ("ImageRecognitionV2", "SendSms")
    rows = [row for row in enumerate(tencent.rows(action)) if everything or row[0] < len(tencent._results(action))]
    authority, validity = adapter(Authority, validity=True), Validity("2018-06-15", "")
    bank = adapter(Bank, factors=3 if action == "BankCardVerification" else 4)
    sms, carrier = adapter(Sms, app_id="1400006666", sign="示例平台", templates=TEMPLATES), adapter(Carrier)
    ask = {
        "IdCardVerification": lambda row: outcome(authority.check, "张合格", id_number(800 + row)),
        "CheckIdNameDate": lambda row: outcome(authority.check, "张合格", id_number(800 + row), validity),
        "ImageRecognitionV2": lambda row: outcome(authority.compare, "张合格", id_number(800 + row), jpeg()),
        "PhoneVerification": lambda row: outcome(carrier.check, "张合格", id_number(1), phone(row)),
        "SendSms": lambda row: outcome(sms.send, phone(row), APPROVED, "dlv_1"),
    }.get(action, lambda row: outcome(bank.check, "张合格", id_number(1), phone(), card(row)))
    assert {code: ask(row) for row, code in rows} == {code: wanted(action, code) for _, code in rows}


def test_a_code_that_is_documented_nowhere_is_no_answer_and_alarms(monkeypatch, adapter):
    monkeypatch.setitem(tencent.TABLE["action"]["IdCardVerification"]["results"], "7", "new")
    row = tencent.rows("IdCardVerification").index("7")
    with pytest.raises(Unavailable) as failed:
        adapter(Authority).check("张合格", id_number(800 + row))
    assert failed.value.kind.alarms and failed.value.vendor_code == "7" and failed.value.request_id


def test_what_a_vendor_writes_into_a_code_never_brings_a_name_or_a_number_into_a_log(monkeypatch, adapter):
    odd = f"InvalidParameter 张合格 {id_number(1)}"
    monkeypatch.setitem(tencent.TABLE["action"]["IdCardVerification"]["results"], odd, "new")
    row = tencent.rows("IdCardVerification").index(odd)
    with pytest.raises(Unavailable) as failed:
        adapter(Authority).check("张合格", id_number(800 + row))
    assert failed.value.vendor_code.startswith("InvalidParameter")
    for said in (failed.value.vendor_code, str(failed.value)):
        assert "张" not in said and id_number(1)[:17] not in said


def test_the_carrier_says_which_field_differs(adapter):
    rows = tencent.rows("PhoneVerification")
    said = {code: adapter(Carrier).check("张合格", id_number(1), phone(rows.index(code))).value
            for code in rows[1:6]}  # fmt: skip
    assert [f.differs for f in said.values()] == [("number",), ("name",), ("name", "number"), (), ()]
    simple = adapter(Carrier, detailed=False).check("张合格", id_number(1), phone(1))
    assert simple.value.outcome == "mismatch" and simple.value.name is None and simple.provenance == "移动"


def test_three_factors_leave_the_phone_untold(adapter):
    said = adapter(Bank, factors=3).check("张合格", id_number(1), phone(), card())
    assert said.value == Factors(True, True, None, True, outcome="match") and said.charged
    with pytest.raises(ValueError, match="3 or 4"):
        adapter(Bank, factors=2)


def test_a_wrong_key_is_ours_to_mend_and_a_source_that_hangs_is_not_asked_twice(adapter):
    with pytest.raises(Unavailable) as refused:
        adapter(Authority, secret="another").check("张合格", id_number(1))
    assert refused.value.kind is Unavailability.MISCONFIGURED and not refused.value.unsure
    assert refused.value.vendor_code == "AuthFailure.SignatureFailure" and "张" not in str(refused.value)
    with pytest.raises(Unavailable) as late:
        adapter(Authority, read_seconds=0.1).check("赵超时", id_number(1))
    assert late.value.unsure and late.value.kind is Unavailability.DOWN


def test_limited_until_the_next_midnight_in_china(adapter):
    with pytest.raises(Unavailable) as limited:
        adapter(Authority).check("孙限额", id_number(1))
    assert limited.value.kind is Unavailability.LIMITED and (limited.value.until + 8 * 3_600_000) % 86_400_000 == 0


def test_personal_data_stays_in_mainland_china_unless_told(vendor, adapter):
    for place in ({"region": "ap-hongkong"}, {"region": "ap-singapore"}):
        with pytest.raises(BadInput, match="outside mainland China"):
            adapter(Carrier, **place)
    adapter(Carrier, region="ap-guangzhou")
    adapter(Carrier, region="ap-singapore", abroad=True)
