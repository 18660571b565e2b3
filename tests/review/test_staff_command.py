"""`shiming staff`: 小林 is let in at the command line, gets new secrets, and is shut out."""

import pytest

from shiming.__main__ import main
from shiming.settings import Settings
from shiming.store import staff, staff_secrets
from shiming.store.database import Database


@pytest.fixture
def shiming(tmp_path, monkeypatch, capsys):
    """Run a command on a data folder of its own; returns what it printed, or the exit code with the error."""
    monkeypatch.setenv("SHIMING_DATA", str(tmp_path))

    def run(*arguments):
        code = main(["staff", *arguments])
        said = capsys.readouterr()
        return said.out if code == 0 else (code, said.err)

    return run


def test_let_in_listed_given_new_secrets_and_shut_out(shiming):
    first = shiming("add", "xiaolin", "--role", "reviewer", "--app", "demo")
    assert "otpauth://totp/" in first and "password" in first
    assert shiming("list").split("\t") == ["xiaolin", "reviewer", "demo.test", "works\n"]
    again = shiming("reset", "xiaolin")
    password = again.split("password")[1].split()[0]
    assert password not in first
    database = Database(Settings.load().place("database_url"))
    with database.read() as connection:
        assert staff_secrets.matches(staff.named(connection, "xiaolin").password_hash, password)
    database.close()
    shiming("disable", "xiaolin")
    assert "shut out" in shiming("list")


def test_two_people_of_one_name_and_names_in_chinese_are_refused(shiming):
    shiming("add", "xiaolin", "--role", "support")
    assert shiming("add", "xiaolin", "--role", "support")[0] == 1
    assert "handle" in shiming("add", "小林", "--role", "support")[1]
    assert "staff list" in shiming("reset", "nobody")[1]
