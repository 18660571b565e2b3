"""Telling: every change writes one message; the inbox shows it and webhooks carry it (Standard Webhooks convention)."""

import base64
import hashlib
import hmac
import json

import httpx
from sqlalchemy import Connection, Row

from shiming.store import messages
from shiming.store.database import moment
from shiming.workflows.parts import Parts

BACKOFF = (5, 30, 120, 600, 3600, 3 * 3600, 8 * 3600, 12 * 3600)
"""Seconds between tries: about a day in all, then the delivery is failed and can be sent again by hand."""
TIMEOUT = httpx.Timeout(10.0, connect=5.0)


def announce(parts: Parts, connection: Connection, row: Row, event: str, payload: dict) -> None:
    """Write what happened to a verification into the outbox, and queue its deliveries, in the caller's transaction."""
    data = {"verification": row.id, "round": row.round, **payload}
    tell(parts, connection, row.app, row.account, row.id, f"verification.{event}", data)


def tell(parts: Parts, connection: Connection, app: str, account: str, about: str, event: str, data: dict) -> None:
    """Write that something happened to an account's thing into the outbox, in the caller's transaction.

    `data` holds ids, states and codes only: it leaves the house.
    """
    for delivery in messages.tell(connection, app, account, about, event, data, parts.now()):
        parts.enqueue(connection, "deliver", f"deliver:{delivery}:0", delivery, 0)


def deliver(parts: Parts, id: str, turn: int) -> str:
    """Send one delivery; when the receiver fails, queue the next try."""
    with parts.database.read() as connection:
        delivery, message, endpoint = messages.delivery(connection, id)
    if delivery.state == "delivered" or endpoint.disabled_at:
        return "over"
    secret = parts.sealer.open(endpoint.id, "webhook.secret", endpoint.sealed_secret)
    state, answer = _send(endpoint.url, *signed(message, secret, parts.now() // 1000))
    with parts.database.write() as connection:
        last = turn >= len(BACKOFF)
        messages.note_delivery(connection, id, "failed" if state == "retry" and last else state, answer, parts.now())
        if state == "retry" and not last:
            parts.enqueue(connection, "deliver", f"deliver:{id}:{turn + 1}", id, turn + 1, delay=BACKOFF[turn])
    return state


def signed(message: Row, secret: bytes, timestamp: int) -> tuple[bytes, dict[str, str]]:
    """The body of a webhook and its headers: id, timestamp, and a signature over the raw body."""
    data = {"sequence": message.sequence, **message.payload}
    body = json.dumps({"type": message.event, "timestamp": moment(message.at).isoformat(), "data": data}).encode()
    mac = hmac.new(secret, f"{message.id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    headers = {
        "content-type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }
    return body, headers


def _send(url: str, body: bytes, headers: dict[str, str]) -> tuple[str, str]:
    try:
        answer = httpx.post(url, content=body, headers=headers, timeout=TIMEOUT, follow_redirects=False)
    except httpx.HTTPError as error:
        return "retry", type(error).__name__
    return ("delivered" if answer.is_success else "retry"), str(answer.status_code)
