"""The audit trail: written without a shared lock, put in order, signed, checked by someone outside (M34)."""

import threading

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from shiming.store.audit import audit_log
from shiming.store.audit.audit_log import AuditKey, audit_entries, audit_pending, audit_signed
from shiming.store.audit.sequencer import Tampered
from shiming.store.database import Database
from tests.store.audit.conftest import NOW, ROW, Trail


def test_an_untouched_trail_is_whole(trail: Trail) -> None:
    """M34: rows of either database check outside of it; what has no place yet says so."""
    assert trail.order().size == 0
    for number in range(5):
        trail.add(number)
    assert trail.order().taken == 5
    assert trail.order().taken == 0
    trail.add(6)
    report = trail.checked()
    assert (report.ok, report.entries, report.log_signed, report.pending) == (True, 5, 5, 1)
    with trail.database.read() as connection:
        found = audit_log.status(connection)
        assert audit_log.forged(connection, trail.key) == []
    assert (found.size, found.pending, found.oldest, found.refused, found.signed_at) == (5, 1, NOW + 6, 0, NOW)


def test_writers_do_not_wait_for_each_other(trail: Trail) -> None:
    """Issue 16: a row waited for the head of the chain until the transaction before had ended."""
    if trail.database.sqlite:
        pytest.skip("one writer at a time")
    with trail.database.write() as first, trail.database.write() as second:
        trail.put(first, 1)
        second.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        trail.put(second, 2)
    assert trail.order().taken == 2


def test_who_began_early_and_commits_late_is_not_skipped(trail: Trail) -> None:
    """Its place is later than those that were put in order meanwhile."""
    if trail.database.sqlite:
        pytest.skip("one writer at a time")
    with trail.database.write() as late:
        early = trail.put(late, 1)
        quick = [trail.add(number) for number in (2, 3)]
        assert trail.order().taken == 2
    assert trail.order().taken == 1
    found = trail.query(select(audit_entries.c.id).order_by(audit_entries.c.leaf))
    assert [row.id for row in found] == [*quick, early]
    assert trail.checked().ok


def test_a_transaction_that_fails_leaves_no_row_and_no_gap(trail: Trail) -> None:
    trail.add(1)
    with trail.database.write() as connection:
        trail.put(connection, 2)
        connection.rollback()
    with pytest.raises(ZeroDivisionError), trail.database.write() as connection:
        trail.put(connection, 3)
        raise ZeroDivisionError
    trail.add(4)
    trail.order()
    assert [row.number for row in trail.query(select(audit_entries.c.number).order_by(audit_entries.c.leaf))] == [1, 2]
    report = trail.checked()
    assert (report.ok, report.unaccounted) == (True, ())


def test_many_writers_and_two_sequencers_make_one_log(trail: Trail) -> None:
    writers, each, failed, stop = 5, 12, [], threading.Event()

    def work(writer: int) -> None:
        try:
            for number in range(each):
                trail.add(writer * 100 + number)
        except Exception as error:
            failed.append(error)

    def order(name: str) -> None:
        try:
            sequencer = trail.another(name)
            while not stop.wait(0.01):
                trail.order(sequencer)
        except Exception as error:
            failed.append(error)

    ordering = [threading.Thread(target=order, args=(name,)) for name in ("", "b")]
    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(writers)]
    for thread in ordering + threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    for thread in ordering:
        thread.join()
    trail.order(trail.another(""))
    assert not failed
    report = trail.checked()
    assert (report.ok, report.entries, report.log_signed) == (True, writers * each, writers * each)


# ── somebody who can write to the database ───────────────────────────────────────────────────────


