"""A thief must not free an account with his own papers; its holder gets it back."""

from shiming.store.database import milliseconds
from tests.account.application import ZHANG, ZHOU

OLD, THIEFS = "12012345678", "12099990000"
OWNER = {"phone": OLD, "name": ZHANG.name, "number": ZHANG.number, "code_confirmed": True}


def stolen(application, ref="stolen"):
    """An unverified account; its phone was bound long ago; then takeover signals, and the thief binds his own."""
    application.post(f"/accounts/{ref}/phone", {"phone": OLD})
    application.later(days=30)
    since = milliseconds(application.at[0])
    application.later(minutes=1)
    application.post(f"/accounts/{ref}/phone", {"phone": THIEFS})
    application.later(minutes=1)
    because = {"signal": "takeover", "since": since, "revoke": ["thiefs-phone"]}
    application.post(f"/accounts/{ref}/holds", {"reason": "takeover_risk", "because": because})


def test_a_thief_verifies_with_his_own_papers_and_a_person_looks(application):
    """M5, M20.11: neither the hold is lifted nor the account bound to him."""
    stolen(application)
    assert application.holds("stolen")["takeover_risk"]["lifted_by"] == ["verify:standard", "confirm_phone|review"]
    tried = application.verify("stolen", ZHOU)
    assert (tried["state"], tried["reasons"][0]["code"]) == ("in_review", "takeover_suspected")
    his = {**OWNER, "phone": THIEFS, "name": ZHOU.name, "number": ZHOU.number}
    assert application.post("/accounts/stolen/phone/confirm", his, expect=409)["code"] == "phone_not_bound_before"
    application.post(
        f"/verifications/{tried['id']}/verdict", {"verdict": "reject", "codes": ["rejected_by_reviewer"]}, "one"
    )
    assert "takeover_risk" in application.holds("stolen")
    assert application.holds("stolen")["takeover_risk"]["revoke"] == ["thiefs-phone"]


def test_the_holder_confirms_the_old_phone_and_verifies(application):
    stolen(application)
    application.post("/accounts/stolen/phone/confirm", {**OWNER, "code_confirmed": False}, expect=422)
    assert application.post("/accounts/stolen/phone/confirm", OWNER)["standing"] == "abnormal"
    assert application.verify("stolen", ZHANG)["state"] == "approved"
    assert application.get("/accounts/stolen/standing")["standing"] == "normal"


def test_or_a_reviewer_approves_which_is_the_review_that_the_hold_asked_for(application):
    stolen(application)
    waits = application.verify("stolen", ZHANG)
    assert (
        application.post(f"/verifications/{waits['id']}/verdict", {"verdict": "approve"}, "one")["state"] == "approved"
    )
    assert application.get("/accounts/stolen/standing")["standing"] == "normal"


def test_a_phone_that_the_carrier_has_for_somebody_else_frees_nothing(application):
    """M4."""
    application.post("/accounts/zhang/phone", {"phone": "12012340003"})
    application.later(days=1)
    application.post("/accounts/zhang/holds", {"reason": "phone_changes", "requirements": ["confirm_phone"]})
    refused = application.post("/accounts/zhang/phone/confirm", {**OWNER, "phone": "120 1234 0003"}, expect=409)
    assert refused["code"] == "phone_not_holders" and "name, number, phone" in refused["detail"]
    assert "phone_changes" in application.holds("zhang")


def test_on_a_bound_account_the_phone_has_to_be_its_persons(application):
    application.verify("zhang", ZHANG)
    application.post("/accounts/zhang/phone", {"phone": OLD})
    application.later(days=1)
    application.post("/accounts/zhang/holds", {"reason": "phone_changes", "requirements": ["confirm_phone"]})
    others = {**OWNER, "name": ZHOU.name, "number": ZHOU.number}
    assert application.post("/accounts/zhang/phone/confirm", others, expect=409)["code"] == "phone_not_holders"
    assert application.post("/accounts/zhang/phone/confirm", OWNER)["standing"] == "normal"


def test_confirming_is_capped_like_every_call_about_a_person(application):
    """Nobody may test people through us; a carrier that is down locks nobody out, but is not asked on and on."""
    application.post("/accounts/zhang/phone", {"phone": "12012340404"})
    application.later(days=1)
    application.post("/accounts/zhang/holds", {"reason": "phone_changes", "requirements": ["confirm_phone"]})
    down = {**OWNER, "phone": "12012340404"}
    for _ in range(10):
        assert application.post("/accounts/zhang/phone/confirm", down, expect=503)["code"] == "provider_unavailable"
    application.post("/accounts/zhang/phone/confirm", down, expect=429)
    application.later(minutes=11)
    application.post("/accounts/zhang/phone/confirm", down, expect=503)


def test_a_signal_that_does_not_say_when_it_began_trusts_no_number_of_the_last_three_days(application):
    """A thief binds his phone first and trips the rule afterwards."""
    application.post("/accounts/stolen/phone", {"phone": OLD})
    application.later(days=30)
    application.post("/accounts/stolen/phone", {"phone": THIEFS})
    application.later(days=2)
    application.post("/accounts/stolen/holds", {"reason": "takeover_risk", "because": {"signal": "takeover"}})
    his = {**OWNER, "phone": THIEFS, "name": ZHOU.name, "number": ZHOU.number}
    assert application.post("/accounts/stolen/phone/confirm", his, expect=409)["code"] == "phone_not_bound_before"
    application.post("/accounts/stolen/phone/confirm", OWNER)
