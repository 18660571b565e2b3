"""Holds every answer that a test sees to the OpenAPI document: its status, its media type, its shape, its code.

It stands around the application of tests, and behind the clients of running servers.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import httpx
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shiming.web.api import document
from shiming.web.api.operations import OPERATIONS, Operation
from shiming.web.api.schemas.messages import PAYLOADS
from shiming.web.api.schemas.problems import Problem
from shiming.web.routers import API

WHERE = "src/shiming/web/api/operations.py has the rows, schemas/ beside it the shapes"


class NotDescribed(AssertionError):
    """The document says something else than what was answered."""


@cache
def calls() -> tuple[tuple[re.Pattern[str], str, APIRoute, Operation], ...]:
    """Every call: a pattern of its address, its method, its route and its row; in the order in which routes match."""
    routes = [route for part in API for route in part.router.routes if route.include_in_schema]
    named = [(route, method, f"{method} {route.path_format}") for route in routes for method in route.methods]
    return tuple((route.path_regex, method, route, OPERATIONS[key])
                 for route, method, key in named if key in OPERATIONS)  # fmt: skip


@lru_cache(4096)
def _call(method: str, path: str) -> tuple[APIRoute, Operation] | None:
    return next((row[2:] for row in calls() if row[1] == method and row[0].fullmatch(path)), None)


@cache
def adapter(shape: Any) -> TypeAdapter:
    return TypeAdapter(shape)


def check(method: str, path: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Raises NotDescribed where the document does not say that this may be answered."""
    found = _call(method, path)
    if found is None:
        return
    route, row = found
    told = f"{method} {route.path_format} ({row.id}) answered {status}"
    media = headers.get("content-type", "").partition(";")[0]
    if status >= 400 and not (status == 503 and route.path_format == "/v1/ready"):
        unasked = document.BODIES if method in ("GET", "DELETE") else ()  # a body that no client is told to send
        if status not in (*document.errors_of(method, route), *unasked):
            raise NotDescribed(f"{told}, which the document does not name: add it to `also` of its row. {WHERE}.")
        return _shaped(told, Problem, media, "application/problem+json", body)
    if status < 400 and status != (route.status_code or 200):
        raise NotDescribed(f"{told}; the document says {route.status_code or 200}. {WHERE}.")
    if row.answer is None and body:
        raise NotDescribed(f"{told} with content; the document says that there is none. {WHERE}.")
    if isinstance(row.answer, str) and media != row.answer:
        raise NotDescribed(f"{told} as {media!r}; the document says {row.answer!r}. {WHERE}.")
    if isinstance(row.answer, str) or row.answer is None:
        return None
    return _shaped(told, row.answer, media, "application/json", body)


def _shaped(told: str, shape: Any, media: str, wanted: str, body: bytes) -> None:
    if media != wanted:
        raise NotDescribed(f"{told} as {media!r}; the document says {wanted!r}. {WHERE}.")
    try:
        adapter(shape).validate_json(body, strict=True)
    except ValidationError as wrong:
        first = wrong.errors()[:5]
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']} ({str(e['input'])[:80]!r})" for e in first)
        name = shape.__name__ if isinstance(shape, type) and issubclass(shape, BaseModel) else shape
        raise NotDescribed(f"{told} with what is no {name}: {faults}. {WHERE}.") from None


def check_told(event: str, sequence: int, data: Mapping[str, Any]) -> None:
    """Raises NotDescribed where a message is not what its webhook is described as."""
    if event not in PAYLOADS:
        raise NotDescribed(f"The event {event} is not described: support/webhook_events.py, schemas/messages.py.")
    said = {"type": event, "timestamp": "2026-11-22T00:00:00.000Z", "data": {"sequence": sequence, **data}}
    try:
        adapter(PAYLOADS[event]).validate_python(said)
    except ValidationError as wrong:
        raise NotDescribed(f"The event {event} carries {data}: {wrong}. schemas/messages.py describes it.") from None


def hook(answer: httpx.Response) -> None:
    """For `event_hooks` of an httpx client of a running server."""
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        return
    answer.read()
    check(answer.request.method, answer.request.url.path, answer.status_code, answer.headers, answer.content)


class Described:
    """Around an application: looks at each whole answer to the public API."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            return await self.app(scope, receive, send)
        seen: dict[str, Any] = {"body": []}

        async def looking(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"], named = message["status"], message["headers"]
                seen["headers"] = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in named}
            else:
                seen["body"].append(message.get("body", b""))
            await send(message)

        await self.app(scope, receive, looking)
        if "status" in seen:
            path = scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0]
            check(scope["method"], path, seen["status"], seen["headers"], b"".join(seen["body"]))
