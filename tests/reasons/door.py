"""One installation, whose reasons are reached as a platform, a holder and its staff reach them: over HTTP.

Only the camera is simulated: what its models see on which picture is said beforehand (`Eyes`), and a picture says it by
its bytes. Sources answer by what is typed, rules by what is reported; intake, checks, workflows and pages are the real
ones. That pixels lead to the same is shown by tests/stories.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fastapi.testclient import TestClient

from shiming.addresses import Allowed
from shiming.egress import Egress
from shiming.providers.authority.simulated import Simulated as Authority
from shiming.providers.bank.simulated import Simulated as Bank
from shiming.providers.carrier.simulated import Simulated as Carrier
from shiming.providers.identity import simulated
from shiming.store.access import api_keys
from shiming.verification.seen import CardSeen, Field, HandheldSeen, LiveSeen, Side, TurnSeen
from shiming.workflows import engine, maintenance
from shiming.workflows.verification import verify
from tests.application import START, Application, installed, jpeg
from tests.holders import number

MINE, ANOTHERS = ((1.0,) + (0.0,) * 127, (0.0, 1.0) + (0.0,) * 126)
PICTURE, FRAMES, EVERY_MS = jpeg(), 12, 700


@dataclass(frozen=True)
class Person:
    """Somebody invented, with the faces that camera and card show, and the one that the authority has (None: none)."""

    name: str
    number: str
    until: str = "2038-06-15"
    face: tuple[float, ...] = MINE
    portrait: tuple[float, ...] = MINE
    on_record: tuple[float, ...] | None = MINE


class Eyes:
    """What models see on a picture; and whose face it is, for the authority that compares it."""

    def __init__(self) -> None:
        self.seen: dict[bytes, Any] = {}
        self.faces: dict[bytes, tuple[float, ...] | None] = {}
        self._next = count()

    def picture(self, seen: Any, face: tuple[float, ...] | None = None) -> bytes:
        """A picture on which that is seen. An exception: looking at it ends so."""
        data = PICTURE + b"%08d" % next(self._next)
        self.seen[data], self.faces[data] = seen, face
        return data

    def look(self, task: str, given: Any, *_: Any) -> Any:
        """What a worker process answers."""
        first = given[0] if task == "face" else given
        if task in ("clean", "thumbnail"):
            return first
        if isinstance(seen := self.seen[first], Exception):
            raise seen
        shown = first if getattr(seen, "portrait", None) else None
        return SimpleNamespace(seen=seen, clean=first, rectified=first, portrait=shown, frames=given, best=first)


class Real(Authority):
    """The same for a live side, where whoever only simulates is asked by nobody."""

    simulated = False


@dataclass
class Door(Application):
    """The application, its eyes, and clients by role."""

    eyes: Eyes = field(default_factory=Eyes)
    register: Path = Path()
    live: bool = False
    serial: count = field(default_factory=lambda: count(1))
    clients: dict[str, TestClient] = field(default_factory=dict)

    def somebody(self, ending: str = "合格", **more: Any) -> Person:
        """Somebody new, by whose name's ending the simulated authority answers."""
        made = Person(f"赵{ending}", number(next(self.serial)), **more)
        if made.on_record is not None:
            (self.register / f"{made.number}.jpg").write_bytes(self.eyes.picture(None, made.on_record))
        return made

    def account(self) -> str:
        """An account that nobody knows yet."""
        return f"account-{next(self.serial)}"

    def by(self, name: str) -> TestClient:
        """A key of the role that this name begins with: platform, reviewer, reviewer two …"""
        if name not in self.clients:
            with self.context.database.write() as connection:
                role, now = name.partition(" ")[0], self.context.now()
                secret = api_keys.make(connection, "demo", self.live, role, name.replace(" ", "-"), now)
            self.clients[name] = TestClient(self.web, headers={"Authorization": f"Bearer {secret}"})
        return self.clients[name]

    def get(self, path: str, by: str = "platform") -> Any:
        return self.by(by).get(f"/v1{path}").json()

    def post(self, path: str, body: Any = None, by: str = "platform", **more: Any) -> Any:
        """What is answered, a problem too."""
        answer = self.by(by).post(f"/v1{path}", json=body, **more)
        return answer.json() if answer.content else {}

    def does(self, path: str, body: Any = None, by: str = "platform", **more: Any) -> Any:
        """The same where it has to succeed."""
        answer = self.by(by).post(f"/v1{path}", json=body, **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else {}

    def shows(self, id: str, piece: str, seen: Any, face: tuple[float, ...] | None = None) -> Any:
        """Hand in one picture."""
        files = {"picture": (f"{piece}.jpg", self.eyes.picture(seen, face), "image/jpeg")}
        return self.post(f"/verifications/{id}/evidence/{piece}", files=files)

    def begins(self, level: str = "standard", account: str = "", kind: str = "personal") -> str:
        """A verification; its id."""
        given = {"account": account or self.account(), "level": level, "kind": kind}
        return self.does("/verifications", given)["id"]

    def hands_in(self, id: str, who: Person, typed: Person | None = None, face: Any = None, front: Any = None,
                 corrected: Any = None, held: Any = None) -> None:  # fmt: skip
        """All pieces of the standard level; `face`, `front`: what is seen instead of what ought to be. `held`: the
        photo with the card in place of a face."""
        self.does(f"/verifications/{id}/consent", {"face": held is None})
        self.shows(id, "card_front", front or front_of(who), who.portrait)
        self.shows(id, "card_back", back_of(who))
        given = typed or who
        said = {"name": given.name, "number": given.number, "corrected": corrected or {}}
        self.does(f"/verifications/{id}/identity", said)
        if held is not None:
            self.shows(id, "handheld", held)
        else:
            self.faces(id, face or live_of(who), who.face)

    def faces(self, id: str, seen: LiveSeen, face: tuple[float, ...]) -> None:
        """Act a challenge out."""
        asked = self.does(f"/verifications/{id}/challenge", {"light": False})
        times = [EVERY_MS * n for n in range(FRAMES)]
        self.later(seconds=EVERY_MS * FRAMES / 1000)
        picture = self.eyes.picture(seen, face)
        parts = [("frames", (f"{n}.jpg", picture, "image/jpeg")) for n in range(FRAMES)]
        data = {"challenge": asked["challenge"], "times_ms": ",".join(map(str, times))}
        self.does(f"/verifications/{id}/evidence/face", data=data, files=parts)

    def submits(self, id: str) -> dict:
        """Hand it over, and what becomes of it now."""
        answer = self.post(f"/verifications/{id}/submit")
        self.later()
        return self.get(f"/verifications/{id}") if "state" in answer else answer

    def verifies(self, who: Person, account: str = "", kind: str = "personal", **more: Any) -> dict:
        """The standard level from its beginning to the decision."""
        id = self.begins("standard", account, kind)
        self.hands_in(id, who, **more)
        return self.submits(id)

    def types(self, who: Person, account: str = "", level: str = "basic", **factors: Any) -> dict:
        """The basic level: name and number, and whatever else this policy asks for."""
        id = self.begins(level, account)
        self.does(f"/verifications/{id}/identity", {"name": who.name, "number": who.number})
        for piece, given in factors.items():
            self.does(f"/verifications/{id}/{piece.replace('_', '-')}", given)
        return self.submits(id)

    def reports(self, account: str, type: str, **fields: Any) -> None:
        """An event of this account, now."""
        about = {"id": f"e{next(self.serial):06}", "account": account, "type": type}
        self.does("/events", {**about, "at": self.moment[0].isoformat(), **fields})

    def holds(self, account: str) -> dict:
        return self.get(f"/accounts/{account}/standing")

    def upkeep(self, **span: float) -> None:
        """Let time pass, and maintenance look."""
        self.later(**span)
        maintenance.run(self.context)

    def later(self, **span: float) -> None:
        """Let time pass; what is due of verifications and rulings is done as a worker does it."""
        self.moment[0] += timedelta(**span)
        while due := [each for each in self.queued if each[0] <= self.moment[0]]:
            self.queued[:] = [each for each in self.queued if each not in due]
            for _, work, args in due:
                if work == "verify":
                    app, id, round, turn = args
                    verify.consult(self.context, app, id, round)
                    verify.conclude(self.context, app, id, round, turn)
                elif work != "deliver":
                    engine.WORK[work](self.context, *args)


def front_of(who: Person, **read: str) -> CardSeen:
    """The front as it is read where all is well, but for `read`."""
    birth = f"{who.number[6:10]}-{who.number[10:12]}-{who.number[12:14]}"
    sex = "男" if int(who.number[16]) % 2 else "女"
    said = {"name": who.name, "number": who.number, "birth": birth, "sex": sex, **read}
    return CardSeen(Side.FRONT, 1, {name: Field(text, 0.99) for name, text in said.items()}, portrait=who.portrait)


def back_of(who: Person) -> CardSeen:
    read = {"valid_from": Field("2006-06-15", 0.99), "valid_until": Field(who.until, 0.99)}
    return CardSeen(Side.BACK, 1, read)


def live_of(who: Person, **seen: Any) -> LiveSeen:
    """A live face that does what it is asked, but for `seen`."""
    turns = (TurnSeen("left", 33, 900, True), TurnSeen("right", -31, 1800, True))
    return LiveSeen(**{"faces": (1,) * FRAMES, "turns": turns, "passive": 0.8, "template": who.face, **seen})


def held_by(who: Person) -> HandheldSeen:
    return HandheldSeen(1, 1, who.face, Field(who.number, 0.99))


def told(answer: Any) -> set[str]:
    """Every reason that an answer tells: of a verification, a picture, the gate, holds; or the problem that it is."""
    reasons = [*answer.get("reasons", ()), *answer.get("findings", ())]
    codes = {each["code"] for each in reasons if each.get("code")}
    codes |= {each["reason"] for each in answer.get("holds", ())}
    return codes | ({answer["code"]} if "code" in answer else set())


@contextmanager
def opened(folder: Path, live: bool = False, own: bool = False, identity: str = "",
           **policy: Any) -> Iterator[Door]:  # fmt: skip
    """A door in `folder`; `policy` changes rows of the default one. `live`: its live side is asked; `own`: no story but
    one goes through it; `identity`: how another provider vouches for people here, where there is one."""
    moment, queued, eyes, register = [START], [], Eyes(), folder / "register"
    register.mkdir(parents=True)

    def enqueue(connection, workflow, id, *args, delay=None):
        queued.append((moment[0] + timedelta(seconds=delay or 0), workflow, args))

    given = {
        "look": eyes.look, "enqueue": enqueue, "identities": [],
        "authorities": [(Real if live else Authority)("first", register, eyes.faces.get)],
        "carriers": [Carrier("first")], "banks": [Bank("first")],
    }  # fmt: skip
    with ExitStack() as also:
        if identity:
            address, inside = also.enter_context(simulated.serve()), Egress(Allowed.of("127.0.0.1"))
            given["identities"] = [simulated.Simulated(address, inside, vouches=identity)]
        context, web = also.enter_context(installed(folder, "", moment, policy, **given))
        yield Door(context, moment, queued, web, eyes=eyes, register=register, live=live)
