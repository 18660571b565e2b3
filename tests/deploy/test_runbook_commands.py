"""What the runbooks lean on does what they say: a new look-up key, and what somebody of the staff has looked at."""

from pathlib import Path

import pytest
from sqlalchemy import insert

from shiming import app, key_changes, startup
from shiming.__main__ import main
from shiming.settings import Settings
from shiming.startup import CannotStart, main_database
from shiming.store.audit import access_log
from shiming.store.crypto.key_check import OtherKeys
from shiming.store.crypto.sealed import Lookup
from shiming.store.database import now_ms
from shiming.store.tables import workers

NUMBER = "11010019900101123X"


@pytest.fixture
def settings(tmp_path):
    made = Settings(data=str(tmp_path))
    app.migrate(made)
    return made


def test_after_a_new_look_up_key_people_of_before_are_found(settings):
    path = Path(settings.place("key_file"))
    before = Lookup.load(path).hash("number", NUMBER)
    assert len(list(key_changes.rotate_lookup(settings))) == 1
    with app.command_context(settings) as context:
        assert context.lookup.hash("number", NUMBER).startswith("2:")
        assert before in context.lookup.candidates("number", NUMBER)


def test_a_machine_with_the_file_of_before_does_not_start(settings):
    path = Path(settings.place("key_file"))
    before = path.read_bytes()
    list(key_changes.rotate_lookup(settings))
    path.write_bytes(before)
    with pytest.raises(OtherKeys, match="lookup version 2"):
        app.migrate(settings)


def test_while_a_worker_lives_there_is_no_new_look_up_key(settings):
    """It would not find what others write by the new key, and let a person in twice."""
    before = Path(settings.place("key_file")).read_bytes()
    with main_database(settings) as database:
        with database.write() as connection:
            connection.execute(insert(workers).values(id="other:1", seen_at=now_ms(connection)))
        assert startup.workers_alive(database) == 1
    with pytest.raises(CannotStart, match="Stop every serve, work and gate"):
        list(key_changes.rotate_lookup(settings))
    assert Path(settings.place("key_file")).read_bytes() == before


def test_what_somebody_looked_at_is_listed_with_the_reason(settings, monkeypatch, capsys):
    with main_database(settings) as database, database.write() as connection:
        for by, at in (("lin", 1_790_000_000_000), ("wang", 1_790_000_001_000)):
            access_log.add(connection, "demo.live", "acc_1", "ver_1", by, "reviewer", "number", "case", at)
    monkeypatch.setenv("SHIMING_DATA", settings.data)
    assert main(["staff", "looks", "lin", "--live"]) == 0
    assert capsys.readouterr().out.split("\t") == [
        "2026-09-21T14:13:20.000Z", "reviewer", "acc_1", "ver_1", "number", "case\n"]  # fmt: skip
    assert main(["staff", "looks", "lin"]) == 0 and capsys.readouterr().out == ""
