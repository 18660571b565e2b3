"""Figures leave as CSV: no cell of theirs is a formula to whoever opens it in a spreadsheet."""

import csv
import io
import json
import re
from pathlib import Path

from shiming.web.console.operations.csv_export import numbers, sheet

HIDDEN = ["", " ", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u202e", "\ufe0f", "\u3164", "'", '"', "“", "\t", "\r",
          "\n", "\x00", " \t'"]  # fmt: skip
FORMULAS = [f"{hidden}{sign}1+1" for sign in "=+-@＝＋－＠" for hidden in HIDDEN]
FORMULAS += ["\t1", "\r1", "\n1", "\r\n=1", "=", "＝", "﹢1", "﹣1", "﹦1", "﹫1", "−1"]


def cells(answer):
    return list(csv.reader(io.StringIO(answer.body.decode(), newline="")))


def test_no_cell_begins_like_a_formula():
    """A rule of 钱多事's is called ＝cmd|' /C calc'!A0, and one behind a carriage return."""
    _, *lines = cells(sheet("x", [{"code": text} for text in FORMULAS]))
    assert [text for text, (cell,) in zip(FORMULAS, lines, strict=True) if cell != f"'{text}"] == []


def test_heads_lists_and_names_of_figures_are_cells_too():
    assert cells(sheet("x", [{"=1": ["=1", 2]}])) == [["'=1"], ["'=1 2"]]
    assert cells(sheet("x", [{"a": {"=1": 1}}]))[1] == ["{'=1': 1}"]
    found = cells(numbers("x", {"@f": [{"code": "\r=1", "+g": 1}]}))
    assert found[1] == ["'@f", "'\r=1", "'+g", "1"]


def test_numbers_dates_and_words_stay_as_they_are():
    row = {"a": -1, "b": 1.5, "c": None, "d": "2026-11-29T02:00:00+08:00", "e": "实名 认证", "f": True, "g": "a=b"}
    assert cells(sheet("x", [row]))[1] == ["-1", "1.5", "", "2026-11-29T02:00:00+08:00", "实名 认证", "True", "a=b"]
    assert json.dumps(row)


def test_there_is_one_writer_of_sheets():
    source = Path(__file__).parents[3] / "src" / "shiming"
    files = {path.name: path.read_text("utf-8") for path in source.rglob("*.py")}
    found = [name for name, text in files.items() if re.search(r"csv\.(writer|DictWriter)", text)]
    assert found == ["csv_export.py"]
