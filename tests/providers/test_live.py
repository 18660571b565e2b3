"""People on the live side, through Shiming's own door, with each vendor's adapters behind it and the vendor server
behind those: what a person meets when a vendor says this or that, and what the platform pays for (M4, M10, M36)."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from shiming.providers.calling import china_midnight
from shiming.providers.vendors import codes as vendor_codes
from shiming.vendor_server import alibaba, tencent
from shiming.workflows.context import Context
from tests.account.application import Person
from tests.providers.live import live, sources
from tests.providers.numbers import card, id_number, phone

VENDORS = ("tencent", "alibaba")
WITH_PHONE = {"factors_at": {"standard": frozenset({"phone"})}}
ZHANG = Person("张合格", id_number(1))


@pytest.fixture(params=VENDORS)
def fresh(request, tmp_path, vendor):
    """Opens a live side of its own: `with fresh(variable="WRONG_SECRET") as one`."""
    vendor[1].tally.clear()

    def opened(variable="VENDOR_SECRET"):
        return live(tmp_path, sources(tmp_path, request.param, vendor[0], variable=variable))

    return opened


@pytest.fixture(scope="module", params=VENDORS)
def shared(request, tmp_path_factory, vendor):
    """One live side for those who do no harm to others: phones are asked for, portraits are not compared."""
    folder = tmp_path_factory.mktemp(request.param)
    with live(folder, sources(folder, request.param, vendor[0], 3.0), compare_portrait=False, **WITH_PHONE) as one:
        yield one


@pytest.fixture
def one(shared, vendor):
    """The same, with nothing asked yet, and everything that was due before done."""
    shared.later(hours=13)
    shared.queued.clear()
    vendor[1].tally.clear()
    return shared


@pytest.fixture
def tally(vendor):
    """What the vendor server was asked."""
    return vendor[1].tally


def codes(verification):
    return [reason["code"] for reason in verification["reasons"]]


def asked_about(one, id):
    """The calls that went out about a verification."""
    return [call for call in one.calls() if call.about == id]


def test_zhang_is_approved_with_face_and_phone_and_every_call_is_accounted_for(one, tally):
    """One call for name, number and face, one for the phone: what they cost is known to the vendor's own ids."""
    approved = one.verify("zhang", ZHANG, phone=phone())
    assert approved["state"] == "approved" and one.may("zhang"), approved
    calls = asked_about(one, approved["id"])
    assert {call.outcome for call in calls} == {"answered"} and all(call.request_id for call in calls)
    assert len(calls) == len(tally) == 2 and sum(call.cost for call in calls) == 12_000


@pytest.mark.parametrize(("name", "state", "code"), [
    ("王不符", "needs_input", "name_number_mismatch"), ("吴查无", "needs_input", "identity_not_found"),
    ("李不像", "needs_input", "face_authority_mismatch"), ("陈无照", "in_review", "authority_photo_missing"),
])  # fmt: skip
def test_what_the_vendor_says_of_a_person_is_what_they_hear(one, name, state, code):
    heard = one.verify(f"acc-{code.replace('_', '-')}", Person(name, id_number(20)), phone=phone())
    assert (heard["state"], codes(heard)[0]) == (state, code)


def test_a_half_answer_is_gone_on_with_and_never_paid_for_twice(one, tally):
    """Two factors and the phone are answered for; faces are not: the next turns ask for faces alone."""
    id = one.begun("zhou", Person("周半答", id_number(21)), phone=phone())
    for _ in range(3):
        one.later(minutes=10)
    charged = [row["action"] for row in tally if row["charged"]]
    assert one.get(f"/verifications/{id}")["state"] == "checking" and len(tally) > 2
    assert len(charged) == len(set(charged)), charged


def test_not_answered_the_first_time_is_answered_the_second(one):
    id = one.begun("yan", Person("严稍后", id_number(22)), level="basic")
    one.later(seconds=0)
    assert one.get(f"/verifications/{id}")["state"] == "checking"
    one.later(minutes=5)
    assert one.get(f"/verifications/{id}")["state"] == "approved"


@pytest.mark.parametrize("level", ["basic", "standard"])
def test_a_rare_character_is_asked_for_once_more_as_old_registers_write_it(one, level):
    """韩䶮 is on record under U+E863: taken for somebody else at first, found by a second question."""
    bound = {"phone": phone()} if level == "standard" else {}
    approved = one.verify(f"han-{level}", Person("韩䶮", id_number(23)), level=level, **bound)
    assert approved["state"] == "approved" and approved["identity"]["name"] == "韩*"
    calls = [call for call in asked_about(one, approved["id"]) if call.question != "phone"]
    assert [call.outcome for call in calls] == ["answered", "answered"]


