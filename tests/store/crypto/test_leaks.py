"""The leak searcher finds a planted copy of each form in each kind of place: only then its silence means something."""

import base64
import json
import os
import pickle
import random
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote

import cv2
import numpy as np
import pytest
from sqlalchemy import create_engine, text

from tests import leaks

NAME, RARE, NUMBER = "张合格", "䶮𠮷峯", "660101199001011234"
TEXTS = {"name": NAME, "rare": RARE, "number": NUMBER}


def _picture(seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (40, 30, 3), dtype=np.uint8)
    return cv2.imencode(".jpg", cv2.resize(noise, (300, 400)), [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


PICTURE = _picture(1)
SECRETS: dict[str, bytes | str] = {**TEXTS, "front": PICTURE}
ALL = {(secret, form) for secret in TEXTS for form in leaks.forms(TEXTS[secret])} | {
    ("front", form) for form in leaks.picture_forms(PICTURE)
}


def _planted() -> list[bytes]:
    """One copy of each form, apart from each other."""
    found = [pattern for value in TEXTS.values() for pattern in leaks.forms(value).values()]
    return found + list(leaks.picture_forms(PICTURE).values())


def _found(found: list[leaks.Leak]) -> set[tuple[str, str]]:
    return {(leak.secret, leak.form) for leak in found}


def _ways(value: str) -> dict[str, bytes]:
    """How programs write a text, made by those programs and not by the searcher."""
    record = {"arguments": (value, 1), "kind": "x"}
    pickles = {f"pickle {protocol}": pickle.dumps(record, protocol) for protocol in range(6)}
    shifted = {f"base64 after {n}": base64.b64encode(b"x" * n + value.encode() + b"yz") for n in range(3)}
    return {
        **pickles,
        **{f"base64 of {name}": base64.b64encode(data) for name, data in pickles.items()},
        **shifted,
        "url-safe base64": base64.urlsafe_b64encode(f"?>~{value}".encode()),
        "json": json.dumps(record).encode(),
        "json, plain": json.dumps(record, ensure_ascii=False).encode(),
        "json in json": json.dumps(json.dumps(record)).encode(),
        "base64 of json": base64.b64encode(json.dumps(record).encode()),
        "repr": repr(record).encode(),
        "ascii": ascii(record).encode(),
        "url": quote(f"/v1/people?name={value}").encode(),
        "utf-16": value.encode("utf-16"),
        "utf-16-be": f"«{value}»".encode("utf-16-be"),
        "hex": value.encode().hex().encode(),
        "bytea": b"\\x" + value.encode().hex().encode(),
    }


@pytest.mark.parametrize("secret", TEXTS)
def test_what_programs_write_is_found(secret: str, tmp_path: Path) -> None:
    for way, data in _ways(TEXTS[secret]).items():
        file = tmp_path / "file"
        file.write_bytes(b"before " + data + b" after")
        assert secret in {leak.secret for leak in leaks.search([tmp_path], TEXTS)}, way


def test_every_form_is_found_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "log").write_bytes(b"\n\0".join(_planted()))
    assert _found(leaks.search([tmp_path], SECRETS)) == ALL


def test_every_form_is_found_in_a_sqlite_file_and_in_its_wal(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "main.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, value BLOB)")
    connection.executemany("INSERT INTO t (value) VALUES (?)", [(data,) for data in _planted()])
    connection.commit()
    found = leaks.search([tmp_path], SECRETS)
    assert _found([leak for leak in found if leak.where.endswith("-wal")]) == ALL
    assert _found([leak for leak in found if leak.where.endswith("(rows)")]) == ALL
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    found = leaks.search([tmp_path], SECRETS)
    assert _found([leak for leak in found if leak.where.endswith("main.db")]) == ALL
    connection.close()


def test_a_value_across_a_page_of_sqlite_is_found(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "main.db")
    connection.execute("CREATE TABLE t (value TEXT)")
    for length in range(4000, 4120):
        connection.execute("INSERT INTO t VALUES (?)", ("x" * length + NUMBER,))
        connection.commit()
        assert _found(leaks.search([tmp_path], {"number": NUMBER})) == {("number", "utf-8")}
        connection.execute("DELETE FROM t")
    connection.close()


def test_numbers_kept_as_integers_are_found(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "main.db")
    connection.execute("CREATE TABLE t (value INTEGER)")
    connection.execute("INSERT INTO t VALUES (?)", (int(NUMBER),))
    connection.commit()
    connection.close()
    assert ("number", "integer big") in _found(leaks.search([tmp_path], SECRETS))
    (tmp_path / "main.db").write_bytes(pickle.dumps([int(NUMBER)]))
    assert ("number", "integer little") in _found(leaks.search([tmp_path], SECRETS))


def test_every_form_is_found_in_postgresql(postgres_database: str) -> None:
    engine = create_engine(postgres_database)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA engine"))
        connection.execute(text('CREATE TABLE engine."Odd table" (id serial, value bytea)'))
        connection.execute(text('INSERT INTO engine."Odd table" (value) VALUES (:v)'), [{"v": v} for v in _planted()])
    found = leaks.search_postgres(postgres_database, SECRETS)
    assert _found(found) == ALL
    assert {leak.where for leak in found} == {"engine.Odd table"}
    engine.dispose()


@pytest.mark.parametrize("kind", ["text", "json", "jsonb", "text[]", "varchar(100)"])
def test_texts_are_found_in_every_kind_of_column(postgres_database: str, kind: str) -> None:
    value = {"json": json.dumps([NAME]), "jsonb": json.dumps([NAME]), "text[]": f"{{{NAME}}}"}.get(kind, NAME)
    engine = create_engine(postgres_database)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE t (value {kind})"))
        connection.execute(text(f"INSERT INTO t VALUES (CAST(:v AS {kind}))"), {"v": value})
    engine.dispose()
    assert "name" in {leak.secret for leak in leaks.search_postgres(postgres_database, SECRETS)}


def test_a_secret_across_blocks_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "BLOCK", 64)
    for length in range(40, 140):
        (tmp_path / "file").write_bytes(b"x" * length + NUMBER.encode() + b"y" * 100)
        assert leaks.search([tmp_path], {"number": NUMBER}) == [
            leaks.Leak("number", "utf-8", str(tmp_path / "file"), length)
        ]


