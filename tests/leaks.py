"""Searches databases, write-ahead logs, storage, logs and temporary files for personal data, in every form it may take.

    secrets = {"name": "张合格", "number": "…", "front": jpeg_bytes}
    assert search([data_folder, log_folder], secrets) == []
    assert search_postgres(url, secrets) == []

Files are read as raw bytes; a SQLite database is read through SQLite as well, since a value that crosses a page lies in
pieces in the file. Not seen: what is compressed or encrypted, text shorter than three characters in UTF-16 (four bytes
turn up in random data by themselves), and pictures that were changed: give the changed picture as a secret of its own.
"""

import base64
import json
import sqlite3
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

SHORTEST = 6  # bytes: in a gigabyte of random data 6 given bytes turn up once in 260,000 searches, 4 bytes once in 4
WINDOW = 24
WINDOWS = 8
BLOCK = 4 << 20
_SLOTS = 20  # bits of the filter's index
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SIX = np.uint64(0xFFFFFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret found: its name, in which form, in which file or table, and at which byte of it (or of its output)."""

    secret: str
    form: str
    where: str
    offset: int


def forms(text: str) -> dict[str, bytes]:
    """The bytes that a name or number may appear as, by what they are called. ValueError for a text too short."""
    if len(text.encode()) < SHORTEST:
        raise ValueError("Choose a secret of at least two Chinese characters, or six others.")
    plain = _texts(text)
    found = dict(plain)
    for name, data in plain.items():
        found |= {f"base64 {kind} of {name}": code for kind, code in _base64(data).items()}
        found |= {f"hex of {name}": data.hex().encode(), f"HEX of {name}": data.hex().upper().encode()}
    found |= {"url": _percent(text, str.upper), "url lower": _percent(text, str.lower)}
    if text.isdecimal() and int(text) < 1 << 63:
        found |= {"integer big": int(text).to_bytes(8, "big"), "integer little": int(text).to_bytes(8, "little")}
    return _distinct(found)


def picture_forms(data: bytes) -> dict[str, bytes]:
    """Pieces of a picture that no other picture has: windows of its compressed part, raw, in base64 and in hex."""
    found = {}
    for number, window in enumerate(_windows(data)):
        found[f"window {number}"] = window
        found |= {f"base64 {kind} of window {number}": code for kind, code in _base64(window).items()}
        found |= {f"hex of window {number}": window.hex().encode()}
    return _distinct(found)


def search(roots: Iterable[Path], secrets: Mapping[str, bytes | str]) -> list[Leak]:
    """Every (secret, form, file) under `roots`, once each, with its first place. Names of files are searched too."""
    net = _Net(secrets)
    for root in roots:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            net.scan(f"{path} (name)", [str(path.relative_to(root)).encode("utf-8", "surrogateescape")])
            if path.is_file() and not path.is_symlink():
                _search_file(net, path)
    return net.leaks


def search_postgres(url: str, secrets: Mapping[str, bytes | str]) -> list[Leak]:
    """Every table and materialised view of every schema that is not PostgreSQL's own, and its large objects."""
    net = _Net(secrets)
    parts = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(parts) as connection:
        tables = connection.execute(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'm')"
            " AND (n.nspname !~ '^(pg_|information_schema$)' OR c.relname = 'pg_largeobject')"
        ).fetchall()
        for schema, table in tables:
            query = sql.SQL("COPY (SELECT * FROM {}) TO STDOUT (FORMAT binary)").format(sql.Identifier(schema, table))
            with connection.cursor().copy(query) as rows:
                net.scan(f"{schema}.{table}", (bytes(row) for row in rows))
    return net.leaks


def _texts(text: str) -> dict[str, bytes]:
    """The encodings and escapes, each of which may be wrapped again in base64 or hex (workflow engines do)."""
    escaped = json.dumps(text)[1:-1]
    if escaped == text:  # digits need no escape, and get none but from somebody who escapes everything
        escaped = "".join(f"\\u{ord(c):04x}" for c in text)
    return _distinct(
        {
            "utf-8": text.encode(),
            "utf-16-le": text.encode("utf-16-le"),
            "utf-16-be": text.encode("utf-16-be"),
            "utf-32-le": text.encode("utf-32-le"),
            "gb18030": text.encode("gb18030"),
            "json escape": escaped.encode(),
            "JSON escape": escaped.upper().replace("\\U", "\\u").encode(),
            "json escape twice": escaped.replace("\\", "\\\\").encode(),
            "pickle protocol 0": text.encode("raw-unicode-escape"),
            "python escape": text.encode("unicode-escape"),
            "html": "".join(f"&#{ord(c)};" for c in text).encode(),
        }
    )


