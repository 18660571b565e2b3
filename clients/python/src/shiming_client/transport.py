"""Under every call: an Idempotency-Key on each POST, retries with jitter, and errors raised as `ShimingError`."""

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from shiming_client.problems import NoAnswer, problem_of, seconds

KEY = "idempotency-key"
AGAIN = frozenset({429, 502, 503, 504})
"""Statuses after which the same request may go better. 409 is one of them with `in_progress` alone."""


@dataclass(frozen=True)
class Retries:
    """How often and when to ask again: `tries` in all, with `first` seconds before the second, twice that before the
    third, or what `Retry-After` says; each and a random part of it more, so that many clients do not come back at once.
    What would take more than `longest` seconds is not waited for. `sleep`, `sleep_async` and `chance` are for tests.
    """

    tries: int = 4
    first: float = 0.5
    longest: float = 30
    sleep: Callable[[float], None] = time.sleep
    sleep_async: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random

    def pause(self, tried: int, request: httpx.Request, answer: httpx.Response | None) -> float | None:
        """Seconds before the next try; None where there is to be none. `answer`: None where nobody answered."""
        if tried >= self.tries or not _may(request, answer):
            return None
        said = seconds(answer.headers.get("retry-after")) if answer is not None else None
        wait = self.first * 2 ** (tried - 1) if said is None else said
        return wait * (1 + self.chance()) if wait <= self.longest else None


def _may(request: httpx.Request, answer: httpx.Response | None) -> bool:
    if answer is None:
        return request.method != "PATCH"  # a part of a film that may have arrived would be refused
    if answer.status_code == 409:
        return "retry-after" in answer.headers and b'"in_progress"' in answer.content
    return answer.status_code in AGAIN and not _is_no(request, answer)


def _is_no(request: httpx.Request, answer: httpx.Response) -> bool:
    """Whether it is an answer and no error: `/v1/ready` says 503 where it is not."""
    return request.url.path.endswith("/v1/ready") and answer.headers.get("content-type") == "application/json"


def _keyed(request: httpx.Request) -> None:
    if request.method == "POST" and KEY not in request.headers:
        request.headers[KEY] = str(uuid.uuid4())


def _finished(request: httpx.Request, answer: httpx.Response | None, fault: Exception | None) -> httpx.Response:
    """The answer; or raises the error that it is."""
    if answer is None:
        raise NoAnswer(f"{type(fault).__name__}: {fault}", request.headers.get(KEY)) from fault
    if answer.is_error and not _is_no(request, answer):
        raise problem_of(answer.status_code, answer.headers, answer.content)
    return answer


class RetryingTransport(httpx.BaseTransport):
    """Around another transport, which sends."""

    def __init__(self, inner: httpx.BaseTransport, retries: Retries):
        self._inner, self._retries = inner, retries

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        _keyed(request)
        request.read()  # a body that is a stream could be sent once only
        tried = 0
        while True:
            answer, fault = self._once(request)
            tried += 1
            wait = self._retries.pause(tried, request, answer) if answer is None or answer.is_error else None
            if wait is None:
                return _finished(request, answer, fault)
            self._retries.sleep(wait)

    def _once(self, request: httpx.Request) -> tuple[httpx.Response | None, httpx.TransportError | None]:
        try:
            answer = self._inner.handle_request(request)
            if answer.is_error:
                answer.read()  # which closes it
            return answer, None
        except httpx.TransportError as fault:
            return None, fault

    def close(self) -> None:
        self._inner.close()


class AsyncRetryingTransport(httpx.AsyncBaseTransport):
    """The same, awaited."""

    def __init__(self, inner: httpx.AsyncBaseTransport, retries: Retries):
        self._inner, self._retries = inner, retries

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        _keyed(request)
        await request.aread()
        tried = 0
        while True:
            answer, fault = await self._once(request)
            tried += 1
            wait = self._retries.pause(tried, request, answer) if answer is None or answer.is_error else None
            if wait is None:
                return _finished(request, answer, fault)
            await self._retries.sleep_async(wait)

    async def _once(self, request: httpx.Request) -> tuple[httpx.Response | None, httpx.TransportError | None]:
        try:
            answer = await self._inner.handle_async_request(request)
            if answer.is_error:
                await answer.aread()
            return answer, None
        except httpx.TransportError as fault:
            return None, fault

    async def aclose(self) -> None:
        await self._inner.aclose()