def test_pictures_are_found_whole_in_base64_and_in_part(tmp_path: Path) -> None:
    for way in (PICTURE, base64.b64encode(b"x" + PICTURE), PICTURE.hex().encode(), PICTURE[len(PICTURE) // 2 :]):
        (tmp_path / "file").write_bytes(b"....." + way)
        assert {leak.secret for leak in leaks.search([tmp_path], SECRETS)} == {"front"}


def test_names_of_files_are_searched(tmp_path: Path) -> None:
    (tmp_path / f"front-{NUMBER}.jpg").touch()
    assert _found(leaks.search([tmp_path], SECRETS)) == {("number", "utf-8")}


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    other = random.Random(7).randbytes(20 << 20)
    (tmp_path / "random").write_bytes(other)
    (tmp_path / "other people").write_text("王不符 660101199001011235 李过期 " * 100 + json.dumps("张不合"))
    (tmp_path / "other.jpg").write_bytes(_picture(2))
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    assert leaks.search([tmp_path], SECRETS) == []


def test_it_is_fast_with_many_secrets(tmp_path: Path) -> None:
    many: dict[str, bytes | str] = {f"person {n}": f"{660101199001010000 + n}" for n in range(100)} | SECRETS
    (tmp_path / "big").write_bytes(random.Random(8).randbytes(16 << 20))
    begin = time.process_time()
    assert leaks.search([tmp_path], many) == []
    assert time.process_time() - begin < 5


def test_a_secret_too_short_to_search_for_is_refused() -> None:
    for short in ("李", "12345"):
        with pytest.raises(ValueError, match="at least"):
            leaks.forms(short)
    with pytest.raises(ValueError, match="distinctive"):
        leaks.picture_forms(b"\xff\xd8" + bytes(5000))
