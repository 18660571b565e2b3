"""Telling: every change writes one message. The inbox shows it; webhooks (Standard Webhooks), SMS and mail carry it."""

import base64
import hashlib
import hmac
import json

from sqlalchemy import Connection, Row

from shiming.account.standing import CHINA
from shiming.egress import Egress, Forbidden, Unreachable
from shiming.errors import BadInput, Unavailable
from shiming.store import accounts, messages
from shiming.store.database import moment
from shiming.support import notices
from shiming.workflows.parts import Parts

BACKOFF = (5, 30, 120, 600, 3600, 3 * 3600, 8 * 3600, 12 * 3600)
"""Seconds between tries: about a day in all, then the delivery is failed and can be sent again by hand."""
ANSWER_BYTES = 10_000  # of an answer, whose status is all that counts


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


def announce_account(parts: Parts, connection: Connection, account: Row, event: str, payload: dict) -> None:
    """The same for an account: `account.held`, `account.normal`, …; named as the platform names it, locked by us."""
    data = {"account": account.ref, **payload}
    told = messages.tell(connection, account.app, account.id, account.id, f"account.{event}", data, parts.now())
    for delivery in told:
        parts.enqueue(connection, "deliver", f"deliver:{delivery}:0", delivery, 0)


def deliver(parts: Parts, id: str, turn: int) -> str:
    """Send one delivery; when the receiver fails, queue the next try."""
    with parts.database.read() as connection:
        delivery, message, endpoint = messages.delivery(connection, id)
        locale = accounts.by_id(connection, message.account).locale
    if delivery.channel != "webhook":
        return _told(parts, delivery, message, endpoint, locale, turn)
    if delivery.state == "delivered" or endpoint.disabled_at:
        return "over"
    secret = parts.sealer.open(endpoint.id, "webhook.secret", endpoint.sealed_secret)
    state, answer = _send(parts.egress, endpoint.url, *signed(message, secret, parts.now() // 1000))
    return _noted(parts, id, turn, state, answer)


def _told(parts: Parts, delivery: Row, message: Row, contact: Row, locale: str, turn: int) -> str:
    """Send a notice by SMS or mail, by the first provider that can; in quiet hours, later what can wait."""
    if delivery.state in ("delivered", "failed") or contact.removed_at:
        return "over"
    clock = parts.clock().astimezone(CHINA)
    policy = parts.policy_in(delivery.app)
    wait = notices.quiet_until(clock.hour, clock.minute, policy.quiet_from, policy.quiet_until)
    if wait and notices.NOTICES[message.event].waits:
        with parts.database.write() as connection:
            parts.enqueue(connection, "deliver", f"deliver:{delivery.id}:{turn}:q", delivery.id, turn, delay=wait)
        return "quiet"
    words = notices.rendered(
        notices.worded(message.event, message.payload), delivery.channel, locale, parts.outlets.platform
    )
    to = parts.sealer.open(contact.account, f"contact.{contact.channel}", contact.sealed_address).decode()
    return _noted(parts, delivery.id, turn, *_by_first(parts, delivery, to, words))


def _by_first(parts: Parts, delivery: Row, to: str, words: notices.Rendered) -> tuple[str, str]:
    """Try the channel's providers in their order: the state, and who or what it was."""
    answer = "no provider"
    for provider in parts.outlets.of(delivery.channel, delivery.app.endswith(".test")):
        try:
            if delivery.channel == "sms":
                provider.send(to, words.text, delivery.id)
            else:
                provider.send(to, words.subject, words.text, {}, delivery.id)
            return "delivered", provider.name
        except Unavailable:
            answer = f"{provider.name}: unavailable"
        except BadInput as refused:
            return "failed", f"{provider.name}: {refused.code}"
    return ("retry" if answer != "no provider" else "failed"), answer


def _noted(parts: Parts, id: str, turn: int, state: str, answer: str) -> str:
    """Write down how a try ended, and queue the next one where it has to be."""
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


def _send(egress: Egress, url: str, body: bytes, headers: dict[str, str]) -> tuple[str, str]:
    """One try. Where the address leads is judged anew each time; one that leads inside is not tried again."""
    try:
        answer = egress.request("POST", url, body, headers, keep=ANSWER_BYTES)
    except Forbidden as refused:
        return "failed", f"{refused.code}: {refused.kind}"
    except Unreachable as fault:
        return "retry", str(fault)
    return ("delivered" if answer.is_success else "retry"), str(answer.status)
