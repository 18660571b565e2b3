"""How an account can be reached, given by the platform, and what became of each notice."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field, StrictBool
from sqlalchemy import Connection, Row

from shiming import names
from shiming.errors import BadInput
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts, contacts
from shiming.store.messaging import outbox
from shiming.support import notices
from shiming.web.access import allow, context_of
from shiming.web.api import views
from shiming.web.http.fields import PageSize, Strict, cursor
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows.context import Context

router = APIRouter(prefix="/v1/accounts/{account}", tags=["accounts"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]
Reads = Annotated[Caller, Depends(allow("platform", "support"))]


class NewContact(Strict):
    channel: Literal["sms", "mail"]
    address: str | None = Field(max_length=320, description="Phone number or mail address; null to forget it.")
    verified: StrictBool = Field(False, description="Whether the platform has made sure that it is the holder's.")


def _known(account: str, caller: Caller, request: Request) -> dict:
    with context_of(request).database.read() as connection:
        row = accounts.by_ref(connection, caller.app, account)
        known = [{"channel": c.channel, "verified": c.verified} for c in contacts.of_account(connection, row.id)]
    return {"account": account, "contacts": known}


@router.post("/contact")
@replay(_known)
def put(account: str, body: NewContact, caller: Platform, request: Request) -> dict:
    """Say how the holder can be reached. Sealed; used for notices, and to believe mail from a verified address."""
    context = context_of(request)
    address = names.normalise_contact(body.channel, body.address) if body.address else None
    if address is None and (body.address or "").strip():
        raise BadInput("This is no possible phone number or mail address.")
    with context.database.write() as connection:
        row = accounts.get_or_open(connection, caller.app, account, "personal", "zh-CN", context.now())
        if address:
            contacts.put(
                connection, context.sealer, context.lookup, row, body.channel, address, body.verified, context.now()
            )
        else:
            contacts.remove(connection, row.id, body.channel, context.now())
        context.note(connection, caller.app, caller.name, "account.contact", row.id, channel=body.channel)
    return _known(account, caller, request)


@router.get("/notices")
def told(account: str, caller: Reads, request: Request, after: cursor("msg") = None,
         limit: PageSize = 20) -> dict:  # fmt: skip
    """What the holder was told by which channel, in which words, and what became of it; newest first."""
    context = context_of(request)
    with context.database.read() as connection:
        row = accounts.by_ref(connection, caller.app, account)
        items = [_notice(context, connection, row, m) for m in outbox.inbox(connection, row.id, after, limit)]
    return views.page(items, limit)


def _notice(context: Context, connection: Connection, account: Row, message: Row) -> dict:
    sent = [_delivery(context, account, message, d) for d in outbox.deliveries_to(connection, message.id)]
    shown = {"id": message.id, "event": message.event, "about": message.about, "at": views.time(message.at)}
    return {**shown, "read_at": views.time(message.read_at), "deliveries": sent}


def _delivery(context: Context, account: Row, message: Row, row: Row) -> dict:
    shown = {"channel": row.channel, "state": row.state, "tries": row.tries, "answer": row.answer}
    if row.channel == "webhook":
        return shown
    event = notices.worded(message.event, message.payload)
    words = notices.rendered(event, row.channel, account.locale, context.channels.platform)
    return {**shown, "subject": words.subject, "text": words.text}
