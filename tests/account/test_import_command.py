"""`shiming import` as an operator types it: tried, begun, killed, begun once more, its conflicts read and left."""

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from shiming.__main__ import main
from shiming.names import check_digit

HEADER = "account,level,verified_at,verified_by,number"
PEOPLE, PART = 420, 200
KILLED = """
import os, signal, sys
from shiming.__main__ import main
from shiming.store.account import imports

advance, parts = imports.advance, []

def killed(*given):
    advance(*given)
    parts.append(given)
    if len(parts) == 2:
        os.kill(os.getpid(), signal.SIGKILL)

imports.advance = killed
main(["import", "verified", sys.argv[1], "--by", "lin"])
"""


def number(n):
    first = f"17{n // 9999:04}1991031{n % 9 + 1}"[:14] + f"{n % 1000:03}"
    return first + check_digit(first)


def line(n, person=None):
    return f"user-{n},standard,2025-03-01T08:00:00+08:00,old-system,{number(n if person is None else person)}"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    monkeypatch.setenv("SHIMING_DATA", str(tmp_path / "data"))
    return tmp_path


def test_killed_in_the_middle_and_begun_once_more_nothing_is_lost_or_twice(installed, capsys):
    """A dry run says beforehand what becomes of it; a person's second account is left to people."""
    file, report = installed / "users.csv", installed / "report.jsonl"
    rows = [line(n) for n in range(PEOPLE)] + [line(PEOPLE, person=0), "bad,standard,today,old-system,1.7E+17"]
    file.write_text("\n".join((HEADER, *rows)), encoding="gbk")
    assert main(["import", "verified", str(file), "--dry-run", "--report", str(report)]) == 4
    said = capsys.readouterr()
    assert f"{PEOPLE + 2} rows" in said.out and f"{PEOPLE} taken" in said.out and "nothing was written" in said.out
    problems = [json.loads(text) for text in report.read_text("utf-8").splitlines()]
    assert [(p["line"], p["code"]) for p in problems] == [(PEOPLE + 2, "subject_quota_reached"),
                                                          (PEOPLE + 3, "time_invalid")]  # fmt: skip
    _killed(file)
    assert counted(installed, "accounts") == counted(installed, "import_rows") == PART
    assert main(["import", "verified", str(file), "--by", "lin"]) == 4
    assert f"goes on after {PART} rows" in capsys.readouterr().out
    assert counted(installed, "accounts WHERE subject IS NOT NULL") == counted(installed, "subjects") == PEOPLE
    assert counted(installed, "audit_pending WHERE action = 'account.imported'") == PEOPLE
    assert main(["import", "verified", str(file), "--by", "lin"]) == 4
    assert f"{PEOPLE} here before" in capsys.readouterr().out
    _left_to_people(capsys)


def _killed(file):
    """In a process of its own, which is killed when all of the second part is written and not yet committed."""
    ended = subprocess.run([sys.executable, "-c", KILLED, str(file)], capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def _left_to_people(capsys):
    main(["import", "conflicts"])
    row, account, code, others = capsys.readouterr().out.strip().split("\t")
    assert (account, code, others) == (f"user-{PEOPLE}", "subject_quota_reached", "user-0")
    main(["import", "leave", row, "--by", "lin"])
    main(["import", "conflicts"])
    assert capsys.readouterr().out == ""


def counted(folder, what):
    with closing(sqlite3.connect(folder / "data" / "shiming.db")) as database:
        return database.execute(f"SELECT count(*) FROM {what}").fetchone()[0]


def test_blocks_wait_for_somebody_else(installed, capsys):
    file = installed / "blocks.csv"
    file.write_text(f"number,ground,by\n{number(1)},violation_fraud,old-system\n", encoding="utf-8")
    for by, code in (("lin", 3), ("lin", 3), ("wu", 0)):
        assert main(["import", "blocks", str(file), "--by", by]) == code
    assert "waits for a second person" in capsys.readouterr().out
    assert counted(installed, "subjects WHERE blocked_for = 'violation_fraud'") == 1


def test_hashes_for_files_without_numbers(installed, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", [number(1) + "\n", "'" + number(1) + "\n"])
    main(["import", "hash"])
    made, refused = capsys.readouterr().out.splitlines()
    assert made.startswith("1:") and len(made) == 66 and refused.startswith("# number begins with")
    assert number(1) not in made + refused
