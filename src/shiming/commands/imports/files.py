"""A file of rows, read a row at a time: CSV, JSON lines, Parquet. Nothing of it is kept in memory."""

import codecs
import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shiming.errors import BadInput
from shiming.workflows.imports import columns
from shiming.workflows.imports.problems import Bad
from shiming.workflows.imports.run import Given

LONGEST_LINE, LONGEST_HEADER = 65_536, 16_384
CHUNK, PARQUET_ROWS = 1 << 20, 1000
PARQUET_SETTINGS = ("threads = 1", "memory_limit = '512MB'", "autoinstall_known_extensions = false",
                    "autoload_known_extensions = false")  # fmt: skip
ENCODINGS = ("utf-8", "gb18030")
"""Tried in this order: what is no UTF-8 is what Chinese spreadsheets write (GBK, whose every text GB 18030 reads)."""
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
FORMATS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


@dataclass(frozen=True)
class Source:
    """One file, and how it is read: what its columns are called (ours by theirs), and which are left out."""

    path: Path
    kind: str
    format: str
    encoding: str
    digest: str
    called: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()

    def rows(self) -> Iterator[Given]:
        """Its rows in order, each with its line (in Parquet, its number). Raises BadInput for a file that is none."""
        try:
            yield from _READERS[self.format](self)
        except UnicodeError:
            raise BadInput(f"{self.path} is not written in {self.encoding}. Say in what: --encoding gb18030.") from None

    def columns(self, named: Sequence[str]) -> list[str | None]:
        """Our names of the file's columns; None for those that are left out. Raises BadInput."""
        cleaned = [name.strip(" \t\ufeff\u3000") for name in named]
        ours = [None if name in self.ignored else self.called.get(name, name) for name in cleaned]
        columns.check_header(self.kind, [name for name in ours if name])
        return ours


def source(path: Path, kind: str, format: str, encoding: str, called: Mapping[str, str],
           ignored: Sequence[str]) -> Source:  # fmt: skip
    """The file at `path`, looked through once for its digest and, where nobody says it, its encoding."""
    format = format or FORMATS.get(path.suffix.lower(), "")
    if format not in _READERS:
        raise BadInput(f"{path.name}: say what it is with --format {', '.join(_READERS)}.")
    candidates = (encoding,) if encoding else ENCODINGS
    digest, fits = _looked_through(path, () if format == "parquet" else candidates)
    if fits is None:
        raise BadInput(f"{path} is written in none of {', '.join(candidates)}. Say in what: --encoding NAME.")
    return Source(path, kind, format, fits, digest, called, frozenset(ignored))


def _looked_through(path: Path, candidates: Sequence[str]) -> tuple[str, str | None]:
    """The digest of a file's bytes, and the first of these encodings in which all of it can be read ('' for none)."""
    whole = hashlib.sha256()
    with path.open("rb") as file:
        marked = next((name for mark, name in _MARKS if file.peek(3).startswith(mark)), None)
        reading = {name: _decoder(name) for name in ([marked] if marked and candidates else candidates)}
        while chunk := file.read(CHUNK):
            whole.update(chunk)
            reading = {name: decode for name, decode in reading.items() if _decodes(decode, chunk)}
    fits = [name for name, decode in reading.items() if _decodes(decode, b"", True)]
    return whole.hexdigest(), "" if not candidates else fits[0] if fits else None


def _decoder(name: str) -> Callable[..., str]:
    try:
        return codecs.getincrementaldecoder(name)().decode
    except LookupError:
        raise BadInput(f"There is no encoding '{name}'. Such as utf-8, gb18030, utf-16.") from None


def _decodes(decode: Callable[..., str], chunk: bytes, final: bool = False) -> bool:
    try:
        decode(chunk, final)
    except UnicodeError:
        return False
    return True


def _csv(source: Source) -> Iterator[Given]:
    with source.path.open(encoding=source.encoding, newline="") as file:
        header = file.readline(LONGEST_HEADER)
        file.seek(0)
        rows = csv.reader(_lines(file), delimiter=_delimiter(header), strict=True)
        names = source.columns(next(rows, []))
        yield from _cells(rows, names)


def _lines(file: Any) -> Iterator[str]:
    """Lines with an end: one without could fill the memory. In the place of a longer one stands what is no row."""
    while line := file.readline(LONGEST_LINE):
        cut = line
        while len(cut) == LONGEST_LINE and not cut.endswith("\n"):
            cut, line = file.readline(LONGEST_LINE), "too long\n"
        yield line


def _delimiter(header: str) -> str:
    return max(",\t;", key=header.count)


def _cells(rows: Any, names: Sequence[str | None]) -> Iterator[Given]:
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield line, Bad("not_a_row")
            continue
        if cells:
            yield line, dict(_named(names, cells)) if len(cells) == len(names) else Bad("not_a_row")


def _named(names: Sequence[str | None], cells: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    return ((name, cell) for name, cell in zip(names, cells, strict=True) if name)


def _jsonl(source: Source) -> Iterator[Given]:
    with source.path.open(encoding=source.encoding, newline="\n") as file:
        for line, text in enumerate(_lines(file), 1):
            if text.strip():
                yield line, _object(source, text)


def _object(source: Source, text: str) -> Mapping[str, Any] | Bad:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return Bad("not_a_row")
    if not isinstance(found, dict) or ("\\ud" in text.lower() and _broken(found)):
        return Bad("not_a_row")
    return {source.called.get(name, name): value for name, value in found.items() if name not in source.ignored}


def _broken(found: Any) -> bool:
    """Whether there is half a character in it, which can be written nowhere."""
    try:
        return not json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True


def _parquet(source: Source) -> Iterator[Given]:
    """By DuckDB, which reads a row group at a time."""
    import duckdb  # not above: it is large

    number = 0
    with duckdb.connect() as database:
        for setting in PARQUET_SETTINGS:
            database.execute(f"SET {setting}")
        try:
            described = database.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(source.path)]).fetchall()
            names = source.columns([column[0] for column in described])
            wanted = ", ".join(_column(*column[:2]) for column in described)
            database.execute("SELECT " + wanted + " FROM read_parquet(?)", [str(source.path)])  # nosec B608  # quoted below
        except duckdb.Error:
            raise BadInput(f"{source.path} cannot be read as Parquet.") from None
        while rows := database.fetchmany(PARQUET_ROWS):
            for row in rows:
                number += 1
                yield number, dict(_named(names, row))


def _column(name: str, type: str) -> str:
    """A column as SQL names it; moments with a zone as milliseconds, which need no table of zones to be read."""
    quoted = '"' + name.replace('"', '""') + '"'
    return f"epoch_ms({quoted})" if type == "TIMESTAMP WITH TIME ZONE" else quoted


_READERS: Mapping[str, Callable[[Source], Iterator[Given]]] = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}
