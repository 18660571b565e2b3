"""Everything that a source can say, typed at the simulated ones and heard at the holder's door (M36): each has its
reason, its remedy in both languages, and what is no fault of the holder's costs no attempt.
"""

from dataclasses import replace

import pytest

from shiming.policy import DEFAULT
from shiming.providers.authority.simulated import Simulated
from shiming.providers.contracts import Answer, Factors, Match
from shiming.verification.source_answers import AuthoritySaid, Called, carried, record_of
from shiming.workflows import source_calls
from tests.account.application import Person
from tests.account.application import application as opened
from tests.security.workflows.test_clock_skew import valid

GOOD_PHONE, GOOD_CARD = "12012345678", "9990001234567890"


class Register(Simulated):
    """The simulated authority with a photo of everybody, but for those of whom their names say otherwise."""

    def compare(self, name, number, face):
        said = super().compare(name, number, face)
        plain = said.value == Match() and name[-2:] != "无照"
        return Answer(Match(0.8, 0.42), "req-face", True, "police") if plain else said


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    factors = {"standard": frozenset({"phone"}), "enhanced": frozenset({"phone", "bank"})}
    with opened(tmp_path_factory.mktemp("spoken"), "", factors_at=factors, authority_calls_per_day=1000) as made:
        made.context.authorities[:] = [Register("first", None, None)]
        yield made


def number(seed: int) -> str:
    return valid(f"1702131991031{seed:04d}")


def heard(seen) -> tuple[str, str | None, int]:
    return seen["state"], next((r["code"] for r in seen["reasons"]), None), seen["attempts"]["used"]


@pytest.mark.parametrize(("ending", "state", "code"), [
    ("挂失", "needs_input", "document_void"), ("不收", "in_review", "document_unsupported"),
    ("无照", "in_review", "authority_photo_missing"), ("坏照", "in_review", "authority_photo_unusable"),
    ("存疑", "in_review", "face_comparison_unsure"), ("糊脸", "needs_input", "face_unusable_for_authority"),
    ("限额", "checking", "authority_limited"), ("繁忙", "checking", "authority_unavailable"),
    ("欠费", "checking", "authority_unavailable"), ("密钥", "checking", "authority_unavailable"),
])  # fmt: skip
def test_what_an_authority_says_has_its_reason_and_costs_no_attempt(door, ending, state, code):
    seen = door.verify(f"a-{ending}", Person(f"王{ending}", number(sum(map(ord, ending)) % 9000 + 1)), phone=GOOD_PHONE)
    assert heard(seen) == (state, code, 0)
    assert spoken(seen["reasons"][0]) == []


def spoken(reason) -> list[str]:
    """What is wrong with its words: nothing to do, or a gap that nobody filled."""
    words = {f"{locale} {part}": reason[locale][part] for locale in ("zh", "en") for part in reason[locale]}
    empty = [part for part in words if not words[part] and part.partition(" ")[2] in ("title", "explain", "remedy")]
    return empty + [part for part, text in words.items() if "{" in str(text)]


@pytest.mark.parametrize(("phone", "code", "attempts"), [
    ("12012340003", "phone_not_holders", 1), ("12012340004", "phone_not_on_record", 0),
    ("12012340005", "phone_unsupported", 0), ("12012340006", "name_number_mismatch", 1),
    ("12012340007", "phone_not_holders", 1),
])  # fmt: skip
def test_what_a_carrier_says(door, phone, code, attempts):
    seen = door.verify(f"p-{phone}", Person("李合格", number(int(phone[-1]) + 9100)), phone=phone)
    assert heard(seen) == ("needs_input", code, attempts) and spoken(seen["reasons"][0]) == []
    assert seen["next"] == (["identity"] if code == "name_number_mismatch" else ["phone"])


@pytest.mark.parametrize(("digits", "code", "word"), [
    ("0005", "bank_card_not_on_record", "没有查到"), ("0006", "bank_card_unsupported", "不支持"),
    ("0007", "bank_card_unusable", "挂失"), ("0008", "bank_card_unusable", "预留手机号"),
])  # fmt: skip
def test_what_a_bank_says(door, digits, code, word):
    made = door.post("/verifications", {"account": f"b-{digits}", "level": "enhanced"})
    person = Person("赵合格", number(int(digits) + 9200))
    door.hand_in(made["id"], person, "enhanced", phone=GOOD_PHONE, bank=luhn(f"99900000000{digits}"))
    door.hold_up_card(made["id"], person)
    seen = door.submit(made["id"])
    assert heard(seen) == ("needs_input", code, 0) and word in str(seen["reasons"][0]["zh"])
    assert spoken(seen["reasons"][0]) == []


def luhn(front: str) -> str:
    """A card number with its check digit."""
    digits = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(front))]
    return front + str(-sum(d - 9 if d > 9 else d for d in digits) % 10)


