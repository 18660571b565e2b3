"""Telling: every change writes one message. The inbox shows it; webhooks (Standard Webhooks), SMS and mail carry it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence

from sqlalchemy import Connection, Row

from shiming.account.standing import CHINA
from shiming.egress import Forbidden, Unreachable
from shiming.errors import Unavailability
from shiming.providers.contracts import Text
from shiming.store.account import accounts
from shiming.store.database import iso, moment, new_id
from shiming.store.messaging import lanes, outbox
from shiming.support import notices
from shiming.support.webhook_events import TEST
from shiming.verification.source_answers import Silence
from shiming.workflows import source_health
from shiming.workflows.context import Context
from shiming.workflows.messaging import resting, sending

ANSWER_BYTES = 0  # of an answer, whose status is all that counts
TOO_MANY = 429


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


def test(context: Context, connection: Connection, app: str, endpoint: str) -> tuple[str, str]:
    """Send an endpoint a test event; the ids of the message and its delivery."""
    message, delivery = outbox.tell_endpoint(connection, app, endpoint, TEST, context.now())
    context.enqueue(connection, "deliver", f"deliver:{delivery}:0", delivery, 0)
    return message, delivery


def trigger(context: Context, connection: Connection, app: str, event: str, about: str, data: dict) -> str:
    """Send a side's endpoints a message that a developer has asked for; its id."""
    message, told = outbox.trigger(connection, app, event, about, data, context.now())
    for delivery in told:
        context.enqueue(connection, "deliver", f"deliver:{delivery}:0", delivery, 0)
    return message


def resend(context: Context, connection: Connection, id: str) -> None:
    """Queue a delivery from its first turn. Its turns have names of their own: the same name is never queued twice."""
    again = new_id("try")
    context.enqueue(connection, "deliver", f"deliver:{id}:again:{again}", id, 0, again)


