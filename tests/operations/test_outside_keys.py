"""An installation whose master keys open only by a key outside: Vault's Transit, an HSM by PKCS#11 (issue 16).

Before: the master keys lay in a file as they are, whatever the house had to keep keys in.
"""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from shiming import app
from shiming.__main__ import main
from shiming.commands.doctor import looks
from shiming.errors import BadInput
from shiming.settings import Settings
from shiming.startup import main_database, open_ring
from shiming.store.audit.audit_log import AuditKey
from shiming.store.crypto import key_file, outside_key
from shiming.store.crypto.outside_key import OutsideKeyDown
from shiming.web.readiness import Readiness
from tests.application import on_a_loop
from tests.operations.house import PICTURE, backed_up, installation, members, put, set_environment
from tests.operations.outside import hsm, outside

assert hsm and outside  # fixtures


@pytest.fixture
def settings(tmp_path, outside):
    """An installation that was made with its keys outside, with three files of two owners."""
    return installation(tmp_path / "old", **outside.settings)


def ring_of(settings):
    with main_database(settings) as database:
        return open_ring(settings, database)


def said_by_the_doctor(settings):
    (line,) = looks.lines([("keys", looks._keys)], settings)
    return line.state, line.text


def test_what_was_sealed_opens_and_the_key_file_alone_opens_nothing(settings, outside):
    path = Path(settings.place("key_file"))
    assert key_file.outside(path) == settings.key_provider
    with closing(ring_of(settings)) as ring, main_database(settings) as database:
        files = app.startup.files(settings, ring.sealer)
        (name, *_) = sorted(files.keys())
        assert files.get(name.partition("/")[0], name) == PICTURE
        assert database.sqlite
    with pytest.raises(BadInput, match=r"SHIMING_(VAULT|PKCS11)_"):
        key_file.read(path, app.startup.key_guard(Settings(data=settings.data)))
    assert said_by_the_doctor(settings) == (
        "ok", f"{path} is this installation's, and {settings.key_provider} opened it; keep a copy apart from both "
        "databases")  # fmt: skip


def test_where_it_refuses_nothing_starts_and_the_reason_is_one_line(settings, outside, monkeypatch, capsys):
    outside.refuse()
    set_environment(monkeypatch, settings)
    assert main(["keys", "list"]) == 1
    said = capsys.readouterr().err
    assert f"The outside key ({settings.key_provider}) refuses us" in said and said.count("\n") == 1
    assert "s.our-token" not in said and "999999" not in said
    state, text = said_by_the_doctor(settings)
    assert state == "do" and "refuses us" in text
    outside.allow()
    assert main(["keys", "list"]) == 0


def test_what_runs_goes_on_and_is_degraded_while_it_refuses(settings, outside, monkeypatch):
    monkeypatch.setattr(outside_key, "LOOK_SECONDS", 0)
    with closing(ring_of(settings)) as ring:
        looked = {"keys": ring.verify, "outside_key": ring.outside()}
        assert on_a_loop(Readiness(looked, seconds=20).states) == {"keys": "ok", "outside_key": "ok"}
        outside.refuse()
        assert on_a_loop(Readiness(looked, seconds=20).states)["outside_key"] == "outside_key_refused"
        assert ring.sealer.open("hook_2", "secret", ring.sealer.seal("hook_2", "secret", b"s")) == b"s"
        assert on_a_loop(Readiness(looked, seconds=20).states)["keys"] == "ok"
        outside.allow()
        assert on_a_loop(Readiness(looked, seconds=20).states)["outside_key"] == "ok"


def test_keys_move_outside_and_are_rotated_there(tmp_path, outside, monkeypatch, capsys):
    inside = installation(tmp_path / "old")
    path, settings = Path(inside.place("key_file")), replace(inside, **outside.settings)
    before = key_file.read(path)
    state, text = said_by_the_doctor(settings)
    assert state == "do" and "shiming keys rewrap" in text
    set_environment(monkeypatch, settings)
    assert main(["keys", "rewrap"]) == 0 and "destroy them, run shiming keys rotate" in capsys.readouterr().out
    assert main(["keys", "rotate"]) == 0 and "3 data keys wrapped again" in capsys.readouterr().out
    with closing(ring_of(settings)) as ring:
        held = ring.verify()
        assert held.master.keys() == {1, 2} and (held.lookup, held.audit) == (before.lookup, before.audit)
        assert ring.sealer.masters_in_use() == {2}
    first = json.loads(path.read_text())["wrapped"]
    assert main(["keys", "rewrap"]) == 0 and "destroy" not in capsys.readouterr().out
    assert json.loads(path.read_text())["wrapped"] != first and key_file.outside(path) == settings.key_provider


def test_a_restore_needs_the_key_outside_as_well_as_both_backups(settings, outside, tmp_path, monkeypatch, capsys):
    """So who steals both backups and both their keys still opens nobody."""
    artefacts = backed_up(settings)
    kept = members(artefacts[1], tmp_path / "safe/keys")
    secrets = json.loads(next(part for name, part in kept.items() if name.startswith("keys/master.keys")))
    assert secrets["outside"] == settings.key_provider
    new = Settings(data=str(tmp_path / "new"), **outside.settings)
    assert put(Settings(data=str(tmp_path / "none")), artefacts, tmp_path / "safe", monkeypatch) == 1
    outside.refuse()
    assert put(new, artefacts, tmp_path / "safe", monkeypatch) == 1
    assert "refuses us" in capsys.readouterr().err and not Path(new.place("key_file")).exists()
    outside.allow()
    assert put(new, artefacts, tmp_path / "safe", monkeypatch) == 0
    with closing(ring_of(new)) as ring:
        assert AuditKey.of(ring.verify().audit).public == ring.audit_key.public


def test_copies_of_the_key_file_end_with_the_version_that_wrapped_them(tmp_path, monkeypatch):
    """The key file leaked? Vault's key is rotated, the file written anew, and the older version forbidden there."""
    from tests.operations.outside import vault

    with vault(tmp_path) as outside:
        settings = installation(tmp_path / "old", **outside.settings)
        path = Path(settings.place("key_file"))
        leaked = path.read_bytes()
        outside.server.rotate()
        set_environment(monkeypatch, settings)
        assert main(["keys", "rewrap"]) == 0
        outside.server.least = 2
        ring_of(settings).close()
        path.write_bytes(leaked)
        with pytest.raises(OutsideKeyDown, match="min_decryption_version"):
            ring_of(settings)
