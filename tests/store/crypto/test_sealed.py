"""Sealing, opening, erasing and rotating, on SQLite and PostgreSQL. Everyone here is made up."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, select, text, update

from shiming.errors import Busy
from shiming.store.crypto import key_file
from shiming.store.crypto.data_keys import data_keys
from shiming.store.crypto.sealed import (
    CACHE_SECONDS,
    Erased,
    Lookup,
    MasterKeys,
    NoDataKey,
    Sealer,
    Tampered,
    open_keys,
)
from tests.statements import counted

NAME = "张合格".encode()
MB = 1024 * 1024


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.usefixtures("database_url")
def test_what_is_sealed_opens_and_shows_nothing(sealer: Sealer) -> None:
    sealed = sealer.seal("ver_1", "typed name", NAME)
    assert sealer.open("ver_1", "typed name", sealed) == NAME
    assert NAME not in sealed
    assert sealer.seal("ver_1", "typed name", NAME) != sealed
    assert sealer.open("ver_1", "empty", sealer.seal("ver_1", "empty", b"")) == b""


@pytest.mark.usefixtures("database_url")
def test_a_new_data_key_is_looked_for_and_kept(sealer: Sealer, keys: Engine) -> None:
    """On PostgreSQL it was read back each time: how many rows an insert makes is told only where one asks for it."""
    with counted(keys) as made:
        sealer.seal("ver_1", "name", NAME)
    assert [statement.split()[0] for statement in made] == ["SELECT", "INSERT"]


def test_json_comes_back_as_json(sealer: Sealer) -> None:
    value = {"name": "张合格", "rare": "䶮𠮷", "box": [0.1, 0.2], "none": None}
    sealed = sealer.seal_json("ver_1", "seen", value)
    assert sealer.open_json("ver_1", "seen", sealed) == value


@pytest.mark.usefixtures("database_url")
def test_another_process_opens_it(sealer: Sealer, key_path: Path, keys_url: str) -> None:
    sealed = sealer.seal("ver_1", "name", NAME)
    other = Sealer(MasterKeys.load(key_path), engine := open_keys(keys_url))
    assert other.open("ver_1", "name", sealed) == NAME
    engine.dispose()


@pytest.mark.parametrize(("owner", "purpose"), [("ver_2", "name"), ("ver_1", "number"), ("ver_1n", "ame")])
def test_a_value_moved_elsewhere_does_not_open(sealer: Sealer, owner: str, purpose: str) -> None:
    sealed = sealer.seal("ver_1", "name", NAME)
    sealer.seal(owner, "anything", b"")
    with pytest.raises(Tampered):
        sealer.open(owner, purpose, sealed)


def test_any_changed_byte_and_any_cut_is_found(sealer: Sealer) -> None:
    sealed = sealer.seal("ver_1", "name", NAME)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(Tampered):
            sealer.open("ver_1", "name", bytes(changed))
        with pytest.raises(Tampered):
            sealer.open("ver_1", "name", sealed[:place])


def test_a_data_key_given_to_another_owner_does_not_unwrap(sealer: Sealer, keys: Engine) -> None:
    sealed = sealer.seal("ver_1", "name", NAME)
    sealer.seal("ver_2", "name", b"")
    with keys.begin() as connection:
        stolen = select(data_keys.c.wrapped).where(data_keys.c.owner == "ver_1").scalar_subquery()
        connection.execute(update(data_keys).where(data_keys.c.owner == "ver_2").values(wrapped=stolen))
    with pytest.raises(Tampered):
        Sealer(sealer._master, keys).open("ver_2", "name", sealed)


@pytest.mark.usefixtures("database_url")
def test_erasing_is_for_ever(sealer: Sealer, key_path: Path, keys: Engine) -> None:
    sealed = sealer.seal("ver_1", "name", NAME)
    kept = sealer.seal("ver_2", "name", NAME)
    sealer.erase("ver_1")
    sealer.erase("ver_1")
    sealer.erase("ver_never_seen")
    for someone in (sealer, Sealer(MasterKeys.load(key_path), keys)):
        for owner in ("ver_1", "ver_never_seen"):
            with pytest.raises(Erased):
                someone.open(owner, "name", sealed)
            with pytest.raises(Erased):
                someone.seal(owner, "name", NAME)
        assert someone.open("ver_2", "name", kept) == NAME


def test_an_erasure_elsewhere_is_seen_within_seconds(sealer: Sealer, key_path: Path, keys: Engine) -> None:
    clock = Clock()
    other = Sealer(MasterKeys.load(key_path), keys, clock)
    sealed = other.seal("ver_1", "name", NAME)
    clock.now = CACHE_SECONDS - 0.1
    sealer.erase("ver_1")
    assert other.open("ver_1", "name", sealed) == NAME
    clock.now = CACHE_SECONDS
    with pytest.raises(Erased):
        other.open("ver_1", "name", sealed)


def test_a_lost_data_key_is_not_called_erased(sealer: Sealer, keys: Engine) -> None:
    sealed = sealer.seal("ver_1", "name", NAME)
    with keys.begin() as connection:
        connection.execute(delete(data_keys))
    with pytest.raises(NoDataKey):
        Sealer(sealer._master, keys).open("ver_1", "name", sealed)


def _wrapped_keys(keys: Engine) -> dict[str, bytes]:
    with keys.connect() as connection:
        return {row.owner: bytes(row.wrapped) for row in connection.execute(select(data_keys))}


def _files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("keys.db*"))


def test_erased_keys_are_gone_from_sqlites_files(sealer: Sealer, keys: Engine, tmp_path: Path) -> None:
    """M39: not only the row, its old bytes too, in the file and in the WAL."""
    owners = [f"ver_{(number * 7919) % 1000:04}" for number in range(300)]
    for owner in owners:
        sealer.seal(owner, "name", NAME)
    before = _wrapped_keys(keys)
    assert (tmp_path / "keys.db-wal").stat().st_size > 0
    assert all(wrapped in _files(tmp_path) for wrapped in before.values())
    for owner in owners[::3]:
        sealer.erase(owner)
    after = _files(tmp_path)
    assert [owner for owner in owners if before[owner] in after] == [o for o in owners if o not in owners[::3]]


def test_a_reader_that_holds_the_wal_is_named_and_erasing_again_ends_it(
    sealer: Sealer, keys: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shiming.store.crypto.data_keys.BUSY_SECONDS", 0)
    quick = Sealer(sealer._master, open_keys(f"sqlite:///{tmp_path}/keys.db"))
    quick.seal("ver_1", "name", NAME)
    wrapped = _wrapped_keys(keys)["ver_1"]
    with keys.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        reader.execute(select(data_keys)).all()
        with pytest.raises(Busy):
            quick.erase("ver_1")
        with pytest.raises(Erased):
            quick.seal("ver_1", "name", NAME)
    quick.erase("ver_1")
    assert wrapped not in _files(tmp_path)


def test_scrubbing_drives_erased_keys_out_of_postgresqls_table(postgres_database: str, key_path: Path) -> None:
    keys = open_keys(postgres_database)
    sealer = Sealer(MasterKeys.load(key_path), keys)
    for number in range(200):
        sealer.seal(f"ver_{number}", "name", NAME)
    before = _wrapped_keys(keys)
    erased = [f"ver_{number}" for number in range(0, 200, 3)]
    for owner in erased:
        sealer.erase(owner)
    sealer.scrub()
    with keys.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        content = bytes(connection.scalar(text("SELECT pg_read_binary_file(pg_relation_filepath('data_keys'))")))
    assert [owner for owner in before if before[owner] not in content] == erased
    keys.dispose()


@pytest.mark.usefixtures("database_url")
def test_rotation_goes_on_while_others_work(sealer: Sealer, key_path: Path, keys: Engine) -> None:
    sealed = {owner: sealer.seal(owner, "name", NAME) for owner in ("ver_1", "ver_2", "ver_3", "ver_gone")}
    sealer.erase("ver_gone")
    old_process = Sealer(MasterKeys.load(key_path), keys)
    assert sealer.rotate() == 0
    assert key_file.add(key_path, "master") == 2
    assert [sealer.rotate(2), sealer.rotate(2), sealer.rotate(2)] == [2, 1, 0]
    assert sealer.masters_in_use() == {2}
    key_file.retire(key_path, "master", 1)
    late = Sealer(MasterKeys.load(key_path), keys)
    for someone in (sealer, old_process, late):
        assert all(someone.open(owner, "name", sealed[owner]) == NAME for owner in ("ver_1", "ver_2", "ver_3"))
        with pytest.raises(Erased):
            someone.open("ver_gone", "name", sealed["ver_gone"])


def test_rotation_does_not_bring_an_erased_key_back(sealer: Sealer, key_path: Path, keys: Engine) -> None:
    sealer.seal("ver_1", "name", NAME)
    key_file.add(key_path, "master")
    rows = sealer._keys.stale(2, 10)
    sealer.erase("ver_1")
    assert sealer._keys.replace([(owner, row.master, row) for owner, row in rows]) == 0
    assert set(_wrapped_keys(keys)["ver_1"]) == {0}


@pytest.mark.usefixtures("database_url")
def test_many_at_once_agree_on_one_data_key(key_path: Path, keys: Engine) -> None:
    sealers = [Sealer(MasterKeys.load(key_path), keys) for _ in range(6)]
    sealed: list[bytes] = []
    gate = threading.Barrier(len(sealers))

    def work(sealer: Sealer) -> None:
        gate.wait()
        sealed.append(sealer.seal("ver_1", "name", NAME))

    threads = [threading.Thread(target=work, args=(sealer,)) for sealer in sealers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [sealers[0].open("ver_1", "name", value) for value in sealed] == [NAME] * len(sealers)


def test_the_cache_of_data_keys_stays_small(sealer: Sealer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shiming.store.crypto.sealed.CACHE_OWNERS", 2)
    sealed = [sealer.seal(f"ver_{number}", "name", NAME) for number in range(5)]
    assert list(sealer._cache) == ["ver_3", "ver_4"]
    assert sealer.open("ver_0", "name", sealed[0]) == NAME


def test_lookups_are_keyed_versioned_and_kept_apart_by_kind(key_path: Path) -> None:
    lookup = Lookup.load(key_path)
    number = lookup.hash("number", "660101199001011234")
    assert number.startswith("1:")
    assert len(number) == 66
    assert lookup.hash("phone", "660101199001011234") != number
    assert Lookup({1: bytes(32)}).hash("number", "660101199001011234") != number
    key_file.add(key_path, "lookup")
    newer = Lookup.load(key_path)
    assert newer.candidates("number", "660101199001011234") == (newer.hash("number", "660101199001011234"), number)
    assert newer.hash("number", "660101199001011234").startswith("2:")


def test_keys_databases_are_private_files(keys: Engine, tmp_path: Path) -> None:
    assert (tmp_path / "keys.db").stat().st_mode & 0o777 == 0o600
    assert keys.dialect.name == "sqlite"
