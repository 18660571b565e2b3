"""What goes wrong: the server refused, or nobody answered."""

import json
from collections.abc import Mapping
from typing import Any


class ShimingError(Exception):
    """A problem (RFC 9457). Act by `code`; `detail` says what to do; name `request_id` when you ask for help.

    `fields`: which fields are wrong, each with `field` and `problem`. `retry_after`: seconds, where it may go better
    later. `problem`: the whole answer.
    """

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: float | None = None):
        self.status, self.problem, self.retry_after = status, dict(problem), retry_after
        self.code = str(problem.get("code", "http_error"))
        self.detail = str(problem.get("detail", ""))
        self.request_id = str(problem.get("request_id", ""))
        self.fields = list(problem.get("fields", []))
        super().__init__(f"{status} {self.code}: {self.detail}")


class NoAnswer(ShimingError):
    """Nobody answered, after all tries. A POST may be sent again with the same Idempotency-Key: `idempotency_key`."""

    def __init__(self, why: str, idempotency_key: str | None):
        super().__init__(0, {"code": "no_answer", "detail": why})
        self.idempotency_key = idempotency_key


def problem_of(status: int, headers: Mapping[str, str], body: bytes) -> ShimingError:
    """The error that an answer of 400 and more is. What is not ours (a proxy's page) is `http_error`."""
    media = headers.get("content-type", "").partition(";")[0].strip()
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if media != "application/problem+json" or not isinstance(said, dict):
        said = {"detail": body[:200].decode("utf-8", "replace"), "request_id": headers.get("x-request-id", "")}
    return ShimingError(status, said, seconds(headers.get("retry-after")))


def seconds(text: str | None) -> float | None:
    """What `Retry-After` says, in seconds; None where it says nothing that we understand."""
    return float(text) if text and text.isascii() and text.isdigit() else None
