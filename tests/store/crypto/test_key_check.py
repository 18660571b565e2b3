"""Whose keys these are: a key file is checked against the keys database, and that against the main database."""

import pytest
from sqlalchemy import delete

from shiming.store.crypto import key_check, key_file
from shiming.store.crypto.data_keys import key_checks
from shiming.store.crypto.key_check import OtherKeys
from shiming.store.crypto.sealed import MasterKeys, Sealer, Tampered, open_keys


@pytest.fixture
def enrolled(keys, main, key_path):
    key_check.enrol(keys, main, key_path)
    return keys


def other(path):
    """Another key file in its place, valid in itself."""
    path.rename(path.with_suffix(".right"))
    key_file.create(path)
    return path


@pytest.mark.usefixtures("database_url")
def test_the_right_file_is_known_again_and_another_is_not(enrolled, main, key_path):
    key_check.enrol(enrolled, main, key_path)
    assert key_check.verify(enrolled, main, key_path) == key_file.read(key_path)
    other(key_path)
    for asked in (key_check.verify, key_check.enrol):
        with pytest.raises(OtherKeys, match="another one"):
            asked(enrolled, main, key_path)


@pytest.mark.parametrize("kind", ["master", "lookup", "audit"])
def test_each_secret_is_checked(enrolled, main, key_path, kind):
    """A file that was put together by hand is no better than another one."""
    right, wrong = key_file.read(key_path), key_file.create(key_path.with_name("wrong.keys"))
    mixed = {each: getattr(wrong if each == kind else right, each) for each in ("master", "lookup", "audit")}
    key_file._replace(key_path, key_file.Keys(**mixed))
    with pytest.raises(OtherKeys, match="another one"):
        key_check.verify(enrolled, main, key_path)


@pytest.mark.parametrize("kind", ["master", "lookup"])
def test_an_old_copy_of_the_file_is_refused_and_a_newer_one_is_taken(enrolled, main, key_path, kind):
    old = key_path.read_bytes()
    key_file.add(key_path, kind)
    assert key_check.verify(enrolled, main, key_path)  # added, and not yet written down
    key_check.enrol(enrolled, main, key_path)
    key_path.write_bytes(old)
    with pytest.raises(OtherKeys, match=f"{kind} version 2 is not in it"):
        key_check.verify(enrolled, main, key_path)


def test_a_second_rotation_elsewhere_is_refused(enrolled, main, key_path):
    """Two machines that each add a version 2 of their own: the second one's is no version of this installation."""
    copy = key_path.with_name("copy.keys")
    copy.write_bytes(key_path.read_bytes())
    copy.chmod(0o600)
    for path in (key_path, copy):
        key_file.add(path, "master")
    key_check.enrol(enrolled, main, key_path)
    with pytest.raises(OtherKeys, match="another one"):
        key_check.enrol(enrolled, main, copy)


def test_a_version_may_be_retired_once_nothing_is_wrapped_by_it(enrolled, main, key_path):
    sealer = Sealer(MasterKeys.load(key_path), enrolled)
    sealer.seal("ver_1", "name", b"x")
    key_file.add(key_path, "master")
    key_check.enrol(enrolled, main, key_path)
    whole = key_path.read_bytes()
    key_file.retire(key_path, "master", 1)
    with pytest.raises(OtherKeys, match="lacks master version 1"):
        key_check.enrol(enrolled, main, key_path)
    key_path.write_bytes(whole)
    assert sealer.rotate() == 1
    key_file.retire(key_path, "master", 1)
    key_check.enrol(enrolled, main, key_path)
    assert key_check.verify(enrolled, main, key_path)


def test_data_from_before_there_were_check_values_vouches_for_its_file(keys, main, key_path):
    Sealer(MasterKeys.load(key_path), keys).seal("ver_1", "name", b"x")
    other(key_path)
    with pytest.raises(OtherKeys, match="another one"):
        key_check.enrol(keys, main, key_path)
    key_path.with_suffix(".right").rename(key_path)
    with pytest.raises(OtherKeys, match="no check value yet"):
        key_check.verify(keys, main, key_path)
    key_check.enrol(keys, main, key_path)
    assert key_check.verify(keys, main, key_path)


def test_another_keys_database_is_refused_even_with_the_right_file(enrolled, main, key_path, tmp_path):
    """Two servers with one PostgreSQL and a keys database each: neither could read what the other seals."""
    empty = open_keys(f"sqlite:///{tmp_path}/own/keys.db")
    with pytest.raises(OtherKeys, match="SHIMING_KEYS_URL"):
        key_check.enrol(empty, main, key_path)
    empty.dispose()


def test_somebody_lives_here_once_anything_says_so(keys, main, key_path):
    assert not key_check.taken(keys, main)
    key_check.enrol(keys, main, key_path)
    assert key_check.taken(keys, main)
    with keys.begin() as connection:
        connection.execute(delete(key_checks))
    assert key_check.taken(keys, main)  # the main database remembers


def test_a_file_that_is_swapped_under_a_running_process_never_seals(enrolled, main, key_path):
    """It reads the file again when it meets a newer version; what is then there must be the same ring."""
    ring = MasterKeys(key_file.read(key_path).master, lambda: key_check.verify(enrolled, main, key_path))
    sealer = Sealer(ring, enrolled)
    other(key_path)
    with pytest.raises(OtherKeys):
        sealer.rotate()
    with pytest.raises(OtherKeys):
        ring.key(2)
    sealed = sealer.seal("ver_2", "name", b"y")
    key_path.with_suffix(".right").replace(key_path)
    assert Sealer(MasterKeys.load(key_path), enrolled).open("ver_2", "name", sealed) == b"y"
    with pytest.raises(Tampered):
        Sealer(MasterKeys({1: bytes(32)}), enrolled).open("ver_2", "name", sealed)


def test_fingerprints_give_nothing_away(enrolled, key_path):
    keys = key_file.read(key_path)
    with enrolled.connect() as connection:
        kept = {row.fingerprint for row in connection.execute(key_checks.select())}
    held = {secret.hex() for secret in (*keys.master.values(), *keys.lookup.values(), keys.audit)}
    assert len(kept) == 4 and not kept & held
