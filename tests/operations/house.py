"""A whole installation by its settings, with its API, as often and in as many places as a test wants."""

import os
import secrets
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from anyio.from_thread import start_blocking_portal
from sqlalchemy import insert
from starlette.testclient import TestClient

from shiming import app
from shiming.__main__ import main
from shiming.commands.backup import write
from shiming.settings import Settings
from shiming.startup import main_database, open_ring
from shiming.store.account.gate import Gate
from shiming.store.backup import artefact, backup_keys
from shiming.store.database import milliseconds
from shiming.store.tables import endpoints
from shiming.store.verification.evidence_files import EvidenceFiles
from shiming.verification.evidence import Piece
from shiming.web import access, readiness
from tests import blank
from tests.account.application import Application, Person, Photos, _keys, _pieces
from tests.application import jpeg, looked, web_of

PICTURE = b"\xff\xd8\xff\xe0" + secrets.token_bytes(5000)
SECONDS = 240  # for a worker, at most
OUTSIDE = ("crypto", "key_provider", "key_hours", "vault_", "pkcs11_", "private_hosts")  # settings of keys
START = datetime(2026, 11, 21, 4, tzinfo=UTC)


class House(Application):
    """The door; what is queued is only noted down."""

    def picture(self, id: str) -> str:
        """A real file of a verification; its key."""
        return self.context.files.put(id, "front", jpeg())

    def until(self, condition: Callable[[], bool], worker: subprocess.Popen) -> None:
        """Wait for what a worker process does."""
        end = time.monotonic() + SECONDS
        while not condition() and worker.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        assert condition()

    def state(self, id: str) -> str:
        return self.get(f"/verifications/{id}")["state"]


@contextmanager
def opened(settings: Settings, keys: dict[str, str] | None = None, real_queue: bool = False):
    """The installation that these settings name; `keys` are API keys that it made when it was opened before. With
    `real_queue` what is queued waits in the engine's tables for a worker.
    """
    at, queued = [START], []
    blank.migrated(settings.place("database_url"))
    with app.command_context(settings) as made:
        context = replace(
            made, authorities=[Photos("first", None, None)], look=looked, clock=lambda: at[0],
            shared_clock=lambda _: milliseconds(at[0]),
            enqueue=made.enqueue if real_queue else lambda connection, *args, **more: queued.append(args),
        )  # fmt: skip
        web = web_of(settings)
        web.state.context, web.state.rates = context, access.Rates(1_000_000)
        web.state.gate = Gate(settings.place("database_url"))
        web.state.readiness = readiness.Readiness({"database": lambda: None})
        yield House(context, TestClient(web), keys or _keys(context.database), at, queued)
        with start_blocking_portal() as beside:
            beside.call(web.state.gate.close)


def walked(home: House, ref: str, person: Person) -> str:
    """All that a phone sends for level `standard`, pictures too, seen as this person's; the verification's id."""

    def seen(task, data, *more):
        if task == "face":
            return SimpleNamespace(seen=_pieces(person)[Piece.FACE], frames=data, best=jpeg(3))
        piece = Piece.CARD_FRONT if data == jpeg(1) else Piece.CARD_BACK
        return SimpleNamespace(seen=_pieces(person)[piece], clean=data)

    object.__setattr__(home.context, "look", seen)
    made = home.post("/verifications", {"account": ref})
    id, path, by = made["id"], f"/v1/verifications/{made['id']}", {"Authorization": f"Bearer {made['token']}"}
    home.post(f"/verifications/{id}/consent", {"face": True}, made["token"])
    home.post(f"/verifications/{id}/identity", {"name": person.name, "number": person.number}, made["token"])
    for piece, shade in (("card_front", 1), ("card_back", 2)):
        sent = {"picture": ("p.jpg", jpeg(shade), "image/jpeg")}
        assert home.http.post(f"{path}/evidence/{piece}", headers=by, files=sent).status_code == 201
    challenge = home.http.post(f"{path}/challenge", headers=by).json()["challenge"]
    home.later(seconds=5)
    film = {"data": {"challenge": challenge, "times_ms": "0,900"}, "files": [("frames", jpeg(n)) for n in (4, 5)]}
    assert home.http.post(f"{path}/evidence/face", headers=by, **film).status_code == 201
    return id


def with_keys(settings: Settings, safe: Path) -> Settings:
    """The same with keys for backups, whose private halves lie in `safe`."""
    safe.mkdir(exist_ok=True)
    for kind in backup_keys.KINDS:
        if not (safe / kind).exists():
            backup_keys.create(safe / kind, kind, datetime(2126, 1, 1).date() if kind == "keys" else None)
    return replace(settings, backup_data_key=f"{safe}/data.pub", backup_keys_key=f"{safe}/keys.pub")


def set_environment(monkeypatch, settings: Settings, **more: str) -> None:
    """As a command at a terminal finds them."""
    for name in [name for name in os.environ if name.startswith("SHIMING_")]:
        monkeypatch.delenv(name)
    for name in (
        "data",
        "key_file",
        "database_url",
        "keys_url",
        "files_url",
        "erasures_url",
        "backup_data_key",
        "backup_keys_key",
    ):
        monkeypatch.setenv(f"SHIMING_{name.upper()}", str(getattr(settings, name)))
    for row in fields(settings):
        if row.name.startswith(OUTSIDE) and getattr(settings, row.name) != row.default:
            monkeypatch.setenv(f"SHIMING_{row.name.upper()}", str(getattr(settings, row.name)))
    for name, value in more.items():
        monkeypatch.setenv(f"SHIMING_{name.upper()}", value)


def installation(folder: Path, **more) -> Settings:
    """A fresh one with a webhook of the platform's and three files of two owners."""
    settings = with_keys(Settings(data=str(folder), **more), folder.parent / "safe")
    blank.migrated(settings.place("database_url"))
    app.migrate(settings)
    with main_database(settings) as database, closing(open_ring(settings, database)) as ring:
        files = EvidenceFiles.from_settings(settings, ring.sealer)
        for owner, name in (("ver_1", "front"), ("ver_1", "back"), ("ver_2", "front")):
            files.put(owner, name, PICTURE)
        sealed = ring.sealer.seal("hook_1", "secret", b"s")
        with database.write() as connection:
            row = {"id": "hook_1", "app": "demo.live", "url": "https://platform.test", "created_at": 1}
            connection.execute(insert(endpoints).values(**row, sealed_secret=sealed))
    return settings


def backed_up(settings: Settings, **options) -> list[Path]:
    return write.write(settings, lambda line: None, **options)


def members(path: Path, key: Path) -> dict[str, bytes]:
    with artefact.opened(path) as reader:
        return dict(reader.members(backup_keys.read_private(key)))


def put(settings: Settings, artefacts, safe: Path, monkeypatch, *options: str, data_key="data", keys_key="keys") -> int:
    set_environment(monkeypatch, settings)
    keys = ["--data-key", f"{safe}/{data_key}", "--keys-key", f"{safe}/{keys_key}"]
    return main(["restore", *map(str, artefacts), *keys, *options])


def changed(path: Path, folder: Path, change) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / path.name).write_bytes(change(bytearray(path.read_bytes())))
    return folder / path.name


def flipped(text: bytearray) -> bytes:
    text[len(text) // 2] ^= 1
    return bytes(text)
