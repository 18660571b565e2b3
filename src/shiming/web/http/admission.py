"""Who is let in, before anything is read or done: beyond capacity a plain 503 at once, never an endless queue.

    head ──▶ lane, expected wait ──▶ who sends this? ──▶ body, at its pace ──▶ a place in the lane ──▶ the application

The parts that count are pure (`lanes`, `queue_time`, `body_pace`); here and in `waiting` are the clock and the waiting.
What is refused was not begun: nothing is lost, and `Retry-After` says when to come again.
"""

import asyncio
import hashlib
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shiming.errors import ShimingError
from shiming.web.http import body_pace, lanes, streams
from shiming.web.http.backlog import Backlog
from shiming.web.http.body_pace import MAX_BODY, SMALL_BODY, Bodies
from shiming.web.http.lanes import Lane
from shiming.web.http.problems import of_error, problem
from shiming.web.http.queue_time import Lineup
from shiming.web.http.waiting import Full, Queue

log = logging.getLogger("shiming.web")
Who = Callable[[HTTPConnection], str | None]
"""The name of whoever sends this, by key, token or cookie; None for nobody. Raises NotAuthenticated. Blocks."""
ByKey = Callable[[HTTPConnection], Awaitable[str | None]]
"""The same of most, without a thread; None: ask the other."""
HEAD_THREADS = 4
SAYS_AGAIN = 60.0  # seconds between two lines in the log about the same lane
PUSHED = "/v1/receipts/"  # small bodies from who has no key: a secret in the path says who it is
BUSY = "Many people are here just now. Nothing was lost and nothing was begun; please try again in {} s."


class Refused(Exception):
    """This is not let in; `answer` says why and when to come again."""

    def __init__(self, answer: Response):
        self.answer = answer


class Gone(Exception):
    """Whoever sent this is not there any more."""


class OnLoop:
    """What is counted, of one event loop; a server has one."""

    def __init__(self, bounds: dict[Lane, lanes.Bounds], bytes_at_most: int, decision_seconds: int):
        self.queues = {lane: Queue(Lineup(each)) for lane, each in bounds.items()}
        self.bodies, self.open = Bodies(bytes_at_most), streams.Open()
        self.head_threads, self.backlog = CapacityLimiter(HEAD_THREADS), Backlog(decision_seconds)


