"""What is particular to faces in a Milvus: turned there, erased there, written once, and down now and then."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from shiming import startup
from shiming.egress import Forbidden
from shiming.errors import DependencyDown
from shiming.settings import Settings
from shiming.startup import CannotStart
from shiming.store.crypto.sealed import Lookup
from shiming.store.verification import face_templates
from tests.store.verification.test_face_index import APP, MODEL, NOW, enrol, nearest, numbered, somebody

pytest.importorskip("pymilvus", reason="the extra `milvus`")
from shiming.store.verification.milvus_index import MARKS, MilvusIndex, rotation

assert enrol  # a fixture
LOOKUP = Lookup({1: b"a look-up key of these tests....."})


@pytest.fixture
def database_url(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/main.db"


@pytest.fixture
def started(sealer, tmp_path):
    """A process starts; what it asks of Milvus is noted."""

    def start(lookup: Lookup = LOOKUP) -> MilvusIndex:
        index = MilvusIndex(sealer, lookup, f"{tmp_path}/faces.db")
        ask, index.asked = index._ask, []
        index._ask = lambda what, **about: (index.asked.append((what, about)), ask(what, **about))[1]
        return index

    return start


def written(index: MilvusIndex) -> list[int]:
    upserts = [about["data"] for what, about in index.asked if what == "upsert"]
    return [row["number"] for rows in upserts for row in rows if "number" in row]


def bytes_of(folder: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_rotation_keeps_angles_and_belongs_to_its_key():
    one, other = rotation("a", 128), rotation("b", 128)
    assert np.allclose(one @ one.T, np.eye(128), atol=1e-12) and not np.allclose(one, other)
    a, b = somebody(1), somebody(2)
    assert (a @ one) @ (b @ one) == pytest.approx(float(a @ b), abs=1e-6)
    assert abs(float((a @ one) @ (a @ other))) < 0.5, "of two houses nobody is the same"


def test_no_template_lies_there_as_it_is(database, enrol, started, tmp_path):
    """Neither what the database seals nor what names the app: only turned numbers."""
    index = started()
    for seed in range(30):
        enrol(seed)
    nearest(database, index, 3)
    index._ask("flush", collection_name=index._name(APP, MODEL))
    turned = index._turned(APP, MODEL, somebody(3)[None])[0]
    found = [*bytes_of(tmp_path / "faces.db")]
    assert any(turned.astype("<f4").tobytes()[:64] in each for each in found), "the look would see it"
    assert not any(somebody(3).tobytes()[:64] in each or APP.encode() in each for each in found)


def test_who_is_erased_is_found_no_more_and_leaves_its_files(database, sealer, enrol, started, tmp_path):
    """M39. The files: once the engine has merged them, as it does by itself while others come."""
    index = started()
    ids = [enrol(seed) for seed in range(30)]
    nearest(database, index, 3)
    index._ask("flush", collection_name=index._name(APP, MODEL))
    sealer.erase(ids[3])
    with database.write() as connection:
        face_templates.remove(connection, APP, ids[3], NOW)
    stored, near = nearest(database, index, 3)
    assert stored == 29 and near[0].score < 0.5
    turned = index._turned(APP, MODEL, somebody(3)[None])[0].tobytes()[:64]
    assert any(turned in each for each in bytes_of(tmp_path / "faces.db")), "the look would see it"
    others = iter(range(100, 200))
    while any(turned in each for each in bytes_of(tmp_path / "faces.db")):
        enrol(next(others))
        nearest(database, index, 1)
        index._ask("flush", collection_name=index._name(APP, MODEL))
    with database.read() as connection:
        index.tidy(connection)
    assert ("compact", {"collection_name": index._name(APP, MODEL)}) in index.asked


def test_what_was_written_late_is_tidied_away(database, sealer, enrol, started):
    """A process read a face, was stopped, the face was erased, and it wrote on and died."""
    index, kept = started(), enrol(1)
    gone = enrol(2)
    nearest(database, index, 1)
    with database.read() as connection:
        (row,) = [each for each in face_templates.unnumbered(connection, [APP]) if each.verification == gone]
    with database.write() as connection:
        face_templates.remove(connection, APP, gone, NOW)
    numbered(database)
    nearest(database, index, 1)
    index._write(APP, [row])
    assert nearest(database, started(), 2)[0] == 2, "left over"
    with database.read() as connection:
        started().tidy(connection)
    assert nearest(database, started(), 1) == (1, nearest(database, index, 1)[1]) and kept


def test_a_process_that_starts_writes_nothing_again(database, enrol, started):
    for seed in range(5):
        enrol(seed)
    nearest(database, first := started(), 1)
    numbered(database)
    nearest(database, first, 1)
    late = started()
    assert nearest(database, late, 1)[0] == 5 and written(late) == []
    enrol(9)
    assert nearest(database, late, 9)[0] == 6 and len(written(late)) == 1


def test_a_database_from_a_backup_is_written_anew(database, enrol, started):
    """Its counter is behind the mark: what it numbers from now on would be passed by."""
    index = started()
    enrol(1)
    numbered(database)
    nearest(database, index, 1)
    ahead = {"app": index._mac("app", APP), "change": 77, "nothing": [0.0, 0.0]}
    index._ask("upsert", collection_name=MARKS, data=[ahead])
    late = started()
    enrol(2)
    numbered(database)
    assert nearest(database, late, 2)[0] == 2 and len(written(late)) == 2


def test_a_new_look_up_key_begins_new_collections(database, enrol, started):
    enrol(1)
    nearest(database, started(), 1)
    other = started(Lookup({1: b"a look-up key of these tests.....", 2: b"another look-up key............."}))
    stored, near = nearest(database, other, 1)
    assert stored == 1 and near[0].score > 0.999


def test_one_that_is_down_is_a_neighbour_that_is_down(database, sealer, enrol):
    enrol(1)
    index = MilvusIndex(sealer, LOOKUP, "http://127.0.0.1:9/faces")
    with pytest.raises(DependencyDown):
        nearest(database, index, 1)


@pytest.mark.parametrize(("given", "fault", "said"), [
    ({}, CannotStart, "SHIMING_FACE_INDEX_VOLUME=encrypted"),
    ({"face_index_volume": "yes"}, CannotStart, "encrypted"),
    ({"face_index_volume": "encrypted"}, Forbidden, "leads inside"),
])  # fmt: skip
def test_it_is_refused_without_the_word_and_inside_unless_listed(sealer, given, fault, said):
    settings = replace(Settings(), face_index="http://shiming:geheim@10.9.9.9:19530/faces", **given)
    with pytest.raises(fault, match=said) as refused:
        startup.faces(settings, SimpleNamespace(sealer=sealer, lookup=LOOKUP))
    assert "geheim" not in str(refused.value)
    listed = replace(settings, face_index_volume="encrypted", private_hosts="10.9.9.9:19530")
    assert isinstance(startup.faces(listed, SimpleNamespace(sealer=sealer, lookup=LOOKUP)), MilvusIndex)
