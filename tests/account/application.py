"""An application without pictures: the whole API in this process, a clock to turn, people verified from what was seen.

Only what models would have seen is given; authority, carrier, bank, store, workflows and the door are the real ones.
"""

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from starlette.testclient import TestClient

from shiming.providers.authority.simulated import Simulated
from shiming.providers.bank.simulated import Simulated as Bank
from shiming.providers.carrier.simulated import Simulated as Carrier
from shiming.providers.contracts import Match
from shiming.store.access import api_keys
from shiming.store.verification import verifications
from shiming.verification.evidence import Piece
from shiming.verification.seen import CardSeen, Field, HandheldSeen, LiveSeen, Side, TurnSeen
from shiming.workflows import maintenance, serialization
from shiming.workflows.verification import intake, verify
from tests.application import ApiClient, installed

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

    def delete(self, owner, named=""):
        return 0


class Application(ApiClient):
    """The door, and people who are verified from what models would have seen."""

    def may(self, ref, capability="withdraw"):
        return self.get(f"/accounts/{ref}/may/{capability}")["allowed"]

    def events(self, ref):
        return [m["event"] for m in reversed(self.get(f"/accounts/{ref}/inbox?limit=100")["items"])]

    def holds(self, ref):
        return {h["reason"]: h for h in self.get(f"/accounts/{ref}/standing")["holds"]}

    def upkeep(self):
        maintenance.run(self.context)

    def verify(self, ref, person=ZHANG, level="standard", kind="personal", **more):
        """One verification to its decision; returns it as the API shows it, with its token."""
        made = self.post("/verifications", {"account": ref, "level": level, "kind": kind})
        self.hand_in(made["id"], person, level, **more)
        return {**self.submit(made["id"]), "token": made["token"]}

    def hand_in(self, id, person, level, phone=None, bank=None, face=True):
        if level != "basic":
            self.post(f"/verifications/{id}/consent", {"face": face})
        self.post(f"/verifications/{id}/identity", {"name": person.name, "number": person.number})
        if level != "basic":
            for piece, seen in _pieces(person).items():
                if face or piece is not Piece.FACE:
                    self._keep(id, piece, seen)
        if not face:
            self.hold_up_card(id, person)
        if phone:
            self.post(f"/verifications/{id}/phone", {"phone": phone})
        if bank:
            self.post(f"/verifications/{id}/bank-card", {"card": bank, "phone": "12012345678"})

    def hand_in_face(self, id, person):
        """The face check once more."""
        seen = _pieces(person)[Piece.FACE]
        self._keep(id, Piece.FACE, replace(seen, best=seen.best + 1))

    def hold_up_card(self, id, person):
        """The hand-held photo."""
        self._keep(id, Piece.HANDHELD, HandheldSeen(1, 1, MINE, _field(person.number)))

    def submit(self, id):
        self.post(f"/verifications/{id}/submit")
        return self.decide(id)

    def decide(self, id):
        """What a worker does with what was queued."""
        with self.context.database.read() as connection:
            row = verifications.get(connection, "demo.test", id)
        verify.consult(self.context, row.app, id, row.round)
        verify.conclude(self.context, row.app, id, row.round, 0)
        return self.get(f"/verifications/{id}")

    def _keep(self, id, piece, seen):
        sealed = self.context.sealer.seal(id, f"seen.{piece}", serialization.dump(seen))
        with self.context.database.write() as connection:
            row = intake._hand_in(self.context, connection, "demo.test", id, piece)
            files = {Piece.FACE: {"best": "b"}, Piece.CARD_FRONT: {"portrait": "p"}}.get(piece, {})
            verifications.add_evidence(connection, row, piece, files, sealed, self.context.now())


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
def application(folder: Path, url: str, **policy):
    """An application on the database at `url`, the rest in `folder`; `policy` changes rows of the default policy."""
    at, queued = [START], []
    given = {
        "files": NoFiles(), "authorities": [Photos("first", None, None)],
        "carriers": [Carrier("first"), Carrier("second", False)], "banks": [Bank("first"), Bank("second", False)],
        "identities": [],
        "enqueue": lambda connection, *args, **options: queued.append(args),
    }  # fmt: skip
    with installed(folder, url, at, policy, **given) as (context, web):
        yield Application(context, TestClient(web), _keys(context.database), at, queued)


def _keys(database):
    wanted = {"platform": "platform", "one": "reviewer", "two": "reviewer", "three": "reviewer", "agent": "support"}
    with database.write() as connection:
        made = {name: api_keys.make(connection, "demo", False, role, name, 0) for name, role in wanted.items()}
        return {**made, "sister": api_keys.make(connection, "sister", False, "platform", "sister", 0)}
