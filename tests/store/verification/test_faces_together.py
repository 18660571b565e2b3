"""Twenty people with one face are approved at one moment: each is stored, one of any two compared with the other."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import numpy as np
from sqlalchemy import select

from shiming.store.account import subjects
from shiming.store.tables import face_templates as stored
from shiming.store.verification import face_templates
from shiming.store.verification.face_index import PURPOSE, FaceIndex

APP, MODEL, PEOPLE = "shop.live", "sface@1", 20
FACE = np.eye(128, dtype=np.float32)[0]


def approve(database, sealed: bytes, index: FaceIndex, number: int) -> tuple[str, set[str]]:
    """Search, then store, in one transaction as `conclude` does; returns the person and whom the search showed."""
    with database.write() as connection:
        subject = subjects.locked_subject(connection, APP, [f"1:{number}"], number)
        upto = index.follow(connection, APP)
        _, near = index.search(APP, MODEL, FACE, PEOPLE)
        seen = {row.subject for row in face_templates.named(connection, APP, [each.number for each in near])}
        face_templates.enrol(connection, APP, subject.id, f"ver_{number}", MODEL, sealed, number, upto)
    return subject.id, seen


def number(database, compared: dict[str, set[str]]) -> None:
    """What face_order.py does, noting who is compared with whom."""
    with database.write() as connection:
        last, rows = face_templates.taken(connection, APP, 3)
        for at, row in enumerate(rows):
            later = face_templates.between(connection, APP, MODEL, -1 - row.change)
            compared.setdefault(row.subject, set()).update(each.subject for each in (*later, *rows[:at]))
        face_templates.number(connection, APP, {row.number: last + at for at, row in enumerate(rows, 1)})


def test_nothing_is_lost_and_nobody_is_stored_unseen(database, sealer):
    """M37: four processes' indexes, five threads each; two workers number meanwhile."""
    indexes, over, compared = [FaceIndex(sealer, 100) for _ in range(4)], threading.Event(), {}
    sealed = [sealer.seal(f"ver_{n}", PURPOSE, FACE.tobytes()) for n in range(PEOPLE)]

    def work() -> None:
        while not over.wait(0.02):
            number(database, compared)

    with ThreadPoolExecutor(PEOPLE + 2) as threads:
        numbering = [threads.submit(work) for _ in range(2)]
        jobs = [threads.submit(approve, database, sealed[n], indexes[n % 4], n) for n in range(PEOPLE)]
        done = dict(job.result(timeout=120) for job in jobs)
        over.set()
        assert [job.result(timeout=120) for job in numbering] == [None, None]
    while len(compared) < PEOPLE:
        number(database, compared)
    with database.read() as connection:
        order = connection.execute(select(stored.c.change, stored.c.subject).order_by(stored.c.change)).all()
    assert [change for change, _ in order] == list(range(1, PEOPLE + 1))
    for (_, earlier), (_, later) in combinations(order, 2):
        assert earlier in done[later] | compared[later]
    for index in indexes:
        with database.read() as connection:
            assert index.follow(connection, APP) == PEOPLE
        assert len(index) == PEOPLE
