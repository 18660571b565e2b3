"""What the OpenAPI document says beside calls and shapes: who we are, keys, headers, and the errors of every call."""

from http import HTTPStatus
from typing import Any

ABOUT: dict[str, Any] = {
    "summary": "Real-name verification, self-hosted",
    "description": "Verifications, accounts and what they may do, holds, appeals and events. Times are ISO 8601 in "
    "UTC; every error is a problem (RFC 9457) with a stable `code`. Words of an enumeration may be added to; nothing "
    "is taken away within `/v1`.",
    "servers": [{"url": "/", "description": "The installation that serves this document."}],
    "contact": {"name": "Whoever runs this installation"},
    "license_info": {"name": "All rights reserved", "identifier": "LicenseRef-Shiming"},
    "tags": [
        {"name": "accounts", "description": "Their standing, what they may do, their messages and their end."},
        {"name": "verifications", "description": "Verifications: begun, handed in, submitted, read, erased."},
        {"name": "holds", "description": "What holds accounts back, and what lifts it."},
        {"name": "persons", "description": "One person's accounts; blocks and moves by two people."},
        {"name": "prompts", "description": "For the platform's own pages: the prompt to verify, and launch clients."},
        {"name": "events", "description": "What platforms report, and what rules found in it."},
        {"name": "policies", "description": "Versions tried on history, published by two people, rolled back."},
        {"name": "appeals", "description": "Appeals and their pieces."},
        {"name": "staff", "description": "What people decide."},
        {"name": "support", "description": "Conversations between holders and support."},
        {"name": "webhooks", "description": "Where events are sent, what became of each delivery, and the events."},
        {"name": "platform", "description": "The catalogue of reasons, and whether the server is well."},
    ],
}  # fmt: skip
BINARY = {"type": "string", "format": "binary"}
RATES = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
SIGNED = ("WebhookId", "WebhookTimestamp", "WebhookSignature")
WHY = {
    400: "A header cannot be read.",
    401: "No key, or one that is not good.",
    403: "This key, role or token may not do this.",
    404: "There is no such thing here.",
    408: "The body came too slowly.",
    409: "The state of the thing forbids it; or the `Idempotency-Key` is worked on, or was used for another body.",
    410: "It was erased, or its time is over.",
    413: "The body, or a picture in it, is too large.",
    414: "The address is too long.",
    422: "What was sent cannot be used as it is; `fields` names what.",
    429: "A limit is reached; `Retry-After` says for how long.",
    500: "Something went wrong on our side.",
    503: "It cannot be done just now. Nothing was begun; send it again after `Retry-After`.",
}
NAMES = {408: "TooSlow", 413: "TooLarge", 414: "AddressTooLong", 422: "Unprocessable", 500: "Fault", 503: "Unavailable"}
LATER = (409, 429, 503)
HEADERS: dict[str, tuple[str, Any]] = {
    "X-Request-Id": ("The id of this request, also in our log: name it when you ask for help.", {"type": "string"}),
    "Retry-After": ("Seconds until it may be tried again.", {"type": "integer"}),
    "Idempotent-Replay": ("`true` where it was done before, under the same `Idempotency-Key`.",
                          {"type": "string", "enum": ["true"]}),
    "RateLimit-Limit": ("Requests that this key may make in a minute.", {"type": "integer"}),
    "RateLimit-Remaining": ("Requests that are left of them.", {"type": "integer"}),
    "RateLimit-Reset": ("Seconds until they are counted anew.", {"type": "integer"}),
}  # fmt: skip
PARAMETERS = {
    "IdempotencyKey": ("Idempotency-Key", False, "The same key and body are done once in 24 hours.", 200),
    "WebhookId": ("webhook-id", True, "The same at each try: take a message once.", 80),
    "WebhookTimestamp": ("webhook-timestamp", True, "Seconds since 1970; refuse what is old.", 20),
    "WebhookSignature": ("webhook-signature", True, "`v1,` and a signature; two while a secret is changed.", 500),
}
SCHEMES = {
    "apiKey": {"type": "http", "scheme": "bearer", "description": "A key from `shiming keys add`, for servers and "
               "staff. Which role it must have stands with each call."},
    "holderToken": {"type": "http", "scheme": "bearer", "description": "The `token` of a verification, for its "
                    "holder's browser; good for that verification alone."},
}  # fmt: skip


def name(status: int) -> str:
    """What the errors of this status are called."""
    return NAMES.get(status, HTTPStatus(status).phrase.title().replace(" ", ""))


def header(called: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{called}"}


def components(problem: dict[str, Any]) -> dict[str, Any]:
    """All but the schemas. `problem` is what stands for the shape of errors."""
    return {
        "headers": {each: {"description": words, "schema": kind} for each, (words, kind) in HEADERS.items()},
        "parameters": {each: _parameter(*row) for each, row in PARAMETERS.items()},
        "responses": {name(status): _error(status, words, problem) for status, words in WHY.items()},
        "securitySchemes": SCHEMES,
    }


def _parameter(called: str, required: bool, words: str, longest: int) -> dict[str, Any]:
    schema = {"type": "string", "maxLength": longest}
    return {"name": called, "in": "header", "required": required, "description": words, "schema": schema}


def _error(status: int, words: str, problem: dict[str, Any]) -> dict[str, Any]:
    headers = ["X-Request-Id", *(["Retry-After"] if status in LATER else [])]
    content = {"application/problem+json": {"schema": problem}}
    return {"description": words, "headers": {each: header(each) for each in headers}, "content": content}
