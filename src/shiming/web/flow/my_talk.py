"""Help: reasons found by the words that a holder saw, and the conversation with support, live."""

from typing import Annotated

from fastapi import APIRouter, File, Header, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from shiming.errors import NotFound
from shiming.store import support, verifications
from shiming.support import help_centre
from shiming.web.access import parts_of
from shiming.web.api import support as calls
from shiming.web.api import talk, views
from shiming.web.api.idempotent import IdempotentRoute, replay
from shiming.web.api.verifications import Strict
from shiming.web.flow.whose import Either, Whose
from shiming.workflows import tickets

router = APIRouter(prefix="/me/{id}", include_in_schema=False, route_class=IdempotentRoute)


class Sought(Strict):
    words: str = Field(max_length=200)


class Asked(Strict):
    topic: str = Field("question", pattern="^[a-z_]{3,60}$")
    text: str = Field(min_length=1, max_length=5000)
    verification: str | None = Field(None, max_length=40)


def search(id: str, body: Sought, whose: Either) -> dict:
    """The reasons that the words speak of, best first. By POST: what people type stands in no address and no log."""
    return {"items": [views.reason(code) for code in help_centre.search(body.words)]}


# Not kept under an Idempotency-Key: asking twice does no harm.
router.add_api_route("/help", search, methods=["POST"], route_class_override=APIRoute)


@router.get("/tickets/{ticket}")
def read(id: str, ticket: str, whose: Either, request: Request) -> dict:
    """The conversation so far."""
    _mine(ticket, whose, request)
    return talk.ticket(parts_of(request), whose.app, ticket)


def _asked(id: str, made: dict, whose: Whose, request: Request) -> dict:
    return read(id, made["ticket"], whose, request)


@router.post("/tickets", status_code=201)
@replay(_asked)
def ask(id: str, body: Asked, whose: Either, request: Request) -> dict:
    """Ask for help; the ticket carries the account and its verification by itself."""
    with parts_of(request).database.read() as connection:
        named = body.verification and verifications.get(connection, whose.app, body.verification)
    about = whose.narrow or (named.id if named and named.account == whose.account.id else None)
    made = tickets.open_one(parts_of(request), whose.app, whose.ref, about, body.topic, body.text, whose.caller.name)
    return talk.ticket(parts_of(request), whose.app, made)


@router.post("/tickets/{ticket}/messages", status_code=201)
@replay(read)
def write(id: str, ticket: str, body: calls.Words, whose: Either, request: Request) -> dict:
    """Say something; a ticket that was answered or closed is open again."""
    _mine(ticket, whose, request)
    return calls.write(ticket, body, whose.caller, request)


@router.post("/tickets/{ticket}/pictures", status_code=201)
@replay(read)
def attach(id: str, ticket: str, whose: Either, request: Request, picture: Annotated[UploadFile, File()]) -> dict:
    """Add a picture, cleaned of its metadata and sealed."""
    _mine(ticket, whose, request)
    return calls.attach(ticket, whose.caller, request, picture)


@router.get("/tickets/{ticket}/pictures/{message}")
def picture(id: str, ticket: str, message: str, whose: Either, request: Request) -> Response:
    """A picture of the conversation."""
    _mine(ticket, whose, request)
    return calls.picture(ticket, message, whose.caller, request)


@router.get("/tickets/{ticket}/live", response_class=StreamingResponse)
async def live(id: str, ticket: str, whose: Either, request: Request,
               last_event_id: Annotated[str | None, Header(max_length=40)] = None) -> StreamingResponse:  # fmt: skip
    """The conversation as it goes on (server-sent events)."""
    await run_in_threadpool(_mine, ticket, whose, request)
    return await talk.stream(request, parts_of(request), whose.app, ticket, last_event_id)


@router.post("/tickets/{ticket}/close")
@replay(read)
def close(id: str, ticket: str, whose: Either, request: Request) -> dict:
    """It is settled."""
    _mine(ticket, whose, request)
    return calls.close(ticket, whose.caller, request)


def _rated() -> Response:
    return Response(status_code=204)


@router.post("/tickets/{ticket}/rating", status_code=204)
@replay(_rated)
def rate(id: str, ticket: str, body: calls.Rating, whose: Either, request: Request) -> Response:
    """How much it helped."""
    _mine(ticket, whose, request)
    tickets.rate(parts_of(request), whose.app, ticket, body.score)
    return _rated()


def _mine(ticket: str, whose: Whose, request: Request) -> None:
    """Anybody else's conversation is as unknown as one that never was."""
    with parts_of(request).database.read() as connection:
        row = support.ticket(connection, whose.app, ticket)
    if row.account != whose.account.id or whose.narrow not in (None, row.verification):
        raise NotFound(f"There is no ticket '{ticket}' here.")
