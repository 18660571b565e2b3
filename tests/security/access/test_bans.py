"""A banned account is told so at every door, before card and face; nothing but an appeal or two people ends it.

Each story was reproduced by an outside tester. 张合格 is the holder; one and two are reviewers.
"""

from dataclasses import replace
from operator import attrgetter
from urllib.parse import urlsplit

import pytest

from shiming.errors import Conflict
from shiming.providers.identity.simulated import Simulated
from shiming.store.verification import verifications
from shiming.verification.states import Event
from shiming.workflows.verification import external_results, verify
from tests.account.application import SHORT, ZHANG
from tests.account.application import application as opened

FRAUD = {"reason": "violation_fraud", "requirements": []}


@pytest.fixture(params=["sqlite", "postgresql"])
def application(tmp_path, request):
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_tables")
    with opened(tmp_path, url) as made:
        yield made


@pytest.fixture
def plain(tmp_path):
    """On SQLite alone, where the database makes no difference."""
    with opened(tmp_path, "") as made:
        yield made


def ban(application, *capabilities, ref="zhang"):
    """The platform bans the account, or only these functions; returns the hold."""
    application.post(f"/accounts/{ref}/holds", {**FRAUD, "capabilities": list(capabilities) or ["*"]})
    return application.holds(ref)["violation_fraud"]


def words_of(shown) -> str:
    """All that the holder would read of it."""
    return str([{k: v for k, v in each.items() if k in ("zh", "en")} for each in shown["reasons"] + shown["holds"]])


def test_the_gate_gives_a_banned_account_no_way_to_verify(application):
    """`may` answered a ban with a link to verify, beside "this account cannot be verified"."""
    ban(application)
    refused = application.get("/accounts/zhang/may/live")
    assert [each["code"] for each in refused["reasons"]] == ["account_barred", "violation_fraud"]
    assert (refused["verify_url"], refused["verify_with"], refused["needs_level"]) == (None, None, None)
    assert refused["ways_out"] == ["appeal"]
    assert "立即认证" not in words_of(refused) and "Verify now" not in words_of(refused)


def test_the_prompt_leads_a_banned_account_to_its_appeal(application):
    """The prompt said "verify now" to somebody whom verifying could not help."""
    ban(application)
    for capability in ("", "live", "comment"):
        asked = application.post("/accounts/zhang/prompt", {"capability": capability})
        assert (asked["needed"], asked["held"], asked["verification"]) == (False, True, None)
        assert "封禁" in asked["words"]["zh"]["title"] and "/me/acc_" in asked["url"]


@pytest.mark.parametrize("level", ["basic", "standard"])
def test_no_verification_is_begun_for_a_banned_account(application, level):
    """Card and face were asked for first; and basic, which never looked at the account, approved it."""
    ban(application)
    refused = application.post("/verifications", {"account": "zhang", "level": level}, expect=409)
    assert refused["code"] == "account_barred" and "appeal" in refused["detail"]


@pytest.mark.parametrize("level", ["basic", "standard"])
def test_a_ban_that_comes_while_one_is_open_is_said_at_the_next_step(application, level):
    """Everything was taken in, and a basic verification approved."""
    made = application.post("/verifications", {"account": "zhang", "level": level})
    ban(application)
    seen = application.get(f"/verifications/{made['id']}", made["token"])
    assert ([each["code"] for each in seen["reasons"]], seen["next"], seen["can"]) == (
        ["account_barred"], [], ["cancel"],
    )  # fmt: skip
    for path, body in (("consent", {"face": True}), ("identity", {"name": ZHANG.name, "number": ZHANG.number})):
        assert application.post(f"/verifications/{made['id']}/{path}", body, expect=409)["code"] == "account_barred"


@pytest.mark.parametrize("level", ["basic", "standard"])
def test_a_ban_that_comes_after_submitting_is_in_time(application, level):
    """A basic verification of a banned account was approved, and lifted what waited for it."""
    made = application.post("/verifications", {"account": "zhang", "level": level})
    application.hand_in(made["id"], ZHANG, level)
    application.post(f"/verifications/{made['id']}/submit")
    ban(application)
    decided = application.decide(made["id"])
    assert (decided["state"], [each["code"] for each in decided["reasons"]]) == ("rejected", ["account_barred"])
    assert application.get("/accounts/zhang/standing")["level"] == "none"


def test_no_person_approves_a_banned_account(application):
    """Only standard was refused to the reviewer: nobody looked at the account of a basic verification."""
    made = application.post("/verifications", {"account": "zhang", "level": "standard"})
    application.hand_in(made["id"], ZHANG, "standard", face=False)
    assert application.submit(made["id"])["state"] == "in_review"
    ban(application)
    path = f"/verifications/{made['id']}/verdict"
    refused = application.post(path, {"verdict": "approve"}, "one", expect=409)
    assert refused["code"] == "account_barred" and "lift" in refused["detail"]


