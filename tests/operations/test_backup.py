"""Backups (issue 16): what lies in them, and that each is proven when it is written."""

import io
import secrets
import tracemalloc
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from shiming import app
from shiming.__main__ import main
from shiming.errors import ShimingError
from shiming.settings import Settings
from shiming.startup import main_database, open_ring
from shiming.store.backup import artefact, backup_keys
from shiming.store.backup.backup_keys import BackupKeyFault
from shiming.store.crypto import sealed_stream
from shiming.store.erasures import ErasureList
from shiming.store.tables import chores
from tests.operations.house import PICTURE, backed_up, flipped, installation, members, put, set_environment
from tests.standing.hung_store import bucket


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """An installation, its two artefacts, and the folder of the private keys; nobody changes them."""
    folder = tmp_path_factory.mktemp("backup")
    settings = installation(folder / "old")
    return settings, backed_up(settings), folder / "safe"


def test_a_data_backup_holds_no_key_and_a_key_backup_nobodys_data(home, tmp_path):
    """Both databases in one file, even: whoever has the data backup alone, or keeps it for years, has nothing."""
    _, (data, keys), safe = home
    assert {name.partition("/")[0] for name in members(data, safe / "data")} == {"backup.json", "database", "files"}
    assert {name.partition("/")[0] for name in members(keys, safe / "keys")} == {"backup.json", "keys"}
    one = f"sqlite:///{tmp_path}/one/shiming.db"
    settings = installation(tmp_path / "one", database_url=one, keys_url=one)
    (path, _) = backed_up(settings)
    copy = b"".join(
        part for name, part in members(path, tmp_path / "safe/data").items() if name.startswith("database/")
    )
    assert b"data_keys" not in copy and b"hook_1" in copy
    assert len([name for name in members(path, tmp_path / "safe/data") if name.startswith("files/")]) == 3
    assert not [path for path in (tmp_path / "one/backups").iterdir() if not path.name.endswith(".backup")]


def test_pictures_that_were_not_lost_stay_where_they_are(home, tmp_path, monkeypatch, capsys):
    settings, artefacts, safe = home
    new = Settings(data=str(tmp_path / "new"), files_url=settings.place("files_url"))
    assert put(new, artefacts, safe, monkeypatch, "--keep-files") == 0
    assert "0 files" in capsys.readouterr().out
    with app.command_context(new) as context:
        (key, *_) = sorted(context.files.keys())
        assert context.files.get(key.partition("/")[0], key) == PICTURE


