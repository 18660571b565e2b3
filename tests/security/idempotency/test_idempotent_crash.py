"""`kill -9` in the middle of a request that carries an Idempotency-Key (issue 11, row 2): the retry is answered, and
nothing is there twice."""

import os
import signal
import threading
import time
from contextlib import suppress

import httpx
import pytest
from sqlalchemy import func, select

from shiming import demo
from shiming.demo.cast import by_slug
from shiming.store import tables
from shiming.store.database import Database

PATIENCE = 120
DIES_BEFORE_ITS_ANSWER = """
import os, signal
from shiming.store.access import idempotency

finish, flag = idempotency.finish, {flag!r}

def dies(*given):
    if os.path.exists(flag):
        os.remove(flag)
        os.kill(os.getpid(), signal.SIGKILL)
    return finish(*given)

idempotency.finish = dies
"""


def count(server, table, *where):
    database = Database(server.settings.place("database_url"))
    with database.read() as connection:
        found = connection.scalar(select(func.count()).select_from(table).where(*where))
    database.close()
    return found


def ask(server, path, **given):
    headers = {"Authorization": f"Bearer {server.key}", "Idempotency-Key": "once"}
    return httpx.post(f"{server.address}/v1{path}", headers=headers, timeout=PATIENCE, **given)


def until_answered(server, path, **given):
    """As a client does it: again with the same key, when `Retry-After` says so. How long it took, and the answer."""
    began = time.monotonic()
    while time.monotonic() < began + PATIENCE:
        try:
            answer = ask(server, path, **given)
        except httpx.TransportError:
            time.sleep(0.2)
            continue
        if answer.status_code != 409:
            return time.monotonic() - began, answer
        time.sleep(int(answer.headers["retry-after"]))
    raise AssertionError(f"never answered; the last answer was {answer.text}")


def start(ask_it, *given, **more):
    """Send it from a thread of its own; the connection will break."""

    def send():
        with suppress(httpx.TransportError):
            ask_it(*given, **more)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def test_killed_while_a_picture_is_looked_at(tmp_path):
    """王断电's server lost its power while her card was read; her key answered 409 for the rest of the day."""
    files = {"picture": ("card.jpg", by_slug("hege").picture("front"), "image/jpeg")}
    with demo.server(tmp_path, vision_workers="1") as first:
        made = first.api().post("/verifications", {"account": "wang-duandian"})
        path = f"/verifications/{made['id']}/evidence/card_front"
        sent = start(ask, first, path, files=files)
        while not count(first, tables.idempotency_records):
            time.sleep(0.005)
        os.killpg(first.pid, signal.SIGKILL)
        sent.join()
    assert count(first, tables.evidence) == 0, "it was all over before the crash; kill earlier"
    with demo.server(tmp_path, vision_workers="1") as second:
        _, answer = until_answered(second, path, files=files)
        assert answer.status_code == 201 and answer.json()["read"]["name"]["text"] == by_slug("hege").name
        assert count(second, tables.evidence, tables.evidence.c.verification == made["id"]) == 1
        again = ask(second, path, files=files)
        assert (again.status_code, again.json()) == (201, answer.json())
        assert count(second, tables.evidence, tables.evidence.c.verification == made["id"]) == 1


def test_killed_when_all_was_done_and_nothing_answered(tmp_path, monkeypatch):
    """The verification had been committed, its answer had not left: the retry must find it, not make a second one."""
    (tmp_path / "path").mkdir()
    flag = tmp_path / "die"
    (tmp_path / "path" / "sitecustomize.py").write_text(DIES_BEFORE_ITS_ANSWER.format(flag=str(flag)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))
    with demo.server(tmp_path, vision_workers="1") as server:  # which starts its HTTP process again by itself
        flag.touch()
        body = {"account": "wang-duandian"}
        with pytest.raises(httpx.TransportError):
            ask(server, "/verifications", json=body)
        assert count(server, tables.verifications) == 1
        _, answer = until_answered(server, "/verifications", json=body)
        assert answer.status_code == 201 and count(server, tables.verifications) == 1
        held = httpx.get(f"{server.address}/v1/verifications/{answer.json()['id']}",
                         headers={"Authorization": f"Bearer {answer.json()['token']}"}, timeout=60)  # fmt: skip
        assert held.status_code == 200
        flag.touch()
        hook = {"url": "https://platform.test/hook"}
        with pytest.raises(httpx.TransportError):
            ask(server, "/webhook_endpoints", json=hook)
        _, answer = until_answered(server, "/webhook_endpoints", json=hook)
        assert answer.json()["secret"], "nobody has seen the one that was made before the crash"
        assert count(server, tables.endpoints) == 1
