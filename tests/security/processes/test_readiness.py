"""Live and ready are two things: a process may answer, and yet have lost what it needs.

Before: `/v1/health` was all there was, it knew of the main database only, and refused HEAD. A server whose key file had
been replaced went on to call itself well.
"""

import asyncio
import threading

import httpx
import pytest

from shiming import demo
from shiming.errors import Busy
from shiming.store.crypto import key_file
from shiming.web.readiness import Readiness
from tests.application import on_a_loop
from tests.security.processes.commands import until


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    given = {"vision_workers": "1", "requests_per_minute": "20"}
    with demo.server(tmp_path_factory.mktemp("ready"), **given) as running:
        until(lambda: ready(running).status_code == 200)
        yield running


def ready(server) -> httpx.Response:
    return httpx.get(f"{server.address}/v1/ready", timeout=60)


def context(server) -> dict[str, str]:
    return ready(server).json()["parts"]


def test_a_server_with_all_its_parts_is_ready(server):
    assert ready(server).json() == {
        "status": "ready",
        "parts": dict.fromkeys(("database", "keys", "files", "pictures", "workers", "sources", "disk"), "ok"),
    }


@pytest.mark.parametrize("path", ["health", "ready"])
def test_balancers_may_ask_by_head(server, path):
    answer = httpx.head(f"{server.address}/v1/{path}", timeout=60)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_server_whose_key_file_is_replaced_is_live_and_not_ready(server, tmp_path):
    from pathlib import Path

    path = Path(server.settings.data) / "master.keys"
    path.rename(tmp_path / "right.keys")
    key_file.create(path)
    until(lambda: context(server)["keys"] == "other_keys")
    assert ready(server).status_code == 503 and "retry-after" in ready(server).headers
    assert httpx.head(f"{server.address}/v1/health", timeout=60).status_code == 200
    path.unlink()
    until(lambda: context(server)["keys"] == "key_file_fault")
    (tmp_path / "right.keys").rename(path)
    until(lambda: ready(server).status_code == 200)


def test_a_server_without_its_folder_of_pictures_is_not_ready(server):
    from pathlib import Path

    files = Path(server.settings.data) / "files"
    files.rename(files.with_name("away"))
    until(lambda: context(server)["files"] != "ok")
    files.with_name("away").rename(files)
    until(lambda: ready(server).status_code == 200)


def test_a_key_that_asks_too_often_is_told_when_to_come_back(server):
    """And no other key is touched."""
    address = f"{server.address}/v1/verifications"
    mine, other = ({"Authorization": f"Bearer {key}"} for key in (server.key, server.reviewers[0]))
    answers = [httpx.get(address, headers=mine, timeout=60) for _ in range(45)]
    refused = [a for a in answers if a.status_code == 429]
    assert refused
    assert 0 < int(refused[0].headers["retry-after"]) <= 60
    assert refused[0].json()["code"] == "too_many_requests"
    assert httpx.get(address, headers=other, timeout=60).status_code == 403


def test_a_part_that_hangs_is_said_and_holds_nobody_up():
    """However many ask, one thread waits for it."""
    going, begun = threading.Event(), []

    def hangs():
        begun.append(1)
        going.wait(60)

    async def asked():
        readiness = Readiness({"database": hangs, "keys": lambda: None}, seconds=0.2)
        first = await asyncio.gather(*(readiness.states() for _ in range(100)))
        readiness._until = 0
        return [*first, await readiness.states()]

    said = on_a_loop(asked)
    going.set()
    assert all(each == {"database": "no_answer", "keys": "ok"} for each in said)
    assert len(begun) == 1


def test_what_is_shown_is_a_word_and_never_the_fault_itself():
    def broken():
        raise RuntimeError("postgresql://shiming:geheim@db")

    def busy():
        raise Busy("The disk /secret/place is full.")

    said = on_a_loop(Readiness({"database": broken, "files": busy}).states)
    assert said == {"database": "failed", "files": "busy"}
