"""Who has the lease, and what becomes of a process that is stopped while it has it."""

import json

import pytest
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from shiming.store.audit import audit_log, sequencer
from shiming.store.audit.audit_log import audit_entries
from shiming.store.audit.proof import verify_export
from tests.store.audit.conftest import Trail

head = audit_log.audit_log_head


def lease_until(trail: Trail, ms: int) -> None:
    with trail.database.write() as connection:
        connection.execute(update(head).values(held_until=ms))


def test_one_has_the_lease_and_another_takes_over(trail: Trail) -> None:
    """By the database's clock; a batch renews it, an idle look writes nothing."""
    second = trail.another("second")
    trail.order()
    trail.add(1)
    assert trail.order(second) is None
    with trail.database.read() as connection:
        assert second.idle(connection) and not trail.sequencer.idle(connection)
    lease_until(trail, 1)  # it died, long ago
    with trail.database.read() as connection:
        assert not second.idle(connection)
    assert trail.order(second).taken == 1
    assert trail.order() is None
    with trail.database.write() as connection:
        second.leave(connection)
    assert trail.order().taken == 0


def test_a_lease_from_before_a_clock_went_back_counts_for_nothing(trail: Trail) -> None:
    """Or nobody would order anything for as long as the clock went back, where its holder is dead."""
    second = trail.another("second")
    trail.order()
    trail.add(1)
    (row,) = trail.query(head.select())
    lease_until(trail, row.held_until + 3_600_000)
    with trail.database.read() as connection:
        assert not second.idle(connection)
    assert trail.order(second).taken == 1


def test_who_is_stopped_in_the_middle_of_a_batch_loses_it_and_the_log_is_one(trail: Trail, monkeypatch) -> None:
    """It slept, or its machine was cut off, with the row locked; when it wakes its batch is gone, and nothing of it."""
    if trail.database.sqlite:
        pytest.skip("a stopped process keeps the file's lock until it is killed or goes on")
    monkeypatch.setattr(sequencer, "STALLED", 300)
    second = trail.another("second")
    trail.add(1)
    with pytest.raises(SQLAlchemyError), trail.database.write() as stopped:
        assert trail.sequencer.batch(stopped, 1).taken == 1
        assert trail.order(second).taken == 1  # waits until the first one's transaction is broken off
    trail.add(2)
    assert trail.order() is None and trail.order(second).taken == 1
    report = trail.checked()
    assert (report.faults, report.log_signed, report.unaccounted) == ((), 2, ())


def test_what_is_put_in_order_while_it_is_exported_is_there_once(trail: Trail, monkeypatch) -> None:
    """An export is the trail at one moment: a row that moved between two questions was in neither part."""
    ids = [trail.add(number) for number in range(3)]
    trail.order()
    ids += [trail.add(number) for number in range(3, 6)]
    asked = audit_log._entries

    def meanwhile(connection):
        yield from asked(connection)
        trail.order()
        trail.add(9)
        trail.order()

    monkeypatch.setattr(audit_log, "_entries", meanwhile)
    lines = trail.exported()
    found = [line["id"] for line in lines if line["kind"] in ("entry", "pending")]
    assert found == ids and json.dumps(lines).count('"pending"') == 3
    assert verify_export(trail.file, trail.key.public).ok
    assert len(trail.query(audit_entries.select())) == 7
