"""What is said of a backup that is damaged, another's, made up, or put in the wrong place (issue 16)."""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from shiming.settings import Settings
from shiming.startup import main_database, open_ring
from shiming.store.backup import artefact, backup_keys
from tests.operations.house import backed_up, changed, flipped, installation, members, put

DAMAGES = {
    "cut": lambda text: text[:-1],
    "half": lambda text: text[: len(text) // 2],
    "flipped": flipped,
    "head": lambda text: text.replace(b'"at": 1', b'"at": 2', 1),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """An installation, its two artefacts, and the folder of the private keys; nobody changes them."""
    folder = tmp_path_factory.mktemp("backup")
    settings = installation(folder / "old")
    return settings, backed_up(settings), folder / "safe"


def test_what_is_damaged_is_refused_before_anything_is_written(home, tmp_path, monkeypatch, capsys):
    _, (data, keys), safe = home
    new = Settings(data=str(tmp_path / "new"))
    for name, change in DAMAGES.items():
        bad = [changed(path, tmp_path / name, change) for path in (data, keys)]
        for artefacts in ((bad[0], keys), (data, bad[1])):
            assert put(new, artefacts, safe, monkeypatch) == 1
            said = capsys.readouterr().err
            assert "was changed" in said or "older than" in said, said
    assert put(new, (changed(data, tmp_path, lambda text: b"PK" + text), keys), safe, monkeypatch) == 1
    assert "no backup of this program" in capsys.readouterr().err
    assert put(new, (data, tmp_path / "nowhere"), safe, monkeypatch) == 1
    assert "Cannot read" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_the_wrong_key_and_the_wrong_order_are_named(home, tmp_path, monkeypatch, capsys):
    _, (data, keys), safe = home
    new = Settings(data=str(tmp_path / "new"))
    other = backup_keys.create(tmp_path / "other", "data", None)
    monkeypatch.chdir(tmp_path)
    (safe / "open").write_bytes((safe / "data").read_bytes())
    for artefacts, given, word in (
        ((data, keys), {"data_key": f"{tmp_path}/other"}, other.id),
        ((data, keys), {"data_key": "data.pub"}, "public half"),
        ((data, keys), {"data_key": "none"}, "Cannot read"),
        ((data, keys), {"data_key": "open"}, "chmod 600"),
        ((keys, data), {}, "data backup first"),
    ):
        used = {name: Path(value) for name, value in given.items()}
        place = safe if not any(value.is_absolute() for value in used.values()) else Path("/")
        names = (
            {"data_key": f"{safe}/data".lstrip("/"), "keys_key": f"{safe}/keys".lstrip("/")}
            if place == Path("/")
            else {}
        )
        assert put(new, artefacts, place, monkeypatch, **{**names, **given}) == 1
        assert word in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_two_that_do_not_belong_together_are_not_restored(home, tmp_path, monkeypatch, capsys):
    settings, (data, keys), safe = home
    new = Settings(data=str(tmp_path / "new"))
    other = replace(installation(tmp_path / "other"), backup_data_key=settings.backup_data_key,
                    backup_keys_key=settings.backup_keys_key)  # fmt: skip
    their_data, their_keys = backed_up(other)
    assert put(new, (data, their_keys), safe, monkeypatch) == 1
    assert "two installations" in capsys.readouterr().err
    assert put(new, (their_data, keys), safe, monkeypatch) == 1
    assert "older than the data backup" in capsys.readouterr().err


def made_up(path: Path, settings: Settings, kind: str, facts: dict, sign=lambda data: bytes(64)) -> Path:
    with path.open("wb") as file:
        key = backup_keys.read_public(Path(getattr(settings, f"backup_{kind}_key")))
        writer = artefact.Writer(file, key, "1", 1)
        writer.add(artefact.BEGIN, json.dumps(facts).encode())
        writer.finish(sign)
    return path


def test_a_backup_that_somebody_made_up_is_refused(home, tmp_path, monkeypatch, capsys):
    """The public key seals for anybody; only the installation's own audit key signs."""
    settings, (data, keys), safe = home
    facts = json.loads(members(data, safe / "data")["backup.json"])
    forged = made_up(tmp_path / "forged", settings, "data", facts)
    assert put(Settings(data=str(tmp_path / "new")), (forged, keys), safe, monkeypatch) == 1
    assert "not written by this installation" in capsys.readouterr().err


def test_a_backup_of_a_newer_release_and_one_of_another_kind_are_named(home, tmp_path, monkeypatch, capsys):
    settings, (data, keys), safe = home
    facts = json.loads(members(data, safe / "data")["backup.json"])
    with main_database(settings) as database, closing(open_ring(settings, database)) as ring:
        sign = ring.audit_key.private.sign
    for change, word in (({"step": "9999_future"}, "newer release"), ({"kind": "postgresql"}, "on postgresql")):
        other = made_up(tmp_path / "other", settings, "data", {**facts, **change}, sign)
        assert put(Settings(data=str(tmp_path / "new")), (other, keys), safe, monkeypatch) == 1
        assert word in capsys.readouterr().err
    assert not (tmp_path / "new/master.keys").exists()


def test_a_place_that_is_not_empty_is_left_as_it_is(home, tmp_path, monkeypatch, capsys):
    settings, artefacts, safe = home
    for name in ("", "key_file", "database_url", "keys_url", "files_url"):
        new = Settings(data=str(tmp_path / f"new{name}"))
        given = {"key_file": settings.place("key_file"), "database_url": settings.place("database_url"),
                 "keys_url": settings.place("keys_url"), "files_url": settings.place("files_url")}  # fmt: skip
        taken = given if not name else {name: given[name]}
        assert put(replace(new, **taken), artefacts, safe, monkeypatch, **{}) == 1
        said = capsys.readouterr().err
        word = {"key_file": "SHIMING_KEY_FILE", "files_url": "--keep-files"}.get(name, name.upper() or "key file")
        assert word in said, said
