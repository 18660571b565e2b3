"""The bound phone and the bank card: asked for where policy says so, checked by carrier and bank, sealed."""

import pytest

from shiming.names import BadPhone, mask_card, mask_phone, normalise_card, normalise_phone
from shiming.providers import make
from shiming.providers.contracts import Unavailable
from shiming.store.access import api_keys
from tests.account.application import ZHANG, Photos
from tests.account.application import application as opened

MINE, ANOTHERS, DOWN, SPARE = "12012345678", "12012340003", "12012340404", "12012340406"
CARD, NO_SUCH, OLD_PHONE = "9990001234567890", "9990000000000045", "9990000000000037"


@pytest.fixture
def asks(tmp_path):
    """A policy that asks for the phone at standard, and for a bank card too at enhanced."""
    factors = {"standard": frozenset({"phone"}), "enhanced": frozenset({"phone", "bank"})}
    with opened(tmp_path, "", factors_at=factors) as application:
        yield application


def test_the_phone_is_one_of_the_pieces_and_its_owner_passes(asks):
    """M10."""
    made = asks.post("/verifications", {"account": "zhang"})
    asks.hand_in(made["id"], ZHANG, "standard")
    assert asks.get(f"/verifications/{made['id']}")["next"] == ["phone"]
    assert "phone" in asks.post(f"/verifications/{made['id']}/submit", expect=409)["detail"]
    assert asks.post(f"/verifications/{made['id']}/phone", {"phone": "1234"}, expect=422)["code"] == "phone_invalid"
    asks.post(f"/verifications/{made['id']}/phone", {"phone": "+86 120-1234-5678"}, by=made["token"])
    assert asks.submit(made["id"])["state"] == "approved"


def test_a_phone_of_somebody_else_is_asked_for_again_and_nothing_else_is(asks):
    """M4, M10, M14: the carrier says which field differs; only the phone has to be given again."""
    seen = asks.verify("zhang", phone=ANOTHERS)
    (reason,) = seen["reasons"]
    assert (seen["state"], reason["code"], seen["next"], seen["attempts"]["used"]) == (
        "needs_input", "phone_not_holders", ["phone"], 1,
    )  # fmt: skip
    assert "name, number, phone" in seen["findings"][0]["what"] and "机主" in reason["zh"]["explain"]
    asks.post(f"/verifications/{seen['id']}/phone", {"phone": MINE})
    assert asks.submit(seen["id"])["state"] == "approved"


def test_a_carrier_that_is_down_costs_no_attempt_and_a_second_one_answers(asks):
    """M36."""
    waits = asks.verify("zhang", phone=DOWN)
    assert (waits["state"], waits["reasons"][0]["code"], waits["attempts"]["used"]) == (
        "checking", "authority_unavailable", 0,
    )  # fmt: skip
    asks.post(f"/verifications/{waits['id']}/cancel")
    assert asks.verify("zhang", phone=SPARE)["state"] == "approved"


@pytest.mark.parametrize(
    ("card", "differs"), [(CARD, None), (NO_SUCH, "name, number, phone, card"), (OLD_PHONE, "phone")]
)
def test_a_bank_card_is_checked_by_four_factors(asks, card, differs):
    """M10."""
    made = asks.post("/verifications", {"account": "zhang", "level": "enhanced"})
    asks.hand_in(made["id"], ZHANG, "enhanced", phone=MINE, bank=card)
    assert asks.get(f"/verifications/{made['id']}")["next"] == ["handheld"]
    asks.hold_up_card(made["id"], ZHANG)
    decided = asks.submit(made["id"])
    assert decided["state"] == ("needs_input" if differs else "approved")
    if differs:
        assert decided["reasons"][0]["code"] == "bank_card_not_holders" and differs in decided["findings"][0]["what"]


def test_a_live_app_without_a_real_carrier_is_told_so_at_the_start(asks, monkeypatch):
    monkeypatch.setattr(Photos, "simulated", False)
    with asks.context.database.write() as connection:
        secret = api_keys.make(connection, "demo", True, "platform", "live", 0)
    assert asks.post("/verifications", {"account": "x"}, by=secret, expect=409)["code"] == "no_live_carrier"
    assert asks.post("/verifications", {"account": "x", "level": "basic"}, by=secret)["state"] == "open"


def test_a_phone_that_nobody_asks_for_is_not_taken(plain):
    path = f"/verifications/{plain.post('/verifications', {'account': 'x'})['id']}/phone"
    assert plain.post(path, {"phone": MINE}, expect=409)["code"] == "not_asked_for"


@pytest.mark.parametrize("text", ["12012345678", "+86 120 1234 5678", "0086120-1234-5678", "１２０１２３４５６７８"])
def test_a_phone_number_is_read_as_people_type_it(text):
    assert normalise_phone(text) == "12012345678"


@pytest.mark.parametrize("text", ["", "1201234567", "02012345678", "120123456789", "+1 202 555 0123"])
def test_what_is_no_mobile_number_is_refused(text):
    with pytest.raises(BadPhone, match="11 digits"):
        normalise_phone(text)


def test_a_card_number_is_checked_by_its_last_digit():
    assert normalise_card("9990 0012 3456 7890") == CARD
    with pytest.raises(BadPhone, match="every digit"):
        normalise_card("9990 0012 3456 7895")
    assert (mask_phone(MINE), mask_card(CARD)) == ("120****5678", "**** 7890")


@pytest.mark.parametrize(
    ("ending", "differs"),
    [("5678", ()), ("0001", ("name",)), ("0002", ("number",)), ("0003", ("name", "number", "phone"))],
)
def test_the_simulated_carrier_answers_by_what_is_typed(ending, differs):
    assert make("carrier", "simulated", name="first").check("张", "1", "1201234" + ending).value.differs == differs


def test_it_comes_back_or_leaves_it_to_the_second():
    first, second = (make("carrier", "simulated", name="x", first=first) for first in (True, False))
    with pytest.raises(Unavailable):
        first.check("张", "1", "12012340405")
    assert not first.check("张", "1", "12012340405").value.differs
    with pytest.raises(Unavailable):
        first.check("张", "1", SPARE)
    assert not second.check("张", "1", SPARE).value.differs
