"""Two requests with one Idempotency-Key at one moment: one is worked on, however long it takes; none is doubled."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from shiming.store.access import idempotency
from shiming.store.tables import idempotency_records, ticket_messages
from tests.application import jpeg
from tests.security.processes.installation import opened

KEY = {"Idempotency-Key": "order-4711"}
PICTURE = {"picture": ("p.jpg", jpeg(), "image/jpeg")}
PATIENCE = 240


class Slow:
    """A look at a picture that takes until it is told to end."""

    def __init__(self):
        self.began, self.ends, self.looks = threading.Event(), threading.Event(), 0

    def __call__(self, task, data, *more):
        self.looks += 1
        self.began.set()
        assert self.ends.wait(PATIENCE)
        return data


@pytest.fixture
def slow():
    return Slow()


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request, tmp_path, slow):
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_tables")
    with opened(tmp_path, url) as made:
        yield made


@pytest.fixture
def ticket(home, slow):
    """A conversation of 陈断线's; her next picture takes long."""
    key = home.key()
    key.post("/v1/verifications", json={"account": "chen-duanxian"})
    asked = {"account": "chen-duanxian", "topic": "result_unclear", "text": "为什么？"}
    id = key.post("/v1/tickets", json=asked).json()["id"]
    home.context = home.web.state.context = replace(home.context, look=slow)
    return lambda: key.post(f"/v1/tickets/{id}/pictures", files=PICTURE, headers=KEY)


def pictures(home):
    """How many pictures stand in conversations."""
    with home.context.database.read() as connection:
        query = select(func.count()).select_from(ticket_messages).where(ticket_messages.c.file.is_not(None))
        return connection.scalar(query)


def test_the_second_is_told_to_come_back_and_when(home, slow, ticket):
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ticket)
        assert slow.began.wait(PATIENCE)
        second = ticket()
        slow.ends.set()
        assert (second.status_code, second.json()["code"]) == (409, "in_progress")
        assert 1 <= int(second.headers["retry-after"]) <= 5
        assert first.result().status_code == 201
    again = ticket()
    assert (again.status_code, again.json()) == (201, first.result().json())
    assert slow.looks == pictures(home) == 1


def test_a_lease_is_renewed_while_its_request_is_worked_on(home, slow, ticket, monkeypatch):
    """With a lease of a moment the request still keeps its key, for as long as its process lives."""
    monkeypatch.setattr(idempotency, "RENEW_MS", 50)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ticket)
        assert slow.began.wait(PATIENCE)
        with home.context.database.write() as connection:
            connection.execute(update(idempotency_records).values(lease_until=1))
        until = threading.Event()
        for _ in range(PATIENCE * 10):
            with home.context.database.read() as connection:
                if connection.scalar(select(idempotency_records.c.lease_until)) > 1:
                    break
            until.wait(0.1)
        assert ticket().status_code == 409
        slow.ends.set()
        assert first.result().status_code == 201
    assert slow.looks == pictures(home) == 1


def test_one_that_outlived_its_lease_commits_nothing_when_another_has_gone_on(home, slow, ticket, monkeypatch):
    """A process that was stopped for a minute wakes up: what it wanted to write has been written by another."""
    monkeypatch.setattr(idempotency, "RENEW_MS", 3_600_000)
    with ThreadPoolExecutor(2) as pool:
        sleeper = pool.submit(ticket)
        assert slow.began.wait(PATIENCE)
        with home.context.database.write() as connection:
            connection.execute(update(idempotency_records).values(lease_until=1))
        slow.began.clear()
        heir = pool.submit(ticket)
        assert slow.began.wait(PATIENCE)
        slow.ends.set()
        codes = sorted((sleeper.result().status_code, heir.result().status_code))
    assert codes == [201, 409] and pictures(home) == 1
    assert ticket().status_code == 201 and pictures(home) == 1
