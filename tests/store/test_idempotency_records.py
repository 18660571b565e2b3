"""Idempotency records as they are kept: a new key takes one statement, and finds what one of many finds."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from shiming.errors import Conflict, InProgress
from shiming.store.access import idempotency
from shiming.store.database import now_ms
from shiming.store.tables import idempotency_records
from tests.statements import counted

DAY_AND_A_MOMENT = idempotency.KEPT_MS + 1000


def begun(database, *ids, body="body"):
    with database.write() as connection:
        return idempotency.begin(connection, "demo.test", ids or ("key",), (body,))


def changed(database, **values):
    with database.write() as connection:
        connection.execute(update(idempotency_records).values(**values))


def finished(database, claim):
    with database.write() as connection:
        claim.made |= {"verification": "ver_1"}
        claim.note(connection)
        idempotency.finish(connection, claim)


def test_a_new_key_takes_one_statement(database):
    """It took five: the clock, a deletion, two look-ups and the row."""
    with database.write() as connection, counted(database.engine) as made:
        claim = idempotency.begin(connection, "demo.test", ("key",), ("body",))
    assert len(made) == 1 and (claim.wrote, claim.answered, claim.made) == (False, False, {})


def test_what_it_keeps_is_by_the_clock_of_the_database(database):
    claim = begun(database)
    with database.read() as connection:
        row = connection.execute(idempotency_records.select()).one()
        now = now_ms(connection)
    assert row.lease == claim.lease and row.lease_until - row.created_at == idempotency.LEASE_MS
    assert 0 <= now - row.created_at < idempotency.LEASE_MS


def test_while_it_is_worked_on_nobody_else_has_it(database):
    begun(database)
    with pytest.raises(InProgress):
        begun(database)
    with pytest.raises(Conflict, match="another request"):
        begun(database, body="another")


def test_what_was_answered_is_answered_again_to_the_same_body_only(database):
    finished(database, begun(database))
    again = begun(database)
    assert (again.answered, again.wrote, again.made) == (True, True, {"verification": "ver_1"})
    with pytest.raises(Conflict, match="another request"):
        begun(database, body="another")


def test_what_is_older_than_a_day_is_forgotten(database):
    """The quick way finds the row there, and must not take it for one of today."""
    first = begun(database)
    finished(database, first)
    changed(database, created_at=idempotency_records.c.created_at - DAY_AND_A_MOMENT)
    again = begun(database, body="another")
    assert (again.answered, again.wrote, again.made) == (False, False, {}) and again.lease != first.lease


def test_whoever_comes_after_a_death_goes_on_with_what_was_made(database):
    """The lease is another's from then on: who was thought dead commits nothing."""
    first = begun(database)
    with database.write() as connection:
        first.made |= {"verification": "ver_1"}
        first.note(connection)
    changed(database, lease_until=1)
    heir = begun(database)
    assert (heir.answered, heir.wrote, heir.made) == (False, True, {"verification": "ver_1"})
    with pytest.raises(InProgress, match="took too long"), database.write() as connection:
        first.note(connection)
    with database.write() as connection:
        idempotency.finish(connection, first)
        idempotency.give_back(connection, first)
    with pytest.raises(InProgress):
        begun(database)


def test_a_body_that_nobody_began_with_may_be_corrected(database):
    begun(database)
    changed(database, lease_until=1)
    assert begun(database, body="corrected").made == {}


def test_a_key_is_found_under_the_look_up_key_before(database):
    """While the look-up key changes, the newest version is written, and older ones are found."""
    finished(database, begun(database, "old"))
    assert begun(database, "new", "old").answered
    assert begun(database, "newer", "older").id == "newer"


def test_of_many_at_one_moment_one_has_it(database):
    at_once = 4
    barrier = threading.Barrier(at_once)

    def tries(key):
        barrier.wait(60)
        try:
            return begun(database, key)
        except InProgress:
            return None

    with ThreadPoolExecutor(at_once) as pool:
        for key in "abc":
            had = [claim for claim in pool.map(tries, key * at_once) if claim]
            assert len(had) == 1 and not had[0].answered
