"""Holds opened by anybody, met one requirement after another, lifted by nothing else."""

import pytest

from tests.account.application import ZHANG, ZHOU


def held(application, ref, reason="login_risk", by="platform", **more):
    return application.post(f"/accounts/{ref}/holds", {"reason": reason, **more}, by)


def test_one_hold_after_another_is_lifted_by_what_it_asks_for(application):
    """M15: verified but still abnormal; a period served, a pledge, a review: each lifts only its own hold."""
    held(application, "zhang")
    held(application, "zhang", "violation_rumour", requirements=["serve_until:2026-12-01", "pledge"])
    held(application, "zhang", "reported_by_users", by="one", requirements=["review"])
    assert application.verify("zhang")["state"] == "approved"
    assert set(application.holds("zhang")) == {"violation_rumour", "reported_by_users"}
    application.post("/accounts/zhang/pledge", {"text_version": "1"})
    assert application.holds("zhang")["violation_rumour"]["lifted_by"] == ["serve_until:2026-12-01"]
    application.later(days=11)  # from here on nothing has to run for the period to be over
    assert set(application.holds("zhang")) == {"reported_by_users"}
    application.upkeep()
    (waiting,) = application.get("/holds", "two")["items"]
    review = application.holds("zhang")["reported_by_users"]["id"]
    assert (waiting["id"], waiting["account"]) == (review, "zhang")
    assert application.post(f"/holds/{review}/verdict", {"verdict": "clear"}, "two")["state"] == "lifted"
    assert application.get("/accounts/zhang/standing")["standing"] == "normal"
    told = [event.removeprefix("account.") for event in application.events("zhang") if event.startswith("account.")]
    assert told == ["held"] * 3 + ["hold_lifted", "requirement_met", "hold_lifted", "hold_lifted", "normal"]


def test_the_standing_says_why_and_what_lifts_it_in_both_languages(plain):
    """M31: one call for the platform, one page for the holder."""
    because = {"rule": "like_burst", "version": "p-7", "values": {"likes_1h": 900}, "revoke": ["dev-9"]}
    held(plain, "zhang", "engagement_burst", capabilities=["live"], requirements=["pledge"], because=because)
    hold = plain.holds("zhang")["engagement_burst"]
    assert (hold["because"]["rule"], hold["because"]["values"], hold["revoke"]) == (
        "like_burst", {"likes_1h": 900}, ["dev-9"],
    )  # fmt: skip
    assert "点赞" in hold["zh"]["title"] and "likes" in hold["en"]["title"]
    asked = hold["requirements"][0]
    assert (asked["state"], asked["by"], asked["zh"]["title"]) == ("outstanding", "holder", "阅读并作出承诺")
    assert asked["pledge"] == plain.get("/texts/pledge")
    assert plain.may("zhang", "comment") and not plain.may("zhang", "live")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"reason": "login_risc"}, "Did you mean 'login_risk'"),
        ({"reason": "login_risk", "requirements": ["verifi:standard"]}, "Did you mean 'verify:standard'"),
        ({"reason": "login_risk", "requirements": ["verify:standart"]}, "Did you mean 'verify:standard'"),
        ({"reason": "login_risk", "requirements": ["serve_until:soon"]}, "give a date"),
        ({"reason": "login_risk", "requirements": ["complete_profile:"]}, "name the fields"),
        ({"reason": "login_risk", "capabilities": ["withdrw"]}, "Did you mean 'withdraw'"),
        ({"reason": "login_risk", "capabilities": []}, "at least one capability"),
    ],
)
def test_a_hold_that_cannot_be_met_is_refused_with_a_suggestion(plain, body, said):
    answer = plain.http.post(
        "/v1/accounts/x/holds", json=body, headers={"Authorization": f"Bearer {plain.keys['platform']}"}
    )
    assert answer.status_code in (404, 422) and said in answer.json()["detail"]


def test_a_profile_is_held_while_fields_are_missing_and_lifted_when_they_are_filled(plain):
    """M3: only names of fields are reported, never what they say."""
    plain.post("/accounts/zhang/profile", {"filled": ["nickname"]})
    hold = plain.holds("zhang")["profile_incomplete"]
    assert (hold["lifted_by"], hold["requirements"][0]["zh"]["title"]) == (
        ["complete_profile:phone"], "补全资料：手机号",
    )  # fmt: skip
    plain.post("/accounts/zhang/profile", {"filled": ["phone", "nickname", "avatar"]})
    assert plain.holds("zhang") == {}


