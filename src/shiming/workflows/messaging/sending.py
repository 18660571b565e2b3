"""Sending a notice to a person by SMS or mail, and what becomes of it afterwards.

Accepted is not delivered: a receipt says that, pushed to us or pulled in ever longer pauses. A text message of which
nobody knows whether it went out (a time-out, a crash in between) is `unsure`: it is looked for, and is sent again, by
whomever, only when its provider says that it never came.
"""

from typing import Any

from sqlalchemy import Connection, Row

from shiming.errors import BadInput, Unavailable
from shiming.providers.contracts import Receipt, Sent, Text
from shiming.store.messaging import outbox
from shiming.support import notices
from shiming.verification.source_answers import Silence
from shiming.workflows import source_health
from shiming.workflows.context import Context

RECEIPT_SECONDS = (60, 600, 3600, 6 * 3600, 24 * 3600, 3 * 24 * 3600)
"""Pauses between two looks for a receipt; after the last one, nobody asks any more."""
LOOK = "receipt"
OVER = ("delivered", "undelivered", "failed")


def by_first(context: Context, delivery: Row, to: str, words: notices.Rendered,
             text: Text) -> tuple[str, str, Silence | None]:  # fmt: skip
    """Try the channel's providers in their order: the state, who or what it was, and why none of them could."""
    answer, faults = "no provider", []
    for provider in context.channels.of(delivery.channel, delivery.app.endswith(".test")):
        try:
            return *_accepted(context, delivery, provider, to, words, text), None
        except Unavailable as why:
            if why.unsure and delivery.channel == "sms":
                return "unsure", f"{provider.name}: unsure", None
            faults.append(why)
            answer = f"{provider.name}: {why.kind if why.asked else 'unavailable'}"
        except BadInput as refused:
            return "failed", f"{provider.name}: {refused.code}", None
    return ("retry" if faults else "failed"), answer, source_health.silence(faults)


def _accepted(context: Context, delivery: Row, provider: Any, to: str, words: notices.Rendered,
              text: Text) -> tuple[str, str]:  # fmt: skip
    """Hand it over to one provider. That it is on its way is written down first: a crash must not send it twice."""
    said = (text,) if delivery.channel == "sms" else (words.subject, words.text, {})
    with context.database.write() as connection:
        outage = source_health.admit(context, connection, delivery.channel, provider)
        if delivery.channel == "sms":  # a mail's second try bears the same Message-ID: it is seen to be the same
            outbox.sending(connection, delivery.id, provider.name)
    try:
        sent = source_health.called(context, delivery.channel, provider, provider.send, to, *said, delivery.id)
    except (Unavailable, BadInput) as why:
        with context.database.write() as connection:
            if delivery.channel == "sms" and not (isinstance(why, Unavailable) and why.unsure):
                outbox.not_sent(connection, delivery.id)
            if isinstance(why, Unavailable):
                source_health.failed(context, connection, delivery.channel, provider, why)
        raise
    sent = sent if isinstance(sent, Sent) else Sent(str(sent))
    cost = sent.parts * source_health.terms_of(context, delivery.channel, provider).cost("send", "", True)
    with context.database.write() as connection:
        outbox.accepted(connection, delivery.id, provider.name, sent.id, sent.parts, cost)
        source_health.answered(context, connection, outage)
    return "accepted", provider.name


def look_later(context: Context, connection: Connection, delivery: Row, turn: int) -> None:
    """Queue the next look for a receipt, in the caller's transaction. Each try has looks of its own."""
    if turn < len(RECEIPT_SECONDS):
        delay, name = RECEIPT_SECONDS[turn], f"deliver:{delivery.id}:{LOOK}:{delivery.tries}:{turn}"
        context.enqueue(connection, "deliver", name, delivery.id, turn, LOOK, delay=delay)


def reports(context: Context, delivery: Row) -> Any:
    """The provider that has this message, where it tells what becomes of it; else None."""
    listed = context.channels.of(delivery.channel, delivery.app.endswith(".test"))
    return next((p for p in listed if p.name == delivery.provider and getattr(p, "reports", False)), None)


def look(context: Context, delivery: Row, to: str) -> str:
    """Ask the provider what became of a message: its state now. `waiting`: it never came, and is to be sent again."""
    provider = reports(context, delivery)
    if provider is None or delivery.state in OVER:
        return delivery.state
    known = delivery.provider_id or "", delivery.id, delivery.at
    try:
        receipt = source_health.called(context, delivery.channel, provider, provider.find, to, *known)
    except (Unavailable, BadInput):
        return delivery.state
    with context.database.write() as connection:
        return matched(connection, delivery, receipt) if receipt else delivery.state


def matched(connection: Connection, delivery: Row, receipt: Receipt) -> str:
    """Write down what a receipt says of a message, once: what is over stays so. Returns its state now."""
    if receipt.state == "not_sent" and delivery.state != "unsure":
        return delivery.state
    state = {"waiting": "accepted", "not_sent": "waiting"}.get(receipt.state, receipt.state)
    moved = outbox.receipt(connection, delivery.id, state, receipt.id, receipt.code)
    return state if moved else delivery.state


def came(context: Context, source: str, receipts: tuple[Receipt, ...]) -> int:
    """Receipts that were pushed to us: those of messages that this source has of us. Returns how many."""
    known = 0
    with context.database.write() as connection:
        for receipt in receipts:
            delivery = outbox.sent_by(connection, source, receipt.id, receipt.key)
            known += delivery is not None
            if delivery is not None and delivery.state not in OVER and receipt.state != "not_sent":
                matched(connection, delivery, receipt)
    return known
