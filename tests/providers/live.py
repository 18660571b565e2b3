"""The live side of an app with real adapters, as an operator sets them up: a file of sources, the vendor server behind
it, and people verified through the API from what models would have seen."""

import os
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.testclient import TestClient

from shiming.dependencies import Dependencies
from shiming.providers import configured
from shiming.settings import Settings
from shiming.store.access import api_keys
from shiming.store.tables import authority_calls, messages
from shiming.store.verification import verifications
from shiming.vendor_server.server import KEY_ID, SECRET
from shiming.workflows import engine, serialization
from shiming.workflows.channels import Channels
from shiming.workflows.operations import alarms
from shiming.workflows.verification import intake, verify
from tests.account.application import Application, Piece
from tests.application import installed, jpeg

START = datetime(2026, 11, 21, 4, tzinfo=UTC)  # noon in China
SECTION = """[{kind}]
kind = "{kind}"
adapter = "{adapter}"
side = "live"
connect_seconds = 1.0
read_seconds = {read_seconds}
[{kind}.price]
check = 0.3
compare = 0.9
[{kind}.options]
endpoint = "{address}"
key_id = "{key_id}"
secret = {{ env = "{variable}" }}
"""


def sources(folder: Path, adapter: str, address: str, read_seconds: float = 10.0, variable: str = "VENDOR_SECRET",
            kinds=("authority", "carrier", "bank"), more: str = "") -> str:  # fmt: skip
    """The path of a file of sources that name one adapter for each of these kinds."""
    os.environ["VENDOR_SECRET"], os.environ["WRONG_SECRET"] = SECRET, "not the secret of this key"
    given = {"adapter": adapter, "address": address, "read_seconds": read_seconds, "key_id": KEY_ID}
    path = folder / "sources.toml"
    path.write_text("".join(SECTION.format(kind=kind, variable=variable, **given) for kind in kinds) + more, "utf-8")
    return str(path)


class Pictures:
    """Storage in which every picture is a small JPEG."""

    def get(self, owner, key):
        return jpeg()

    def delete(self, owner, named=""):
        return 0


class Live(Application):
    """The live side: what is queued is done when its time has come."""

    def begun(self, ref, person, level="standard", **more):
        """Handed in and submitted; the id."""
        made = self.post("/verifications", {"account": ref, "level": level})
        self.hand_in(made["id"], person, level, **more)
        self.post(f"/verifications/{made['id']}/submit")
        return made["id"]

    def verify(self, ref, person, level="standard", **more):
        id = self.begun(ref, person, level, **more)
        self.later(seconds=0)
        return self.get(f"/verifications/{id}")

    def later(self, **span):
        """Let time pass, and do what is due by then, in its order."""
        until = self.at[0] + timedelta(**span)
        while due := sorted((q for q in self.queued if q[0] <= until), key=lambda q: q[0]):
            self.queued.remove(due[0])
            self.at[0] = max(self.at[0], due[0][0])
            self._do(due[0][1], *due[0][2])
        self.at[0] = until

    def _do(self, workflow, *args):
        """What a worker does."""
        if workflow != "verify":
            engine.WORK[workflow](self.context, *args)
            return
        app, id, round, turn = args
        verify.consult(self.context, app, id, round)
        verify.conclude(self.context, app, id, round, turn)

    def calls(self):
        """Every call that went out: what was asked, of whom, how it ended, and what is known of it."""
        with self.context.database.read() as connection:
            return connection.execute(authority_calls.select().order_by(authority_calls.c.at)).all()

    def alarmed(self):
        """What a worker's look tells the platform of sources: the bodies of the webhooks."""
        engine.migrate(self.context.database)
        alarms.look(self.context, lambda: None, ())
        with self.context.database.read() as connection:
            told = connection.execute(messages.select().where(messages.c.event == alarms.alarms.EVENT))
            return [row.payload for row in told if row.payload["alarm"].startswith("source_")]

    def _keep(self, id, piece, seen):
        sealed = self.context.sealer.seal(id, f"seen.{piece}", serialization.dump(seen))
        with self.context.database.write() as connection:
            row = intake._hand_in(self.context, connection, "demo.live", id, piece)
            files = {Piece.FACE: {"best": "b"}, Piece.CARD_FRONT: {"portrait": "p"}}.get(piece, {})
            verifications.add_evidence(connection, row, piece, files, sealed, self.context.now())


@contextmanager
def live(folder: Path, path: str, **policy):
    """The live side with the sources of the file at `path`; `policy` changes rows of the default policy."""
    at, queued = [START], []
    settings = Settings(sources=path, private_hosts="127.0.0.1", authorities="", carriers="", banks="", sms="", mail="")
    made = configured.sources(settings, lambda picture: None)

    def enqueue(connection, workflow, id, *args, delay=None):
        queued.append((at[0] + timedelta(seconds=delay or 0), workflow, args))

    given = {
        "files": Pictures(), "enqueue": enqueue, "authorities": made.authorities, "carriers": made.carriers,
        "banks": made.banks, "identities": made.identities, "plays": made.plays, "terms": made.terms,
        "channels": Channels(made.sms, made.mail, "示例平台", made.terms), "dependencies": Dependencies(made.terms),
    }  # fmt: skip
    with installed(folder, "", at, policy, **given) as (context, web):
        with context.database.write() as connection:
            key = api_keys.make(connection, "demo", True, "platform", "platform", 0)
        yield Live(context, TestClient(web), {"platform": key}, at, queued)
