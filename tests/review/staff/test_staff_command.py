"""`shiming staff`: 小林 is let in at the command line, gets new secrets, and is shut out."""

import pytest

from shiming.__main__ import main


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
    """Nobody sees a password: the link is for 小林, who sets up their own (security/staff/test_staff_links.py)."""
    first = shiming("add", "xiaolin", "--role", "reviewer", "--app", "demo")
    assert "/console#welcome/" in first and "password" not in first and "otpauth" not in first
    assert shiming("list").split("\t") == ["xiaolin", "demo.test: reviewer", "not set up\n"]
    assert "/console#welcome/" in shiming("grant", "xiaolin", "--role", "admin", "--app", "other", "--live")
    assert "demo.test: reviewer; other.live: admin" in shiming("list")
    again = shiming("reset", "xiaolin")
    assert "/console#welcome/" in again and again != first
    shiming("disable", "xiaolin")
    assert "shut out" in shiming("list")


def test_two_people_of_one_name_and_names_in_chinese_are_refused(shiming):
    shiming("add", "xiaolin", "--role", "support")
    assert shiming("add", "xiaolin", "--role", "support")[0] == 1
    assert "handle" in shiming("add", "小林", "--role", "support")[1]
    assert "staff list" in shiming("reset", "nobody")[1]
