"""What one adapter has to do, every adapter does: one rule a test, over all of them and all that they are asked."""

import smtplib

import pytest

from shiming.errors import BadInput, Unavailability, Unavailable
from shiming.providers.calling import Caller
from shiming.providers.mail.smtp import Smtp
from shiming.providers.terms import Secret
from shiming.providers.vendors import answers, codes
from tests.providers.every import EVERY, NAME, NOWHERE, NUMBER, PRIVATE, SECRET, strange
from tests.review.staff.loopback import HERE

KINDS = Unavailability
CALL = Caller("one", 1.0, 5.0, HERE)
each = pytest.mark.parametrize("case", EVERY, ids=[case.id for case in EVERY])
STATUSES = {302: KINDS.MISCONFIGURED, 429: KINDS.BUSY, 503: KINDS.BUSY, 500: KINDS.DOWN}
STRANGE = (b"", b"null", b'{"Code": {}}', b'{"Response": []}', b"\xff\xfe")


@pytest.fixture(scope="module")
def there():
    with strange() as made:
        yield made


def fails(case, there, status=200, body=b"{}", **headers):
    """How each of its questions fails where everything is answered like this."""
    address, said = there
    said.status, said.body, said.headers = status, body, headers
    for ask in case.asks:
        with pytest.raises(Unavailable) as why:
            ask(case.made(address, CALL))
        yield why.value


@each
def test_a_status_without_an_answer_means_the_same_to_all(there, case):
    """A redirect is never followed: another address than the operator's would hear names and numbers."""
    for status, kind in STATUSES.items():
        before = there[1].asked
        found = [why.kind for why in fails(case, there, status, b"<html>", location="/elsewhere")]
        assert set(found) == {kind} and there[1].asked == before + len(found), status


@each
def test_a_success_behind_the_status_of_a_fault_is_none(there, case):
    """A proxy may send an old answer on behind its own status. Before, one vendor's was believed."""
    body = b'{"Code": "OK", "Response": {"Result": "0"}, "ResultObject": {"BizCode": "1"}, "BizId": "1"}'
    assert {why.kind for why in fails(case, there, 500, body)} == {KINDS.DOWN}


@each
def test_an_answer_without_end_is_read_so_far_and_no_further(there, case):
    """Nor does its depth break the reader: that would look like a fault of ours."""
    assert {why.kind for why in fails(case, there, 200, b"[" * 1_500_000)} <= {KINDS.DOWN, KINDS.MISCONFIGURED}


@each
def test_what_no_vendor_documents_is_never_an_answer(there, case):
    for body in STRANGE:
        assert len(list(fails(case, there, 200, body))) == len(case.asks)


@each
def test_an_address_inside_is_for_a_person_to_mend(monkeypatch, case):
    """The name leads inside only once it is asked for: the operator hears of it, nobody's names go there."""
    inside = HERE._look_ups.submit(lambda: [(2, 1, 6, "", ("10.1.2.3", 443))])
    monkeypatch.setattr(NOWHERE, "_looked_up", lambda host, port: inside)
    one = case.made("https://vendor.example.com", Caller("one", 1.0, 5.0, NOWHERE))
    for ask in case.asks:
        with pytest.raises(Unavailable) as why:
            ask(one)
        assert why.value.kind is KINDS.MISCONFIGURED


@each
def test_names_and_numbers_leave_over_https_only(case):
    """Before, the issuer of OpenID Connect alone had to; every vendor's endpoint might have been http."""
    for address in ("http://vendor.example.com", "http://8.8.8.8:8080/x"):
        with pytest.raises(BadInput, match="https"):
            case.made(address, Caller("one", 1.0, 5.0, NOWHERE))
    with pytest.raises(BadInput):
        case.made("http://10.0.0.7/x", Caller("one", 1.0, 5.0, NOWHERE))
    case.made("http://127.0.0.1:9/x", CALL)


