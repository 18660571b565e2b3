"""Memory and time of an import of `ROWS` rows (1,000,000), by the command. Result: bench/results/imports.json."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shiming.names import check_digit

RESULT = Path(__file__).parents[2] / "bench" / "results" / "imports.json"
MOST_MB = 400
HEADER = "account,level,verified_at,verified_by,number\n"
DAYS, REGIONS = 28, 40


@pytest.mark.long
@pytest.mark.timeout(6 * 3600)
def test_a_million_rows_in_bounded_memory(tmp_path):
    """Tried, written, and once more where all is there: no run holds more than another, however many rows there are."""
    rows = int(os.environ.get("ROWS", "1000000"))
    file = tmp_path / "users.csv"
    with file.open("w", encoding="utf-8") as out:
        out.write(HEADER)
        out.writelines(f"user-{n},standard,2025-03-01T08:00:00+08:00,old-system,{_number(n)}\n" for n in range(rows))
    small = tmp_path / "small.csv"
    small.write_text(HEADER + f"user-0,standard,2025-03-01T08:00:00+08:00,old-system,{_number(0)}\n", encoding="utf-8")
    measured = {"rows": rows, "first_start": _run(tmp_path, small)}
    measured |= {
        "dry_run": _run(tmp_path, file, "--dry-run"),
        "import": _run(tmp_path, file),
        "again": _run(tmp_path, file),
    }
    measured["database_mb"] = round((tmp_path / "data" / "shiming.db").stat().st_size / 2**20)
    RESULT.write_text(json.dumps(measured, indent=1) + "\n", "utf-8")
    print(json.dumps(measured, indent=1))
    assert max(each["peak_mb"] for each in measured.values() if isinstance(each, dict)) < MOST_MB


def _number(n: int) -> str:
    """A number of nobody: a region that does not exist, and a day and sequence of its own for each."""
    n, sequence = divmod(n, 1000)
    n, day = divmod(n, DAYS)
    n, month = divmod(n, 12)
    n, region = divmod(n, REGIONS)
    first = f"17{region:04}{1950 + n:04}{month + 1:02}{day + 1:02}{sequence:03}"
    return first + check_digit(first)


def _run(folder: Path, file: Path, *options: str) -> dict[str, float]:
    began = time.monotonic()
    command = [sys.executable, "-m", "shiming", "import", "verified", str(file), "--by", "bench", *options]
    child = subprocess.Popen(
        command, env={**os.environ, "SHIMING_DATA": str(folder / "data")}, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    cpu = used.ru_utime + used.ru_stime
    return {"seconds": round(time.monotonic() - began, 1), "cpu_seconds": round(cpu, 1),
            "peak_mb": round(used.ru_maxrss / 1024)}  # fmt: skip
