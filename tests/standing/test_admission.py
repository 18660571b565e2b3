"""What the door does with crowds, strangers and slow lines, on an application of two threads (issue 13, rows 2, 3, 8).

Real waiting, made short; the order of things is what counts, not how long they took.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from starlette.responses import PlainTextResponse

from shiming.errors import NotAuthenticated
from shiming.web.http import admission, backlog, body_pace
from shiming.web.http.admission import Admission
from shiming.web.http.body_pace import Pace
from shiming.web.http.client_address import Proxies
from tests.application import on_a_loop

APP = SimpleNamespace(state=SimpleNamespace(proxies=Proxies()))
MB = 1 << 20


@dataclass
class Door:
    """An application that takes until `open` is set, behind the door; who is known by which key."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    served: list[str] = field(default_factory=list)
    got: list[int] = field(default_factory=list)
    waited: float = 0.0  # seconds, the oldest decision for a worker

    def __post_init__(self) -> None:
        self.door = Admission(self._app, _who, _by_key, lambda request, seconds: PlainTextResponse("busy", 503), 2, 8,
                              lambda app: self.waited, 30)  # fmt: skip

    async def _app(self, scope, receive, send) -> None:
        size = 0
        while scope["method"] == "POST":
            message = await receive()
            size += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        self.served.append(scope["path"])
        self.got.append(size)
        await self.open.wait()
        await PlainTextResponse("done")(scope, receive, send)

    async def ask(self, method: str, path: str, body=(), length: int | None = None, key: str = "", **more) -> "Said":
        """One request whose body comes in these pieces: bytes, seconds of silence, or a function to wait for."""
        said, pieces = Said(), iter(body)
        headers = [(b"content-type", more.get("kind", b"application/json")), (b"accept", more.get("accept", b"*/*"))]
        headers += [(b"authorization", f"Bearer {key}".encode())] * bool(key)
        sent = sum(len(each) for each in body if isinstance(each, bytes))
        headers += [(b"content-length", str(sent if length is None else length).encode())] * bool(body)

        async def receive():
            said.asked += 1
            for piece in pieces:
                if isinstance(piece, bytes):
                    return {"type": "http.request", "body": piece, "more_body": True}
                await asyncio.sleep(piece)
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": method, "path": path, "headers": headers, "query_string": b"",
                 "client": (more.get("address", "203.0.113.7"), 1), "app": APP, "server": ("x", 1), "scheme": "http",
                 "http_version": "1.1"}  # fmt: skip
        await self.door(scope, receive, said.send)
        return said