def test_a_ban_on_two_functions_leaves_the_rest_as_it_was(application):
    """It was told that the account "cannot be verified", with a link to verify."""
    ban(application, "withdraw", "sell")
    refused = application.get("/accounts/zhang/may/withdraw")
    assert [each["code"] for each in refused["reasons"]] == ["function_barred", "violation_fraud"]
    assert (refused["verify_url"], refused["needs_level"], refused["ways_out"]) == (None, None, ["appeal"])
    assert "不能认证" not in words_of(refused) and "cannot be verified" not in words_of(refused)
    assert not application.post("/accounts/zhang/prompt", {"capability": "withdraw"})["needed"]
    assert application.get("/accounts/zhang/may/live")["verify_url"]
    assert application.post("/accounts/zhang/prompt", {"capability": "live"})["needed"]
    assert application.verify("zhang")["state"] == "approved"
    assert application.may("zhang", "live") and not application.may("zhang", "withdraw")
    assert "violation_fraud" in application.holds("zhang")


def test_beside_a_ban_another_hold_says_what_lifts_it_and_when(application):
    """Mixed: each hold with its own ways out, and no "verify now" where it would not help."""
    application.post("/accounts/zhang/holds", {"reason": "login_risk"})
    part = ban(application, "withdraw")
    ways = {reason: hold["ways_out"] for reason, hold in application.holds("zhang").items()}
    assert ways == {"login_risk": ["verify", "appeal"], "violation_fraud": ["appeal"]}
    assert application.get("/accounts/zhang/may/comment")["verify_url"]
    assert application.get("/accounts/zhang/may/withdraw")["verify_url"] is None
    asked = application.post("/accounts/zhang/prompt", {})
    assert asked["needed"] and "一部分" in asked["words"]["zh"]["text"]
    assert (
        application.post(f"/holds/{part['id']}/verdict", {"verdict": "lift"}, "one")["state"]
        == "waits_for_second_person"
    )
    ban(application)
    assert application.holds("zhang")["login_risk"]["ways_out"] == ["appeal"]
    assert "点“立即认证”" not in str(application.holds("zhang")["login_risk"])


def test_an_appeal_that_was_filed_is_said_wherever_the_ban_is(application):
    """An appeal was offered again while one was under way."""
    hold = ban(application)
    application.post(f"/accounts/zhang/holds/{hold['id']}/appeals")
    for shown in (
        application.get("/accounts/zhang/may/live")["holds"][0],
        application.holds("zhang")["violation_fraud"],
    ):
        assert (shown["ways_out"], shown["appeal_state"]) == (["appeal_under_way"], "collecting")
    assert "申诉" in application.post("/accounts/zhang/prompt", {})["words"]["zh"]["text"]


def test_the_link_that_was_given_before_the_ban_says_so(application):
    """`verify_url` from before began a verification; "nothing to verify" was the other answer."""
    page = urlsplit(application.get("/accounts/zhang/may/live")["verify_url"]).path
    ban(application)
    assert "封禁" in application.http.get(page).text
    assert "封禁" in application.http.post(page, follow_redirects=False).text
    assert not application.get("/verifications?account=zhang")["items"]


def test_the_simple_mode_says_it_before_any_picture(plain):
    """The way without script asked for pictures of a banned account's holder."""
    made = plain.post("/verifications", {"account": "zhang"})
    page = urlsplit(plain.post(f"/verifications/{made['id']}/links?simple=true")["url"]).path
    plain.http.post(page)
    ban(plain)
    shown = plain.http.get(f"/v/{made['id']}/basic").text
    assert "封禁" in shown and "<form" not in shown
    desk = plain.http.get(f"/v/{made['id']}/desk", follow_redirects=False)
    assert desk.headers["location"] == f"/v/{made['id']}"


def test_what_the_inbox_and_the_webhook_say_of_a_ban(plain):
    """The message said that parts were restricted, and how to lift that."""
    ban(plain)
    (told,) = plain.get("/accounts/zhang/inbox")["items"]
    assert (told["event"], told["data"]["ban"], told["data"]["codes"]) == (
        "account.held", "whole", ["account_barred", "violation_fraud"],
    )  # fmt: skip
    assert "封禁" in told["zh"]["title"] and "怎样解除" not in str(told)


