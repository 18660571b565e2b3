"""The audit trail: written without a shared lock, put in order, signed, checked by someone outside (M34)."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from shiming.store.audit import audit_log
from shiming.store.audit.audit_log import AuditKey, audit_entries, audit_pending, audit_signed
from shiming.store.audit.leaves import canonical, leaf_of
from shiming.store.audit.merkle import leaf_hash
from shiming.store.audit.proof import verify_export, verify_main
from shiming.store.audit.sequencer import Sequencer, Tampered
from shiming.store.crypto import key_file
from shiming.store.database import Database
from tests import blank
from tests.store.audit.conftest import NOW, ROW, Trail

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, AuditKey]:
    """An export of ten entries with checkpoints at 4 and 8 and two rows that wait, and its key."""
    folder = tmp_path_factory.mktemp("ten")
    key_file.create(folder / "keys")
    key, database = AuditKey.load(folder / "keys"), blank.database(f"sqlite:///{folder}/trail.db")
    trail = Trail(database, key, Sequencer(key, "first"), folder / "trail.jsonl")
    for number in range(10):
        trail.add(number, codes=["photo_glare", "photo_blurred"], hash="1:" + "ab" * 32)
        if number in (3, 7):
            trail.order(now=NOW + number * 60_000)
    trail.exported()
    database.close()
    return trail.file.read_text("utf-8"), key


@pytest.fixture
def file(ten, tmp_path: Path) -> Path:
    (tmp_path / "trail.jsonl").write_text(ten[0], "utf-8")
    return tmp_path / "trail.jsonl"


def faults(file: Path, ten, change: Callable[[Lines], Any], **known: Any) -> str:
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    change(lines)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return "\n".join(verify_export(file, ten[1].public, **known).faults)


def entry(lines: Lines, leaf: int) -> dict[str, Any]:
    return next(line for line in lines if line["kind"] == "entry" and line["leaf"] == leaf)


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


def test_one_has_the_lease_and_another_takes_over(trail: Trail) -> None:
    """By the database's clock; a batch renews it, an idle look writes nothing."""
    second = trail.another("second")
    trail.order()
    trail.add(1)
    assert trail.order(second) is None
    with trail.database.read() as connection:
        assert second.idle(connection) and not trail.sequencer.idle(connection)
    head = audit_log.audit_log_head
    with trail.database.write() as connection:
        connection.execute(update(head).values(held_until=1))  # it died, long ago
    with trail.database.read() as connection:
        assert not second.idle(connection)
    assert trail.order(second).taken == 1
    assert trail.order() is None
    with trail.database.write() as connection:
        second.leave(connection)
    assert trail.order().taken == 0


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


# ── somebody who can write to the file ───────────────────────────────────────────────────────────


def test_a_changed_entry_is_named(file: Path, ten) -> None:
    assert "entry 3: changed" in faults(file, ten, lambda lines: entry(lines, 3).update(actor="key_2"))


def test_a_changed_fact_is_named(file: Path, ten) -> None:
    assert "entry 7: changed" in faults(file, ten, lambda lines: entry(lines, 7)["facts"].update(round=2))


def test_a_trail_rewritten_with_its_hashes_is_named_by_the_checkpoint(file: Path, ten) -> None:
    def change(lines: Lines) -> None:
        row = entry(lines, 5)
        row["actor"] = "key_2"
        row["hash"] = leaf_hash(leaf_of({**row, "facts": canonical(row["facts"])})).hex()

    assert faults(file, ten, change) == (
        "entries 4 to 7: the checkpoint vouches for others: one of them was rewritten."
    )


def test_deleted_entries_are_named(file: Path, ten) -> None:
    assert "entry 5: missing" in faults(file, ten, lambda lines: lines.remove(entry(lines, 5)))
    assert "entries 5 to 6: missing" in faults(file, ten, lambda lines: lines.remove(entry(lines, 6)))
    assert "entry 0: missing" in faults(file, ten, lambda lines: lines.remove(entry(lines, 0)))


