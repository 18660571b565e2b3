"""Reasons that lie in a person's other accounts, in age, or in what staff decided."""

from shiming.account.capabilities import NEEDS, Need, Spending
from shiming.account.hours import Hours
from shiming.names import check_digit
from tests.reasons.catalogue import reaches
from tests.reasons.door import Door, Person

TWO = ("reviewer one", "reviewer two")
NIGHT = NEEDS | {"play": Need("basic", hours=Hours(frozenset({4}), ((1200, 1260),)), hours_until=18)}
POCKET = NEEDS | {"spend": Need("basic", spending=(Spending(18, 100, 100, "spent_24h"),))}


def born(door: Door, birth: str) -> Person:
    """Somebody born on that day (YYYYMMDD)."""
    who = door.somebody()
    first = f"170213{birth}{next(door.serial) % 1000:03d}"
    number = first + check_digit(first)
    (door.register / f"{number}.jpg").write_bytes((door.register / f"{who.number}.jpg").read_bytes())
    return Person(who.name, number)


@reaches("subject_quota_reached")
def one_account_too_many_of_a_kind(door: Door, code: str):
    """A second personal account of one person."""
    who = door.somebody()
    assert door.verifies(who)["state"] == "approved"
    return door.verifies(who)


@reaches("platform_quota_reached")
def one_account_too_many(door: Door, code: str):
    """A fourth account of one person, of another kind each."""
    who = door.somebody()
    return [door.verifies(who, kind=kind) for kind in ("personal", "studio", "shop", "game")][-1]


@reaches("subject_blocked")
def a_person_who_was_blocked(door: Door, code: str):
    """Two reviewers block the person of an account, who comes with another."""
    who, account = door.somebody(), door.account()
    door.verifies(who, account)
    order = door.does("/subjects/blocks", {"account": account, "ground": "violation_fraud"}, TWO[0])
    door.does(f"/subjects/blocks/{order['id']}/confirm", by=TWO[1])
    return door.verifies(who, kind="studio")


@reaches("subject_mismatch", "identity_not_holders")
def somebody_elses_account(door: Door, code: str):
    """An account that is bound to one person is verified by another; the default policy's rule holds it for that."""
    account = door.account()
    door.verifies(door.somebody(), account)
    refused = door.verifies(door.somebody(), account)
    return refused if code == "subject_mismatch" else door.holds(account)


@reaches("rejected_by_reviewer")
def a_reviewer_says_no(door: Door, code: str):
    """A case that was referred to people, and a reviewer's verdict."""
    waits = door.verifies(door.somebody("无照"))
    said = {"verdict": "reject", "codes": [code]}
    return door.does(f"/verifications/{waits['id']}/verdict", said, TWO[0])


@reaches("attempts_exhausted")
def five_failures_within_a_day(door: Door, code: str):
    """A name that is not the number's, five times; then once more."""
    account, who = door.account(), door.somebody("不符")
    for _ in range(5):
        last = door.types(who, account)
    assert last["attempts"]["left"] == 0
    return door.post("/verifications", {"account": account})


@reaches("identity_disputed")
def not_mine(door: Door, code: str):
    """The person says of one of their accounts that it is not theirs; a reviewer frees it."""
    who, old = door.somebody(), door.account()
    door.verifies(who, old, kind="studio")
    mine = door.verifies(who)["id"]
    places = door.get(f"/verifications/{mine}/places")["items"]
    place = next(each["place"] for each in places if not each["this"])
    door.does(f"/verifications/{mine}/places/{place}/not_mine")
    claim = next(each for each in door.get("/claims", TWO[0])["items"])
    door.does(f"/claims/{claim['id']}/verdict", {"verdict": "free"}, TWO[0])
    return door.holds(old)


@reaches("takeover_suspected")
def a_thief_with_papers_of_his_own(door: Door, code: str):
    """Takeover signals on an account that nobody verified; then somebody verifies it."""
    account = door.account()
    for _ in range(4):
        door.reports(account, "password_change")
        door.later(hours=20)
    return door.verifies(door.somebody(), account)


@reaches("verification_needed")
def nobody_has_verified_it(door: Door, code: str):
    """Money is asked for on an account of nobody."""
    return door.get(f"/accounts/{door.account()}/may/withdraw")


@reaches("verification_too_old")
def three_months_ago(door: Door, code: str):
    """Going live a hundred days after the face was shown."""
    account = door.account()
    door.verifies(door.somebody(), account)
    door.later(days=100)
    return door.get(f"/accounts/{account}/may/live")


@reaches("reverify")
def verified_elsewhere(door: Door, code: str):
    """An account whose person was verified in another system, and came by an import; then money is asked for."""
    who, account = door.somebody(), door.account()
    row = {"account": account, "number": who.number, "name": who.name, "level": "standard",
           "verified_at": 1_700_000_000_000, "verified_by": "old-system"}  # fmt: skip
    door.does("/imports", {"kind": "verified", "rows": [row]}, "operator")
    return door.get(f"/accounts/{account}/may/withdraw")


@reaches("guardian_consent_needed")
def a_child_of_ten(door: Door, code: str):
    """Somebody of ten types their number."""
    who, id = born(door, "20160301"), door.begins()
    door.does(f"/verifications/{id}/identity", {"name": who.name, "number": who.number})
    return door.get(f"/verifications/{id}")


@reaches("age_too_young")
def a_child(door: Door, code: str):
    """Money is asked for by somebody of fourteen."""
    account = door.account()
    door.types(born(door, "20120301"), account)
    return door.get(f"/accounts/{account}/may/gift")


@reaches("guardian_needed")
def seventeen(door: Door, code: str):
    """Going live at seventeen."""
    account = door.account()
    assert door.verifies(born(door, "20091015"), account)["state"] == "approved"
    return door.get(f"/accounts/{account}/may/live")


@reaches("outside_hours", capabilities=NIGHT)
def not_at_this_hour(door: Door, code: str):
    """A child plays outside the hours that policy permits."""
    account = door.account()
    door.types(born(door, "20120301"), account)
    return door.get(f"/accounts/{account}/may/play")


@reaches("spending_limit_reached", capabilities=POCKET)
def more_than_a_child_may_spend(door: Door, code: str):
    """A child spends more than policy permits."""
    account = door.account()
    door.types(born(door, "20120301"), account)
    return door.get(f"/accounts/{account}/may/spend?amount=5000")
