"""Twenty people with one face are approved at one moment: each is stored, and of any two one has seen the other."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from shiming.store.account import subjects
from shiming.store.verification import face_templates
from shiming.store.verification.face_index import PURPOSE, FaceIndex

APP, MODEL, PEOPLE = "shop.live", "sface@1", 20
FACE = np.eye(128, dtype=np.float32)[0]


def approve(database, sealed: bytes, index: FaceIndex, number: int) -> tuple[str, set[str]]:
    """Search, then store, in one transaction as `conclude` does; returns the person and whom the search showed."""
    with database.write() as connection:
        subject = subjects.locked_subject(connection, APP, [f"1:{number}"], number)
        face_templates.hold(connection, APP)
        index.follow(connection, APP)
        _, near = index.search(APP, MODEL, FACE, PEOPLE)
        seen = {row.subject for row in face_templates.named(connection, APP, [each.number for each in near])}
        face_templates.enrol(connection, APP, subject.id, f"ver_{number}", MODEL, sealed, number)
    return subject.id, seen


def test_nothing_is_lost_and_nobody_is_stored_unseen(database, sealer):
    """M37: four processes' indexes, five threads each."""
    indexes = [FaceIndex(sealer, 100) for _ in range(4)]
    sealed = [sealer.seal(f"ver_{n}", PURPOSE, FACE.tobytes()) for n in range(PEOPLE)]
    with ThreadPoolExecutor(PEOPLE) as threads:
        jobs = [threads.submit(approve, database, sealed[n], indexes[n % 4], n) for n in range(PEOPLE)]
        done = dict(job.result(timeout=120) for job in jobs)
    assert len(done) == PEOPLE
    assert sorted(map(len, done.values())) == list(range(PEOPLE))  # each saw all who were stored before, and no other
    for index in indexes:
        with database.read() as connection:
            index.follow(connection, APP)
        assert len(index) == PEOPLE