def test_pictures_in_an_outside_store_come_back_into_another(tmp_path, monkeypatch):
    with bucket() as store:
        for name, value in {"ENDPOINT": store.options["endpoint"], "ALLOW_HTTP": "true", "REGION": "r",
                            "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}.items():  # fmt: skip
            monkeypatch.setenv(f"AWS_{name}", value)
        there = {"private_hosts": store.options["endpoint"].removeprefix("http://")}
        old = installation(tmp_path / "old", files_url="s3://bucket/old", **there)
        artefacts = backed_up(old)
        monkeypatch.setenv("SHIMING_PRIVATE_HOSTS", there["private_hosts"])
        new = Settings(data=str(tmp_path / "new"), files_url="s3://bucket/new", **there)
        set_environment(monkeypatch, new, private_hosts=there["private_hosts"])
        keys = ["--data-key", f"{tmp_path}/safe/data", "--keys-key", f"{tmp_path}/safe/keys"]
        assert main(["restore", *map(str, artefacts), *keys]) == 0
        kept = {path: data for path, data in store.kept.items() if path.startswith("/bucket/new/ver")}
        assert len(kept) == 3
        assert all(store.kept[path.replace("/new/", "/old/")] == data for path, data in kept.items())


@pytest.mark.parametrize("kind", ["data", "keys"])
def test_a_key_that_has_ended_seals_no_more_and_its_backups_go(kind, tmp_path, monkeypatch, capsys):
    """A key for data backups could be given an end, and only its writing heeded it."""
    settings = installation(tmp_path / "old")
    keys = backed_up(settings)[1]
    safe = tmp_path / "safe"
    until = backup_keys.today()
    backup_keys.create(safe / "short", kind, until)
    ending = replace(settings, **{f"backup_{kind}_key": f"{safe}/short.pub"})
    both = backed_up(ending)
    short = both[kind == "keys"]
    set_environment(monkeypatch, ending)
    main(["doctor", "--before-start"])
    assert f"The key for backups of the {kind} ends in 0 days" in capsys.readouterr().out
    monkeypatch.setattr(backup_keys, "today", lambda: until + timedelta(days=1))
    with pytest.raises(BackupKeyFault, match="ended on"):
        backed_up(ending)
    new = Settings(data=str(tmp_path / "new"))
    assert put(new, both, safe, monkeypatch, **{f"{kind}_key": "short"}) == 1
    assert "--although-ended" in capsys.readouterr().err
    backed_up(settings, keys_only=True)
    assert not short.exists() and keys.exists(), "what has ended is removed where backups are written"


def test_a_missing_key_and_one_of_the_other_kind_are_said_at_once(tmp_path, monkeypatch, capsys):
    settings = installation(tmp_path / "old")
    for change, word in (
        ({"backup_data_key": ""}, "new-key data"),
        ({"backup_data_key": settings.backup_keys_key}, "not for data"),
    ):
        with pytest.raises(ShimingError, match=word):
            backed_up(replace(settings, **change))
    set_environment(monkeypatch, settings)
    assert main(["backup", "new-key", "keys", f"{tmp_path}/fresh"]) == 0
    said = capsys.readouterr()
    assert "until " in said.out and "SHIMING_BACKUP_KEYS_KEY" in said.err
    assert (tmp_path / "fresh").stat().st_mode & 0o777 == 0o600 and b"private" not in (
        tmp_path / "fresh.pub"
    ).read_bytes()
    assert main(["backup", "new-key", "keys", f"{tmp_path}/fresh"]) == 1 and "exists already" in capsys.readouterr().err


def test_a_sample_that_does_not_open_fails_the_backup(tmp_path):
    """The key file beside is another one by now: read back, the backup is whole, and yet worth nothing."""
    settings = installation(tmp_path / "old")
    files = Path(settings.data, "files")
    (one, *_) = sorted(path for path in files.rglob("*") if path.is_file())
    one.write_bytes(flipped(bytearray(one.read_bytes())))
    for other in files.rglob("*"):
        if other.is_file() and other != one:
            other.unlink()
    with pytest.raises(ShimingError, match="does not open"):
        backed_up(settings)
    with main_database(settings) as database, database.read() as connection:
        assert connection.execute(select(chores.c.name).where(chores.c.name.like("backup%"))).all() == []


def test_the_doctor_knows_how_old_the_last_one_is(home, tmp_path, monkeypatch, capsys):
    settings, _, _ = home
    set_environment(monkeypatch, settings)

    def said() -> str:
        main(["doctor", "--before-start"])
        return next(line for line in capsys.readouterr().out.splitlines() if line[6:].startswith("backup"))

    assert said().startswith("ok") and "keys 0 hours ago" in said()
    with main_database(settings) as database, database.write() as connection:
        connection.execute(chores.update().values(done_at=chores.c.done_at - 27 * 3_600_000))
    assert said().startswith("DO") and "older than 26 hours" in said()
    monkeypatch.setenv("SHIMING_BACKUP_HOURS", "0")
    assert said().startswith("ok")


def test_everybody_who_is_erased_stands_in_the_list_first(tmp_path):
    """Were the list written after the key is destroyed, a crash between the two would let somebody come back."""
    settings = installation(tmp_path / "old", erasures_url=f"file://{tmp_path}/list")
    with main_database(settings) as database, closing(open_ring(settings, database)) as ring:
        ring.sealer.erase("addresses demo.live 20500")
        (tmp_path / "list").rename(tmp_path / "away")
        (tmp_path / "list").write_text("no folder")
        with pytest.raises(Exception, match=r".+"):
            ring.sealer.erase("ver_1")
        assert ring.sealer.erased("", 9) == ["addresses demo.live 20500"]
    listed = ErasureList(f"file://{tmp_path}/away")
    assert list(listed.owners(backup_keys.today() - timedelta(days=1))) == ["addresses demo.live 20500"]
    assert list(listed.owners(date(2126, 1, 1))) == []


def test_however_much_it_is_little_memory_is_taken(tmp_path):
    key = backup_keys.create(tmp_path / "key", "data", None)
    tracemalloc.start()
    with (tmp_path / "long").open("wb") as file:
        writer = artefact.Writer(file, key, "1", 1)
        writer.add_parts("database/long", (bytes(1 << 16) for _ in range(384)))
        for number in range(500):
            writer.add(f"files/ver_{number}/front", bytes(100))
        writer.finish(lambda data: b"")
    with artefact.opened(tmp_path / "long") as reader:
        count = sum(1 for _ in reader.members(writer.stream_key))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (count, writer.bytes) == (506, (24 << 20) + 50_000)
    assert peak < 20 << 20


@pytest.mark.parametrize(
    "sizes", [[0], [1, sealed_stream.CHUNK - 1], [sealed_stream.CHUNK] * 2, [3 * sealed_stream.CHUNK + 1, 7]]
)
def test_what_is_sealed_part_by_part_opens_as_one(sizes):
    plain, sealed, opened = [secrets.token_bytes(size) for size in sizes], io.BytesIO(), io.BytesIO()
    writer = sealed_stream.Writer(bytes(32), b"about", sealed)
    for part in plain:
        writer.write(part)
    writer.close()
    sealed.seek(0)
    sealed_stream.open(bytes(32), b"about", sealed, opened)
    assert opened.getvalue() == b"".join(plain)