def test_a_ban_is_lifted_by_two_people_and_by_nothing_else(application):
    """M14, design §2: a hold without requirements."""
    application.verify("zhang")
    held(application, "zhang", "violation_fraud", requirements=[])
    assert application.get("/accounts/zhang/may/comment")["reasons"][0]["code"] == "account_barred"
    assert application.post("/verifications", {"account": "zhang"}, expect=409)["code"] == "account_barred"
    ban = application.holds("zhang")["violation_fraud"]["id"]
    verdict = f"/holds/{ban}/verdict"
    application.post(verdict, {"verdict": "clear"}, "one", expect=409)
    assert application.post(verdict, {"verdict": "lift"}, "one")["state"] == "waits_for_second_person"
    assert application.post(verdict, {"verdict": "lift"}, "one", expect=409)["code"] == "four_eyes"
    assert application.post(verdict, {"verdict": "lift"}, "two")["state"] == "lifted"
    assert application.may("zhang", "comment")


def test_one_reviewer_cannot_ban(plain):
    answer = plain.post("/accounts/x/holds", {"reason": "violation_fraud", "requirements": []}, "one", expect=422)
    assert answer["code"] == "four_eyes"


def test_basic_frees_no_account_that_has_its_person(application):
    """A thief who knows the holder's name and number passes basic; the hold waits for the person."""
    application.verify("zhang")
    held(application, "zhang", requirements=["verify:basic"])
    assert application.verify("zhang", ZHOU, "basic")["state"] == "approved"
    assert (
        "login_risk" in application.holds("zhang")
        and application.get("/accounts/zhang/standing")["level"] == "standard"
    )
    assert application.verify("zhang", ZHOU)["reasons"][0]["code"] == "subject_mismatch"
    assert application.verify("zhang", ZHANG)["state"] == "approved"
    assert application.holds("zhang") == {}


def test_a_pledge_is_kept_with_its_text_and_only_where_it_is_asked_for(plain):
    plain.post("/accounts/zhang/profile", {"filled": ["nickname", "phone"]})
    assert plain.post("/accounts/zhang/pledge", {}, expect=409)["code"] == "nothing_to_meet"
    held(plain, "zhang", "violation_abuse", requirements=["pledge"])
    assert "no pledge text" in plain.post("/accounts/zhang/pledge", {"text_version": "9"}, expect=422)["detail"]
    assert plain.post("/accounts/zhang/pledge", {"text_version": "1"})["standing"] == "normal"


def test_platforms_are_told_by_webhook_and_holders_by_their_inbox(plain):
    """M12, M31: ids, states and codes only; one delivery per endpoint and message."""
    plain.post("/webhook_endpoints", {"url": "https://shop.example.test/hook"})
    held(plain, "zhang", "violation_abuse", requirements=["pledge"])
    plain.post("/accounts/zhang/pledge", {})
    assert [args[0] for args in plain.queued].count("deliver") == 3
    inbox = plain.get("/accounts/zhang/inbox")["items"]
    assert [m["event"] for m in inbox] == ["account.normal", "account.hold_lifted", "account.held"]
    assert (inbox[0]["zh"]["title"], inbox[2]["reasons"][0]["code"], inbox[2]["data"]["account"]) == (
        "账号恢复正常", "violation_abuse", "zhang",
    )  # fmt: skip
    assert [m["sequence"] for m in inbox] == [3, 2, 1]


def test_the_holders_token_opens_the_standing_of_their_own_account(plain):
    """M31: our page for the holder; nobody else's account, and a pledge that is made there."""
    held(plain, "zhang", "violation_abuse", requirements=["pledge"])
    made, other = (plain.post("/verifications", {"account": ref}) for ref in ("zhang", "zhou"))
    path = f"/verifications/{made['id']}"
    assert plain.get(f"{path}/standing", made["token"])["holds"][0]["reason"] == "violation_abuse"
    plain.get(f"{path}/standing", other["token"], expect=403)
    plain.get("/accounts/zhang/standing", made["token"], expect=403)
    assert plain.post(f"{path}/pledge", {}, made["token"])["standing"] == "normal"
