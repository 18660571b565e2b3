"""An appeal against a hold: somebody who took no part in it decides; upheld, it lifts that hold and nothing else."""

FACTS = {
    "account_name": "小张", "name": "张合格", "number": "170213199103140138", "prompt_seen": "账号被限制",
    "device_model": "phone", "app_version": "9.1", "contact": "mail@example.test",
}  # fmt: skip


def appealed(application, ref, reason):
    """An appeal that waits for its answer; its path."""
    made = application.post(f"/accounts/{ref}/holds/{application.holds(ref)[reason]['id']}/appeals")
    path = f"/appeals/{made['id']}"
    assert made["missing"] == ["facts"]
    application.post(f"{path}/hand_in", expect=409)
    application.post(f"{path}/pieces/facts", FACTS)
    assert application.post(f"{path}/hand_in")["state"] == "waiting"
    return path


def test_an_upheld_appeal_lifts_its_hold_and_no_other(application):
    """M15."""
    for reason in ("violation_abuse", "login_risk"):
        application.post("/accounts/zhang/holds", {"reason": reason, "requirements": ["review"]}, "one")
    path = appealed(application, "zhang", "violation_abuse")
    again = application.holds("zhang")["violation_abuse"]["id"]
    assert "under way" in application.post(f"/accounts/zhang/holds/{again}/appeals", expect=409)["detail"]
    assert application.post(f"{path}/answer", {"answer": "uphold"}, "one", expect=409)["code"] == "four_eyes"
    assert application.post(f"{path}/answer", {"answer": "uphold"}, "two")["state"] == "upheld"
    assert set(application.holds("zhang")) == {"login_risk"}


def test_turned_down_it_stays_and_can_be_appealed_again(application):
    application.post("/accounts/zhang/holds", {"reason": "violation_abuse", "requirements": []})
    application.post(appealed(application, "zhang", "violation_abuse") + "/answer", {"answer": "turn_down"}, "one")
    assert application.holds("zhang")["violation_abuse"]["ban"]
    assert appealed(application, "zhang", "violation_abuse")


def test_an_upheld_appeal_lifts_a_ban_and_the_block_that_came_with_it(application):
    """M20.14: by somebody who neither asked for the block nor confirmed it."""
    application.verify("zhang")
    asked = application.post("/subjects/blocks", {"account": "zhang", "ground": "violation_fraud"}, "one")
    application.post(f"/subjects/blocks/{asked['id']}/confirm", by="two")
    path = appealed(application, "zhang", "violation_fraud")
    for took_part in ("one", "two"):
        application.post(f"{path}/answer", {"answer": "uphold"}, took_part, expect=409)
    application.post(f"{path}/answer", {"answer": "uphold"}, "three")
    assert application.may("zhang") and application.verify("shop", kind="shop")["state"] == "approved"


def test_a_place_in_appeal_stays_taken(application):
    """Design §3: cancelling is refused, and one that is under way is taken back."""
    application.verify("zhang")
    application.post("/accounts/zhang/holds", {"reason": "login_risk", "requirements": ["review"]})
    application.post("/accounts/zhang/cancel")
    appealed(application, "zhang", "login_risk")
    assert application.get("/accounts/zhang/standing")["state"] == "active"
    assert application.post("/accounts/zhang/cancel", expect=409)["code"] == "place_kept"