@dataclass
class Said:
    """What came back, and how often the body was asked for."""

    status: int = 0
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    asked: int = 0

    async def send(self, message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        self.body += message.get("body", b"")


async def _by_key(connection) -> None:
    """Nobody is known without a thread."""


def _who(connection) -> str | None:
    sent = connection.headers.get("authorization", "").partition(" ")[2]
    if sent == "wrong":
        raise NotAuthenticated("This key is unknown.")
    return sent or None


def story(act: Callable) -> None:
    on_a_loop(lambda: asyncio.wait_for(act(Door()), 60))


@pytest.mark.parametrize("path", ["/v1/verifications/ver_1/evidence/card_front", "/v/ver_1/basic/piece/card_front"])
def test_a_picture_of_a_stranger_is_refused_by_its_head(path: str) -> None:
    """30 connections without a key raised a server from 174 MB to 1.1 GB: their bodies were read first."""

    async def act(door: Door) -> None:
        said = await door.ask("POST", path, [bytes(MB)] * 20, kind=b"multipart/form-data; boundary=x")
        assert said.status == 401 and said.asked == 0 and not door.served

    story(act)


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_call_of_a_stranger_is_not_read_either(key: str) -> None:
    async def act(door: Door) -> None:
        said = await door.ask("POST", "/v1/verifications", [b"{}"], key=key)
        assert said.status == 401 and said.asked == 0 and not door.served

    story(act)


def test_who_comes_in_by_a_link_is_not_known_yet_and_may_say_so() -> None:
    async def act(door: Door) -> None:
        door.open.set()
        assert (await door.ask("POST", "/v/ver_1/open", [b'{"link": "x"}'])).status == 200
        assert (await door.ask("POST", "/v/ver_1/open", [bytes(100_000)])).status == 401
        assert (await door.ask("POST", "/v/ver_1/open", [b"x"], length=33 * MB)).status == 401
        assert door.got == [13]

    story(act)


def test_beyond_capacity_calls_are_refused_at_once_and_begun_ones_first_served() -> None:
    """100 at once were all let in: the last one waited half a minute, and nobody was told anything."""

    async def act(door: Door) -> None:
        for lineup in (each.lineup for each in door.door._here().queues.values()):
            lineup.mean = 0.4
        crowd = [asyncio.create_task(door.ask("POST", "/v1/verifications", [b"{}"], key=f"k{n}")) for n in range(100)]
        await asyncio.sleep(0.3)
        refused = [each.result() for each in crowd if each.done()]
        assert len(refused) > 90 and {each.status for each in refused} == {503}
        assert all(1 <= int(each.headers[b"retry-after"]) <= 15 for each in refused)
        assert b'"busy"' in refused[0].body
        begun = asyncio.create_task(door.ask("POST", "/v1/verifications/ver_1/submit", key="k1"))
        await asyncio.sleep(0.05)
        assert not begun.done(), "what was begun is let in where new ones are not"
        door.open.set()
        assert {each.status for each in await asyncio.gather(begun, *crowd)} == {200, 503}
        assert door.served.index("/v1/verifications/ver_1/submit") == 2, "and overtakes those that begin"

    story(act)


def test_where_decisions_are_late_no_more_is_begun_and_what_was_begun_goes_on(monkeypatch, caplog) -> None:
    """Calls were let in twice as fast as workers decided: a verdict took a minute, then five, and ever longer."""
    monkeypatch.setattr(backlog, "EVERY", 0.0)

    async def act(door: Door) -> None:
        async def status(method: str, path: str) -> int:
            said = await door.ask(method, path, [b"{}"] if method == "POST" else (), key="good")
            await asyncio.sleep(0.05)  # it has been looked meanwhile
            return said.status

        door.open.set()
        door.waited = 65.0
        assert await status("POST", "/v1/verifications") == 200, "nobody has looked yet"
        assert await status("POST", "/v1/verifications") == 503
        assert await status("POST", "/me/acc_1/verify") == 503
        assert await status("POST", "/v1/verifications/ver_1/submit") == 200
        assert await status("POST", "/v1/events") == 200
        assert await status("GET", "/v1/verifications/ver_1") == 200
        door.waited = 0.0
        await status("POST", "/v1/verifications")
        assert await status("POST", "/v1/verifications") == 200, "the workers have caught up"

    story(act)
    assert [said for said in caplog.messages if "too few workers: decisions have waited 65 s" in said]


def test_gate_health_and_sign_in_have_lanes_of_their_own() -> None:
    async def act(door: Door) -> None:
        crowd = [asyncio.create_task(door.ask("POST", "/v1/verifications", [b"{}"], key="k")) for _ in range(50)]
        await asyncio.sleep(0.2)
        others = ["/v1/accounts/a/may/live", "/v1/health", "/v1/ready", "/console/api/session"]
        asked = [asyncio.create_task(door.ask("GET", path)) for path in others]
        await asyncio.sleep(0.1)
        assert set(others) <= set(door.served)
        door.open.set()
        await asyncio.gather(*crowd, *asked)

    story(act)


def test_a_person_gets_a_page_in_words_and_not_json() -> None:
    async def act(door: Door) -> None:
        crowd = [asyncio.create_task(door.ask("GET", "/v/ver_1/basic", accept=b"text/html")) for _ in range(200)]
        await asyncio.sleep(0.2)
        assert next(each.result().body for each in crowd if each.done()) == b"busy"
        door.open.set()
        await asyncio.gather(*crowd)

    story(act)


def test_who_goes_away_while_waiting_leaves_no_hole() -> None:
    """A place that is given to somebody who has just left goes on to the next one."""

    async def act(door: Door) -> None:
        asked = [asyncio.create_task(door.ask("GET", f"/v1/verifications/{n}", key=f"k{n}")) for n in range(12)]
        await asyncio.sleep(0.1)
        for each in asked[2:7]:
            each.cancel()
        door.open.set()
        await asyncio.gather(*asked, return_exceptions=True)
        lineup = door.door._here().queues[admission.Lane.CALL].lineup
        assert (lineup.running, sum(lineup.waiting.values()), lineup.coming) == (0, 0, 0)
        assert (await door.ask("GET", "/v1/verifications/13", key="k")).status == 200

    story(act)


def test_a_slow_line_arrives_and_a_trickle_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_pace, "KNOWN", Pace(grace=0.3, least=100_000, idle=0.5, longest=30))

    async def act(door: Door) -> None:
        door.open.set()
        pieces = [piece for _ in range(10) for piece in (bytes(40_000), 0.1)]
        picture = {"kind": b"multipart/form-data", "key": "li"}
        assert (await door.ask("POST", "/v1/verifications/v/evidence/card_front", pieces, **picture)).status == 200
        assert door.got == [400_000]
        pieces = [piece for _ in range(200) for piece in (b"x", 0.02)]
        said = await door.ask("POST", "/v1/verifications/v/evidence/card_front", pieces, **picture)
        assert said.status == 408 and said.asked < 100
        assert (await door.ask("POST", "/v1/verifications/v/submit", [b"{", 2.0, b"}"], key="li")).status == 408

    story(act)


