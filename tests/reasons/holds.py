"""Reasons for which an account is held, or has ended: events and the default policy's rules, time, the platform."""

from datetime import timedelta
from importlib.resources import files
from itertools import permutations

from shiming.reasons import CATALOGUE
from shiming.workflows.risk import policy_rollout, policy_trial, rings
from tests.reasons.catalogue import reaches
from tests.reasons.door import Door

VIOLATIONS = [code for code in CATALOGUE if code.startswith("violation_")]
BEIJING, ABROAD = "192.0.2.7", "203.0.113.9"
BY_PLATFORM = ("restricted_by_platform", "reported_by_users")
AGAIN = (
    files("shiming.risk").joinpath("policies/default.toml").read_text("utf-8").replace('"default"', '"again"', 1)
    + '\n[require]\nlevel = "standard"\n'
    + 'hold = { reason = "policy_change", capabilities = ["withdraw"], requirements = ["verify:standard"] }\n'
)


@reaches(*VIOLATIONS)
def a_grave_violation(door: Door, code: str):
    """Moderation reports a violation of this category, of weight 4."""
    account = door.account()
    door.reports(account, "violation", category=code.removeprefix("violation_"), severity=4)
    return door.holds(account)


@reaches(*BY_PLATFORM)
def the_platform_restricts(door: Door, code: str):
    """The platform opens the hold by the API."""
    account = door.account()
    door.does(f"/accounts/{account}/holds", {"reason": code, "requirements": ["review"], "capabilities": ["live"]})
    return door.holds(account)


@reaches("account_barred")
def banned(door: Door, code: str):
    """A hold that nothing lifts, on everything; then a verification is begun."""
    account = door.account()
    door.does(f"/accounts/{account}/holds", {"reason": "violation_fraud", "requirements": []})
    return door.post("/verifications", {"account": account})


@reaches("function_barred")
def banned_from_going_live(door: Door, code: str):
    """A hold that nothing lifts, on one function; then that is asked for."""
    account, ban = door.account(), {"reason": "violation_fraud", "requirements": [], "capabilities": ["live"]}
    door.does(f"/accounts/{account}/holds", ban)
    return door.get(f"/accounts/{account}/may/live")


@reaches("account_cancelled")
def cancelled(door: Door, code: str):
    """An account that was cancelled at once; then a verification is begun."""
    account = door.account()
    door.types(door.somebody(), account)
    door.does(f"/accounts/{account}/cancel", {"at_once": True})
    return door.post("/verifications", {"account": account})


@reaches("engagement_burst")
def likes_by_the_hundred(door: Door, code: str):
    """130 likes at one moment."""
    account, at = door.account(), door.moment[0].isoformat()
    likes = [_like(door, account, f"t{n}", at) for n in range(130)]
    door.does("/events", {"events": likes})
    return door.holds(account)


@reaches("engagement_ring")
def six_who_like_each_other(door: Door, code: str):
    """Six accounts that like each other and nobody else; maintenance looks for rings once a day."""
    door.later(days=2)  # it may have looked today already
    who, at = [door.account() for _ in range(6)], door.moment[0].isoformat()
    door.does("/events", {"events": [_like(door, one, other, at) for one, other in permutations(who, 2)]})
    rings.look(door.context)
    return door.holds(who[0])


def _like(door: Door, account: str, target: str, at: str) -> dict:
    id = f"l{next(door.serial):06}"
    return {"id": id, "account": account, "type": "engagement", "kind": "like", "target": target, "at": at}


@reaches("profile_incomplete")
def no_nickname(door: Door, code: str):
    """The platform reports a profile with a required field empty."""
    account = door.account()
    door.reports(account, "profile_change", missing=["nickname"])
    return door.holds(account)


@reaches("login_risk")
def two_places_at_once(door: Door, code: str):
    """Logins in Beijing and, half an hour later, abroad."""
    account = door.account()
    for address in (BEIJING, ABROAD):
        door.reports(account, "login", ip=address, device=f"{account}-phone")
        door.later(minutes=30)
    return door.holds(account)


@reaches("takeover_risk")
def a_new_password_and_money(door: Door, code: str):
    """The password is changed, and within the hour 1000 yuan are moved."""
    account = door.account()
    door.reports(account, "password_change")
    door.reports(account, "transaction", amount=100_000, kind="withdraw")
    return door.holds(account)


@reaches("many_devices")
def nine_phones(door: Door, code: str):
    """Logins from nine devices within a month."""
    account = door.account()
    for n in range(9):
        door.reports(account, "login", device=f"{account}-{n}")
    return door.holds(account)


@reaches("shared_device")
def six_accounts_on_one_phone(door: Door, code: str):
    """Logins of seven accounts from one device within a week."""
    who = [door.account() for _ in range(7)]
    for account in who:
        door.reports(account, "login", device=f"{who[0]}-shared")
    return door.holds(who[-1])


@reaches("credential_changes")
def four_passwords(door: Door, code: str):
    """The password is changed four times within a week."""
    account = door.account()
    for _ in range(4):
        door.reports(account, "password_change")
    return door.holds(account)


@reaches("phone_changes")
def four_phones(door: Door, code: str):
    """Four phone numbers are bound within a month."""
    account = door.account()
    for n in range(4):
        door.reports(account, "phone_bind", phone=f"1990000{next(door.serial) % 1000:03d}{n}")
    return door.holds(account)


@reaches("large_transaction")
def fifty_thousand_yuan(door: Door, code: str):
    """A transaction of 50 000 yuan."""
    account = door.account()
    door.reports(account, "transaction", amount=5_000_000)
    return door.holds(account)


@reaches("legal_duty")
def a_publisher_of_live_streams(door: Door, code: str):
    """Anything that an account does whose kind the law wants verified."""
    account = door.account()
    door.reports(account, "login", device=account, account_kind="live_publisher")
    return door.holds(account)


@reaches("policy_change", own=True)
def new_rules(door: Door, code: str):
    """Two operators publish a policy that asks everybody to verify; its wave comes."""
    account, one = door.account(), "operator one"
    door.reports(account, "login", device=account)
    version = door.does("/policies", {"text": AGAIN}, one)["version"]
    asked = door.does(f"/policies/{version}/try", {"days": 90}, one)
    policy_trial.run(door.context, "demo.test", asked["id"])
    door.does(f"/policies/{version}/propose", {"waves": [{"share": 100}]}, one)
    door.does(f"/policies/{version}/approve", by="operator two")
    policy_rollout.advance(door.context)
    return door.holds(account)


@reaches("document_expiring")
def a_card_of_three_more_weeks(door: Door, code: str):
    """A card that lapses in twenty days; maintenance reminds its holder."""
    account, until = door.account(), (door.moment[0] + timedelta(days=20)).date().isoformat()
    assert door.verifies(door.somebody(until=until), account)["state"] == "approved"
    door.upkeep()
    told = door.get(f"/accounts/{account}/inbox")["items"]
    return {each["data"]["codes"][0] for each in told if each["data"].get("codes")}


@reaches("document_lapsed")
def a_card_that_has_lapsed(door: Door, code: str):
    """The same card, a month later."""
    account, until = door.account(), (door.moment[0] + timedelta(days=20)).date().isoformat()
    door.verifies(door.somebody(until=until), account)
    door.upkeep(days=30)
    return door.holds(account)