@each
def test_no_secret_no_name_and_no_number_is_in_what_it_says_or_shows(there, case):
    one = case.made(there[0], CALL)
    said = [repr(one), str(vars(one))]
    said += [str(why) for why in fails(case, there, 200, f'{{"Code": "{NUMBER} {NAME}"}}'.encode())]
    for hidden in (SECRET, PRIVATE[40:80], NUMBER, NAME):
        assert not [text for text in said if hidden in text]


@each
def test_where_nobody_is_there_surely_nobody_was_asked(case):
    for ask in case.asks:
        with pytest.raises(Unavailable) as gone:
            ask(case.made("http://127.0.0.1:9", CALL))
        assert gone.value.kind is KINDS.DOWN and not gone.value.unsure


@pytest.mark.parametrize("case", [c for c in EVERY if "http" not in c.id and "oidc" not in c.id],
                         ids=lambda case: case.id)  # fmt: skip
def test_a_vendor_s_endpoint_abroad_needs_the_operator_s_word(case):
    """An operator's own gateway and issuer may have any name."""
    address = "https://vendor.ap-singapore.example.com"
    with pytest.raises(BadInput, match="outside mainland China"):
        case.made(address, CALL)
    case.make("one", call=CALL, abroad=True, **case.given, **{case.place: address})


@pytest.mark.parametrize("vendor", ["tencent", "alibaba", "alipay"])
def test_what_a_vendor_documents_means_one_thing_and_all_else_alarms(vendor):
    """n of n, of every action; what stands in no list is never an answer."""
    table = codes.table(vendor)
    known = codes.Codes(vendor)
    for action in table:
        for code in table[action]:
            found = known.find(action, code)
            assert found and found.value, (action, code)
        for unknown in ("", "999999", "Success2", "ok", "match"):
            if action != "others" and known.find(action, unknown) is None:
                with pytest.raises(Unavailable) as why:
                    known.said(vendor, action, unknown)
                assert why.value.kind.alarms and "documents nowhere" in str(why.value)


@pytest.mark.parametrize(("vendor", "code"), [
    ("tencent", "AuthFailure.SignatureExpire"), ("alibaba", "InvalidTimeStamp.Expired"),
    ("alipay", "40002 isv.invalid-timestamp"),
])  # fmt: skip
def test_a_clock_that_is_wrong_is_told_as_that(vendor, code):
    why = codes.failed(vendor, f"x {code}", "misconfigured", code)
    assert "clock of this machine" in str(why)


@pytest.mark.parametrize(("outcome", "score", "threshold", "told"), [
    ("same", 0.9, 0.7, "same"), ("same", 0.6, 0.7, "unsure"), ("same", float("nan"), 0.7, "same"),
    ("different", 0.8, 0.7, "unsure"), ("different", None, 0.7, "different"), ("no_photo", 0.9, 0.7, "no_photo"),
])  # fmt: skip
def test_an_outcome_and_a_score_that_contradict_each_other_go_to_a_person(outcome, score, threshold, told):
    """Of a house's own gateway as of every vendor; before, the gateway's "same" was believed below its threshold."""
    made = answers.likeness(outcome, score, threshold, None)
    assert made.outcome == told and (made.score is None or made.score == score)


def test_a_vendor_that_tells_no_readable_score_has_told_nothing():
    for score in (None, float("nan"), float("inf")):
        assert answers.face(codes.Meaning("same"), "0", "", score, 70.0).value.outcome == "unsure"


def test_a_mail_server_that_refuses_our_password_alarms(monkeypatch):
    """As every other source with a wrong key; before, it counted as down, and nobody heard why."""
    one = Smtp("127.0.0.1", 9, "a@b.test", user="u", password=Secret(SECRET), egress=HERE, call=CALL)
    assert SECRET not in repr(vars(one)) and one._times == (1.0, 5.0)
    for code, kind in ((535, KINDS.MISCONFIGURED), (454, KINDS.DOWN)):

        def refused(_, code=code):
            raise smtplib.SMTPAuthenticationError(code, b"no")

        monkeypatch.setattr(one, "_hand_over", refused)
        with pytest.raises(Unavailable) as why:
            one.send("c@d.test", "x", "x", {}, "k")
        assert (why.value.kind, why.value.vendor_code) == (kind, str(code))