class Admission:
    """The first of all middlewares. `who` and `by_key` know senders by the head; `page` draws the busy page for people;
    `waited` says for how many seconds the oldest work has waited for a worker of this application.
    """

    def __init__(self, app: ASGIApp, who: Who, by_key: ByKey, page: Callable[[Request, int], Response], threads: int,
                 megabytes: int, waited: Callable[[Any], float], decision_seconds: int):  # fmt: skip
        self.app, self._who, self._by_key, self._page = app, who, by_key, page
        self._waited, self._decision_seconds = waited, decision_seconds
        self._bounds, self._bytes = lanes.bounds(threads), megabytes * 1024 * 1024
        self._loops: dict[asyncio.AbstractEventLoop, OnLoop] = {}
        self._said: dict[tuple[Lane, str], tuple[int, float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        here = self._here()
        if scope["type"] == "websocket":
            return await streams.socket(self.app, scope, receive, send, here.open)
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        body = length != b"0" or b"transfer-encoding" in headers
        lane = lanes.lane_of(scope["method"], scope["path"], headers.get(b"content-type", b"x").decode("latin-1")
                             if body else "")  # fmt: skip
        if lane is Lane.FREE and not body:
            return await self.app(scope, receive, send)
        try:
            await self._admitted(here, lane, Head(scope, headers, length, body), receive, send)
        except Refused as refused:
            await refused.answer(scope, receive, send)
        except Gone:
            return

    async def _admitted(self, here: OnLoop, lane: Lane, head: "Head", receive: Receive, send: Send) -> None:
        queue, new = here.queues.get(lane), lanes.begins(head.scope["method"], head.scope["path"])
        key = head.key
        try:
            self._decided(here.backlog, head.scope)
            if head.body:
                if queue and (seconds := queue.refuses(key, new)):
                    raise Full(seconds)
                with queue.coming() if queue else nullcontext(_nobody) as over:
                    known = await self._known(here, head)
                    async with self._read(here.bodies, head, known, receive) as whole:
                        over()
                        return await self._place(queue, head, whole, send, key, new, let_in=True)
            if lane is Lane.STREAM:
                return await streams.events(self.app, head.scope, receive, send, here.open, key)
            await self._place(queue, head, receive, send, key, new)
        except Full as full:
            self._say(lane, full)
            raise Refused(self._busy(head, full.seconds)) from None

    def _decided(self, seen: Backlog, scope: Scope) -> None:
        """Raises Full where the workers are behind, and this would make more work for them."""
        verifies = lanes.verifies(scope["method"], scope["path"])
        if verifies and (seconds := seen.refuses(partial(self._waited, scope["app"]))):
            raise Full(seconds, f"workers: decisions have waited {seen.waited:.0f} s")

    async def _place(
        self, queue: Queue | None, head: "Head", receive: Receive, send: Send, key: str, new: bool, let_in: bool = False
    ) -> None:
        if queue is None:
            return await self.app(head.scope, receive, send)
        async with queue.place(key, new, let_in):
            await self.app(head.scope, receive, send)

    async def _known(self, here: OnLoop, head: "Head") -> str | None:
        """Who sends this. Raises Refused where only somebody known may, or where the key is not good."""
        sent = HTTPConnection(head.scope)
        try:
            known = await self._by_key(sent) or await to_thread.run_sync(self._who, sent, limiter=here.head_threads)
        except ShimingError as error:
            raise Refused(of_error(error)) from None
        small = head.length is not None and head.length <= SMALL_BODY
        api = head.scope["path"].startswith("/v1/") and not head.scope["path"].startswith(PUSHED)
        if known is None and (not small or api):
            said = "Send your key as 'Authorization: Bearer sk_test_…', or sign in first; this was not read."
            raise Refused(problem(401, "not_authenticated", said, {"WWW-Authenticate": "Bearer"}))
        return known

    @asynccontextmanager
    async def _read(self, bodies: Bodies, head: "Head", known: str | None, receive: Receive) -> AsyncIterator[Receive]:
        """The whole body, in pieces that are let go as they are read again."""
        who = known or f"address {head.address}"
        if head.length is not None and head.length > MAX_BODY:
            raise Refused(_too_large())
        small = head.length is not None and head.length <= SMALL_BODY
        if not bodies.may_begin(who, known is not None, small):
            raise Full(3, "bodies")
        pieces: deque[bytes] = deque()
        held = 0
        bodies.begin(who, known is not None)
        try:
            async for piece in _arriving(receive, body_pace.KNOWN if known else body_pace.UNKNOWN):
                if not small and not bodies.may_grow(who, len(piece)):
                    raise Full(3, "bodies")
                pieces.append(piece)
                held += len(piece)
                if not small:
                    bodies.grow(who, len(piece))
            yield _again(pieces, receive)
        finally:
            bodies.begin(who, known is not None, by=-1)
            if not small:
                bodies.grow(who, -held)

    def _busy(self, head: "Head", seconds: int) -> Response:
        if b"text/html" in head.headers.get(b"accept", b"") and not head.scope["path"].startswith("/v1/"):
            return self._page(Request(head.scope), seconds)
        return problem(503, "busy", BUSY.format(seconds), {"Retry-After": str(seconds)})

    def _say(self, lane: Lane, full: Full) -> None:
        """One line a minute for each thing that is short: an operator has to see that people are sent away, and why."""
        short = (lane, full.why.partition(":")[0])
        refused, last = self._said.get(short, (0, -SAYS_AGAIN))
        now = time.monotonic()
        if now - last >= SAYS_AGAIN:
            log.warning("busy: lane %s, too few %s; %d refused before, the next after %d s",
                        lane.name, full.why, refused, full.seconds)  # fmt: skip
            last = now
        self._said[short] = (refused + 1, last)

    def _here(self) -> OnLoop:
        loop = asyncio.get_running_loop()
        if loop not in self._loops:
            for old in [each for each in self._loops if each.is_closed()]:
                del self._loops[old]
            self._loops[loop] = OnLoop(self._bounds, self._bytes, self._decision_seconds)
        return self._loops[loop]


@dataclass(frozen=True)
class Head:
    """What is known of a request before its body. `length` None: it does not say."""

    scope: Scope
    headers: dict[bytes, bytes]
    said_length: bytes
    body: bool

    @property
    def length(self) -> int | None:
        if b"transfer-encoding" in self.headers:
            return None
        return int(self.said_length) if self.said_length.isdigit() and len(self.said_length) < 12 else MAX_BODY + 1

    @property
    def address(self) -> str:
        return self.scope["app"].state.proxies.address(HTTPConnection(self.scope))

    @property
    def key(self) -> str:
        """Whom a place is counted for: what was sent to be known by, unread, or else the address."""
        sent = self.headers.get(b"authorization") or self.headers.get(b"cookie")
        return hashlib.blake2b(sent, digest_size=8).hexdigest() if sent else self.address


def _nobody() -> None:
    """Ends the count of one whom no queue counts."""


async def _arriving(receive: Receive, pace: body_pace.Pace) -> AsyncIterator[bytes]:
    """The pieces of a body. Raises Refused where it is too slow or too large, Gone where nobody sends any more."""
    began, received = time.monotonic(), 0
    while True:
        patience = pace.patience(time.monotonic() - began, received)
        try:
            async with asyncio.timeout(max(patience, 0)):
                message = await receive()
        except TimeoutError:
            raise Refused(problem(408, "too_slow", "This came too slowly. Send it again on a better line, or send a "
                                                   "smaller picture.", {"Connection": "close"})) from None  # fmt: skip
        if message["type"] == "http.disconnect":
            raise Gone
        piece = message.get("body", b"")
        received += len(piece)
        if received > MAX_BODY:
            raise Refused(_too_large())
        yield piece
        if not message.get("more_body"):
            return


def _again(pieces: deque[bytes], receive: Receive) -> Receive:
    async def again() -> Message:
        if not pieces:
            return await receive()
        piece = pieces.popleft()
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    return again


def _too_large() -> Response:
    detail = "One request may carry 32 MB at most. Send pictures one by one, as JPEG, at most 30 MB each."
    return problem(413, "picture_too_large", detail)
