"""A thief must not free an account with his own papers; its holder gets it back."""

from shiming.store.database import milliseconds
from tests.account.house import ZHANG, ZHOU

OLD, THIEFS = "12012345678", "12099990000"
OWNER = {"phone": OLD, "name": ZHANG.name, "number": ZHANG.number, "code_confirmed": True}


def stolen(house, ref="stolen"):
    """An unverified account; its phone was bound long ago; then takeover signals, and the thief binds his own."""
    house.post(f"/accounts/{ref}/phone", {"phone": OLD})
    house.later(days=30)
    since = milliseconds(house.at[0])
    house.later(minutes=1)
    house.post(f"/accounts/{ref}/phone", {"phone": THIEFS})
    house.later(minutes=1)
    because = {"signal": "takeover", "since": since, "revoke": ["thiefs-phone"]}
    house.post(f"/accounts/{ref}/holds", {"reason": "takeover_risk", "because": because})


def test_a_thief_verifies_with_his_own_papers_and_a_person_looks(house):
    """M5, M20.11: neither the hold is lifted nor the account bound to him."""
    stolen(house)
    assert house.holds("stolen")["takeover_risk"]["lifted_by"] == ["verify:standard", "confirm_phone|review"]
    tried = house.verify("stolen", ZHOU)
    assert (tried["state"], tried["reasons"][0]["code"]) == ("in_review", "takeover_suspected")
    his = {**OWNER, "phone": THIEFS, "name": ZHOU.name, "number": ZHOU.number}
    assert house.post("/accounts/stolen/phone/confirm", his, expect=409)["code"] == "phone_not_bound_before"
    house.post(f"/verifications/{tried['id']}/verdict", {"verdict": "reject", "codes": ["rejected_by_reviewer"]}, "one")
    assert "takeover_risk" in house.holds("stolen")
    assert house.holds("stolen")["takeover_risk"]["revoke"] == ["thiefs-phone"]


def test_the_holder_confirms_the_old_phone_and_verifies(house):
    stolen(house)
    house.post("/accounts/stolen/phone/confirm", {**OWNER, "code_confirmed": False}, expect=422)
    assert house.post("/accounts/stolen/phone/confirm", OWNER)["standing"] == "abnormal"
    assert house.verify("stolen", ZHANG)["state"] == "approved"
    assert house.get("/accounts/stolen/standing")["standing"] == "normal"


def test_or_a_reviewer_approves_which_is_the_review_that_the_hold_asked_for(house):
    stolen(house)
    waits = house.verify("stolen", ZHANG)
    assert house.post(f"/verifications/{waits['id']}/verdict", {"verdict": "approve"}, "one")["state"] == "approved"
    assert house.get("/accounts/stolen/standing")["standing"] == "normal"


def test_a_phone_that_the_carrier_has_for_somebody_else_frees_nothing(house):
    """M4."""
    house.post("/accounts/zhang/phone", {"phone": "12012340003"})
    house.later(days=1)
    house.post("/accounts/zhang/holds", {"reason": "phone_changes", "requirements": ["confirm_phone"]})
    refused = house.post("/accounts/zhang/phone/confirm", {**OWNER, "phone": "120 1234 0003"}, expect=409)
    assert refused["code"] == "phone_not_holders" and "name, number, phone" in refused["detail"]
    assert "phone_changes" in house.holds("zhang")


def test_on_a_bound_account_the_phone_has_to_be_its_persons(house):
    house.verify("zhang", ZHANG)
    house.post("/accounts/zhang/phone", {"phone": OLD})
    house.later(days=1)
    house.post("/accounts/zhang/holds", {"reason": "phone_changes", "requirements": ["confirm_phone"]})
    others = {**OWNER, "name": ZHOU.name, "number": ZHOU.number}
    assert house.post("/accounts/zhang/phone/confirm", others, expect=409)["code"] == "phone_not_holders"
    assert house.post("/accounts/zhang/phone/confirm", OWNER)["standing"] == "normal"


def test_confirming_is_capped_like_every_call_about_a_person(house):
    """Nobody may test people through us; a carrier that is down locks nobody out, but is not asked on and on."""
    house.post("/accounts/zhang/phone", {"phone": "12012340404"})
    house.later(days=1)
    house.post("/accounts/zhang/holds", {"reason": "phone_changes", "requirements": ["confirm_phone"]})
    down = {**OWNER, "phone": "12012340404"}
    for _ in range(10):
        assert house.post("/accounts/zhang/phone/confirm", down, expect=503)["code"] == "provider_unavailable"
    house.post("/accounts/zhang/phone/confirm", down, expect=429)
    house.later(minutes=11)
    house.post("/accounts/zhang/phone/confirm", down, expect=503)


def test_a_signal_that_does_not_say_when_it_began_trusts_no_number_of_the_last_three_days(house):
    """A thief binds his phone first and trips the rule afterwards."""
    house.post("/accounts/stolen/phone", {"phone": OLD})
    house.later(days=30)
    house.post("/accounts/stolen/phone", {"phone": THIEFS})
    house.later(days=2)
    house.post("/accounts/stolen/holds", {"reason": "takeover_risk", "because": {"signal": "takeover"}})
    his = {**OWNER, "phone": THIEFS, "name": ZHOU.name, "number": ZHOU.number}
    assert house.post("/accounts/stolen/phone/confirm", his, expect=409)["code"] == "phone_not_bound_before"
    house.post("/accounts/stolen/phone/confirm", OWNER)
