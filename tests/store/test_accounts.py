"""Accounts, subjects, places, what takes two people."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shiming.errors import Conflict, NotFound
from shiming.store.account import accounts, holds, subjects
from shiming.store.messaging import outbox
from shiming.store.review import four_eyes

NOW, APP, DAY = 1_790_000_000_000, "demo.test", 86_400_000


def opened(connection, ref="a", app=APP, kind="personal"):
    return accounts.get_or_open(connection, app, ref, kind, "zh-CN", NOW)


def subject(connection, number_hash="1:abc"):
    return subjects.locked_subject(connection, APP, [number_hash], NOW)


def bound(connection, ref):
    account = opened(connection, ref)
    subjects.bind(connection, account.id, subject(connection).id, "standard", NOW)
    return accounts.by_ref(connection, APP, ref)


def facts(connection, account, at=NOW, number_hash="1:abc"):
    return subjects.facts(connection, subject(connection, number_hash), account, at)


def held(connection, account, reason="login_risk", requirements=("verify:standard",), now=NOW, **more):
    hold = {"reason": reason, "capabilities": ["*"], "requirements": list(requirements), **more}
    return accounts.open_hold(connection, account, hold, "platform", now)


def test_an_account_is_opened_once_and_per_app(database):
    with database.write() as connection:
        assert opened(connection).id == opened(connection).id
        assert opened(connection, app="other.test").id != opened(connection).id
        with pytest.raises(NotFound):
            accounts.by_ref(connection, "third.test", "a")


def test_an_account_mentioned_by_many_at_once_is_opened_once(database):
    def mention(n: int) -> str:
        with database.write() as connection:
            account = accounts.by_id(connection, opened(connection, "new").id, lock=True)
            outbox.tell(connection, APP, account.id, account.id, "account.held", {}, NOW)
            return account.id

    with ThreadPoolExecutor(12) as pool:
        assert len(set(pool.map(mention, range(24)))) == 1


def test_a_subject_is_found_under_an_older_look_up_key(database):
    with database.write() as connection:
        old = subjects.locked_subject(connection, APP, ["1:abc"], NOW)
        assert subjects.locked_subject(connection, APP, ["2:def", "1:abc"], NOW).id == old.id


def test_a_place_is_free_when_its_accounts_cooling_off_is_over(database):
    """M28: by time alone; nothing has to run."""
    with database.write() as connection:
        first, second = bound(connection, "one"), opened(connection, "two")
        seen = facts(connection, second)
        assert (seen.places_taken, seen.places_on_platform, seen.blocked) == (1, 1, False)
        assert facts(connection, first).places_taken == 0
        accounts.cancel(connection, first, NOW + 7 * DAY, NOW)
        assert facts(connection, second, NOW + 7 * DAY - 1).places_taken == 1
        assert facts(connection, second, NOW + 7 * DAY).places_taken == 0
        ended = [row.id for row in accounts.ended(connection, NOW + 7 * DAY, 10)]
        assert (ended, accounts.state(accounts.by_id(connection, first.id), NOW + 7 * DAY)) == ([first.id], "cancelled")


def test_a_cancellation_is_taken_back_in_time_only(database):
    with database.write() as connection:
        accounts.cancel(connection, bound(connection, "one"), NOW + DAY, NOW)
        ending = accounts.by_ref(connection, APP, "one")
        with pytest.raises(Conflict, match="cancelling already"):
            accounts.cancel(connection, ending, NOW + DAY, NOW)
        with pytest.raises(Conflict, match="cancelled"):
            accounts.keep(connection, ending, NOW + DAY)
        accounts.keep(connection, ending, NOW + DAY - 1)
        assert accounts.state(accounts.by_ref(connection, APP, "one"), NOW + 9 * DAY) == "active"


def test_two_hundred_bindings_at_once_never_exceed_the_quota(database):
    """M28: two hundred accounts of one person at the same moment, three places, some of them freed meanwhile."""
    quota, freed = 3, []

    def try_to_bind(n: int) -> bool:
        with database.write() as connection:
            account = opened(connection, f"acc-{n}")
            person = subject(connection, "1:same")
            if subjects.facts(connection, person, account, NOW).places_taken >= quota:
                return False
            subjects.bind(connection, account.id, person.id, "standard", NOW)
            taken = subjects.slots(connection, person.id, NOW)
            assert len(taken) <= quota
            if n % 40 == 0:
                freed.append(taken[0].id)
                accounts.cancel(connection, taken[0], NOW, NOW)
            return True

    with ThreadPoolExecutor(16) as pool:
        won = sum(pool.map(try_to_bind, range(200)))
    with database.write() as connection:
        assert len(subjects.slots(connection, subject(connection, "1:same").id, NOW)) == won - len(freed) <= quota


def test_a_violation_during_the_cooling_off_takes_the_cancellation_back(database):
    """Laundering: nobody frees a place by cancelling just in time."""
    with database.write() as connection:
        account = bound(connection, "held")
        accounts.cancel(connection, account, NOW + DAY, NOW)
        held(connection, account)
        assert accounts.by_id(connection, account.id).cancel_at == NOW + DAY
        held(connection, account, "violation_fraud", ["pledge"])
        assert accounts.by_id(connection, account.id).cancel_at is None
        with pytest.raises(Conflict, match="violation"):
            subjects.frees(connection, account, NOW)


def test_what_takes_two_people_takes_two(database):
    with database.write() as connection:
        id = four_eyes.ask(connection, APP, "block", "acc_1", "violation_fraud", "one", NOW)
        with pytest.raises(Conflict, match="two people"):
            four_eyes.confirm(connection, APP, "block", id, "one", NOW)
        with pytest.raises(NotFound):
            four_eyes.confirm(connection, APP, "move", id, "two", NOW)
        with pytest.raises(NotFound):
            four_eyes.confirm(connection, "other.test", "block", id, "two", NOW)
        assert four_eyes.confirm(connection, APP, "block", id, "two", NOW).ground == "violation_fraud"
        with pytest.raises(Conflict, match="already"):
            four_eyes.confirm(connection, APP, "block", id, "three", NOW)


def test_each_requirement_lifts_only_what_asks_for_it(database):
    """M15."""
    with database.write() as connection:
        account = opened(connection)
        held(connection, account)
        served = held(connection, account, "violation_abuse", ["pledge", "serve_until:2026-09-30"])
        met = holds.meet(connection, account.id, "verify:enhanced", "ver_1", NOW)
        assert len(met.lifted) == 1
        assert holds.meet(connection, account.id, "pledge", "plg_1", NOW).touched == [served]
        assert not holds.served(connection, NOW, 10)
        (row,) = holds.served(connection, NOW + 30 * DAY, 10)
        assert holds.write_served(connection, row, NOW + 30 * DAY).lifted == [served]
        assert holds.open_holds(connection, account.id) == ()


def test_a_hold_is_as_unknown_to_other_apps_as_one_that_never_was(database):
    with database.write() as connection:
        id = held(connection, opened(connection))
        assert holds.get(connection, APP, id).reason == "login_risk"
        with pytest.raises(NotFound):
            holds.get(connection, "other.test", id)


def test_bound_to_another_subject_is_seen(database):
    """M20.11."""
    with database.write() as connection:
        assert facts(connection, bound(connection, "mine"), number_hash="1:thief").bound_to_other_subject


def test_a_level_is_never_lowered(database):
    with database.write() as connection:
        account = bound(connection, "mine")
        accounts.raise_level(connection, account.id, "basic", NOW)
        assert accounts.by_id(connection, account.id).level == "standard"


def test_a_phone_counts_at_a_moment_if_it_was_the_bound_one_then(database):
    with database.write() as connection:
        account = opened(connection)
        accounts.bind_phone(connection, account, "1:old", NOW)
        accounts.bind_phone(connection, account, "1:new", NOW + DAY)
        known = [(h, t) for h in ("1:old", "1:new") for t in (NOW - 1, NOW + 1, NOW + 2 * DAY)
                 if accounts.bound_before(connection, account.id, [h], t)]  # fmt: skip
        assert known == [("1:old", NOW + 1), ("1:new", NOW + 2 * DAY)]
