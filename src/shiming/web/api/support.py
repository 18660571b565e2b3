"""Tickets: opened by the platform or the holder's page, added to, answered."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from shiming.store import accounts, support, verifications
from shiming.store.keys import Caller
from shiming.web.access import allow, parts_of
from shiming.web.api import views
from shiming.web.api.idempotent import IdempotentRoute
from shiming.web.api.verifications import Strict

router = APIRouter(prefix="/v1", tags=["support"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]
Talks = Annotated[Caller, Depends(allow("platform", "support"))]


class NewTicket(Strict):
    account: str
    topic: str = Field(pattern="^[a-z_]{3,60}$", examples=["result_unclear"])
    text: str = Field(min_length=1, max_length=5000)
    verification: str | None = None


class Words(Strict):
    text: str = Field(min_length=1, max_length=5000)


@router.post("/tickets", status_code=201)
def open_ticket(body: NewTicket, caller: Platform, request: Request) -> dict:
    """Ask for help. The ticket carries the account and, where given, its verification."""
    parts = parts_of(request)
    with parts.database.write() as connection:
        account = accounts.by_ref(connection, caller.app, body.account)
        if body.verification:
            verifications.get(connection, caller.app, body.verification)
        made = support.open_ticket(connection, account, body.verification, body.topic, parts.now())
        sealed = parts.sealer.seal(made.id, "ticket.text", body.text.encode())
        support.add_ticket_message(connection, made, "write", "holder", sealed, parts.now())
        parts.note(connection, caller.app, caller.name, "ticket.opened", made.id, account=account.id)
    return read_ticket(made.id, caller, request)


@router.get("/tickets/{id}")
def read_ticket(id: str, caller: Talks, request: Request) -> dict:
    """The conversation so far."""
    parts = parts_of(request)
    with parts.database.read() as connection:
        row = support.ticket(connection, caller.app, id)
        said = support.ticket_messages_of(connection, id)
    words = [
        {
            "author": m.author,
            "text": parts.sealer.open(id, "ticket.text", m.sealed_text).decode(),
            "at": views.time(m.at),
        }
        for m in said
    ]
    return {"id": id, "state": row.state, "topic": row.topic, "verification": row.verification, "messages": words}


@router.post("/tickets/{id}/messages", status_code=201)
def write(id: str, body: Words, caller: Talks, request: Request) -> dict:
    """Add to the conversation; what support says answers the ticket, what the holder says opens it again."""
    parts, agent = parts_of(request), caller.role == "support"
    sealed = parts.sealer.seal(id, "ticket.text", body.text.encode())
    with parts.database.write() as connection:
        row = support.ticket(connection, caller.app, id)
        author = caller.name if agent else "holder"
        support.add_ticket_message(connection, row, "answer" if agent else "write", author, sealed, parts.now())
    return read_ticket(id, caller, request)


@router.post("/tickets/{id}/close")
def close(id: str, caller: Talks, request: Request) -> dict:
    """Close the ticket; a new message opens it again."""
    with parts_of(request).database.write() as connection:
        support.move_ticket(connection, support.ticket(connection, caller.app, id), "close")
    return read_ticket(id, caller, request)
