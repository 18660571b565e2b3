"""Exports of releases before the log stay verifiable: rows chained by hash, checkpoints of the head (M34)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shiming.store.audit.audit_log import AuditKey
from shiming.store.audit.chain_check import entry_hash
from shiming.store.audit.proof import verify_export, verify_main
from shiming.store.crypto import key_file
from tests import blank
from tests.store.audit import earlier_release
from tests.store.audit.conftest import NOW, ROW

Lines = list[dict[str, Any]]


@pytest.fixture
def trail(tmp_path: Path, key: AuditKey) -> Path:
    """An export of ten rows with checkpoints at rows 4 and 8, as an earlier release wrote it."""
    database = blank.database(f"sqlite:///{tmp_path}/trail.db")
    with database.write() as connection:
        for number in range(1, 11):
            facts = {"round": 1, "codes": ["photo_glare", "photo_blurred"], "hash": "1:" + "ab" * 32}
            earlier_release.append(connection, **ROW, object=f"ver_{number}", facts=facts, now=NOW + number)
            if number in (4, 8):
                earlier_release.checkpoint(connection, key, NOW + number)
        earlier_release.export(connection, tmp_path / "trail.jsonl")
    database.close()
    return tmp_path / "trail.jsonl"


def _faults(trail: Path, key: AuditKey, change: Callable[[Lines], Any], **known: Any) -> str:
    lines = [json.loads(line) for line in trail.read_text("utf-8").splitlines()]
    change(lines)
    trail.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return "\n".join(verify_export(trail, key.public, **known).faults)


def _row(lines: Lines, sequence: int) -> dict[str, Any]:
    return next(line for line in lines if line["kind"] == "row" and line["sequence"] == sequence)


def test_a_changed_row_is_named(trail: Path, key: AuditKey) -> None:
    assert "row 3: changed" in _faults(trail, key, lambda lines: _row(lines, 3).update(actor="key_2"))


def test_a_changed_fact_is_named(trail: Path, key: AuditKey) -> None:
    assert "row 9: changed" in _faults(trail, key, lambda lines: _row(lines, 9)["facts"].update(round=2))


def test_a_changed_row_with_a_new_hash_is_named(trail: Path, key: AuditKey) -> None:
    def change(lines: Lines) -> None:
        _row(lines, 3).update(actor="key_2")
        _row(lines, 3).update(hash=entry_hash(_row(lines, 3)))

    assert "row 4: it does not follow from row 3" in _faults(trail, key, change)


def test_a_trail_rewritten_to_its_end_is_named_by_the_checkpoint(trail: Path, key: AuditKey) -> None:
    def change(lines: Lines) -> None:
        _row(lines, 6).update(actor="key_2")
        for sequence in range(6, 11):
            row = _row(lines, sequence)
            row["previous"] = _row(lines, sequence - 1)["hash"]
            row["hash"] = entry_hash(row)

    assert _faults(trail, key, change) == (
        "row 8: the checkpoint vouches for another row here: it, or a row before it, was rewritten."
    )


def test_deleted_rows_are_named(trail: Path, key: AuditKey) -> None:
    assert "row 5: missing" in _faults(trail, key, lambda lines: lines.remove(_row(lines, 5)))
    assert "rows 5 to 6: missing" in _faults(trail, key, lambda lines: lines.remove(_row(lines, 6)))
    assert "row 1: missing" in _faults(trail, key, lambda lines: lines.remove(_row(lines, 1)))


def test_reordered_and_repeated_rows_are_named(trail: Path, key: AuditKey) -> None:
    def swap(lines: Lines) -> None:
        a, b = lines.index(_row(lines, 5)), lines.index(_row(lines, 6))
        lines[a], lines[b] = lines[b], lines[a]

    assert "row 5: out of order: it comes after row 6" in _faults(trail, key, swap)
    again = _faults(trail, key, lambda lines: (swap(lines), lines.append(_row(lines, 10))))
    assert again == "row 10: out of order: it comes after row 10."


def test_a_tail_cut_off_behind_a_checkpoint_is_named(trail: Path, key: AuditKey) -> None:
    def cut(lines: Lines) -> None:
        lines[:] = [line for line in lines if line["kind"] != "row" or line["sequence"] <= 6]

    assert _faults(trail, key, cut) == "rows 7 to 8: cut off: the checkpoint vouches for row 8."


def test_a_tail_cut_off_with_its_checkpoint_is_named_by_an_earlier_report(trail: Path, key: AuditKey) -> None:
    earlier = verify_export(trail, key.public)

    def cut(lines: Lines) -> None:
        lines[:] = [line for line in lines if line.get("sequence", 0) <= 6]

    known = {earlier.signed: earlier.signed_hash}
    assert _faults(trail, key, cut, known=known) == "rows 7 to 8: cut off: the earlier report vouches for row 8."


def test_a_foreign_key_is_named(trail: Path, tmp_path: Path) -> None:
    key_file.create(tmp_path / "foreign.keys")
    report = verify_export(trail, AuditKey.load(tmp_path / "foreign.keys").public)
    assert "checkpoint at row 4: not signed by this key (it names the foreign key" in report.faults[0]
    assert not report.ok
    assert report.signed == 0


def test_a_changed_checkpoint_is_named(trail: Path, key: AuditKey) -> None:
    found = _faults(trail, key, lambda lines: lines[1].update(at=NOW))
    assert "checkpoint at row 4: not signed by this key (it names this key, so the checkpoint was changed)" in found


def test_rows_without_any_checkpoint_are_not_called_whole(trail: Path, key: AuditKey) -> None:
    def strip(lines: Lines) -> None:
        lines[:] = [line for line in lines if line["kind"] != "checkpoint"]

    assert "nothing signed" in _faults(trail, key, strip)


@pytest.mark.parametrize(
    "junk", ["{", "[]", '{"kind":"row"}', '{"kind":"row","sequence":11}', '{"kind":"what"}', "\xff"]
)
def test_junk_is_a_fault_and_not_a_crash(trail: Path, key: AuditKey, junk: str) -> None:
    trail.write_text(trail.read_text("utf-8") + junk + "\n", "latin-1")
    report = verify_export(trail, key.public)
    assert len(report.faults) == 1
    assert "after row 10" in report.faults[0]


def test_the_command_prints_a_plain_report(
    trail: Path, key: AuditKey, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pem = tmp_path / "audit.pem"
    pem.write_bytes(key.public_pem())
    assert verify_main(trail, pem) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "10 rows, 2 checkpoints; signed up to row 8."
    assert said[1] == "Rows 9 to 10 are chained, but no checkpoint covers them yet."
    assert verify_main(trail, pem, said[-1].rsplit(" ", 1)[1]) == 0
    trail.write_text(trail.read_text("utf-8").replace("ver_5", "ver_6"), "utf-8")
    assert verify_main(trail, pem) == 1
    assert "row 5: changed" in capsys.readouterr().out
    assert verify_main(tmp_path / "nowhere", pem) == 2
    assert verify_main(trail, trail) == 2