def test_a_picture_of_no_use_is_taken_again_and_nothing_else_is_paid_for_again(door):
    """钱糊脸: name, number and phone were answered in the first round; the second asks about the new face only."""
    person, asked = Person("钱糊脸", number(9301)), []
    seen = door.verify("qian", person, phone=GOOD_PHONE)
    assert seen["next"] == ["face"]
    register, carrier = door.context.authorities[0], door.context.carriers[0]
    for source in (register, carrier):
        check = type(source).check
        source.check = lambda *given, source=source, check=check: asked.append(source) or check(source, *given)
    door.hand_in_face(seen["id"], person)
    assert heard(door.submit(seen["id"])) == ("approved", None, 0)
    assert asked == []
    del register.check, carrier.check


def test_one_call_judges_name_number_and_face(door):
    """孙一次: a source whose comparisons check the identity too is not asked about that beforehand."""
    calls, plain = [], door.context.authorities[0]
    once = Register("once", None, None, one_call=True)
    once.check = lambda *given: calls.append(given) or "match"
    door.context.authorities[:] = [once]
    try:
        assert heard(door.verify("sun", Person("孙合格", number(9401)), phone=GOOD_PHONE))[0] == "approved"
        assert heard(door.verify("sun2", Person("孙查无", number(9402)), phone=GOOD_PHONE))[:2] == (
            "needs_input", "identity_not_found",
        )  # fmt: skip
        assert calls == []
        blurred = heard(door.verify("sun3", Person("孙糊脸", number(9403)), phone=GOOD_PHONE))
        assert blurred[1] == "face_unusable_for_authority" and len(calls) == 1, "then the record has to be asked for"
    finally:
        door.context.authorities[:] = [plain]


def test_a_source_is_asked_about_documents_that_it_knows_only(door, monkeypatch):
    """陈居住 has a residence permit: the first source knows resident cards only, the second those too."""
    first, second = Register("first", None, None), Register("second", None, None)
    first.knows, second.knows = ("resident",), ("resident", "residence_permit")
    monkeypatch.setattr(first, "check", None)
    door.context.authorities[:] = [first, second]
    seen = door.verify("chen", Person("陈居住", valid("81000019910313002")), phone=GOOD_PHONE)
    assert seen["reasons"] == [] or "first" not in str(seen["findings"])
    door.context.authorities[:] = [first]
    seen = door.verify("chen2", Person("陈居住", valid("81000019910313004")), phone=GOOD_PHONE)
    door.context.authorities[:] = [Register("first", None, None)]
    assert heard(seen) == ("in_review", "document_unsupported", 0)


def test_the_request_and_its_cost_are_kept_with_the_judgement(door, capsys):
    """What a bill or a dispute needs stands in the replay."""
    from shiming.workflows.verification import decision_replay

    seen = door.verify("zhou", Person("周合格", number(9501)), phone=GOOD_PHONE)
    assert decision_replay.main(door.context.database, door.context.sealer, seen["id"]) == 0
    said = capsys.readouterr().out
    assert "live: first, request req-face, data of police, charged" in said and "phone: first, request first-" in said


def test_outcomes_follow_from_what_is_told():
    """What was kept before outcomes were is read as it was meant."""
    assert Match(0.8, 0.42).outcome == "same" and Match(0.1, 0.42).outcome == "different"
    assert Match(None, None).outcome == "no_photo" and not Match(outcome="unsure").known
    assert Factors(True, True, True).outcome == "match" and Factors(True, None, True).outcome == "mismatch"
    assert Factors.untold("mismatch").differs == ()
    said = {"same": "match", "record_mismatch": "mismatch", "not_found": "not_found", "bad_picture": None}
    assert {outcome: record_of(Match(outcome=outcome)) for outcome in said} == said


def test_only_what_spoke_for_the_holder_and_is_still_the_same_is_carried_on():
    calls = tuple(Called(question, "first", at=100) for question in ("record", "live", "phone"))
    said = AuthoritySaid("match", "first", live=Match(0.8, 0.4), phone=Factors(True, True, False), calls=calls)
    kept = carried(said, frozenset({"record", "live", "phone"}), since=50)
    assert (kept.record, kept.live, kept.phone) == ("match", Match(0.8, 0.4), None)
    assert carried(said, frozenset({"record"}), since=50).live is None
    assert carried(said, frozenset({"record", "live"}), since=200) == AuthoritySaid(None)
    assert carried(AuthoritySaid("mismatch", calls=calls), frozenset({"record"}), since=0) == AuthoritySaid(None)


@pytest.mark.parametrize(("answer", "again"), [
    (Factors(False, True, True), True), (Factors.untold("mismatch"), True), (Factors.untold("record_mismatch"), True),
    (Factors(False, False, False), False), (Factors(True, False, True), False), (Factors(True, True, True), False),
    (Factors.untold("no_record"), False), ("mismatch", True), ("not_found", False), (None, False),
])  # fmt: skip
def test_whose_rare_name_is_taken_for_another_is_asked_about_once_more(answer, again):
    """韩䶮, of an authority, a carrier, a bank; before, of an authority only. Not where more than the name differs."""
    form = source_calls.other_form(DEFAULT, "韩䶮", answer)
    assert (form is not None) == again and source_calls.other_form(DEFAULT, "韩合格", answer) is None
    assert source_calls.other_form(replace(DEFAULT, retry_private_form=False), "韩䶮", answer) is None