def test_slow_bodies_hold_neither_places_nor_the_room_of_others() -> None:
    """A hundred phones send by slow lines; a call and another picture come in meanwhile."""

    async def act(door: Door) -> None:
        door.open.set()
        picture = {"kind": b"multipart/form-data", "length": 5 * MB}
        path = "/v1/verifications/v/evidence/card_front"
        slow = [asyncio.create_task(door.ask("POST", path, [bytes(1000), 20.0], key=f"k{n}", **picture))
                for n in range(100)]  # fmt: skip
        await asyncio.sleep(0.3)
        assert not any(each.done() for each in slow)
        assert (await door.ask("POST", path, [bytes(MB)], key="li", kind=b"multipart/form-data")).status == 200
        assert (await door.ask("POST", "/v1/verifications", [b"{}"], key="wang")).status == 200
        for each in slow:
            each.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        bodies = door.door._here().bodies
        assert (bodies.bytes, bodies.known, dict(bodies.bytes_of), dict(bodies.open_of)) == (0, 0, {}, {})

    story(act)


def test_bytes_in_flight_are_bounded() -> None:
    """Eight megabytes are all that this door holds: one key has half of it, and who comes too many is told when."""

    async def act(door: Door) -> None:
        ask = {"path": "/v1/verifications/v/evidence/card_front", "kind": b"multipart/form-data", "length": 5 * MB}
        slow = [asyncio.create_task(door.ask("POST", body=[bytes(3 * MB), 20.0], key=f"k{n}", **ask)) for n in (1, 2)]
        await asyncio.sleep(0.2)
        said = await door.ask("POST", body=[bytes(3 * MB)], key="k3", **ask)
        assert said.status == 503 and b"retry-after" in said.headers
        for each in slow:
            each.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        door.open.set()
        assert (await door.ask("POST", body=[bytes(MB)] * 3, key="k3", **ask)).status == 200
        assert (await door.ask("POST", body=[bytes(MB)] * 5, key="k3", **ask)).status == 503, "half is for others"

    story(act)
