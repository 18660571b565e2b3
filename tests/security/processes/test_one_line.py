"""What an operator did wrong is said in one line that says what to do, without a stack trace, by every command.

Before: a PostgreSQL that was away, a folder that nobody can write to, weights that are missing … ended in a
stack trace.
"""

import pytest

from tests.application import free_port
from tests.security.processes.commands import EVERY, NAMED, here, refused, run

every_command = pytest.mark.parametrize("command", EVERY, ids=NAMED)


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    return lambda command, **settings: here(command, tmp_path, monkeypatch, capsys, **settings)


@every_command
def test_a_database_that_is_away(call, command):
    url = f"postgresql+psycopg://shiming:geheim@127.0.0.1:{free_port()}/shiming"
    done = call(command, database_url=url)
    refused(done, "main database", "SHIMING_DATABASE_URL")
    assert "geheim" not in done[1]


@every_command
def test_a_data_folder_that_cannot_be_written(tmp_path, call, command):
    (tmp_path / "file").write_text("not a folder")
    refused(call(command, data=str(tmp_path / "file" / "data")), "SHIMING_DATA")


@pytest.mark.parametrize("command", [["serve"], ["work"], ["mail", "listen"]], ids=" ".join)
def test_weights_that_are_missing(tmp_path, command):
    """At a terminal, from the first byte that is loaded."""
    refused(run(command, tmp_path, weights=str(tmp_path / "none")), "shiming.vision.weights fetch")


WRONG = {
    "database_url": "postgresql://shiming@db/shiming",  # a driver that is not installed
    "keys_url": "nonsense",
    "files_url": "s4://bucket",
    "key_file": "/proc/nowhere/master.keys",
    "vision_workers": "many",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_setting_that_cannot_be_used_is_named(call, name):
    refused(call(["keys", "list"], **{name: WRONG[name]}), f"SHIMING_{name.upper()}")


SERVING = {"port": "99999", "host": "192.0.2.1", "policy": "strict", "authorities": "police=unknown", "carriers": "x=y"}


@pytest.mark.parametrize("name", SERVING)
def test_a_setting_of_the_server_that_cannot_be_used_ends_it(call, name):
    refused(call(["serve"], **{name: SERVING[name]}), SERVING[name].partition("=")[2] or SERVING[name])


def test_a_mailbox_that_cannot_be_opened(call):
    done = call(
        ["mail", "poll", "--every", "0"], imap_host="localhost", imap_port=str(free_port()), private_hosts="localhost"
    )
    refused(done, "SHIMING_IMAP_HOST")


@pytest.mark.parametrize("place", ["2424", "127.0.0.1:mail", "192.0.2.1:2424"])
def test_a_place_where_no_mail_can_be_taken_in(call, place):
    refused(call(["mail", "listen"], mail_listen=place), "SHIMING_MAIL_LISTEN")


@pytest.mark.parametrize("command", [["audit", "verify", "none.jsonl"], ["policy", "check", "none.toml"]], ids=" ".join)
def test_a_file_that_is_not_there(call, command):
    code, said = call(command)
    assert code in (1, 2) and "none." in said.splitlines()[-1] and "Traceback" not in said


def test_a_database_that_a_newer_release_has_moved(tmp_path, call):
    import sqlite3

    assert call(["migrate"])[0] == 0
    with sqlite3.connect(tmp_path / "data" / "shiming.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
    refused(call(["keys", "list"]), "9999_from_the_future", "newer release")
