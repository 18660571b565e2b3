"""An exported trail checked by someone outside, who has the file and the public key only (M34)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shiming.store.audit.audit_log import AuditKey
from shiming.store.audit.leaves import canonical, leaf_of
from shiming.store.audit.merkle import leaf_hash
from shiming.store.audit.proof import verify_export, verify_main
from shiming.store.audit.sequencer import Sequencer
from shiming.store.crypto import key_file
from tests import blank
from tests.store.audit.conftest import NOW, Trail

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
    file.write_bytes(file.read_bytes() + junk.encode("latin-1") + b"\n")
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
