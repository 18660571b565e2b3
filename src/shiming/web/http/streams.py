"""What stays open, WebSockets and server-sent events: how many at once, and how long one may be silent or not read."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shiming.web.http.waiting import Full

MOST = {"socket": 500, "events": 200}
MOST_OF_ONE = {"socket": 250, "events": 100}
"""Of one address, or one key. A whole province may come from one address, a platform's server has one key."""
FIRST_SECONDS, IDLE_SECONDS, UNREAD_SECONDS = 15.0, 60.0, 30.0
AGAIN_SECONDS = 5
TRY_LATER, TOO_SILENT = 1013, 1001


@dataclass
class Open:
    """What is open: how many of each kind, and of each whom."""

    count: Counter = field(default_factory=Counter)

    def room(self, kind: str, whom: str) -> bool:
        return self.count[kind] < MOST[kind] and self.count[kind, whom] < MOST_OF_ONE[kind]

    @contextmanager
    def one(self, kind: str, whom: str) -> Iterator[None]:
        if not self.room(kind, whom):
            raise Full(AGAIN_SECONDS, "streams")
        for each in (kind, (kind, whom)):
            self.count[each] += 1
        try:
            yield
        finally:
            for each in (kind, (kind, whom)):
                self.count[each] -= 1
            if not self.count[kind, whom]:
                del self.count[kind, whom]


async def socket(app: ASGIApp, scope: Scope, receive: Receive, send: Send, open: Open) -> None:
    """A WebSocket, which is closed where nothing comes: soon at first, when nobody is known yet."""
    patience = FIRST_SECONDS

    async def heard() -> Message:
        nonlocal patience
        try:
            async with asyncio.timeout(patience):
                message = await receive()
        except TimeoutError:
            await send({"type": "websocket.close", "code": TOO_SILENT})
            return {"type": "websocket.disconnect", "code": TOO_SILENT}
        if message["type"] == "websocket.receive":
            patience = IDLE_SECONDS
        return message

    try:
        with open.one("socket", scope["app"].state.proxies.address(HTTPConnection(scope))):
            await app(scope, heard, send)
    except Full:
        await send({"type": "websocket.close", "code": TRY_LATER})


async def events(app: ASGIApp, scope: Scope, receive: Receive, send: Send, open: Open, key: str) -> None:
    """A stream of events. Who does not read it is let go. Raises Full."""

    async def told(message: Message) -> None:
        async with asyncio.timeout(UNREAD_SECONDS):
            await send(message)

    with open.one("events", key):
        try:
            await app(scope, receive, told)
        except TimeoutError:
            return
