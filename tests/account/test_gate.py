"""M17: the gate's own read agrees with everything else, and answers its callers like every other call."""

from urllib.parse import urlsplit

from tests.account.application import ZHANG


def test_the_gate_and_the_standing_agree(application):
    application.verify("zhang")
    assert application.may("zhang") and application.may("zhang", "live")
    application.post("/accounts/zhang/holds", {"reason": "login_risk", "capabilities": ["withdraw"]})
    refused = application.get("/accounts/zhang/may/withdraw")
    assert refused["holds"] == application.get("/accounts/zhang/standing")["holds"]
    assert (refused["allowed"], refused["reasons"][0]["code"], refused["needs_level"]) == (False, "login_risk", None)
    assert application.may("zhang", "live")


def test_a_served_period_opens_the_gate_before_upkeep_has_run(application):
    application.verify("zhang")
    application.post("/accounts/zhang/holds", {"reason": "violation_abuse", "requirements": ["serve_until:2026-11-25"]})
    assert not application.may("zhang")
    application.later(days=4)
    assert application.may("zhang")


def test_going_live_asks_for_the_holder_again_after_90_days(application):
    """A level once reached stays; what is asked for is a recent sign of the person."""
    application.verify("zhang")
    application.later(days=91)
    refused = application.get("/accounts/zhang/may/live")
    assert (refused["reasons"][0]["code"], refused["needs_level"], refused["level"]) == (
        "verification_too_old", "standard", "standard",
    )  # fmt: skip
    assert application.may("zhang", "withdraw")
    application.verify("zhang", ZHANG)
    assert application.may("zhang", "live")


def test_who_may_ask(plain):
    for secret, status in (("sk_test_wrong", 401), ("one", 403)):
        plain.get("/accounts/x/may/comment", secret, expect=status)
    assert plain.http.get("/v1/accounts/x/may/comment").status_code == 401
    mistyped = plain.get("/accounts/x/may/withdrw", expect=404)
    assert "Did you mean 'withdraw'" in mistyped["detail"]


def test_another_apps_account_of_the_same_name_is_another_account(plain):
    plain.post("/accounts/x/holds", {"reason": "login_risk"})
    assert not plain.may("x", "comment")
    assert plain.get("/accounts/x/may/comment", "sister")["allowed"]


def test_names_of_accounts_may_hold_anything(plain):
    ref = "用户 1 '; --"
    assert plain.get(f"/accounts/{ref}/may/comment")["allowed"]


def test_a_connection_that_went_away_is_not_noticed(application):
    """PostgreSQL restarted, or a balancer cut what lay idle."""
    application.may("x", "comment")
    if not application.context.database.sqlite:
        with application.context.database.write() as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query"
            assert connection.exec_driver_sql(f"{others} LIKE '%%FROM api_keys k%%'").all()
    assert application.may("x", "comment")


def test_a_refusal_brings_a_link_that_begins_the_verification_once(application):
    """M9, M17: looking at it begins nothing; the tap leads into the verification; a second tap is too late."""
    application.post("/accounts/zhang/holds", {"reason": "login_risk"})
    refused = application.get("/accounts/zhang/may/live")
    page = urlsplit(refused["verify_url"]).path
    assert "立即认证" in application.http.get(page).text
    assert not application.get("/verifications?account=zhang")["items"]
    led = application.http.post(page, follow_redirects=False)
    (begun,) = application.get("/verifications?account=zhang")["items"]
    assert (led.status_code, begun["level"]) == (303, "standard")
    assert f"/v/{begun['id']}#" in led.headers["location"]
    again = application.http.post(page, follow_redirects=False)
    assert again.status_code == 409 and "再点一次“立即认证”" in again.text
    other = urlsplit(application.get("/accounts/zhang/may/live")["verify_url"]).path
    application.later(minutes=1)
    newer = urlsplit(application.get("/accounts/zhang/may/live")["verify_url"]).path
    assert f"/v/{begun['id']}#" in application.http.post(newer, follow_redirects=False).headers["location"]
    application.later(minutes=30)
    assert application.http.get(other).status_code == 410


def test_a_link_that_was_changed_or_is_no_longer_needed_begins_nothing(application):
    application.post("/accounts/zhang/holds", {"reason": "login_risk"})
    page = urlsplit(application.get("/accounts/zhang/may/withdraw")["verify_url"]).path
    assert application.http.get(page.replace("/go/", "/go/x")).status_code == 410
    assert application.http.get("/go/%C3%A9").status_code == 410
    another_site = application.http.post(page, headers={"origin": "https://elsewhere.test"})
    assert another_site.status_code == 403
    application.verify("zhang")
    assert application.get("/accounts/zhang/may/withdraw")["verify_url"] is None
    assert "现在不需要认证" in application.http.post(page).text


def test_where_verifying_would_not_help_there_is_no_link(application):
    application.verify("zhang")
    application.post("/accounts/zhang/holds", {"reason": "violation_abuse", "requirements": ["serve_until:2026-12-25"]})
    assert application.get("/accounts/zhang/may/withdraw")["verify_url"] is None
