"""The whole HTTP application without pictures: real store, keys and queue order, a clock that tests move.

What is enqueued waits here until its time, and runs by the same functions as in a worker.
"""

import asyncio
import io
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from anyio.from_thread import start_blocking_portal
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select
from starlette.datastructures import State

from shiming import http_app
from shiming.errors import BadInput
from shiming.policy import DEFAULT
from shiming.providers.mail.simulated import Simulated as SimulatedMail
from shiming.providers.sms.simulated import Simulated
from shiming.settings import Settings
from shiming.store.access import api_keys
from shiming.store.account.gate import Gate
from shiming.store.audit.audit_log import AuditKey
from shiming.store.crypto.sealed import Lookup, MasterKeys, Sealer
from shiming.store.database import milliseconds
from shiming.store.risk.policies import InForce
from shiming.store.staff import credentials, members
from shiming.store.tables import messages
from shiming.store.verification.evidence_files import EvidenceFiles
from shiming.store.verification.face_index import FaceIndex
from shiming.vision import picture
from shiming.web import access, readiness
from shiming.workflows import engine
from shiming.workflows.channels import Channels
from shiming.workflows.context import Context
from shiming.workflows.geolocation import Geolocation
from tests import blank, described

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
credentials._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # nobody guesses at these passwords


@dataclass
class Application:
    """One installation: its parts, its clock, what is queued, and doors into it."""

    context: Context
    moment: list[datetime]
    queued: list[tuple[datetime, str, tuple]]
    web: object
    codes: dict[str, str] = field(default_factory=dict)

    def later(self, **duration: float) -> None:
        """Let time pass, and do what was due by then, in its order."""
        until = self.moment[0] + timedelta(**duration)
        while due := sorted((q for q in self.queued if q[0] <= until), key=lambda q: q[0]):
            self.queued.remove(due[0])
            self.moment[0] = max(self.moment[0], due[0][0])
            engine.WORK[due[0][1]](self.context, *due[0][2])
        self.moment[0] = until

    def key(self, role: str = "platform", name: str = "server", app: str = "demo") -> TestClient:
        """A client with an API key."""
        with self.context.database.write() as connection:
            secret = api_keys.make(connection, app, False, role, name, self.context.now())
        return TestClient(self.web, headers={"Authorization": f"Bearer {secret}"})

    def person(self, name: str, *roles: str, app: str = "demo.test") -> TestClient:
        """Somebody of the staff, signed in at the console."""
        with self.context.database.write() as connection:
            made = members.ready_made(connection, self.context.sealer, name, {app: roles}, self.context.now())
        self.codes[name] = made.totp
        client = TestClient(self.web, base_url="https://console.test")
        given = {"name": name, "password": made.password, "code": self.code(name)}
        answer = client.post("/console/api/session", json=given)
        assert answer.status_code == 201, answer.text
        client.headers["x-csrf"] = answer.json()["csrf"]
        return client

    def code(self, name: str) -> str:
        """What the authenticator app shows now."""
        return pyotp.TOTP(self.codes[name]).at(self.moment[0])


@dataclass
class ApiClient:
    """The API of one installation, with keys by name, and what its clock says."""

    context: Context
    http: TestClient
    keys: dict[str, str]
    at: list[datetime]
    queued: list[tuple]

    def later(self, **span: float) -> None:
        self.at[0] += timedelta(**span)

    def call(self, method: str, path: str, body=None, by: str = "platform", expect: int | None = None):
        """One call by the key of that name (or that very key), which must succeed or end as expected."""
        headers = {"Authorization": f"Bearer {self.keys.get(by, by)}"}
        answer = self.http.request(method, f"/v1{path}", json=body, headers=headers)
        assert expect == answer.status_code if expect else answer.is_success, answer.text
        is_json = answer.content and answer.headers["content-type"].endswith("json")
        return answer.json() if is_json else answer.content

    def get(self, path: str, by: str = "platform", expect: int | None = None):
        return self.call("GET", path, None, by, expect)

    def post(self, path: str, body=None, by: str = "platform", expect: int | None = None):
        return self.call("POST", path, body, by, expect)


