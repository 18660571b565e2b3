"""Files as they come: from databases, from spreadsheets, in GBK, cut off, or made by somebody who means no good."""

import codecs
import json
from datetime import UTC, datetime

import duckdb
import pytest

from shiming.commands.imports import files
from shiming.errors import BadInput
from shiming.web.api.schemas.imports import ImportCounts
from shiming.workflows.imports.problems import Bad
from shiming.workflows.imports.rows import Became

HEADER = "account,level,verified_at,verified_by,number,name"
ZHANG = "zhang,standard,2025-03-01T08:00:00+08:00,old-system,170213199103140138,张合格"
READ = dict(zip(HEADER.split(","), ZHANG.split(","), strict=True))


def source(path, text="", kind="verified", encoding="", said="", called=None, ignored=(), format=""):
    if text or encoding:
        path.write_bytes(text.encode(said or "utf-8"))
    return files.source(path, kind, format, encoding, called or {}, ignored)


def rows(*args, **options):
    return [(line, cells.code if isinstance(cells, Bad) else cells) for line, cells in source(*args, **options).rows()]


@pytest.mark.parametrize("said", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_a_spreadsheets_encoding_is_found_out(said, tmp_path):
    assert rows(tmp_path / "a.csv", f"{HEADER}\r\n{ZHANG}\r\n", said=said) == [(2, READ)]


def test_what_is_in_no_encoding_that_was_named_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"account\n\xff\xff\xff")
    with pytest.raises(BadInput, match="--encoding"):
        source(path)
    with pytest.raises(BadInput, match="no encoding 'klingon'"):
        source(path, encoding="klingon")


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_cells_are_parted_as_the_header_is(sign, tmp_path):
    text = "\n".join((HEADER, ZHANG)).replace(",", sign)
    assert rows(tmp_path / "a.csv", text) == [(2, READ)]


def test_lines_are_counted_as_an_editor_does_and_what_is_no_row_is_named(tmp_path):
    """A cell of two lines, an empty line, a short row, one of a megabyte, a quote that nobody closes."""
    name = '"张\n合格"'
    lines = [HEADER, ZHANG.replace("张合格", name), "", "zhang,standard", "x" * 1_000_000, ZHANG, 'a,"b']
    found = rows(tmp_path / "a.csv", "\n".join(lines))
    assert [(line, cells if isinstance(cells, str) else "row") for line, cells in found] == [
        (2, "row"), (5, "not_a_row"), (6, "not_a_row"), (7, "row"), (8, "not_a_row"),
    ]  # fmt: skip


def test_columns_are_called_what_the_old_system_calls_them(tmp_path):
    text = f"{HEADER},salary\n{ZHANG},1".replace("account", "user_id", 1)
    with pytest.raises(BadInput, match="'user_id' is no column of verified"):
        rows(tmp_path / "a.csv", text)
    assert rows(tmp_path / "a.csv", text, called={"user_id": "account"}, ignored=("salary",)) == [(2, READ)]
    with pytest.raises(BadInput, match="lacks the column account"):
        rows(tmp_path / "a.csv", text, ignored=("salary", "user_id"))
    with pytest.raises(BadInput, match="twice"):
        rows(tmp_path / "a.csv", f"{HEADER},name\n{ZHANG},x")


def test_json_lines(tmp_path):
    lines = [json.dumps(READ, ensure_ascii=False), "", "[1]", "{", "[" * 60_000, "9" * 5_000, '{"name": "\\ud800"}']
    assert rows(tmp_path / "a.jsonl", "\n".join(lines)) == [(1, READ), *((n, "not_a_row") for n in (3, 4, 5, 6, 7))]


def test_parquet(tmp_path):
    """Text as text, a moment with its zone in ms; a number kept as a quantity stays one, and is refused later."""
    path = tmp_path / "a.parquet"
    values = "('zhang', 'standard', TIMESTAMPTZ '2025-03-01 00:00:00+00', 'old-system', 170213199103140138)"
    with duckdb.connect() as made:
        made.execute(f"COPY (SELECT * FROM (VALUES {values}) t(account, level, verified_at, verified_by, number)) "
                     f"TO '{path}' (FORMAT parquet)")  # fmt: skip
    at = int(datetime(2025, 3, 1, tzinfo=UTC).timestamp() * 1000)
    assert rows(path) == [(1, {"account": "zhang", "level": "standard", "verified_at": at, "verified_by": "old-system",
                               "number": 170213199103140138})]  # fmt: skip
    path.write_bytes(b"PAR1 is what it says")
    with pytest.raises(BadInput, match="Parquet"):
        rows(path)


def test_a_file_of_unknown_kind_asks_what_it_is(tmp_path):
    with pytest.raises(BadInput, match="--format"):
        source(tmp_path / "users.bin", "x")
    assert rows(tmp_path / "users.bin", f"{HEADER}\n{ZHANG}", format="csv") == [(2, READ)]


def test_the_digest_is_of_the_bytes(tmp_path):
    one, other = (source(tmp_path / name, HEADER) for name in ("a.csv", "b.csv"))
    assert one.digest == other.digest != source(tmp_path / "a.csv", f"{HEADER}\n").digest
    assert codecs.BOM_UTF8 not in (tmp_path / "a.csv").read_bytes()


def test_every_way_in_which_a_row_ends_is_counted_in_the_answer():
    assert set(ImportCounts.model_fields) == set(Became)
