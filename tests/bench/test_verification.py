"""The bench of whole verifications: a case as the demo makes it, and one that is not laid out as it should be."""

import pytest

from bench import cases
from shiming import bench
from shiming.demo.cast import by_slug
from shiming.errors import BadInput


def test_a_whole_case_comes_out_as_expected_and_its_cost_is_told(tmp_path):
    """M35, M40: 张合格 passes, through the same functions as in a worker."""
    cases.write(by_slug("hege"), tmp_path, seed=1)
    report = bench.measure("verification", tmp_path, say=lambda line: None)
    assert report.data["outcomes"] == {"approved": 1}
    assert [row[0] for row in report.tables[2].rows] == ["card front", "card back", "live face", "triangle", "all"]
    assert report.figures["CPU ms"]["median"] > 0


def test_a_case_without_its_pictures_names_what_is_missing(tmp_path):
    cases.write(by_slug("hege"), tmp_path, seed=1)
    (tmp_path / "hege" / "back.jpg").unlink()
    with pytest.raises(BadInput, match="lacks back"):
        bench.measure("verification", tmp_path)