def test_where_the_policy_does_not_allow_it_nothing_is_asked_twice(one, tally, monkeypatch):
    never = replace(one.context.policies.document("demo.live", None, 0).limits, retry_private_form=False)
    monkeypatch.setattr(Context, "policy_of", lambda self, row: never)
    assert codes(one.verify("han-never", Person("韩䶮", id_number(24)), level="basic")) == ["name_number_mismatch"]
    assert len(tally) == 1


def test_a_limit_is_waited_for_until_midnight_in_china(one, tally, monkeypatch):
    monkeypatch.setattr(vendor_codes, "time", SimpleNamespace(time_ns=lambda: one.context.now() * 1_000_000))
    id = one.begun("sun", Person("孙限额", id_number(25)), level="basic")
    left = (china_midnight(one.context.now()) - one.context.now()) / 1000
    one.later(seconds=left - 1)
    assert len(tally) == 1, "nobody asks before the quota begins anew"
    one.later(minutes=10)
    assert len(tally) == 2 and one.get(f"/verifications/{id}")["state"] == "checking"


def test_a_time_out_is_asked_again_later_and_costs_no_attempt(one):
    waiting = one.verify("zhao", Person("赵超时", id_number(26)), level="basic")
    assert waiting["state"] == "checking" and waiting["attempts"]["used"] == 0
    assert [call.outcome for call in asked_about(one, waiting["id"])] == ["unsure"]


def test_arrears_are_waited_for_and_alarm_the_platform(fresh):
    """Nobody loses an attempt, and nobody else is asked again and again for what cannot be paid for."""
    with fresh() as one:
        one.post("/webhook_endpoints", {"url": "https://platform.test/hook"})
        waiting = one.verify("qian", replace(ZHANG, name="钱欠费"))
        assert waiting["state"] == "checking" and codes(waiting) == ["authority_unavailable"]
        assert waiting["attempts"]["used"] == 0
        assert {(call.kind, call.outcome) for call in one.calls()} == {("unpaid", "unanswered")}
        (told,) = one.alarmed()
        assert (told["alarm"], told["of"], told["calls"]) == ("source_unpaid", "authority.authority", 1)
        assert one.alarmed() == [told], "once, and again after an hour"


def test_a_wrong_key_alarms_and_nobody_s_attempt_is_used(fresh):
    with fresh(variable="WRONG_SECRET") as one:
        one.post("/webhook_endpoints", {"url": "https://platform.test/hook"})
        waiting = one.verify("zhang", ZHANG, level="basic")
        assert waiting["state"] == "checking" and waiting["attempts"]["used"] == 0
        (call,) = one.calls()
        wrong = ("AuthFailure.SignatureFailure", "SignatureDoesNotMatch")
        assert call.kind == "misconfigured" and call.vendor_code in wrong
        assert [told["alarm"] for told in one.alarmed()] == ["source_misconfigured"]


@pytest.mark.parametrize(("meaning", "state", "code"), [
    ("match", "approved", None), ("card_problem lost", "needs_input", "bank_card_unusable"),
])  # fmt: skip
def test_a_bank_card_is_asked_for_in_four_factors(tmp_path, vendor, meaning, state, code):
    """Of each vendor, on one live side each."""
    for name in VENDORS:
        action = {"tencent": "BankCard4EVerification", "alibaba": "BankMetaVerify"}[name]
        rows = {"tencent": tencent.rows, "alibaba": alibaba.rows}[name](action)
        table = vendor_codes.table(name)[action]
        row = (
            None if meaning == "match" else next(n for n, c in enumerate(rows) if table.get(c, "").startswith(meaning))
        )
        folder = tmp_path / name
        folder.mkdir()
        factors = {"enhanced": frozenset({"phone", "bank"})}
        with live(folder, sources(folder, name, vendor[0]), compare_portrait=False, factors_at=factors) as one:
            made = one.post("/verifications", {"account": "card", "level": "enhanced"})
            one.hand_in(made["id"], ZHANG, "enhanced", phone=phone(), bank=card(row))
            one.hold_up_card(made["id"], ZHANG)
            one.post(f"/verifications/{made['id']}/submit")
            one.later(seconds=0)
            heard = one.get(f"/verifications/{made['id']}")
        assert (heard["state"], *codes(heard)[:1]) == (state, *filter(None, [code])), name