def _base64(data: bytes) -> dict[str, bytes]:
    """What `data` looks like inside the base64 of something longer, for each of the three places that it may begin at.

    Pickles hold text as UTF-8, so that base64 of a pickle is covered by these.
    """
    found = {}
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + data)
        inner = whole[(0, 2, 3)[shift] : (shift + len(data)) * 8 // 6]  # only what no neighbour has a share in
        found |= {f"+{shift}": inner, f"+{shift} url-safe": inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def _percent(text: str, case: Callable[[str], str]) -> bytes:
    """Percent-encoded as a browser does it; of digits, which stay as they are, every character."""
    quoted = urllib.parse.quote(text, safe="")
    if quoted == text:
        quoted = "".join(f"%{byte:02X}" for byte in text.encode())
    return case(quoted).encode()


def _windows(data: bytes) -> list[bytes]:
    """Up to 8 windows of 24 bytes spread over what follows the header, each with many different bytes."""
    scan = data.rfind(b"\xff\xda") if data[:2] == b"\xff\xd8" else -1  # a JPEG's tables are the same in all pictures
    begin = max(scan + 14, len(data) // 8)
    span = len(data) - begin - WINDOW
    places = [begin + span * number // WINDOWS for number in range(WINDOWS)] if span > 0 else []
    found = [window for place in places if (window := _distinctive(data, place))]
    if len(found) < 3:
        raise ValueError(
            "This picture has no distinctive parts: choose one of at least a kilobyte that is not one colour."
        )
    return found


def _distinctive(data: bytes, place: int) -> bytes | None:
    for at in range(place, min(place + 2000, len(data) - WINDOW)):
        if len(set(data[at : at + WINDOW])) >= WINDOW * 2 // 3:
            return data[at : at + WINDOW]
    return None


def _distinct(found: Mapping[str, bytes]) -> dict[str, bytes]:
    """Without what is too short to mean anything, and each byte string under its first name only."""
    names: dict[bytes, str] = {}
    for name, data in found.items():
        if len(data) >= SHORTEST:
            names.setdefault(data, name)
    return {name: data for data, name in names.items()}


def _search_file(net: "_Net", path: Path) -> None:
    try:
        with path.open("rb") as file:
            net.scan(str(path), iter(lambda: file.read(BLOCK), b""))
            file.seek(0)
            is_sqlite = file.read(16) == b"SQLite format 3\0"
    except FileNotFoundError:  # a live system's temporary files come and go
        return
    if is_sqlite:
        net.scan(f"{path} (rows)", _sqlite_values(path))


def _sqlite_values(path: Path) -> Iterator[bytes]:
    """Every value of every table, as bytes, with a gap between."""
    connection = sqlite3.connect(f"file:{urllib.parse.quote(str(path))}?mode=ro", uri=True, timeout=10)
    connection.text_factory = bytes
    try:
        tables = [row[0].decode() for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute('SELECT * FROM "{}"'.format(table.replace('"', '""'))):
                yield b"\0\0".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    finally:
        connection.close()


class _Net:
    """All forms of all secrets, found in one pass over the bytes whatever their number.

    At every byte the next six are hashed into a table of a million bits that the patterns' first six bytes set; the
    few places that hit are compared in full. About 100 MB a second.
    """

    def __init__(self, secrets: Mapping[str, bytes | str]):
        self.leaks: list[Leak] = []
        self._seen: set[tuple[str, str, str]] = set()
        self._patterns: dict[bytes, list[tuple[bytes, str, str]]] = {}
        self._longest = SHORTEST
        for secret, value in secrets.items():
            for form, pattern in (forms(value) if isinstance(value, str) else picture_forms(value)).items():
                self._patterns.setdefault(pattern[:SHORTEST], []).append((pattern, secret, form))
                self._longest = max(self._longest, len(pattern))
        starts = np.array([int.from_bytes(start, "little") for start in self._patterns], dtype=np.uint64)
        self._filter = np.zeros(1 << _SLOTS, dtype=bool)
        self._filter[_slots(starts)] = True

    def scan(self, where: str, chunks: Iterable[bytes]) -> None:
        """Search a stream; a secret across the border of two chunks is found too."""
        kept, at, waiting, size = b"", 0, [], 0
        for chunk in chunks:
            waiting.append(chunk)
            size += len(chunk)
            if size >= BLOCK:  # rows come one by one: searching them in blocks is what makes it fast
                block = kept + b"".join(waiting)
                self._block(where, block, at)
                kept = block[-self._longest :]
                at += len(block) - len(kept)
                waiting, size = [], 0
        self._block(where, kept + b"".join(waiting), at)

    def _block(self, where: str, block: bytes, at: int) -> None:
        for place in self._candidates(block):
            for pattern, secret, form in self._patterns.get(block[place : place + SHORTEST], ()):
                key = (secret, form, where)
                if key not in self._seen and block.startswith(pattern, place):
                    self._seen.add(key)
                    self.leaks.append(Leak(secret, form, where, at + place))

    def _candidates(self, block: bytes) -> Sequence[int]:
        padded = block + bytes(16)
        found = []
        for shift in range(8):  # eight views, each of every eighth place, make up all places
            words = np.frombuffer(padded, dtype="<u8", count=(len(padded) - shift) // 8, offset=shift)
            hits = np.flatnonzero(self._filter[_slots(words & _SIX)])
            found.append(hits * 8 + shift)
        return np.sort(np.concatenate(found)).tolist()


def _slots(words: np.ndarray) -> np.ndarray:
    return (words * _MIX) >> np.uint64(64 - _SLOTS)
