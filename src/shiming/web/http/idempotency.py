"""`Idempotency-Key` on every POST: same caller, address, key and body, same answer for 24 hours; another body, 409.

The key is looked at last: who may not make a request does not get its answer either. No answer is kept, only ids: each
POST names beside itself how its answer is made again from them.
"""

import asyncio
import hashlib
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import wraps
from typing import Any

from fastapi import Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from shiming.errors import BadInput, ShimingError
from shiming.store.access import idempotency
from shiming.store.access.api_keys import Caller
from shiming.store.access.idempotency import Claim
from shiming.web.access import caller_of, context_of, known_caller
from shiming.workflows.context import Context

HEADER = "idempotency-key"


@dataclass(frozen=True, slots=True)
class Replay:
    """How a POST is answered again. Without `answer`: by doing it again, which does no harm there.

    `answer` gets those of the call's arguments that it names; `made`, the ids that were noted; `answered`, false
    where a crash kept the first answer from anybody. What takes several transactions is done when it has noted `done`;
    broken off before that, it is gone on with.
    """

    answer: Callable | None = None
    done: str = ""

    def is_done(self, claim: Claim) -> bool:
        return claim.wrote and self.answer is not None and (not self.done or self.done in claim.made)

    def again(self, claim: Claim, given: Mapping[str, Any]) -> Any:
        known = {**given, "made": claim.made, "answered": claim.answered}
        return self.answer(**{name: known[name] for name in inspect.signature(self.answer).parameters})


def replay(answer: Callable | None = None, done: str = "") -> Callable[[Callable], Callable]:
    """Says below a POST's route how it is answered again: see Replay."""

    def noted(endpoint: Callable) -> Callable:
        endpoint.replay = Replay(answer, done)
        return endpoint

    return noted


def nothing() -> None:
    """The answer that has no content."""


class IdempotentRoute(APIRoute):
    """A route whose POSTs are done once per key. Refused requests leave the key free for a corrected one.

    Its title on the API page is the first line of its function's docstring.
    """

    def __init__(self, path: str, endpoint: Callable, **options: Any):
        options["summary"] = (endpoint.__doc__ or endpoint.__name__).split("\n")[0]
        posts = "POST" in (options.get("methods") or ())
        super().__init__(path, _on_a_thread(_once(endpoint) if posts else endpoint), **options)

    def get_route_handler(self) -> Callable:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            if request.method != "POST":
                return await handle(request)
            await known_caller(request)  # before anything of the body is read
            renewing = asyncio.create_task(_renew(request)) if HEADER in request.headers else None
            try:
                answer = await handle(request)
            finally:
                if renewing:
                    renewing.cancel()
            if getattr(request.state, "replayed", False):
                answer.headers["Idempotent-Replay"] = "true"
            return answer

        return handler


def _on_a_thread(endpoint: Callable) -> Callable:
    """The same endpoint, for which FastAPI takes one thread; of one that is no coroutine it checks the answer on
    another, which costs more than checking it."""
    if inspect.iscoroutinefunction(endpoint):
        return endpoint

    @wraps(endpoint)
    async def on_a_thread(**given: Any) -> Any:
        return await run_in_threadpool(endpoint, **given)

    return on_a_thread


def _once(endpoint: Callable) -> Callable:
    """The same endpoint, done once per key. Called when the route's dependencies have said that the caller may."""
    if hasattr(endpoint, "once"):
        return endpoint
    names = inspect.signature(endpoint).parameters
    if not hasattr(endpoint, "replay") or "request" not in names or not {"caller", "scope"} & set(names):
        raise TypeError(f"{endpoint.__name__}: a POST takes `request`, and `caller` or `scope`, and says by @replay "
                        "how it is answered again.")  # fmt: skip

    @wraps(endpoint)
    def once(**given: Any) -> Any:
        request = given["request"]
        key = request.headers.get(HEADER)
        if not key:
            return endpoint(**given)
        if len(key) > 200:
            raise BadInput("An Idempotency-Key has 200 characters at most.")
        return _answer(endpoint, given, request, _begin(request, key, _body_hash(given)))

    once.once = True
    return once


def _answer(endpoint: Callable, given: dict[str, Any], request: Request, claim: Claim) -> Any:
    how: Replay = endpoint.replay
    done = request.state.replayed = claim.answered or how.is_done(claim)
    if claim.answered:
        return how.again(claim, given) if how.answer else endpoint(**given)
    request.state.claim = claim
    with _settled(context_of(request), claim, how, done), idempotency.working(claim):
        answer = how.again(claim, given) if done else endpoint(**given)
    if isinstance(answer, Response) and answer.status_code >= 400:
        _write(context_of(request), idempotency.give_back, claim)
    else:
        _write(context_of(request), idempotency.finish, claim)
    return answer


@contextmanager
def _settled(context: Context, claim: Claim, how: Replay, done: bool) -> Iterator[None]:
    """What becomes of the claim of a request that fails: a refusal frees the key, unless all was done before; a fault
    of ours leaves to the next one what was done.
    """
    try:
        yield
    except BaseException as fault:
        refused = isinstance(fault, ShimingError) and fault.status < 500
        gone_on = done or (how.done in claim.made if refused else claim.wrote)
        with suppress(Exception):  # the fault itself is what has to be told; the lease ends by itself
            _write(context, idempotency.let_go if gone_on else idempotency.give_back, claim)
        raise


def _begin(request: Request, key: str, body: str) -> Claim:
    context, caller = context_of(request), caller_of(request)
    asked = "\0".join((caller.app, caller.id, request.method, request.url.path, key))
    ids = context.lookup.candidates("idempotency", asked)
    bodies = context.lookup.candidates("idempotency body", body)
    with context.database.write() as connection:
        return idempotency.begin(connection, caller.app, ids, bodies)


def _write(context: Context, step: Callable, claim: Claim) -> None:
    with context.database.write() as connection:
        step(connection, claim)


async def _renew(request: Request) -> None:
    """Keep the lease of a request that takes its time."""
    while True:
        await asyncio.sleep(idempotency.RENEW_MS / 1000)
        if claim := getattr(request.state, "claim", None):
            with suppress(Exception):  # tried again; if never, the lease ends, and nothing is done twice even so
                await asyncio.to_thread(_write, context_of(request), idempotency.renew, claim)


def _body_hash(given: Mapping[str, Any]) -> str:
    """A hash of all that was sent, as it was understood: not of boundaries, spaces and the order of fields."""
    ours = (Request, Response, Caller)
    sent = {name: _plain(value) for name, value in given.items() if not isinstance(value, ours) and name != "scope"}
    return hashlib.sha256(json.dumps(sent, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], UploadFile):
        return [_plain(each) for each in value]
    if not isinstance(value, UploadFile):
        return jsonable_encoder(value)
    hash = hashlib.file_digest(value.file, "sha256").hexdigest()
    value.file.seek(0)
    return hash