_WEB, _routes = http_app.application, {}


def web_of(settings: Settings) -> FastAPI:
    """`http_app.web` before it starts, with a state of its own; the routes, always the same, are made once."""

    def application(lifespan, settings):
        given = settings.body_megabytes, settings.call_threads, settings.access_log, settings.decision_seconds
        if given not in _routes:
            _routes[given] = _WEB(lifespan, settings)
        made = copy(_routes[given])
        made.state, made.middleware_stack, made.user_middleware = State(), None, [*made.user_middleware]
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http_app, "application", application)
        return http_app.web(settings)


@contextmanager
def installed(folder: Path, database_url: str, at: list[datetime], choices: dict, **given):
    """A fresh installation in `folder`: its parts, of which `given` names some, and its web application.

    `at` is its clock, `choices` are rows of the policy.
    """
    url = database_url or f"sqlite:///{folder}/shiming.db"
    database, engine_of_keys = blank.database(url), blank.keys(folder / "keys.db")
    sealer = Sealer(MasterKeys.create(folder / "keys"), engine_of_keys)
    others = {"files": EvidenceFiles(f"file://{folder}/files", sealer), "authorities": (), "look": None}
    context = Context(
        database=database, sealer=sealer, lookup=Lookup.load(folder / "keys"), faces=FaceIndex(sealer, 1000),
        audit_key=AuditKey.load(folder / "keys"), geolocation=Geolocation(folder),
        clock=lambda: at[0], shared_clock=lambda _: milliseconds(at[0]),
        policies=InForce(database, "default-1", replace(DEFAULT, **choices)), **{**others, **given},
    )  # fmt: skip
    web = web_of(Settings(data=str(folder)))
    web.add_middleware(described.Described)
    web.state.context, web.state.rates, web.state.gate = context, access.Rates(1_000_000), Gate(url)
    web.state.readiness = readiness.Readiness({"database": lambda: None})
    yield context, web
    _all_described(database)
    with start_blocking_portal() as beside:  # a browser test has a loop in this thread already
        beside.call(web.state.gate.close)
    engine_of_keys.dispose()
    database.close()


def _all_described(database) -> None:
    """Every message that was told is what the webhook of its event is described as."""
    with database.read() as connection:
        for row in connection.execute(select(messages)):
            described.check_told(row.event, row.sequence, row.payload)


@contextmanager
def application(folder: Path, database_url: str = "", **choices):
    """An application in `folder`; `choices` are rows of the policy."""
    moment, queued = [START], []

    def enqueue(connection, workflow, id, *args, delay=None):
        queued.append((moment[0] + timedelta(seconds=delay or 0), workflow, args))

    channels = Channels((Simulated(),), (SimulatedMail(),), "示例平台")
    given = {"mail_server": "mx.platform.test", "mail_link": "https://platform.test/help"}
    with installed(folder, database_url, moment, choices, look=looked, enqueue=enqueue, channels=channels,
                   **given) as (context, web):  # fmt: skip
        yield Application(context, moment, queued, web)


def looked(task: str, data: bytes, *args):
    """A picture that is only kept stays as it is; for all but thumbnails the models are loaded, in this process."""
    if task == "clean":
        return data
    if task == "thumbnail":
        return picture.thumbnail(data)
    from shiming.vision import picture_tasks
    from shiming.vision.task import BadPicture

    try:
        return getattr(picture_tasks, task)(data, *args)
    except BadPicture as bad:
        raise BadInput(str(bad), bad.code) from None


def jpeg(shade: int = 180, size: tuple[int, int] = (64, 48)) -> bytes:
    """A small picture of nothing."""
    out = io.BytesIO()
    Image.new("RGB", size, (shade, shade, shade)).save(out, "JPEG")
    return out.getvalue()


def on_a_loop(act: Callable[[], Awaitable]) -> Any:
    """What it returns. On a thread of its own: a browser test may have left a loop running on this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(act())).result()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
