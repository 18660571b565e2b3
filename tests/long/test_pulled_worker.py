"""A worker that stands still: no more is begun than would be decided, nobody else notices, and nothing is lost."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from shiming import demo
from shiming.demo.cast import by_slug
from tests.long.chaos.processes import kind_of, running

PERSON, MANY = by_slug("hege"), 400
UNDECIDED = ("open", "collecting", "checking")


@contextmanager
def stopped(server: demo.Server) -> Iterator[None]:
    """The process that runs workflows, frozen: nobody starts it again, since it has not ended."""
    all_of_it = {process.pid: process for process in running([server.pid])}
    beside = [pid for pid, one in all_of_it.items() if kind_of(one, all_of_it.get(one.parent), "serve") == "beside"]
    for pid in beside:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in beside:
            os.kill(pid, signal.SIGCONT)


def until(true: Callable[[], bool], seconds: float = 240) -> bool:
    end = time.monotonic() + seconds
    while not (was := true()) and time.monotonic() < end:
        time.sleep(0.2)
    return was


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_while_the_worker_stands_still_nobody_begins_in_vain_and_all_that_was_begun_is_decided(tmp_path: Path) -> None:
    with demo.server(tmp_path, vision_workers="1", decision_seconds="2") as server:
        web = httpx.Client(base_url=f"{server.address}/v1", timeout=60)
        web.headers["Authorization"] = f"Bearer {server.key}"
        begun = []

        def begin() -> httpx.Response:
            made = web.post("/verifications", json={"account": f"pulled-{len(begun)}", "level": "basic"})
            if made.is_success:
                begun.append(made.json()["id"])
            return made

        def submit(id: str) -> None:
            typed = {"name": PERSON.name, "number": PERSON.number}
            assert web.post(f"/verifications/{id}/identity", json=typed).is_success
            assert web.post(f"/verifications/{id}/submit").is_success

        assert begin().is_success
        with stopped(server):
            late = begun[0]
            while len(begun) < MANY and (answer := begin()).is_success:
                submit(begun[-1])
                time.sleep(0.1)
            assert answer.status_code == 503 and answer.json()["code"] == "busy" and int(answer.headers["Retry-After"])
            submit(late)  # what was begun goes on
            assert web.get("/accounts/pulled-1/may/withdraw").is_success
            assert web.get(f"/verifications/{begun[-1]}").json()["state"] == "checking"
        for id in begun:
            assert until(lambda id=id: web.get(f"/verifications/{id}").json()["state"] not in UNDECIDED), id
        assert until(lambda: begin().is_success), "and the next is let in"
