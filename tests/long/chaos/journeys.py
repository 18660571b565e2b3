"""What clients do: whole journeys through the public API, each a generator that yields requests and gets answers.

Every journey has an account (and, but for the cast's pictures, an ID number) of its own, so that whatever is there
twice afterwards was made twice. Everybody is invented, and their numbers' area code is given to nobody.
"""

import random
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from shiming.account.texts import PLEDGE
from shiming.demo.cast import by_slug
from shiming.demo.walk import challenge_of, film
from tests.long.chaos.authority import NO

ENDED = ("approved", "needs_input", "in_review", "rejected")
PATIENCE = 90.0  # seconds that a client goes on asking for a decision; the tally looks again at the end


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `kind` is what it is for; `may_refuse` names problem codes that a good client expects here."""

    kind: str
    path: str
    body: Any = None
    files: Any = None
    data: Any = None
    method: str = "POST"
    may_refuse: tuple[str, ...] = ()
    what: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a request was answered in the end; status 0: not at all, however often it was tried."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Stuck(Exception):
    """A journey cannot go on: a request of it was not answered with a success. The journal says which."""


Journey = Generator[Request, Answer, None]


def must(request: Request) -> Generator[Request, Answer, Any]:
    """The body of a request's answer, which must be a success."""
    answer = yield request
    if not answer.ok:
        raise Stuck(request.kind)
    return answer.body


def number(serial: int) -> str:
    """A possible ID number of the test region; another one for each serial."""
    birth = date(1970, 1, 1) + timedelta(days=serial // 900)
    body = f"170213{birth:%Y%m%d}{serial % 900 + 100}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def basic(serial: int, chance: random.Random) -> Journey:
    """Name and number; every fifth one's name does not match."""
    made = yield from must(Request("create", "/verifications", {"account": f"acc-{serial}", "level": "basic"}))
    path, name = f"/verifications/{made['id']}", f"赵{NO}" if chance.random() < 0.2 else "钱合格"
    yield from must(Request("identity", f"{path}/identity", {"name": name, "number": number(serial)}))
    yield from must(Request("submit", f"{path}/submit", what={"verification": made["id"]}))
    yield from decided(path)


def pictures(serial: int, chance: random.Random) -> Journey:
    """Both sides of the card, and a face now and then; without a face it is cancelled again."""
    person = by_slug(chance.choice(["hege", "yan", "changqi"]))
    made = yield from must(Request("create", "/verifications", {"account": f"acc-{serial}", "level": "standard"}))
    path = f"/verifications/{made['id']}"
    yield from must(Request("consent", f"{path}/consent", {"face": True}))
    for side in ("front", "back"):
        files = {"picture": (f"{side}.jpg", person.picture(side), "image/jpeg")}
        what = {"verification": made["id"], "piece": f"card_{side}"}
        yield from must(Request("picture", f"{path}/evidence/card_{side}", files=files, what=what))
    if chance.random() < 0.7:
        yield from must(Request("cancel", f"{path}/cancel", what={"verification": made["id"]}))
        return
    yield from must(Request("identity", f"{path}/identity", {"name": person.name, "number": person.number}))
    yield from live_face(made["id"], path, person, serial)
    answer = yield Request("submit", f"{path}/submit", what={"verification": made["id"]},
                           may_refuse=("authority_calls_capped", "attempts_exhausted"))  # fmt: skip
    if answer.ok:
        yield from decided(path)


def live_face(id: str, path: str, person: Any, seed: int) -> Generator[Request, Answer, None]:
    """A challenge, acted out in its time. One that was used up by a try that broke off is asked for again."""
    for _ in range(5):
        asked = yield from must(Request("challenge", f"{path}/challenge", {"light": True}))
        began = time.monotonic()  # of the answer: a try that broke off was no challenge
        frames, times = film(person, challenge_of(asked), seed)
        while time.monotonic() < began + times[-1] / 1000:
            yield Request("wait", path, method="GET")
        parts = [("frames", (f"{n}.jpg", frame, "image/jpeg")) for n, frame in enumerate(frames)]
        data = {"challenge": asked["challenge"], "times_ms": ",".join(map(str, times))}
        what = {"verification": id, "piece": "face"}
        answer = yield Request("picture", f"{path}/evidence/face", files=parts, data=data, what=what,
                               may_refuse=("challenge_over",))  # fmt: skip
        if answer.ok:
            return
        if answer.body.get("code") != "challenge_over":
            break
    raise Stuck("face")


def decided(path: str) -> Generator[Request, Answer, None]:
    """Ask until there is a decision, or patience ends."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        answer = yield Request("read", path, method="GET")
        if answer.ok and answer.body["state"] in ENDED:
            return


def held(serial: int, chance: random.Random) -> Journey:
    """The platform holds an account; its holder makes the pledge, or appeals with the facts."""
    account = f"/accounts/acc-{serial}"
    hold = {"reason": "login_risk", "requirements": ["pledge"]}
    standing = yield from must(Request("hold", f"{account}/holds", hold, what={"account": f"acc-{serial}"}))
    id = standing["holds"][0]["id"]
    if chance.random() < 0.5:
        what = {"account": f"acc-{serial}", "hold": id}
        yield from must(Request("pledge", f"{account}/pledge", {"text_version": PLEDGE}, what=what))
        return
    made = yield from must(Request("appeal", f"{account}/holds/{id}/appeals", what={"hold": id}))
    facts = {"account_name": "示例账号", "name": "孙申诉", "number": number(serial), "device_model": "示例手机 12",
             "prompt_seen": "登录异常", "app_version": "9.1", "contact": "mail@example.test"}  # fmt: skip
    yield from must(Request("facts", f"/appeals/{made['id']}/pieces/facts", facts, what={"appeal": made["id"]}))


def watched(serial: int, chance: random.Random) -> Journey:
    """An account does things, which the platform reports a few at a time."""
    where = {"device": f"d-{serial}", "ip": f"10.{serial >> 8 & 255}.{serial & 255}.7"}
    for batch in range(3):
        events = []
        for n in range(4):
            kind = {"type": "login", **where} if n < 2 else {"type": "transaction", "amount": 100 + n, "kind": "gift"}
            at = time.time_ns() // 1_000_000 - 1000 + n
            events.append({"id": f"e-{serial}-{batch}-{n}", "account": f"acc-{serial}", "at": at, **kind})
        yield from must(Request("events", "/events", {"events": events}, what={"events": [e["id"] for e in events]}))


SHARES = ((basic, 50), (held, 20), (watched, 20), (pictures, 10))
