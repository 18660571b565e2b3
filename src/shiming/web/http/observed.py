"""Around every request: its id (`X-Request-Id`), its place in the figures, its line in the log, and what is left to its
key (`RateLimit-…`).

The line names the route by its template, the status, the time and ids of ours. It has no address, no query and no
account: those may name a person.
"""

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shiming.telemetry import logs, traces
from shiming.telemetry.current import CURRENT, Current, request_id
from shiming.telemetry.requests import REQUESTS

HEADER = b"x-request-id"
RATES = (b"ratelimit-limit", b"ratelimit-remaining", b"ratelimit-reset")
ROUTE = "shiming.route"
"""In a scope: the template of a route that is answered before FastAPI sees it."""
NOT_ROUTED, GONE = "none", 499
QUIET = frozenset(("/v1/accounts/{account}/may/{capability}", "/v1/health", "/v1/ready"))
"""Answered so often and so fast that a line for each costs more than it tells; faults among them are told."""
SILENT = dict.fromkeys(("tracing", "metrics", "logs", "operation_spans", "auto_configure"), False)
"""FastAPI would tell a collector addresses, queries and what faults said, which may name people: `observed` tells what
is told.
"""
VERIFICATION = re.compile("ver_[0-9a-z]{26}")


def _rates(at: Current) -> Iterator[tuple[bytes, bytes]]:
    """What is left to the key, as headers; of a call without one, nothing."""
    return zip(RATES, (b"%d" % number for number in at.rate or ()), strict=False)


class Observed:
    """The outermost middleware, so that every answer passes here, refusals and faults too. `log`: see the setting."""

    def __init__(self, app: ASGIApp, log: str = "calls"):
        self.app, self._log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        given = None
        for name, value in scope["headers"]:
            if name == HEADER:
                given = value
        at = Current(request_id(given))
        CURRENT.set(at)
        if scope["type"] == "websocket":
            return await self.app(scope, receive, send)
        header, began, status, seconds = (HEADER, at.request.encode()), time.perf_counter(), 0, 0.0

        async def told(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status, seconds = message["status"], time.perf_counter() - began
                message["headers"] = [*message.get("headers", ()), header, *_rates(at)]
            await send(message)

        try:
            if traces.on():
                await self._traced(scope, receive, told, at)
            else:
                await self.app(scope, receive, told)
        finally:
            self._note(scope, at, status or GONE, seconds or time.perf_counter() - began)

    async def _traced(self, scope: Scope, receive: Receive, told: Send, at: Current) -> None:
        """The same as a span, named by the template of its route once that is known; it goes on a caller's trace."""
        method, status = scope["method"], 0
        given = next((value for name, value in scope["headers"] if name == traces.PARENT), None)

        async def seen(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await told(message)

        facts = {"http_request_method": method, "shiming_request": at.request}
        with traces.span(method, "server", given, **facts) as span:
            try:
                await self.app(scope, receive, seen)
            finally:
                route = _route(scope)
                span.update_name(f"{method} {route}")
                verification = at.verification or scope.get("path_params", {}).get("id", "")
                about = verification if VERIFICATION.fullmatch(verification) else None
                traces.tell(span, http_route=route, http_response_status__code=status or GONE,
                            shiming_verification=about)  # fmt: skip

    def _note(self, scope: Scope, at: Current, status: int, seconds: float) -> None:
        route = _route(scope)
        REQUESTS.note(scope["method"], route, status, seconds)
        fault, wanted = status >= 500, self._log == "all" or (self._log == "calls" and route not in QUIET)
        if self._log != "off" and (fault or wanted):
            logs.access(self._line(scope, route, at, status, seconds))

    @staticmethod
    def _line(scope: Scope, route: str, at: Current, status: int, seconds: float) -> Mapping[str, Any]:
        line = {"method": scope["method"], "route": route, "status": status, "ms": round(seconds * 1000, 1)}
        line["request_id"] = at.request
        named = at.verification or scope.get("path_params", {}).get("id", "")
        return {**line, "verification_id": named} if VERIFICATION.fullmatch(named) else line


def _route(scope: Scope) -> str:
    return scope.get(ROUTE) or getattr(scope.get("route"), "path", None) or NOT_ROUTED
