"""`kill -9` in the middle of a hundred running verifications, then a restart: all end, none twice or told twice."""

import json
import os
import signal
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shiming import demo
from shiming.demo import walk
from shiming.demo.cast import people
from shiming.store.database import Database
from shiming.store.tables import judgements, messages

MANY = 100


class Receiver(ThreadingHTTPServer):
    """A platform's webhook address: keeps every body under its webhook id."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies = defaultdict(list)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.bodies[self.headers["webhook-id"]].append(body)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.shutdown()
    server.server_close()


def submit_many(server):
    """A hundred people of basic level, eight at a time; every fifth one's name does not match."""
    numbers = [p.number for p in people()]

    def submit(n: int) -> None:
        api = server.api()
        path = f"/verifications/{api.post('/verifications', {'account': f'acc-{n}', 'level': 'basic'})['id']}"
        name = "王不符" if n % 5 == 0 else "张合格"
        api.post(f"{path}/identity", {"name": name, "number": numbers[n % len(numbers)]})
        api.post(f"{path}/submit")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(submit, range(MANY)))


def undecided(api):
    return len(api.get("/verifications", state="checking", limit=100)["items"])


def test_nothing_is_lost_and_nothing_happens_twice(tmp_path, receiver):
    """M29, M33: durable to the decision and to the message about it."""
    with demo.server(tmp_path, work_concurrency="1", vision_workers="1") as first:
        first.api().post("/webhook_endpoints", {"url": receiver.url})
        submit_many(first)
        assert undecided(first.api()) > 0, "all were decided before the crash; submit more"
        os.killpg(first.pid, signal.SIGKILL)
    before = len(receiver.bodies)
    with demo.server(tmp_path, vision_workers="1") as second:
        until = time.monotonic() + 280
        while (undecided(second.api()) or len(receiver.bodies) < MANY) and time.monotonic() < until:
            time.sleep(0.3)
        assert undecided(second.api()) == 0
    assert before < MANY
    check_rows(second.settings)
    check_webhooks(receiver)


def check_rows(settings):
    database = Database(settings.place("database_url"))
    with database.read() as connection:
        judged = connection.execute(judgements.select()).all()
        told = connection.execute(messages.select()).all()
    database.close()
    assert len(judged) == len({j.verification for j in judged}) == MANY
    assert len(told) == len({m.about for m in told}) == MANY
    assert sum(j.codes == ["name_number_mismatch"] for j in judged) == MANY // 5


def check_webhooks(receiver):
    """A webhook may come twice; then it is the same to the byte, under the same id."""
    assert len(receiver.bodies) == MANY
    assert all(len(set(bodies)) == 1 for bodies in receiver.bodies.values())
    about = [json.loads(bodies[0])["data"]["verification"] for bodies in receiver.bodies.values()]
    assert len(set(about)) == MANY


def test_a_worker_that_dies_is_started_again(server):
    """What was submitted while nobody ran workflows is decided by the next one."""
    api, person = server.api(), replace(people()[0], number="119999199103140010")  # whom no other story knows
    os.kill(worker_of(server.pid), signal.SIGKILL)
    path = f"/verifications/{api.post('/verifications', {'account': 'patient', 'level': 'basic'})['id']}"
    api.post(f"{path}/identity", {"name": person.name, "number": person.number})
    api.post(f"{path}/submit")
    assert walk.decided(api, path, person).verification["state"] == "approved"


def worker_of(pid: int) -> int:
    """The process that runs workflows for this server."""
    wanted = f"work\0--parent\0{pid}\0"
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "cmdline").read_text():
                return int(folder.name)
        except OSError:
            continue
    raise AssertionError("the server has no worker")