def test_a_pending_row_that_is_changed_or_forged_gets_no_place(trail: Trail) -> None:
    changed, whole = trail.add(1), trail.add(2)
    stranger = AuditKey.of(b"x" * 32)
    forged = trail.add(3, key=stranger)
    with trail.database.write() as connection:
        connection.execute(update(audit_pending).where(audit_pending.c.id == changed).values(actor="key_2"))
    with trail.database.read() as connection:
        assert audit_log.forged(connection, trail.key) == [changed, forged]
    batch = trail.order()
    assert (batch.taken, batch.refused) == (1, 2)
    assert trail.query(select(audit_entries.c.id)) == [(whole,)]
    report = trail.checked()
    assert [f"'{id}': refused" in "\n".join(report.faults) for id in (changed, forged)] == [True, True]


def test_a_row_put_in_once_more_gets_no_second_place(trail: Trail) -> None:
    trail.add(1)
    (row,) = trail.query(select(audit_pending))
    trail.order()
    with trail.database.write() as connection:
        connection.execute(insert(audit_pending).values(**row._mapping))
    assert trail.order().refused == 1
    assert "put in twice" in trail.checked().faults[0]


def test_a_pending_row_that_is_taken_away_is_missed(trail: Trail) -> None:
    """Its writer goes on, and its next rows say that it had been committed."""
    gone = [trail.add(number) for number in range(4)][1]
    with trail.database.write() as connection:
        connection.execute(delete(audit_pending).where(audit_pending.c.id == gone))
    trail.order()
    report = trail.checked()
    assert len(report.faults) == 1
    assert "row 2 of writer" in report.faults[0] and "taken away before it had its place" in report.faults[0]


def test_a_row_that_was_under_way_when_its_process_was_killed_is_no_fault(trail: Trail) -> None:
    """Nor is the last row of a writer missed: what nobody says any more nobody can check (docs/decisions/0017)."""
    if trail.database.sqlite:
        pytest.skip("one writer at a time: nothing else is under way")
    with pytest.raises(SQLAlchemyError), trail.database.write() as dies:
        trail.put(dies, 1)
        trail.add(2)
        dies.invalidate()
    trail.order()
    report = trail.checked()
    assert report.ok and "1 rows from 1 on never came" in "".join(report.unaccounted)


def test_an_entry_changed_in_the_database_is_named(trail: Trail) -> None:
    for number in range(4):
        trail.add(number)
    trail.order()
    with trail.database.write() as connection:
        connection.execute(update(audit_entries).where(audit_entries.c.leaf == 1).values(actor="key_2"))
    assert trail.checked().faults == ("entry 1: changed: its content does not give its hash in the tree.",)


@pytest.mark.parametrize("what", ["tile", "note", "size", "older"])
def test_a_tree_that_is_not_the_signed_one_is_not_gone_on_with(trail: Trail, what: str) -> None:
    """The sequencer signs nothing that does not go on from what was signed last."""
    trail.add(0)
    trail.order()
    trail.add(1)
    trail.order(now=NOW + 60_000)
    trail.add(2)
    tiles, head = audit_log.metadata.tables["audit_tiles"], audit_log.audit_log_head
    with trail.database.write() as connection:
        if what == "tile":
            connection.execute(update(tiles).values(hashes=b"\1" * 64))
        elif what == "note":
            connection.execute(update(audit_signed).values(note=func.replace(audit_signed.c.note, "\n2\n", "\n3\n")))
        elif what == "size":
            connection.execute(update(head).values(size=1))
        else:  # a whole, but older, state; this process has signed a newer one
            connection.execute(delete(audit_signed).where(audit_signed.c.size == 2))
            connection.execute(update(head).values(size=1))
    with pytest.raises(Tampered):
        trail.order()


def test_a_name_is_refused_in_every_column(database: Database, key: AuditKey) -> None:
    for column in ("app", "actor", "action", "object"):
        row = {**ROW, "object": "d", column: "张合格"}
        with pytest.raises(ValueError, match=column), database.write() as connection:
            audit_log.append(connection, key, **row, facts={}, now=NOW)


def test_a_row_does_not_go_into_a_savepoint(trail: Trail) -> None:
    """Its number would count as given though the savepoint was rolled back."""
    with pytest.raises(RuntimeError), trail.database.write() as connection, connection.begin_nested():
        trail.put(connection)
