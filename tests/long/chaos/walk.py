"""Every flow that has more than one request, each request at the next server: what one begins another goes on with.

Each function is one flow, tells nothing where all is well, and fails where it is not.
"""

import io
import json
import re
import threading
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from uuid import uuid4

import httpx
import pyotp
from PIL import Image
from websockets.sync.client import connect

from bench import clips
from shiming.demo import walk
from shiming.demo.cast import Person, by_slug
from shiming.store.crypto.sealed import MasterKeys, Sealer, open_keys
from shiming.store.staff import members
from tests.long.chaos.journeys import number
from tests.long.chaos.run import Run

TWINS = Path(__file__).parents[2] / "demo" / "twins"
PATIENCE = 240.0  # seconds in which what is queued has to be done
FACTS = {"account_name": "示例账号", "name": "孙申诉", "number": number(900 * 8000), "device_model": "示例手机 12",
         "prompt_seen": "登录异常", "app_version": "9.1", "contact": "mail@example.test"}  # fmt: skip
SOON = 15.0  # seconds in which a process has to know what another has changed


class Anywhere(httpx.Client):
    """A client whose every request goes to the next server. It keeps no cookies: servers are not told apart."""

    def __init__(self, servers: Sequence[str], **headers: str):
        super().__init__(headers={name.replace("_", "-"): value for name, value in headers.items()}, timeout=60)
        self._next = cycle(servers)

    def request(self, method, url, **given) -> httpx.Response:
        self.cookies.clear()
        return super().request(method, url if "://" in str(url) else f"{next(self._next)}{url}", **given)


class Walk:
    """The fleet as a platform, its holders and its staff see it."""

    def __init__(self, run: Run, key: str):
        self.run, self.servers = run, [service.address for service in run.fleet.services if service.port]
        self.bearer = {"Authorization": f"Bearer {key}"}
        self.http = Anywhere(self.servers, **self.bearer)
        self.holder = Anywhere(self.servers)
        self.api = walk.ApiClient("", key)
        self.api._http = _Versioned(self.http)

    def all_well(self) -> bool:
        """Whether every server answers, again."""
        with suppress(httpx.TransportError):
            return all(httpx.get(f"{server}/v1/ready", timeout=10).is_success for server in self.servers)
        return False

    def post(self, path: str, body=None, status: int = 201, **given) -> dict:
        answer = self.http.post(f"/v1{path}", json=body, **given)
        assert answer.status_code == status, answer.text
        return answer.json()


class _Versioned:
    """What `walk.ApiClient` asks, below /v1."""

    def __init__(self, http: Anywhere):
        self._http = http

    def request(self, method: str, path: str, **given) -> httpx.Response:
        return self._http.request(method, f"/v1{path}", **given)


