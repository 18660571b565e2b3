"""Places under the caps: for an account, a number, a device and an address; and the calls that were made."""

import pytest
from alembic import command

from shiming.store import migrations
from shiming.store.database import Database, now_ms
from shiming.store.meta import metadata
from shiming.store.tables import authority_answers
from shiming.store.verification import authority_calls
from shiming.store.verification.authority_calls import DAY, HOUR, Inquiry

NOW = 1_800_000_000_000
CAPS = {"account": 3, "number_hash": 3, "device": 4, "address": 5}


@pytest.fixture
def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path}/shiming.db")
    metadata.create_all(made.engine)
    yield made
    made.close()


@pytest.fixture
def connection(database):
    with database.write() as open_:
        yield open_


def about(id, account="acc_1", number="1:n", app="demo.test", **more):
    return Inquiry(id, 1, app, account, number, **more)


def reserve(connection, inquiry, *questions, now=NOW):
    return authority_calls.reserve(connection, inquiry, questions or ("record",), CAPS, now)


def test_all_places_of_a_round_are_reserved_or_none(connection):
    assert reserve(connection, about("ver_1"), "record", "live") is None
    assert reserve(connection, about("ver_2"), "record", "live") == NOW + DAY
    assert reserve(connection, about("ver_2")) is None
    assert reserve(connection, about("ver_3", number="1:m"), now=NOW + 5) == NOW + DAY


def test_a_number_counts_across_accounts_and_apps(connection):
    for n in range(3):
        assert reserve(connection, about(f"ver_{n}", f"acc_{n}", app=f"app{n}.test")) is None
    assert reserve(connection, about("ver_9", "acc_9", app="other.test")) == NOW + DAY
    assert reserve(connection, about("ver_9", "acc_9", app="other.test"), now=NOW + DAY) is None


@pytest.mark.parametrize(("kind", "most"), [("device", 4), ("address", 5)])
def test_so_do_devices_and_addresses_where_they_are_known(connection, kind, most):
    for n in range(most):
        assert reserve(connection, about(f"ver_{n}", f"acc_{n}", f"1:{n}", **{kind: "1:same"})) is None
    assert reserve(connection, about("ver_9", "acc_9", "1:9", **{kind: "1:same"})) == NOW + DAY
    assert reserve(connection, about("ver_9", "acc_9", "1:9")) is None


def test_a_round_takes_its_places_once_however_often_it_is_tried(connection):
    for turn in range(10):
        assert reserve(connection, about("ver_1"), "record", "live", "portrait", now=NOW + turn) is None


def test_what_surely_was_not_answered_is_free_at_once(connection):
    for turn in range(10):
        assert reserve(connection, about(f"ver_{turn}"), "record", "live", "portrait") is None
        call = authority_calls.sent(connection, about(f"ver_{turn}"), "record", "main", NOW)
        authority_calls.ended(connection, call, "unanswered")
        authority_calls.release(connection, f"ver_{turn}")


@pytest.mark.parametrize("outcome", ["unsure", "sent"])
def test_what_may_have_been_answered_is_free_after_an_hour(connection, outcome):
    """`sent` is what a crash in the middle of a call leaves."""
    for turn in range(3):
        assert reserve(connection, about(f"ver_{turn}")) is None
        call = authority_calls.sent(connection, about(f"ver_{turn}"), "record", "main", NOW)
        authority_calls.ended(connection, call, outcome)
        authority_calls.release(connection, f"ver_{turn}")
    assert reserve(connection, about("ver_9")) == NOW + HOUR
    assert reserve(connection, about("ver_9"), now=NOW + HOUR) is None


def test_what_was_answered_stays_taken_when_the_rest_is_released(connection):
    reserve(connection, about("ver_1"), "record", "live", "portrait")
    authority_calls.answered(connection, about("ver_1"), "record", NOW + 7)
    authority_calls.release(connection, "ver_1")
    assert reserve(connection, about("ver_2"), "record", "live") is None
    assert reserve(connection, about("ver_3"), now=NOW + 8) == NOW + DAY
    authority_calls.sweep(connection, NOW + DAY + 8)
    assert reserve(connection, about("ver_3"), "record", "live", "portrait", now=NOW + DAY + 8) is None


def test_calls_that_were_made_before_the_upgrade_still_count(database_url):
    database = Database(database_url)
    with database.write() as connection:
        command.upgrade(migrations.config(connection), "0001_baseline")
        now = now_ms(connection)
        for id, at in (("ver_1", now - HOUR), ("ver_0", now - 2 * DAY)):
            row = {"verification": id, "round": 1, "app": "demo.test", "account": "acc_1", "number_hash": "1:n"}
            connection.execute(authority_answers.insert().values(**row, sealed_said=b"said", calls=2, at=at))
    migrations.upgrade(database)
    with database.write() as connection:
        assert reserve(connection, about("ver_2"), "record", "live", now=now) == now - HOUR + DAY
        assert reserve(connection, about("ver_2"), now=now) is None
    database.close()


def test_the_cost_is_written_before_a_call_goes_out(connection):
    for source in ("main", "spare"):
        authority_calls.sent(connection, about("ver_1"), "record", source, NOW)
    assert connection.execute(authority_answers.select()).one().calls == 2
