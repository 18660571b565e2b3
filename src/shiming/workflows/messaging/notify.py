"""Telling: every change writes one message. The inbox shows it; webhooks (Standard Webhooks), SMS and mail carry it."""

import base64
import hashlib
import hmac
import json

from sqlalchemy import Connection, Row

from shiming.account.standing import CHINA
from shiming.egress import Egress, Forbidden, Unreachable
from shiming.errors import BadInput, Unavailable
from shiming.store.account import accounts
from shiming.store.database import moment
from shiming.store.messaging import outbox
from shiming.support import notices
from shiming.workflows.context import Context

BACKOFF = (5, 30, 120, 600, 3600, 3 * 3600, 8 * 3600, 12 * 3600)
"""Seconds between tries: about a day in all, then the delivery is failed and can be sent again by hand."""
ANSWER_BYTES = 10_000  # of an answer, whose status is all that counts


def announce(context: Context, connection: Connection, row: Row, event: str, payload: dict) -> None:
    """Write what happened to a verification into the outbox, and queue its deliveries, in the caller's transaction."""
    data = {"verification": row.id, "round": row.round, **payload}
    tell(context, connection, row.app, row.account, row.id, f"verification.{event}", data)


def tell(context: Context, connection: Connection, app: str, account: str, about: str, event: str, data: dict) -> None:
    """Write that something happened to an account's thing into the outbox, in the caller's transaction.

    `data` holds ids, states and codes only: it leaves the system.
    """
    for delivery in outbox.tell(connection, app, account, about, event, data, context.now()):
        context.enqueue(connection, "deliver", f"deliver:{delivery}:0", delivery, 0)


def announce_account(context: Context, connection: Connection, account: Row, event: str, payload: dict) -> None:
    """The same for an account: `account.held`, `account.normal`, …; named as the platform names it, locked by us."""
    data = {"account": account.ref, **payload}
    told = outbox.tell(connection, account.app, account.id, account.id, f"account.{event}", data, context.now())
    for delivery in told:
        context.enqueue(connection, "deliver", f"deliver:{delivery}:0", delivery, 0)


def deliver(context: Context, id: str, turn: int) -> str:
    """Send one delivery; when the receiver fails, queue the next try."""
    with context.database.read() as connection:
        delivery, message, endpoint = outbox.delivery(connection, id)
        locale = accounts.by_id(connection, message.account).locale
    if delivery.channel != "webhook":
        return _told(context, delivery, message, endpoint, locale, turn)
    if delivery.state == "delivered" or endpoint.disabled_at:
        return "over"
    secret = context.sealer.open(endpoint.id, "webhook.secret", endpoint.sealed_secret)
    state, answer = _send(context.egress, endpoint.url, *signed(message, secret, context.now() // 1000))
    return _noted(context, id, turn, state, answer)


def _told(context: Context, delivery: Row, message: Row, contact: Row, locale: str, turn: int) -> str:
    """Send a notice by SMS or mail, by the first provider that can; in quiet hours, later what can wait."""
    if delivery.state in ("delivered", "failed") or contact.removed_at:
        return "over"
    clock = context.clock().astimezone(CHINA)
    policy = context.policy_in(delivery.app)
    wait = notices.quiet_until(clock.hour, clock.minute, policy.quiet_from, policy.quiet_until)
    if wait and notices.NOTICES[message.event].waits:
        with context.database.write() as connection:
            context.enqueue(connection, "deliver", f"deliver:{delivery.id}:{turn}:q", delivery.id, turn, delay=wait)
        return "quiet"
    words = notices.rendered(
        notices.worded(message.event, message.payload), delivery.channel, locale, context.channels.platform
    )
    to = context.sealer.open(contact.account, f"contact.{contact.channel}", contact.sealed_address).decode()
    return _noted(context, delivery.id, turn, *_by_first(context, delivery, to, words))


def _by_first(context: Context, delivery: Row, to: str, words: notices.Rendered) -> tuple[str, str]:
    """Try the channel's providers in their order: the state, and who or what it was."""
    answer = "no provider"
    for provider in context.channels.of(delivery.channel, delivery.app.endswith(".test")):
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


def _noted(context: Context, id: str, turn: int, state: str, answer: str) -> str:
    """Write down how a try ended, and queue the next one where it has to be."""
    with context.database.write() as connection:
        last = turn >= len(BACKOFF)
        outbox.note_delivery(connection, id, "failed" if state == "retry" and last else state, answer, context.now())
        if state == "retry" and not last:
            context.enqueue(connection, "deliver", f"deliver:{id}:{turn + 1}", id, turn + 1, delay=BACKOFF[turn])
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
