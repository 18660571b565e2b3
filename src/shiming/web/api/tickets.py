"""Tickets: a conversation between a holder and support, live, with pictures, rated at its end."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, File, Header, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import Field

from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts
from shiming.store.support import tickets as ticket_rows
from shiming.support.tickets import MACHINE
from shiming.web.access import allow, context_of
from shiming.web.api import conversations, views
from shiming.web.http.fields import Id, PageSize, Ref, Strict, cursor
from shiming.web.http.idempotency import IdempotentRoute, nothing, replay
from shiming.workflows.support import tickets

router = APIRouter(prefix="/v1", tags=["support"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]
Talks = Annotated[Caller, Depends(allow("platform", "support"))]

InState = Literal[tuple(sorted(MACHINE.states()))]


class NewTicket(Strict):
    account: Ref
    topic: str = Field(pattern="^[a-z_]{3,60}$", examples=["result_unclear"])
    text: str = Field(min_length=1, max_length=5000)
    verification: Id | None = None


class NewMessage(Strict):
    text: str = Field(min_length=1, max_length=5000)


class Rating(Strict):
    score: int = Field(ge=1, le=5, description="1: no help at all, 5: very good.")


@router.get("/contact_points")
def contact_points(request: Request) -> dict:
    """Where holders find help: in the app, by mail, by phone."""
    return dict(context_of(request).contact_points)


@router.get("/tickets")
def listed(caller: Talks, request: Request, account: str | None = None, state: InState | None = None,
           after: cursor("tkt") = None, limit: PageSize = 20) -> dict:  # fmt: skip
    """Conversations, newest first: all of your app, or those of one account."""
    with context_of(request).database.read() as connection:
        mine = accounts.by_ref(connection, caller.app, account).id if account else None
        rows = ticket_rows.listed(connection, caller.app, mine, state, after, limit)
    shown = ("id", "state", "topic", "verification", "rating")
    more = [{"account": row.ref, "created_at": views.time(row.created_at)} for row in rows]
    return views.page([{n: getattr(r, n) for n in shown} | m for r, m in zip(rows, more, strict=True)], limit)


@router.get("/tickets/{id}")
def read_ticket(id: str, caller: Talks, request: Request) -> dict:
    """The conversation so far."""
    return conversations.ticket(context_of(request), caller.app, id)


def _opened(made: dict, caller: Caller, request: Request) -> dict:
    return read_ticket(made["ticket"], caller, request)


@router.post("/tickets", status_code=201)
@replay(_opened)
def open_ticket(body: NewTicket, caller: Platform, request: Request) -> dict:
    """Ask for help. The ticket carries the account and its verification: the one named, or the latest."""
    made = tickets.open_one(context_of(request), caller.app, body.account, body.verification, body.topic, body.text)
    return read_ticket(made, caller, request)


@router.post("/tickets/{id}/messages", status_code=201)
@replay(read_ticket)
def write(id: str, body: NewMessage, caller: Talks, request: Request) -> dict:
    """Add to the conversation; what support says answers the ticket, what the holder says opens it again."""
    agent = caller.name if caller.role == "support" else None
    tickets.say(context_of(request), caller.app, id, agent, body.text)
    return read_ticket(id, caller, request)


@router.post("/tickets/{id}/pictures", status_code=201)
@replay(read_ticket)
def attach(id: str, caller: Talks, request: Request, picture: Annotated[UploadFile, File()]) -> dict:
    """Add a picture, cleaned of its metadata and sealed."""
    agent = caller.name if caller.role == "support" else None
    tickets.show(context_of(request), caller.app, id, agent, picture.file.read())
    return read_ticket(id, caller, request)


@router.get("/tickets/{id}/pictures/{message}")
def picture(id: str, message: str, caller: Talks, request: Request) -> Response:
    """A picture of the conversation."""
    data = tickets.picture(context_of(request), caller.app, id, message)
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.get("/tickets/{id}/live", response_class=StreamingResponse)
async def live(id: str, caller: Talks, request: Request,
               last_event_id: Annotated[str | None, Header(max_length=40)] = None) -> StreamingResponse:  # fmt: skip
    """The conversation as it goes on (server-sent events); a client that comes back misses nothing."""
    return await conversations.stream(request, context_of(request), caller.app, id, last_event_id)


@router.post("/tickets/{id}/close")
@replay(read_ticket)
def close(id: str, caller: Talks, request: Request) -> dict:
    """Close the ticket; a new message opens it again."""
    tickets.close(context_of(request), caller.app, id)
    return read_ticket(id, caller, request)


@router.post("/tickets/{id}/rating", status_code=204)
@replay(nothing)
def rate(id: str, body: Rating, caller: Platform, request: Request) -> None:
    """How much it helped, as the holder says."""
    tickets.rate(context_of(request), caller.app, id, body.score)