def until(met: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until something is so."""
    ends = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < ends, f"not within {seconds:.0f} s"
        time.sleep(0.5)


def twin(slug: str) -> Person:
    """Somebody with a face of the cast, and a card of another name and number."""
    row = tomllib.loads((TWINS / "twins.toml").read_text("utf-8"))[slug]

    class Twin(Person):
        def picture(self, side: str) -> bytes:
            return (TWINS / slug / "front.jpg").read_bytes() if side == "front" else by_slug(slug).picture(side)

    person = replace(by_slug(slug), **row)
    return Twin(**{name: getattr(person, name) for name in Person.__dataclass_fields__})


# ── the flows ────────────────────────────────────────────────────────────────────────────────────


def a_verification_with_a_challenge_and_a_face(w: Walk) -> None:
    """The challenge is drawn by one server, and its film handed in at another."""
    seen = walk.verify(w.api, by_slug("mire"), "walk-mire").verification
    assert seen["state"] == "approved", seen["reasons"]


def a_face_is_known_everywhere_and_forgotten_everywhere(w: Walk) -> None:
    """What a worker has stored the others find; what is erased anywhere is found nowhere."""
    first = walk.verify(w.api, by_slug("fengjin"), "walk-fengjin").verification
    assert first["state"] == "approved", first["reasons"]
    for n in range(3):  # at whichever worker it comes
        again = walk.verify(w.api, twin("fengjin"), f"walk-twin-{n}", seed=n).verification
        assert [reason["code"] for reason in again["reasons"]] == ["duplicate_person_suspected"], again
        w.post(f"/verifications/{again['id']}/cancel", status=200)
    w.post(f"/verifications/{first['id']}/redact", status=200)
    last = walk.verify(w.api, twin("fengjin"), "walk-twin-last").verification
    assert last["state"] == "approved", last["reasons"]


def _opened(w: Walk, account: str, who: Person | None = None) -> tuple[str, dict[str, str]]:
    """A holder's session: the path of the pages, and the cookie. Somebody of whom a face may be taken: `who`."""
    made = w.post("/verifications", {"account": account, "level": "standard"})
    if who:
        w.api.post(f"/verifications/{made['id']}/consent", {"face": True})
        named = {"name": who.name, "number": walk.typed_number(who)}
        w.api.post(f"/verifications/{made['id']}/identity", named)
    path, _, secret = re.sub("^https?://[^/]*", "", made["url"]).partition("#")
    answer = w.holder.post(f"{path}/open", json={"link": secret})
    assert answer.status_code == 200, answer.text
    return path, {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


def a_hand_off_to_the_phone(w: Walk) -> None:
    """The code is made by one server, scanned at another, tapped at the third."""
    path, cookie = _opened(w, "walk-desk")
    page = w.holder.get(f"{path}/desk", headers=cookie).text
    link, number = re.search(r"/h/[0-9a-z]+", page)[0], re.search(r'class="number">(\d+)<', page)[1]
    assert number in w.holder.get(link).text
    answer = w.holder.post(link, data={"pick": number})
    assert answer.status_code == 303, answer.text
    phone = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    assert w.holder.get(f"{path}/state", headers=phone).status_code == 200
    assert "/h/" not in w.holder.get(f"{path}/desk?look=true", headers=cookie).text


def guidance_over_a_websocket(w: Walk) -> None:
    """Whoever came in at one server is guided by each."""
    who = by_slug("mire")
    path, cookie = _opened(w, "walk-guided", who)
    (_, jpeg), small = who.frames()[0], io.BytesIO()
    Image.open(io.BytesIO(jpeg)).resize((240, 320)).save(small, "JPEG", quality=70)
    for server in w.servers:
        address = f"{server.replace('http', 'ws', 1)}{path}/guide?what=face"
        with connect(address, additional_headers=cookie, open_timeout=60) as socket:
            socket.send(small.getvalue())
            assert "hints" in json.loads(socket.recv(timeout=60))


def a_film_in_chunks(w: Walk) -> None:
    """Each chunk comes to another server; all of them know how far it is, and any worker looks at the whole."""
    account = "/accounts/walk-film"
    hold = {"reason": "login_risk", "requirements": ["pledge"]}
    held = w.post(f"{account}/holds", hold)["holds"][0]["id"]
    appeal = w.post(f"{account}/holds/{held}/appeals")["id"]
    w.post(f"/appeals/{appeal}/pieces/facts", FACTS)
    data = clips.recorded("mire", 0, 3)
    url = f"/v1/uploads/{w.post(f'/appeals/{appeal}/uploads', {'size': len(data)})['id']}"
    step = len(data) // 4 + 1
    for offset in range(0, len(data), step):
        assert int(w.http.head(url).headers["upload-offset"]) == offset
        at = {"upload-offset": str(offset)}
        answer = w.http.patch(url, content=data[offset : offset + step], headers=at)
        assert answer.status_code == 204, answer.text
        assert w.http.patch(url, content=data[offset : offset + step], headers=at).json()["code"] == "wrong_offset"
    until(lambda: w.http.get(f"/v1/appeals/{appeal}").json()["video"])


@contextmanager
def _agent(w: Walk) -> Iterator[dict[str, str]]:
    """Somebody of support, signed in at the console."""
    keys = open_keys(w.run.fleet.keys_url)
    name, now = f"agent-{uuid4().hex[:8]}", time.time_ns() // 1_000_000
    try:
        with w.run.database.write() as connection:
            sealer = Sealer(MasterKeys.load(w.run.fleet.folder / "master.keys"), keys)
            made = members.ready_made(connection, sealer, name, {"demo.test": ["support"]}, now)
    finally:
        keys.dispose()
    given = {"name": name, "password": made.password, "code": pyotp.TOTP(made.totp).now()}
    answer = w.holder.post("/console/api/session", json=given)
    assert answer.status_code == 201, answer.text
    yield {"Cookie": answer.headers["set-cookie"].partition(";")[0], "x-csrf": answer.json()["csrf"]}


def a_session_at_the_console(w: Walk) -> None:
    """Signed in at one server, at work at all; signed out at one, out at all."""
    with _agent(w) as person:
        for _ in w.servers:
            assert w.holder.get("/console/api/session", headers=person).status_code == 200
        assert w.holder.delete("/console/api/session", headers=person).status_code == 204
        for _ in w.servers:
            assert w.holder.get("/console/api/session", headers=person).status_code == 401


def a_conversation_as_it_goes_on(w: Walk) -> None:
    """Server-sent events of one server tell what was said at another."""
    w.post("/accounts/walk-talks/holds", {"reason": "login_risk", "requirements": ["pledge"]})
    ticket = w.post("/tickets", {"account": "walk-talks", "topic": "question", "text": "在吗"})["id"]
    heard: list[str] = []
    with _agent(w) as person:
        address = f"{w.servers[0]}/console/api/tickets/{ticket}/live"
        with httpx.stream("GET", address, headers=person, timeout=30) as events:
            assert events.status_code == 200
            lines = events.iter_lines()
            listening = threading.Thread(target=lambda: heard.extend(_said(lines, "回复一")), daemon=True)
            listening.start()
            for server in w.servers[1:]:
                said = {"json": {"text": f"回复一 {server}"}, "headers": person}
                assert httpx.post(f"{server}/console/api/tickets/{ticket}/messages", **said).status_code == 201
            listening.join(SOON)
    assert len(heard) == len(w.servers) - 1, heard


def _said(lines: Iterator[str], word: str) -> Iterator[str]:
    """What was said with a word, until it was said at each other server."""
    left = 2
    for line in lines:
        if line.startswith("data:") and word in json.dumps(json.loads(line[5:]), ensure_ascii=False):
            left -= 1
            yield line
        if not left:
            return


def one_key_is_one_thing(w: Walk) -> None:
    """The same request at all servers at one moment is done once, and answered again by each."""
    headers = {**w.bearer, "Idempotency-Key": uuid4().hex}
    body = {"account": "walk-once", "level": "basic"}

    def ask(server: str) -> httpx.Response:
        return httpx.post(f"{server}/v1/verifications", json=body, headers=headers, timeout=60)

    with ThreadPoolExecutor(len(w.servers)) as crowd:
        first = list(crowd.map(ask, w.servers))
    assert {answer.status_code for answer in first} <= {201, 409}, [answer.text for answer in first]
    again = [ask(server) for server in w.servers]
    assert {answer.status_code for answer in again} == {201}
    assert len({answer.json()["id"] for answer in [*first, *again] if answer.status_code == 201}) == 1


def limits_count_across_servers(w: Walk, allowed: int) -> None:
    """A holder's token makes no more requests a minute than it may, however many servers it asks."""
    made = w.post("/verifications", {"account": "walk-limited", "level": "basic"})
    token = {"Authorization": f"Bearer {made['token']}"}
    time.sleep(61 - time.time() % 60)  # a minute of its own

    def ask(server: str) -> list[int]:
        with httpx.Client(headers=token, timeout=60) as http:
            return [http.get(f"{server}/v1/verifications/{made['id']}").status_code for _ in range(allowed)]

    began = time.time() // 60
    with ThreadPoolExecutor(len(w.servers)) as crowd:
        got = [status for each in crowd.map(ask, w.servers) for status in each]
    assert time.time() // 60 == began, "it took more than a minute: no count of this one"
    assert 0.8 * allowed <= got.count(200) <= allowed, f"{got.count(200)} of {len(got)} were answered"
    assert set(got) == {200, 429}


FLOWS = (a_verification_with_a_challenge_and_a_face, a_hand_off_to_the_phone, guidance_over_a_websocket,
         a_film_in_chunks, a_session_at_the_console, a_conversation_as_it_goes_on, one_key_is_one_thing,
         a_face_is_known_everywhere_and_forgotten_everywhere)  # fmt: skip
