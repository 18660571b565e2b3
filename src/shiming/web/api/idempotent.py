"""`Idempotency-Key` on every POST: same key and body, same answer for 24 hours; another body, 409."""

import hashlib
from collections.abc import Callable
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from shiming.errors import BadInput, Conflict
from shiming.store import idempotency
from shiming.store.keys import Caller
from shiming.web.access import caller_of, parts_of
from shiming.workflows.parts import Parts


class IdempotentRoute(APIRoute):
    """A route whose POSTs are answered once per key. Refused requests leave the key free for a corrected one.

    Its title on the API page is the first line of its function's docstring.
    """

    def __init__(self, path: str, endpoint: Callable, **options: Any):
        options["summary"] = (endpoint.__doc__ or endpoint.__name__).split("\n")[0]
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            key = request.headers.get("idempotency-key")
            if request.method != "POST" or not key:
                return await handle(request)
            if len(key) > 200:
                raise BadInput("An Idempotency-Key has 200 characters at most.")
            parts, body = parts_of(request), await request.body()
            caller = await run_in_threadpool(caller_of, request)
            before = await run_in_threadpool(_begin, parts, caller, key, request.url.path, _hash(request, body))
            if before is not None:
                return before
            try:
                answer = await handle(request)
            except BaseException:
                await run_in_threadpool(_forget, parts, caller, key)
                raise
            await run_in_threadpool(_finish, parts, caller, key, answer)
            return answer

        return handler


def _hash(request: Request, body: bytes) -> str:
    """A multipart body is compared without its boundary, which every client draws afresh."""
    _, _, boundary = request.headers.get("content-type", "").partition("boundary=")
    plain = body.replace(boundary.strip('"').encode(), b"") if boundary else body
    return hashlib.sha256(plain).hexdigest()


def _begin(parts: Parts, caller: Caller, key: str, path: str, body_hash: str) -> Response | None:
    with parts.database.write() as connection:
        before = idempotency.begin(connection, caller.app, key, path, body_hash, parts.now())
    if before is None:
        return None
    if (before.path, before.body_hash) != (path, body_hash):
        raise Conflict("This Idempotency-Key was used for another request. Use a new key for a new request.",
                       "idempotency_key_reused")  # fmt: skip
    if before.status is None:
        raise Conflict("A request with this Idempotency-Key is still being worked on.", "in_progress")
    content = parts.sealer.open(caller.app, f"idempotency {key}", before.sealed_answer)
    return Response(content, before.status, {"Idempotent-Replay": "true"}, "application/json")


def _finish(parts: Parts, caller: Caller, key: str, answer: Response) -> None:
    sealed = parts.sealer.seal(caller.app, f"idempotency {key}", answer.body)
    with parts.database.write() as connection:
        idempotency.finish(connection, caller.app, key, answer.status_code, sealed)


def _forget(parts: Parts, caller: Caller, key: str) -> None:
    with parts.database.write() as connection:
        idempotency.forget(connection, caller.app, key)