def test_reordered_and_repeated_entries_are_named(file: Path, ten) -> None:
    def swap(lines: Lines) -> None:
        a, b = lines.index(entry(lines, 5)), lines.index(entry(lines, 6))
        lines[a], lines[b] = lines[b], lines[a]

    assert "entry 5: out of order: it comes after entry 6" in faults(file, ten, swap)
    again = faults(file, ten, lambda lines: (swap(lines), lines.append(entry(lines, 7))))
    assert "entry 7: out of order: it comes after entry 7." in again


def cut(lines: Lines) -> None:
    lines[:] = [line for line in lines if line["kind"] in ("head", "signed") or line.get("leaf", 9) < 6]


def test_a_tail_cut_off_behind_a_checkpoint_is_named(file: Path, ten) -> None:
    assert "entries 6 to 7: cut off: the checkpoint vouches for 8 entries." in faults(file, ten, cut)


def test_a_tail_cut_off_with_its_checkpoint_is_named_by_an_earlier_report(file: Path, ten) -> None:
    earlier = verify_export(file, ten[1].public)

    def cut_all(lines: Lines) -> None:
        cut(lines)
        del lines[2]

    found = faults(file, ten, cut_all, tree={earlier.log_signed: earlier.root})
    assert found == "entries 6 to 7: cut off: the earlier report vouches for 8 entries."


def test_a_foreign_key_is_named(file: Path) -> None:
    report = verify_export(file, AuditKey.of(b"y" * 32).public)
    assert "checkpoint at 4 entries: not signed by this key, or changed." in report.faults
    assert (report.ok, report.log_signed) == (False, 0)


def test_entries_without_any_checkpoint_are_not_called_whole(file: Path, ten) -> None:
    def strip(lines: Lines) -> None:
        lines[:] = [line for line in lines if line["kind"] != "signed"]

    assert "nothing signed" in faults(file, ten, strip)


@pytest.mark.parametrize("junk", ["{", "[]", '{"kind":"entry"}', '{"kind":"entry","leaf":11}', '{"kind":"what"}',
                                  '{"kind":"pending"}', '{"kind":"signed"}', "\xff"])  # fmt: skip
def test_junk_is_a_fault_and_not_a_crash(file: Path, ten, junk: str) -> None:
    file.write_text(file.read_text("utf-8") + junk + "\n", "latin-1")
    assert len(verify_export(file, ten[1].public).faults) == 1


def test_the_command_prints_a_plain_report(file: Path, ten, tmp_path: Path, capsys) -> None:
    pem = tmp_path / "audit.pem"
    pem.write_bytes(ten[1].public_pem())
    assert verify_main(file, pem) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "8 entries, 2 checkpoints; 8 entries are signed."
    assert said[1].startswith("2 rows wait for their place")
    assert verify_main(file, pem, said[-1].rsplit(" ", 1)[1]) == 0
    file.write_text(file.read_text("utf-8").replace("ver_5", "ver_6"), "utf-8")
    assert verify_main(file, pem) == 1
    assert "entry 5: changed" in capsys.readouterr().out
    assert verify_main(tmp_path / "nowhere", pem) == 2
    assert verify_main(file, file) == 2


def test_a_name_is_refused_in_every_column(database: Database, key: AuditKey) -> None:
    for column in ("app", "actor", "action", "object"):
        row = {**ROW, "object": "d", column: "张合格"}
        with pytest.raises(ValueError, match=column), database.write() as connection:
            audit_log.append(connection, key, **row, facts={}, now=NOW)


def test_a_row_does_not_go_into_a_savepoint(trail: Trail) -> None:
    """Its number would count as given though the savepoint was rolled back."""
    with pytest.raises(RuntimeError), trail.database.write() as connection, connection.begin_nested():
        trail.put(connection)
