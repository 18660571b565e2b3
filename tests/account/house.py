"""A house without pictures: the whole API in this process, a clock to turn, and people verified from what was seen.

Only what models would have seen is given; authority, carrier, bank, store, workflows and the door are the real ones.
"""

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.testclient import TestClient

from shiming import app as joined
from shiming.policy import DEFAULT
from shiming.providers.authority.simulated import Simulated
from shiming.providers.bank.simulated import Simulated as Bank
from shiming.providers.carrier.simulated import Simulated as Carrier
from shiming.providers.contracts import Match
from shiming.settings import Settings
from shiming.store import keys, verifications
from shiming.store.audit import AuditKey
from shiming.store.database import Database
from shiming.store.face_index import FaceIndex
from shiming.store.gate import Gate
from shiming.store.policies import InForce
from shiming.store.sealed import Lookup, MasterKeys, Sealer, open_keys
from shiming.verification.evidence import Piece
from shiming.verification.seen import CardSeen, Field, HandheldSeen, LiveSeen, Side, TurnSeen
from shiming.web.access import Rates
from shiming.workflows import intake, records, upkeep, verify
from shiming.workflows.parts import Parts
from shiming.workflows.places import Places

MINE = (1.0,) + (0.0,) * 127
START = datetime(2026, 11, 21, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Person:
    name: str
    number: str
    until: str = "2038-06-15"


ZHANG = Person("张合格", "170213199103140138")
ZHOU = Person("周另外", "24081719881102026X")
SHORT = Person("李快到", "280504198604170643", "2026-12-01")


class Photos(Simulated):
    """The simulated authority, with a photo of everybody."""

    def compare(self, name, number, face):
        return Match(0.8, 0.42)


class NoFiles:
    """Storage with one picture in it."""

    def get(self, owner, key):
        return b""

    def delete(self, owner):
        return 0


@dataclass
class House:
    """The door with three keys, and what the clock says."""

    parts: Parts
    http: TestClient
    keys: dict[str, str]
    at: list[datetime]
    queued: list = field(default_factory=list)

    def later(self, **span):
        self.at[0] += timedelta(**span)

    def call(self, method, path, body=None, by="platform", expect=None):
        headers = {"Authorization": f"Bearer {self.keys.get(by, by)}"}
        answer = self.http.request(method, f"/v1{path}", json=body, headers=headers)
        assert expect == answer.status_code if expect else answer.is_success, answer.text
        return answer.json() if answer.content else None

    def get(self, path, by="platform", expect=None):
        return self.call("GET", path, None, by, expect)

    def post(self, path, body=None, by="platform", expect=None):
        return self.call("POST", path, body, by, expect)

    def may(self, ref, capability="withdraw"):
        return self.get(f"/accounts/{ref}/may/{capability}")["allowed"]

    def events(self, ref):
        return [m["event"] for m in reversed(self.get(f"/accounts/{ref}/inbox?limit=100")["items"])]

    def holds(self, ref):
        return {h["reason"]: h for h in self.get(f"/accounts/{ref}/standing")["holds"]}

    def upkeep(self):
        upkeep.run(self.parts)

    def verify(self, ref, person=ZHANG, level="standard", kind="personal", **more):
        """One verification to its decision; returns it as the API shows it, with its token."""
        made = self.post("/verifications", {"account": ref, "level": level, "kind": kind})
        self.hand_in(made["id"], person, level, **more)
        return {**self.submit(made["id"]), "token": made["token"]}

    def hand_in(self, id, person, level, phone=None, bank=None, face=True):
        if level != "basic":
            self.post(f"/verifications/{id}/consent", {"face": face})
            for piece, seen in _pieces(person).items():
                if face or piece is not Piece.FACE:
                    self._keep(id, piece, seen)
        if not face:
            self.hold_up_card(id, person)
        self.post(f"/verifications/{id}/identity", {"name": person.name, "number": person.number})
        if phone:
            self.post(f"/verifications/{id}/phone", {"phone": phone})
        if bank:
            self.post(f"/verifications/{id}/bank-card", {"card": bank, "phone": "12012345678"})

    def hold_up_card(self, id, person):
        """The hand-held photo."""
        self._keep(id, Piece.HANDHELD, HandheldSeen(1, 1, MINE, _field(person.number)))

    def submit(self, id):
        self.post(f"/verifications/{id}/submit")
        return self.decide(id)

    def decide(self, id):
        """What a worker does with what was queued."""
        with self.parts.database.read() as connection:
            row = verifications.get(connection, "demo.test", id)
        verify.consult(self.parts, row.app, id, row.round)
        verify.conclude(self.parts, row.app, id, row.round, 0)
        return self.get(f"/verifications/{id}")

    def _keep(self, id, piece, seen):
        sealed = self.parts.sealer.seal(id, f"seen.{piece}", records.dump(seen))
        with self.parts.database.write() as connection:
            row = intake._hand_in(connection, "demo.test", id, piece)
            files = {Piece.FACE: {"best": "b"}, Piece.CARD_FRONT: {"portrait": "p"}}.get(piece, {})
            verifications.add_evidence(connection, row, piece, files, sealed, self.parts.now())


def _field(text):
    return Field(text, 0.99)


def _pieces(person):
    birth = f"{person.number[6:10]}-{person.number[10:12]}-{person.number[12:14]}"
    sex = "男" if int(person.number[16]) % 2 else "女"
    read = {"name": person.name, "number": person.number, "birth": birth, "sex": sex}
    front = CardSeen(Side.FRONT, 1, {k: _field(v) for k, v in read.items()}, portrait=MINE)
    back = CardSeen(Side.BACK, 1, {"valid_from": _field("2006-06-15"), "valid_until": _field(person.until)})
    turns = (TurnSeen("left", 33, 900, True), TurnSeen("right", -31, 1800, True))
    live = LiveSeen((1,) * 12, turns, 0.8, template=MINE)
    return {Piece.CARD_FRONT: front, Piece.CARD_BACK: back, Piece.FACE: live}


@contextmanager
def house(folder: Path, url: str, **policy):
    """A house on the database at `url`, its other things in `folder`; `policy` changes rows of the default policy."""
    settings = Settings(data=str(folder), database_url=url)
    joined.migrate(settings)
    at, queued = [START], []
    database = Database(settings.place("database_url"))
    key_file = Path(settings.place("key_file"))
    opened = open_keys(settings.place("keys_url"))
    sealer = Sealer(MasterKeys.load(key_file), opened)
    parts = Parts(
        database=database, sealer=sealer, lookup=Lookup.load(key_file), faces=FaceIndex(sealer, 1000),
        files=NoFiles(), authorities=[Photos("first", None, None)], look=None,
        enqueue=lambda connection, *args, **options: queued.append(args), audit_key=AuditKey.load(key_file),
        policies=InForce(database, "default-1", replace(DEFAULT, **policy)), places=Places(folder), clock=lambda: at[0],
        carriers=[Carrier("first"), Carrier("second", False)],
        banks=[Bank("first"), Bank("second", False)],
    )  # fmt: skip
    made = _keys(database)
    web = joined.web(settings)
    web.state.parts, web.state.rates, web.state.gate = parts, Rates(100_000), Gate(settings.place("database_url"))
    yield House(parts, TestClient(web), made, at, queued)
    asyncio.run(web.state.gate.close())
    database.close()
    opened.dispose()


def _keys(database):
    wanted = {"platform": "platform", "one": "reviewer", "two": "reviewer", "three": "reviewer", "agent": "support"}
    with database.write() as connection:
        made = {name: keys.make(connection, "demo", False, role, name, 0) for name, role in wanted.items()}
        return {**made, "sister": keys.make(connection, "sister", False, "platform", "sister", 0)}
