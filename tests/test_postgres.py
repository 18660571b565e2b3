"""The throw-away PostgreSQL that store tests run on is real, empty for each test, and not run by root."""

import os
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests import throwaway_postgres as postgres


def ask(url: str, statement: str) -> object:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            answer = connection.execute(text(statement))
            return answer.scalar() if answer.returns_rows else None
    finally:
        engine.dispose()


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_has_an_empty_database_of_its_own(postgres_database: str, turn: str) -> None:
    assert ask(postgres_database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    ask(postgres_database, f"CREATE TABLE left_by_{turn} AS SELECT '䶮' AS name")
    assert ask(postgres_database, f"SELECT name FROM left_by_{turn}") == "䶮"


def test_it_is_a_current_postgresql_without_network(postgres_url: str) -> None:
    assert int(str(ask(postgres_url, "SHOW server_version_num"))) >= 150000
    assert ask(postgres_url, "SHOW listen_addresses") == ""


def test_it_is_not_run_by_root(postgres_server: Path) -> None:
    pid = (postgres_server / "data" / "postmaster.pid").read_text().split()[0]
    assert os.stat(f"/proc/{pid}").st_uid != 0


def test_programs_that_the_other_user_cannot_reach_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin = tmp_path / "package" / "pginstall18" / "bin"
    bin.mkdir(parents=True)
    (bin / "postgres").write_text("#!/bin/sh\n")
    (tmp_path / "package.libs").mkdir()
    monkeypatch.setattr(postgres, "_run", _refuse)
    copy = postgres._reachable(bin, tmp_path / "temp")
    assert copy == tmp_path / "temp" / "programs" / "package" / "pginstall18" / "bin"
    assert (copy / "postgres").exists()
    assert (tmp_path / "temp" / "programs" / "package.libs").exists()


def test_where_postgresql_is_missing_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter(()))
    with pytest.raises(postgres.NoPostgres, match="apt-get install postgresql"), postgres.server():
        pass


def _refuse(command: object) -> None:
    raise PermissionError(13, "as under /root")
