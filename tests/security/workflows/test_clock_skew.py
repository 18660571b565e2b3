"""Two machines never agree on the time. A worker whose clock is two minutes ahead must not take its living colleagues
for dead: it used to, and 16 of 16 verifications asked the authority two or three times."""

import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from shiming.store.access import api_keys
from shiming.store.tables import verifications, workers
from shiming.workflows import engine, queues
from tests.application import installed
from tests.security.processes.worker import Patient

MANY, AHEAD, PATIENCE = 16, 120, 240
NUMBERS = [f"1702131991031{n:04d}" for n in range(MANY)]


@contextmanager
def worker(folder: Path, url: str, ahead: float = 0):
    command = [sys.executable, "-m", "tests.security.processes.worker", str(folder), url, str(ahead)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "running\n"
        yield process
    finally:
        process.kill()
        process.wait()


def until(what, patience: float = PATIENCE) -> None:
    """Wait for it; only a machine that has stopped fails here."""
    ends = time.monotonic() + patience
    while not what():
        assert time.monotonic() < ends, "it never came to that"
        time.sleep(0.1)


class RightTime(list):
    """A clock of `installed` that goes."""

    def __getitem__(self, _) -> datetime:
        return datetime.now(UTC)


class Platform:
    """A platform that sends people to be checked by name and number, and sees what is decided."""

    def __init__(self, folder: Path, context, web):
        self._asked, self._answer, self._database = folder / "asked", folder / "answer", context.database
        self._enqueue = context.enqueue
        with context.database.write() as connection:
            key = api_keys.make(connection, "demo", False, "platform", "server", context.now())
        self._http = TestClient(web, headers={"Authorization": f"Bearer {key}"})

    def submit(self, number: str) -> None:
        made = self._http.post("/v1/verifications", json={"account": number, "level": "basic"}).json()["id"]
        for path, body in (("identity", {"name": "张合格", "number": number}), ("submit", None)):
            answer = self._http.post(f"/v1/verifications/{made}/{path}", json=body)
            assert answer.is_success, answer.text

    def enqueue(self, workflow: str, id: str, *args: str) -> None:
        with self._database.write() as connection:
            self._enqueue(connection, workflow, id, *args)

    def asked(self) -> Counter[str]:
        return Counter(self._asked.read_text().split()) if self._asked.exists() else Counter()

    def answer(self) -> None:
        self._answer.touch()

    def undecided(self) -> int:
        with self._database.read() as connection:
            waiting = verifications.c.state == "checking"
            return connection.scalar(select(func.count()).select_from(verifications).where(waiting))

    def beats(self) -> dict[str, int]:
        with self._database.read() as connection:
            return {row.id: row.seen_at for row in connection.execute(workers.select())}

    def forget_workers(self) -> None:
        with self._database.write() as connection:
            connection.execute(workers.delete())

    def rounds_of_the_heart(self, rounds: int) -> None:
        """Wait until every worker that is there has looked for dead colleagues so often."""
        for _ in range(rounds):
            before = self.beats()
            until(lambda before=before: all(self.beats().get(id) != at for id, at in before.items()))


@pytest.fixture
def platform(tmp_path, postgres_tables):
    given = {"authorities": [Patient(tmp_path)], "enqueue": None}
    with installed(tmp_path, postgres_tables, RightTime(), {}, **given) as (made, web):
        engine.migrate(made.database)
        enqueuer = queues.Enqueuer(made.database)
        web.state.context = replace(made, enqueue=enqueuer)
        yield Platform(tmp_path, web.state.context, web)
        enqueuer.close()


def valid(start: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return start + "10X98765432"[sum(int(d) * w for d, w in zip(start, weights, strict=True)) % 11]


PEOPLE = [valid(number) for number in NUMBERS]


def test_a_clock_that_is_ahead_adopts_nobody_who_lives(tmp_path, postgres_tables, platform):
    with worker(tmp_path, postgres_tables), worker(tmp_path, postgres_tables, AHEAD):
        for number in PEOPLE:
            platform.submit(number)
        until(lambda: len(platform.asked()) == MANY)
        platform.rounds_of_the_heart(3)
        platform.answer()
        until(lambda: platform.undecided() == 0)
    assert platform.asked() == Counter(PEOPLE)


def test_who_died_with_a_clock_ahead_is_followed_within_seconds(tmp_path, postgres_tables, platform):
    """Its last heartbeat used to lie two minutes in the future, and its work lay as long."""
    with worker(tmp_path, postgres_tables, AHEAD) as dead:
        platform.submit(PEOPLE[0])
        until(lambda: platform.asked() == Counter(PEOPLE[:1]))
        dead.kill()
        dead.wait()
    with worker(tmp_path, postgres_tables):
        died = time.monotonic()
        until(lambda: platform.asked() == Counter(PEOPLE[:1] * 2))
        assert time.monotonic() - died < AHEAD / 2  # six seconds by the clock; three times that on a slow machine
        platform.answer()
        until(lambda: platform.undecided() == 0)


def test_who_died_and_is_in_no_list_is_followed(tmp_path, postgres_tables, platform):
    """A worker that beat late was followed and taken off the list, took up more, and died: six of a thousand kills left
    verifications in checking for ever.
    """
    with worker(tmp_path, postgres_tables) as dead:
        platform.submit(PEOPLE[0])
        until(lambda: platform.asked() == Counter(PEOPLE[:1]))
        dead.kill()
        dead.wait()
    platform.forget_workers()
    with worker(tmp_path, postgres_tables):
        until(lambda: platform.asked() == Counter(PEOPLE[:1] * 2))
        platform.answer()
        until(lambda: platform.undecided() == 0)