def deliver(context: Context, id: str, turn: int, again: str = "") -> str:
    """Send one delivery; when the receiver fails, queue the next try. `again` names a time that somebody asked for."""
    with context.database.read() as connection:
        if outbox.gone(connection, id):
            return "over"
        delivery, message, endpoint = outbox.delivery(connection, id)
        person = delivery.channel != "webhook"
        locale = accounts.by_id(connection, message.account).locale if person else ""
    if person:
        return _told(context, delivery, message, endpoint, locale, turn, again)
    if delivery.state == "delivered" or endpoint.disabled_at:
        return "over"
    if resting.park(context, delivery, endpoint, turn):
        return "resting"
    body, headers = signed(message, _secrets(context, endpoint), context.now() // 1000)
    state, answer, sick = _send(context, endpoint.url, body, headers)
    return _noted(context, id, turn, again, state, answer, endpoint=endpoint, sick=sick)


def _next(context: Context, connection: Connection, id: str, turn: int, again: str, silent: Silence | None) -> None:
    """Queue the next turn, when it is due: where a quota is used up, not before that begins anew."""
    name, delay = f"deliver:{id}:{turn + 1}{again and ':'}{again}", float(resting.BACKOFF[turn])
    if _quota(silent):
        delay = max(delay, source_health.pause(context, silent, turn, context.shared_clock(connection), id))
    context.enqueue(connection, "deliver", name, id, turn + 1, again, delay=delay)


def _quota(silent: Silence | None) -> bool:
    return silent is not None and silent.kind is Unavailability.LIMITED


def _old(context: Context, connection: Connection, id: str) -> bool:
    """Whether a message has waited for about a day: another quota is not waited for."""
    return context.now() - outbox.delivery(connection, id)[1].at > resting.DAY_MS


def _told(context: Context, delivery: Row, message: Row, contact: Row, locale: str, turn: int, again: str) -> str:
    """Send a notice by SMS or mail, by the first provider that can; in quiet hours, later what can wait. One that is on
    its way is only looked for.
    """
    if delivery.state in sending.OVER or contact.removed_at:
        return "over"
    to = context.sealer.open(contact.account, f"contact.{contact.channel}", contact.sealed_address).decode()
    if again == sending.LOOK or delivery.state in ("sending", "unsure", "accepted"):
        delivery, turn = _looked(context, delivery, to, turn if again == sending.LOOK else 0)
        if delivery.state != "waiting":
            return delivery.state
        again = ""
    clock = context.clock().astimezone(CHINA)
    policy = context.policy_in(delivery.app)
    wait = notices.quiet_until(clock.hour, clock.minute, policy.quiet_from, policy.quiet_until)
    if wait and notices.NOTICES[message.event].waits:
        with context.database.write() as connection:
            name = f"deliver:{delivery.id}:{turn}:q{again}"
            context.enqueue(connection, "deliver", name, delivery.id, turn, again, delay=wait)
        return "quiet"
    event = notices.worded(message.event, message.payload)
    words = notices.rendered(event, delivery.channel, locale, context.channels.platform)
    text = Text(notices.NOTICES[event].sms, notices.language(locale), words.text)
    return _noted(context, delivery.id, turn, again, *sending.by_first(context, delivery, to, words, text))


def _looked(context: Context, delivery: Row, to: str, turn: int) -> tuple[Row, int]:
    """The delivery after a look for its receipt, and the turn in which it would be sent again. A send that a crash
    broke off is as unsure as one that timed out.
    """
    if delivery.state == "sending":
        with context.database.write() as connection:
            outbox.note_delivery(connection, delivery.id, "unsure", f"{delivery.provider}: broken off", context.now())
            noted = outbox.delivery(connection, delivery.id)[0]
            if sending.reports(context, noted):
                sending.look_later(context, connection, noted, 0)
            return noted, 0
    if sending.reports(context, delivery) is None:
        return delivery, 0
    state = sending.look(context, delivery, to)
    with context.database.write() as connection:
        if state in ("accepted", "unsure"):
            sending.look_later(context, connection, delivery, turn + 1)
        return outbox.delivery(connection, delivery.id)[0], min(delivery.tries, resting.TURNS)


def _noted(context: Context, id: str, turn: int, again: str, state: str, answer: str, silent: Silence | None = None,
           endpoint: Row | None = None, sick: bool = False) -> str:  # fmt: skip
    """Write down how a try ended, and how the endpoint is, and queue the next try where it has to be."""
    with context.database.write() as connection:
        last = turn >= resting.TURNS or (_quota(silent) and _old(context, connection, id))
        outbox.note_delivery(connection, id, "failed" if state == "retry" and last else state, answer, context.now())
        if endpoint and sick:
            lanes.failed(connection, endpoint.id, lanes.health(endpoint), context.shared_clock(connection))
        elif endpoint:
            resting.went_on(context, connection, endpoint, again)
        elif state in ("accepted", "unsure") and sending.reports(context, noted := outbox.delivery(connection, id)[0]):
            sending.look_later(context, connection, noted, 0)
        if state == "retry" and not last:
            _next(context, connection, id, turn, again, silent)
    return state


def _secrets(context: Context, endpoint: Row) -> list[bytes]:
    """What deliveries are signed with: the secret, and the one before it for as long as they overlap."""
    old = [endpoint.sealed_old_secret] if (endpoint.old_until or 0) > context.now() else []
    sealed = [endpoint.sealed_secret, *old]
    return [context.sealer.open(endpoint.id, "webhook.secret", each) for each in sealed]


def body_of(message: Row) -> bytes:
    """The body of a webhook: the same at each delivery."""
    data = {"sequence": message.sequence, **message.payload}
    return json.dumps({"type": message.event, "timestamp": iso(moment(message.at)), "data": data}).encode()


def signed(message: Row, secrets: Sequence[bytes], timestamp: int) -> tuple[bytes, dict[str, str]]:
    """The body of a webhook and its headers."""
    body = body_of(message)
    return body, headers_of(message.id, body, secrets, timestamp)


def headers_of(id: str, body: bytes, secrets: Sequence[bytes], timestamp: int) -> dict[str, str]:
    """Id, timestamp, and a signature over the raw body with each secret."""
    said = f"{id}.{timestamp}.".encode() + body
    macs = [base64.b64encode(hmac.new(secret, said, hashlib.sha256).digest()).decode() for secret in secrets]
    return {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{mac}" for mac in macs),
    }


def _send(context: Context, url: str, body: bytes, headers: dict[str, str]) -> tuple[str, str, bool]:
    """One try: the state, what was answered, and whether the receiver is sick. Where the address leads is judged anew
    each time; one that leads inside is not tried again.
    """
    try:
        answer = context.egress.request("POST", url, body, headers, context.delivery_seconds, keep=ANSWER_BYTES)
    except Forbidden as refused:
        return "failed", f"{refused.code}: {refused.kind}", False
    except Unreachable as fault:
        return "retry", str(fault), True
    sick = answer.status >= 500 or answer.status == TOO_MANY
    return ("delivered" if answer.is_success else "retry"), str(answer.status), sick
