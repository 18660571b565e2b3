"""Stored faces, in memory and in a Milvus: found exactly, followed by every process, gone when they are erased."""

from collections.abc import Callable

import numpy as np
import pytest

from shiming.store.account import subjects
from shiming.store.crypto.sealed import Lookup, Sealer
from shiming.store.verification import face_templates
from shiming.store.verification.face_index import PURPOSE, FaceIndex, IndexFull

APP, MODEL, NOW = "shop.live", "sface@1", 1_000


def somebody(seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=128)
    return (values / np.linalg.norm(values)).astype(np.float32)


@pytest.fixture(params=["memory", "milvus"])
def started(request, tmp_path, sealer) -> Callable[[], FaceIndex]:
    """A process starts: what it searches by."""
    if request.param == "memory":
        return lambda: FaceIndex(sealer, 100)
    pytest.importorskip("pymilvus", reason="the extra `milvus`")
    from shiming.store.verification.milvus_index import MilvusIndex

    lookup = Lookup({1: b"a look-up key of these tests....."})
    return lambda: MilvusIndex(sealer, lookup, f"{tmp_path}/faces.db")


@pytest.fixture
def enrol(database, sealer: Sealer):
    """Somebody is approved: their face is stored."""

    def act(seed: int, app: str = APP, model: str = MODEL, person: str | None = None) -> str:
        verification = f"ver_{app}_{model}_{seed}"
        sealed = sealer.seal(verification, PURPOSE, somebody(seed).tobytes())
        with database.write() as connection:
            subject = subjects.locked_subject(connection, app, [f"1:{person or seed}"], NOW)
            face_templates.enrol(connection, app, subject.id, verification, model, sealed, NOW)
        return verification

    return act


def nearest(database, index, seed: int, app: str = APP, model: str = MODEL):
    with database.read() as connection:
        index.follow(connection, app)
        stored, near = index.search(app, model, somebody(seed), 3)
    return stored, near


def test_a_face_is_found_among_many_with_its_cosine(database, sealer, enrol, started):
    """M37."""
    for seed in range(40):
        enrol(seed)
    stored, near = nearest(database, started(), 17)
    assert stored == 40
    assert near[0].score == pytest.approx(1.0, abs=0.01)
    assert near[1].score == pytest.approx(max(somebody(17) @ somebody(s) for s in range(40) if s != 17), abs=0.01)


def test_other_processes_follow_what_is_added_and_erased(database, sealer, enrol, started):
    """M37, M39: erasure leaves the index of every process, also of one that does not search."""
    one, other = started(), started()
    first = enrol(1)
    assert [nearest(database, each, 1)[0] for each in (one, other)] == [1, 1]
    enrol(2)
    sealer.erase(first)
    with database.write() as connection:
        face_templates.remove(connection, APP, first, NOW)
    for index in (one, other):
        with database.read() as connection:
            index.follow(connection)
        stored, near = nearest(database, index, 1)
        assert stored == 1
        assert near[0].score < 0.5


def numbered(database) -> None:
    """What a worker does within seconds."""
    with database.write() as connection:
        last, rows = face_templates.taken(connection, APP, 100)
        face_templates.number(connection, APP, {row.number: last + at for at, row in enumerate(rows, 1)})


def test_a_change_is_followed_once_before_it_has_a_number_and_after(database, sealer, enrol, started):
    """M37, M39."""
    index, late = started(), started()
    enrol(1)
    gone = enrol(2)
    assert nearest(database, index, 1)[0] == 2
    numbered(database)
    assert [nearest(database, each, 1)[0] for each in (index, index, late)] == [2, 2, 2]
    with database.write() as connection:
        face_templates.remove(connection, APP, gone, NOW)
    assert [nearest(database, each, 1)[0] for each in (index, started())] == [1, 1]
    numbered(database)
    assert [nearest(database, each, 1)[0] for each in (index, late, started())] == [1, 1, 1]
    with database.read() as connection:
        assert (face_templates.waiting(connection), face_templates.newest(connection)) == ([], {APP: 3})


def test_a_face_that_is_stored_late_is_not_passed_by(database, sealer, enrol, started):
    """Its transaction began before those of faces that have their numbers by now."""
    if database.sqlite:
        pytest.skip("one writer at a time")
    index = started()
    enrol(1)
    sealed = sealer.seal("ver_late", PURPOSE, somebody(9).tobytes())
    with database.write() as late:
        face_templates.enrol(late, APP, "sub_late", "ver_late", MODEL, sealed, NOW)
        enrol(2)
        numbered(database)
        assert nearest(database, index, 9)[0] == 2
    stored, near = nearest(database, index, 9)
    assert stored == 3 and near[0].score > 0.98
    numbered(database)
    assert nearest(database, index, 9)[0] == 3


def test_a_process_that_starts_after_an_erasure_never_sees_the_face(database, sealer, enrol, started):
    """Not even when the row were still there, as in a backup: its key is gone."""
    sealer.erase(enrol(1))
    enrol(2)
    assert nearest(database, started(), 1)[0] == 1


def test_a_person_verified_again_has_a_few_faces_stored_and_the_oldest_goes(database, sealer, enrol, started):
    """M37: all of them are searched; memory stays bounded."""
    index = started()
    for seed in range(5):
        enrol(seed, person="zhang")
    assert nearest(database, index, 4)[0] == face_templates.KEPT == 3
    assert nearest(database, index, 2)[1][0].score > 0.98
    assert nearest(database, index, 1)[1][0].score < 0.5


def test_when_the_newest_verification_is_erased_an_older_face_still_finds(database, sealer, enrol, started):
    """M37, M39."""
    index = started()
    enrol(1, person="zhang")
    newest = enrol(2, person="zhang")
    assert nearest(database, index, 2)[0] == 2
    sealer.erase(newest)
    with database.write() as connection:
        face_templates.remove(connection, APP, newest, NOW)
    assert nearest(database, index, 1)[1][0].score > 0.98
    assert nearest(database, index, 2)[1][0].score < 0.5


def test_apps_and_models_are_apart(database, sealer, enrol, started):
    index = started()
    enrol(2, person="zhang")
    enrol(3, app="other.live")
    enrol(4, model="sface@2", person="zhang")
    assert nearest(database, index, 2)[0] == 1
    assert nearest(database, index, 3, app="other.live")[1][0].score > 0.98
    assert nearest(database, index, 3)[1][0].score < 0.5
    assert nearest(database, index, 4, model="sface@2")[0] == 1


def test_memory_is_bounded_and_the_error_says_what_to_do(database, sealer, enrol):
    for seed in range(4):
        enrol(seed)
    with pytest.raises(IndexFull, match="SHIMING_FACE_INDEX_LIMIT"):
        nearest(database, FaceIndex(sealer, 3), 1)


def test_removed_rows_are_swept_once_everybody_has_seen_them(database, sealer, enrol, started):
    index, gone = started(), enrol(1)
    enrol(2)
    with database.write() as connection:
        face_templates.remove(connection, APP, gone, NOW)
        face_templates.sweep(connection, NOW + 1)
    assert nearest(database, index, 2)[0] == 1
    enrol(3)
    assert nearest(database, index, 3)[0] == 2
