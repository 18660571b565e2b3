"""Evidence pictures: sealed before they reach storage, durable, deleted for real."""

import os
from pathlib import Path

import pytest

from shiming.errors import BadInput, NotFound
from shiming.store.crypto.sealed import Erased, Sealer, Tampered
from shiming.store.verification.evidence_files import EvidenceFiles

PICTURE = b"\xff\xd8\xff\xe0" + os.urandom(50_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evidence"


@pytest.fixture
def files(folder: Path, sealer: Sealer) -> EvidenceFiles:
    return EvidenceFiles(folder.as_uri(), sealer)


@pytest.mark.usefixtures("database_url")
def test_a_picture_goes_in_and_comes_out(files: EvidenceFiles) -> None:
    key = files.put("ver_1", "front", PICTURE)
    again = files.put("ver_1", "front", PICTURE)
    assert key != again
    assert files.get("ver_1", key) == files.get("ver_1", again) == PICTURE


def test_storage_never_sees_the_picture(files: EvidenceFiles, folder: Path) -> None:
    key = files.put("ver_1", "front", PICTURE)
    stored = (folder / key).read_bytes()
    assert not any(PICTURE[at : at + 16] in stored for at in range(0, len(PICTURE), 16))
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_file_put_in_the_place_of_another_does_not_open(files: EvidenceFiles, folder: Path) -> None:
    front, back = files.put("ver_1", "front", PICTURE), files.put("ver_1", "back", PICTURE)
    (folder / front).write_bytes((folder / back).read_bytes())
    with pytest.raises(Tampered):
        files.get("ver_1", front)


def test_someone_elses_file_is_not_found(files: EvidenceFiles) -> None:
    key = files.put("ver_1", "front", PICTURE)
    for other, asked in (("ver_2", key), ("ver_1", "ver_1/front-0000"), ("ver_2", f"ver_2/../{key}")):
        with pytest.raises(NotFound):
            files.get(other, asked)


@pytest.mark.parametrize("name", ["", "..", "a/b", "/etc", "正面", "a b", "a\n"])
def test_a_name_cannot_leave_its_folder(files: EvidenceFiles, name: str) -> None:
    with pytest.raises(BadInput):
        files.put("ver_1", name, PICTURE)
    with pytest.raises(BadInput):
        files.put(name, "front", PICTURE)


def test_deleting_leaves_no_file_and_no_folder(files: EvidenceFiles, folder: Path) -> None:
    kept = files.put("ver_10", "front", PICTURE)
    keys = [files.put("ver_1", name, PICTURE) for name in ("front", "back", "live-0")]
    assert files.delete("ver_1") == 3
    assert files.delete("ver_1") == 0
    assert [path.name for path in folder.iterdir()] == ["ver_10"]
    assert files.get("ver_10", kept) == PICTURE
    with pytest.raises(NotFound):
        files.get("ver_1", keys[0])


@pytest.mark.usefixtures("database_url")
def test_an_erased_owners_picture_opens_no_more(files: EvidenceFiles, sealer: Sealer) -> None:
    key = files.put("ver_1", "front", PICTURE)
    sealer.erase("ver_1")
    with pytest.raises(Erased):
        files.get("ver_1", key)
    with pytest.raises(Erased):
        files.put("ver_1", "front", PICTURE)


def test_file_and_folders_are_synced_before_put_returns(
    files: EvidenceFiles, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.readlink(f"/proc/self/fd/{handle}")))
    key = files.put("ver_1", "front", PICTURE)
    assert synced[-3:] == [str(folder / key), str(folder / "ver_1"), str(folder)]


def test_any_other_store_goes_by_its_url(sealer: Sealer) -> None:
    files = EvidenceFiles("memory:///", sealer)
    key = files.put("ver_1", "front", PICTURE)
    assert files.get("ver_1", key) == PICTURE
    assert files.delete("ver_1") == 1
