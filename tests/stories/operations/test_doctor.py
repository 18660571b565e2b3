"""`shiming doctor` on an installation that runs: every part is looked at, nothing is changed, no secret is shown."""

import os
import time
from pathlib import Path

import httpx
import pytest

from shiming.__main__ import main

PARTS = {"settings", "address", "database", "keys", "crypto", "connections", "storage", "faces", "weights", "clock",
         "sources", "disk", "backup", "open files", "workers", "proxy", "websockets"}  # fmt: skip


@pytest.fixture
def doctor(server, monkeypatch, capsys):
    """Its lines by part, as (state, text), and the exit code."""
    names = ("data", "port", "simulated_register", "fetch_private", "private_hosts", "weights", "sources")
    given = {f"SHIMING_{name.upper()}": str(getattr(server.settings, name)) for name in names}

    def look(*options: str, **settings: str) -> tuple[int, dict[str, tuple[str, str]]]:
        for name in [name for name in os.environ if name.startswith("SHIMING_")]:
            monkeypatch.delenv(name)
        for name, value in {**given, **{f"SHIMING_{name.upper()}": value for name, value in settings.items()}}.items():
            monkeypatch.setenv(name, value)
        code = main(["doctor", *options])
        said = capsys.readouterr().out
        return code, {line[6:18].strip(): (line[:4].strip(), line[20:]) for line in said.splitlines()}

    return look


def test_a_server_that_is_well_is_told_so(server, doctor):
    until = time.monotonic() + 120  # a server that has just been started has no worker yet
    while (found := doctor())[1]["workers"][0] == "DO" and time.monotonic() < until:
        time.sleep(0.5)
    code, parts = found
    assert {part: line for part, line in parts.items() if line[0] == "DO"} == {}
    assert code == 0
    assert parts.keys() == PARTS
    assert parts["proxy"] == ("ok", "who asks is seen as 127.0.0.1, and nobody can pretend to be another")
    assert parts["websockets"] == ("ok", "come through, both ways")
    assert not list(Path(server.settings.data).rglob("doctor*")), "what it wrote to try is gone"


def test_what_is_wrong_is_said_part_by_part_and_no_password(doctor, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "geheim-store")
    code, parts = doctor(
        "--before-start", data=str(tmp_path / "none"), keys_url="postgresql+psycopg://keys:geheim-db@127.0.0.1:9/keys",
        authorities="police=unknown", weights=str(tmp_path), smtp_password="geheim-mail", mail="smtp=smtp",
        smtp_port="9", trusted_proxy="10.0.0.2", public_url="http://id.example.cn",
    )  # fmt: skip
    assert code == 1
    wrong = {part: text for part, (state, text) in parts.items() if state == "DO"}
    assert {"settings", "address", "database", "keys", "storage", "weights", "sources", "neighbours"} <= wrong.keys()
    assert "SHIMING_TRUSTED_PROXIES" in wrong["settings"] and "shiming migrate" in wrong["database"]
    assert "geheim" not in str(parts)
    assert not (tmp_path / "none").exists(), "a doctor makes nothing"


def test_faces_outside_of_what_we_seal_are_refused_without_the_word(doctor):
    """And one that does not answer is said to be out, with no password."""
    milvus = "http://shiming:geheim@127.0.0.1:9/faces"
    _, parts = doctor("--before-start", face_index=milvus)
    assert parts["faces"][0] == "DO" and "SHIMING_FACE_INDEX_VOLUME=encrypted" in parts["faces"][1]
    pytest.importorskip("pymilvus", reason="the extra `milvus`")
    _, parts = doctor("--before-start", face_index=milvus, face_index_volume="encrypted")
    assert parts["faces"][0] == "DO" and "geheim" not in str(parts)


def test_how_the_server_sees_somebody_is_told_to_nobody_without_the_keys(server, http):
    assert http.get("/caller").status_code == 404  # not with an API key either
    answer = httpx.get(f"{server.address}/v1/caller", headers={"x-shiming-proof": "1.2:00"}, timeout=60)
    assert answer.status_code == 404 and "127.0.0.1" not in answer.text


def test_nothing_that_answers_is_said_once_it_should_run(doctor):
    code, parts = doctor(port="9")
    assert code == 1
    assert all("Nothing answers" in parts[part][1] for part in ("proxy", "websockets"))
