"""The key file: private, never overwritten, and honest about what is wrong with it."""

import contextlib
import threading
from pathlib import Path

import pytest

from shiming.store.crypto import key_file
from shiming.store.crypto.sealed import MasterKeys


def test_the_key_file_is_private_and_never_overwritten(key_path: Path) -> None:
    assert key_path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(key_file.KeyFileFault, match="exists already"):
        MasterKeys.create(key_path)
    key_path.chmod(0o640)
    with pytest.raises(key_file.KeyFileFault, match="chmod 600"):
        MasterKeys.load(key_path)
    key_path.chmod(0o600)
    keys = key_file.read(key_path)
    assert len({keys.master[1], keys.lookup[1], keys.audit}) == 3
    assert "bytes" not in repr(keys)
    assert keys.audit.hex() not in repr(keys)


def test_of_many_that_make_it_at_once_one_wins(tmp_path: Path) -> None:
    path, gate, made = tmp_path / "new" / "keys", threading.Barrier(6), []

    def make() -> None:
        gate.wait()
        with contextlib.suppress(key_file.KeyFileFault):
            made.append(key_file.create(path))

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [key_file.read(path)]
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "content", ["", "[]", '{"format": 1}', '{"format": 2}', '{"format": 1, "master": {"1": "YQ=="}}']
)
def test_a_damaged_key_file_says_so(key_path: Path, content: str) -> None:
    key_path.write_text(content)
    with pytest.raises(key_file.KeyFileFault, match="damaged"):
        MasterKeys.load(key_path)


def test_the_newest_master_key_cannot_be_retired(key_path: Path) -> None:
    with pytest.raises(key_file.KeyFileFault, match="newest"):
        key_file.retire(key_path, "master", 1)
