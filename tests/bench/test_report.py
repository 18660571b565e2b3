"""What every bench has in common: intervals, tables, what it writes, and that it never passes for want of data."""

import json

import pytest

from shiming import bench
from shiming.bench.report import Curve, Plot, Rate, Report, Table
from shiming.errors import BadInput


def test_no_hits_among_ten_thousand_still_has_an_upper_end():
    assert Rate(0, 10_000).interval == pytest.approx((0.0, 0.000384), abs=1e-6)


def test_a_report_is_written_as_json_and_drawn(tmp_path):
    table = Table("Cards", ("kind", "fields"), [("clean", Rate(99, 100))])
    curve = Plot("det", "DET", "FMR", "FNMR", [Curve("one", [(1e-4, 0.1), (1e-2, 0.01)])], log="xy")
    path = Report("card", {"folder": "made"}, [table], plots=[curve]).write(tmp_path)
    kept = json.loads(path.read_text("utf-8"))
    assert kept["tables"][0]["rows"][0][1]["hits"] == 99
    assert (tmp_path / "card-det.png").read_bytes().startswith(b"\x89PNG")
    assert "| clean | 99.0 (94.6–99.8) |" in "\n".join(table.lines())


def test_a_bench_without_data_fails_aloud(tmp_path):
    with pytest.raises(BadInput, match="holds no data"):
        bench.measure("card", tmp_path)
