"""Accounts, subjects, places, blocks and holds."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shiming.errors import Conflict, NotFound
from shiming.store import accounts

NOW, APP = 1_790_000_000_000, "demo.test"


def opened(connection, ref="a", app=APP, kind="personal"):
    return accounts.get_or_open(connection, app, ref, kind, "zh-CN", NOW)


def subject(connection, number_hash="1:abc"):
    return accounts.locked_subject(connection, APP, [number_hash], NOW)


def bound(connection, ref):
    account = opened(connection, ref)
    accounts.bind(connection, account.id, subject(connection).id, "standard", NOW)
    return accounts.by_ref(connection, APP, ref)


def test_an_account_is_opened_once_and_per_app(database):
    with database.write() as connection:
        assert opened(connection).id == opened(connection).id
        assert opened(connection, app="other.test").id != opened(connection).id
        with pytest.raises(NotFound):
            accounts.by_ref(connection, "third.test", "a")


def test_a_subject_is_found_under_an_older_look_up_key(database):
    with database.write() as connection:
        old = accounts.locked_subject(connection, APP, ["1:abc"], NOW)
        assert accounts.locked_subject(connection, APP, ["2:def", "1:abc"], NOW).id == old.id


def test_places_are_counted_without_the_account_itself_and_freed_by_cancelling(database):
    """M28."""
    with database.write() as connection:
        first, second = bound(connection, "one"), opened(connection, "two")
        facts = accounts.subject_facts(connection, subject(connection), second, NOW)
        assert (facts.places_taken, facts.places_on_platform, facts.blocked) == (1, 1, False)
        assert accounts.subject_facts(connection, subject(connection), first, NOW).places_taken == 0
        accounts.cancel(connection, first)
        assert accounts.subject_facts(connection, subject(connection), second, NOW).places_taken == 0


def test_concurrent_bindings_never_exceed_the_quota(database):
    """M28: forty accounts of one person at the same moment, one place."""

    def try_to_bind(n: int) -> bool:
        with database.write() as connection:
            account = opened(connection, f"acc-{n}")
            person = subject(connection, "1:same")
            if accounts.subject_facts(connection, person, account, NOW).places_taken >= 1:
                return False
            accounts.bind(connection, account.id, person.id, "standard", NOW)
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_to_bind, range(40))) == 1


def test_a_block_takes_two_people_and_bans_the_account(database):
    """M20.14, M28: a blocked subject cannot come back through another account."""
    with database.write() as connection:
        account = bound(connection, "bad")
        asked = accounts.ask_block(connection, account, "violation_fraud", "reviewer-one", NOW)
        with pytest.raises(Conflict, match="two people"):
            accounts.confirm_block(connection, APP, asked, "reviewer-one")
        accounts.confirm_block(connection, APP, asked, "reviewer-two")
        with pytest.raises(Conflict, match="already"):
            accounts.confirm_block(connection, APP, asked, "reviewer-three")
        other = opened(connection, "fresh")
        assert accounts.subject_facts(connection, subject(connection), other, NOW).blocked
        assert accounts.by_ref(connection, APP, "bad").state == "banned"


def test_nobody_is_blocked_for_an_account_without_a_verified_person(database):
    with database.write() as connection, pytest.raises(Conflict, match="no person"):
        accounts.ask_block(connection, opened(connection), "violation_fraud", "reviewer-one", NOW)


def test_a_banned_account_or_one_with_violations_cannot_free_its_place(database):
    """Laundering: cancelling must not free the place of an account under punishment."""
    with database.write() as connection:
        account = bound(connection, "held")
        hold = {"reason": "violation_fraud", "capabilities": ["*"], "requirements": ["review"]}
        accounts.open_hold(connection, account, hold, "platform", NOW)
        with pytest.raises(Conflict, match="violation"):
            accounts.cancel(connection, account)


def test_each_requirement_lifts_only_what_asks_for_it(database):
    """M15."""
    with database.write() as connection:
        account = opened(connection)
        for reason, requirement in (("login_risk", "verify:standard"), ("pledge_due", "pledge")):
            hold = {"reason": reason, "capabilities": ["*"], "requirements": [requirement]}
            accounts.open_hold(connection, account, hold, "platform", NOW)
        assert len(accounts.meet(connection, account.id, "verify:standard", "ver_1", NOW)) == 1
        assert [h.reason for h in accounts.open_holds(connection, account.id)] == ["pledge_due"]


def test_bound_to_another_subject_is_seen(database):
    """M20.11."""
    with database.write() as connection:
        account = bound(connection, "mine")
        facts = accounts.subject_facts(connection, subject(connection, "1:thief"), account, NOW)
        assert facts.bound_to_other_subject