def test_all_attempts_used_is_said_before_card_and_face(application):
    """A holder handed in card and face again, to be told at the end that no attempt was left that day."""
    for _ in range(5):
        made = application.post("/verifications", {"account": "zhang", "level": "basic"})
        application.hand_in(made["id"], ZHANG, "basic")
        _used_up(application, made["id"])
    open_one = application.get(f"/verifications/{made['id']}", made["token"])
    assert ([each["code"] for each in open_one["reasons"]], open_one["next"]) == (["attempts_exhausted"], [])
    assert "24 小时" in str(open_one["reasons"][0]["zh"])
    refused = application.http.post("/v1/verifications", json={"account": "zhang"},
                              headers={"Authorization": f"Bearer {application.keys['platform']}"})  # fmt: skip
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (
        429, "attempts_exhausted", "86400",
    )  # fmt: skip
    assert not application.post("/accounts/zhang/prompt", {"capability": "live"})["needed"]
    application.later(hours=24)
    assert application.post("/accounts/zhang/prompt", {"capability": "live"})["needed"]


def _used_up(application, id):
    """One attempt that the holder could have avoided, as it is counted."""
    with application.context.database.write() as connection:
        row = verifications.get(connection, "demo.test", id)
        seen = {"outcome": "ASK_AGAIN", "codes": [], "attempts_before": 0, "versions": {}}
        verifications.add_judgement(connection, row, "machine", application.context.now(), counts=True, **seen,
                                    sealed_seen=b"", sealed_findings=b"")  # fmt: skip


def test_an_account_that_ended_meanwhile_is_not_verified(application):
    """Cancelled at once, with a verification open: it went on, and bound the person to an account that was gone."""
    made = application.post("/verifications", {"account": "zhang"})
    late = application.post("/verifications", {"account": "zhang"})
    application.hand_in(late["id"], ZHANG, "standard")
    application.post(f"/verifications/{late['id']}/submit")
    application.post("/accounts/zhang/cancel", {"at_once": True})
    seen = application.get(f"/verifications/{made['id']}", made["token"])
    assert ([each["code"] for each in seen["reasons"]], seen["next"]) == (["account_cancelled"], [])
    assert (
        application.post(f"/verifications/{made['id']}/consent", {"face": True}, expect=409)["code"]
        == "account_cancelled"
    )
    assert application.decide(late["id"])["state"] == "cancelled"
    assert not application.post("/accounts/zhang/prompt", {"capability": "live"})["needed"]


@pytest.mark.parametrize(("level", "last"), [("basic", "face_search.wanted"), ("standard", "with_subject")])
def test_a_ban_that_comes_while_it_is_decided_is_in_time(tmp_path, postgres_tables, monkeypatch, level, last):
    """Committed by another connection after all else was looked at, before the decision."""
    with opened(tmp_path, postgres_tables) as application:
        made = application.post("/verifications", {"account": "zhang", "level": level})
        application.hand_in(made["id"], ZHANG, level)
        before = attrgetter(last)(verify)

        def meanwhile(*given):
            found = before(*given)
            ban(application)
            return found

        monkeypatch.setattr(f"shiming.workflows.verification.verify.{last}", meanwhile)
        assert application.submit(made["id"])["reasons"][0]["code"] == "account_barred"


def test_no_person_approves_a_banned_account_s_basic_verification(plain):
    """The reviewer's own check of the account was made for standard only."""
    made = plain.post("/verifications", {"account": "zhang", "level": "basic"})
    plain.hand_in(made["id"], ZHANG, "basic")
    plain.post(f"/verifications/{made['id']}/submit")
    with plain.context.database.write() as connection:
        row = verifications.get(connection, "demo.test", made["id"])
        verifications.move(connection, row, Event.REFER)
    ban(plain)
    refused = plain.post(f"/verifications/{made['id']}/verdict", {"verdict": "approve"}, "one", expect=409)
    assert refused["code"] == "account_barred"


def test_nobody_is_asked_to_renew_a_card_for_a_banned_account(plain):
    """The reminder said "verify once more with the new card"."""
    for ref, person in (("li", SHORT), ("zhang", replace(ZHANG, until=SHORT.until))):
        assert plain.verify(ref, person)["state"] == "approved"
    ban(plain, ref="li")
    plain.upkeep()
    assert "account.document_expiring" in plain.events("zhang")
    assert "account.document_expiring" not in plain.events("li")


def test_an_outside_result_is_not_taken_over_for_a_banned_account(plain):
    """It was used up, and then refused."""
    made = plain.post("/verifications", {"account": "zhang"})
    ban(plain)
    with pytest.raises(Conflict, match="banned"):
        external_results.begin(
            replace(plain.context, identities=[Simulated("x")]), "demo.test", made["id"], "https://id.test/back"
        )
    assert not external_results.usable(plain.context, "demo.test", made["id"])
