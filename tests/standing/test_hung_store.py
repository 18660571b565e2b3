"""A file store that hangs is noticed by those who need it, and by nobody else.

Before: with S3 hung for 79 seconds, creating a verification and `/v1/health` timed out, half of the uploads were 500.
"""

import asyncio
import os
import time
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest
from obstore.exceptions import BaseError

from shiming.breaker import Breaker
from shiming.dependencies import Dependency
from shiming.errors import DependencyDown
from shiming.store.access import api_keys
from shiming.store.crypto.sealed import MasterKeys, Sealer, open_keys
from shiming.store.verification.evidence_files import EvidenceFiles
from shiming.verification.seen import CardSeen, Side
from shiming.web import readiness
from tests.application import jpeg, on_a_loop
from tests.security.processes.installation import opened
from tests.standing.hung_store import bucket

MANY, PATIENCE, HANGING = 80, 20.0, 240.0
HEALTH = Breaker(rest_ms=300, probe_ms=2000)


def looked(task, data, *_):
    """What the models would say of any picture: the front of a card."""
    return data if task == "clean" else SimpleNamespace(seen=CardSeen(Side.FRONT, 1, {}), clean=b"c", best=b"b")


@pytest.fixture
def store():
    with bucket() as made:
        yield made


@pytest.fixture
def home(tmp_path, store):
    with opened(tmp_path, look=looked) as made:
        dependency = Dependency("files", 1.0, faults=(BaseError,), breaker=HEALTH, slow=0.5)
        files = EvidenceFiles(store.url, made.context.sealer, dependency, **store.options)
        made.context = made.web.state.context = replace(made.context, files=files)
        made.web.state.readiness = readiness.Readiness({"files": files.check}, seconds=0.2)
        yield made


class Platform:
    """The platform's server, with as many requests under way as it likes, on one loop with one set of threads."""

    def __init__(self, home):
        with home.context.database.write() as connection:
            secret = api_keys.make(connection, "demo", False, "platform", "server", home.context.now())
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(home.web), base_url="http://here",
                                      headers={"Authorization": f"Bearer {secret}"}, timeout=120)  # fmt: skip

    async def post(self, path, **given):
        return await self.http.post(f"/v1{path}", **given)

    async def begun(self) -> str:
        made = (await self.post("/verifications", json={"account": "zhang"})).json()
        await self.post(f"/verifications/{made['id']}/consent", json={"face": True})
        return f"/verifications/{made['id']}"

    async def upload(self, path: str, key: str = ""):
        headers = {"Idempotency-Key": key} if key else {}
        return await self.post(f"{path}/evidence/card_front", files={"picture": ("p.jpg", jpeg(), "image/jpeg")},
                               headers=headers)  # fmt: skip

    async def others(self, path: str) -> dict[str, int]:
        """Everything that needs no picture: how each was answered, within PATIENCE for all of it."""
        asked = {
            "create": self.post("/verifications", json={"account": "li"}), "health": self.http.get("/v1/health"),
            "ready": self.http.get("/v1/ready"), "gate": self.http.get("/v1/accounts/zhang/may/live"),
            "read": self.http.get(f"/v1{path}"), "standing": self.http.get("/v1/accounts/zhang/standing"),
            "identity": self.post(f"{path}/identity", json={"name": "张合格", "number": "391102197906250312"}),
        }  # fmt: skip
        answers = await asyncio.wait_for(asyncio.gather(*asked.values()), PATIENCE)
        return {name: answer.status_code for name, answer in zip(asked, answers, strict=True)}


def test_what_needs_no_picture_goes_on_while_the_store_hangs(home, store):
    """张合格 and many others hand in cards at a moment when nothing can be kept; 李 only begins."""
    platform = Platform(home)

    async def story():
        path = await platform.begun()
        store.well.clear()
        uploads = [asyncio.create_task(platform.upload(path)) for _ in range(MANY)]
        await asyncio.sleep(0.3)
        return await platform.others(path), await asyncio.gather(*uploads)

    others, uploads = on_a_loop(story)
    assert others == {"create": 201, "health": 200, "ready": 200, "gate": 200, "read": 200, "standing": 200,
                      "identity": 200}  # fmt: skip
    assert {(each.status_code, each.json()["code"]) for each in uploads} == {(503, "dependency_down")}
    assert all(int(each.headers["retry-after"]) >= 1 for each in uploads)
    assert store.asked < MANY / 2, "a store that is ill is left alone"


def test_nothing_is_lost_and_no_attempt_is_spent(home, store):
    """The same upload with the same key, once the store is well again."""
    platform = Platform(home)

    async def story():
        path = await platform.begun()
        before = (await platform.http.get(f"/v1{path}")).json()
        store.well.clear()
        failed = await platform.upload(path, "key-1")
        after = (await platform.http.get(f"/v1{path}")).json()
        store.well.set()
        ends = time.monotonic() + HANGING
        while (again := await platform.upload(path, "key-1")).status_code == 503 and time.monotonic() < ends:
            await asyncio.sleep(0.2)
        return before, failed.status_code, after, again

    before, failed, after, again = on_a_loop(story)
    assert (failed, after) == (503, before)
    assert (again.status_code, again.json()["side"]) == (201, "front"), again.text
    assert store.kept


def test_a_folder_on_a_disk_that_hangs_is_left_alone_like_any_store(tmp_path):
    """As a network disk whose server is gone does: whoever opens a file waits for ever. Before, so did our thread."""
    keys = open_keys(f"sqlite:///{tmp_path}/keys.db")
    dependency = Dependency("files", 0.5, faults=(BaseError,), breaker=HEALTH, slow=0.2)
    files = EvidenceFiles(f"file://{tmp_path}/files", Sealer(MasterKeys.create(tmp_path / "keys"), keys), dependency)
    whole, hung = files.put("ver_1", "front", b"whole"), files.put("ver_1", "back", b"hung")
    (path := tmp_path / "files" / hung).unlink()
    os.mkfifo(path)
    assert files.get("ver_1", whole) == b"whole"
    until = time.monotonic() + HANGING
    with pytest.raises(DependencyDown):
        while time.monotonic() < until:
            with suppress(DependencyDown):
                files.get("ver_1", hung)
            files.put("ver_1", "face", b"left alone")
    with open(path, "wb"):  # the disk is back
        pass
    time.sleep(HEALTH.rest_ms / 1000)
    assert files.get("ver_1", whole) == b"whole"
    keys.dispose()
