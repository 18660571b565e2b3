"""Help: reasons found by the words that a holder saw, and the conversation with support, live."""

from typing import Annotated

from fastapi import APIRouter, File, Header, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from shiming.errors import NotFound
from shiming.store.support import tickets as ticket_rows
from shiming.store.verification import verifications
from shiming.support import help_centre
from shiming.web.access import context_of
from shiming.web.api import conversations, views
from shiming.web.api import tickets as calls
from shiming.web.flow.me.session_scope import Either, SessionScope
from shiming.web.http.fields import Strict
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows.support import tickets

router = APIRouter(prefix="/me/{id}", include_in_schema=False, route_class=IdempotentRoute)


class Sought(Strict):
    words: str = Field(max_length=200)


class Asked(Strict):
    topic: str = Field("question", pattern="^[a-z_]{3,60}$")
    text: str = Field(min_length=1, max_length=5000)
    verification: str | None = Field(None, max_length=40)


def search(id: str, body: Sought, scope: Either) -> dict:
    """Topics and reasons that the words speak of, best first; topics alone to browse where there are no words.

    By POST: what people type stands in no address and no log.
    """
    named = help_centre.topics(body.words) if body.words.strip() else help_centre.TOPICS
    shown = [{part: help_centre.TOPICS[name][part] for part in ("page", "zh", "en")} | {"code": name} for name in named]
    return {"topics": shown, "items": [views.reason(code) for code in help_centre.search(body.words)]}


# Not kept under an Idempotency-Key: asking twice does no harm.
router.add_api_route("/help", search, methods=["POST"], route_class_override=APIRoute)


@router.get("/tickets/{ticket}")
def read(id: str, ticket: str, scope: Either, request: Request) -> dict:
    """The conversation so far."""
    _mine(ticket, scope, request)
    return conversations.ticket(context_of(request), scope.app, ticket)


def _asked(id: str, made: dict, scope: SessionScope, request: Request) -> dict:
    return read(id, made["ticket"], scope, request)


@router.post("/tickets", status_code=201)
@replay(_asked)
def ask(id: str, body: Asked, scope: Either, request: Request) -> dict:
    """Ask for help; the ticket carries the account and its verification by itself."""
    with context_of(request).database.read() as connection:
        named = body.verification and verifications.get(connection, scope.app, body.verification)
    about = scope.narrow or (named.id if named and named.account == scope.account.id else None)
    made = tickets.open_one(context_of(request), scope.app, scope.ref, about, body.topic, body.text, scope.caller.name)
    return conversations.ticket(context_of(request), scope.app, made)


@router.post("/tickets/{ticket}/messages", status_code=201)
@replay(read)
def write(id: str, ticket: str, body: calls.Words, scope: Either, request: Request) -> dict:
    """Say something; a ticket that was answered or closed is open again."""
    _mine(ticket, scope, request)
    return calls.write(ticket, body, scope.caller, request)


@router.post("/tickets/{ticket}/pictures", status_code=201)
@replay(read)
def attach(id: str, ticket: str, scope: Either, request: Request, picture: Annotated[UploadFile, File()]) -> dict:
    """Add a picture, cleaned of its metadata and sealed."""
    _mine(ticket, scope, request)
    return calls.attach(ticket, scope.caller, request, picture)


@router.get("/tickets/{ticket}/pictures/{message}")
def picture(id: str, ticket: str, message: str, scope: Either, request: Request) -> Response:
    """A picture of the conversation."""
    _mine(ticket, scope, request)
    return calls.picture(ticket, message, scope.caller, request)


@router.get("/tickets/{ticket}/live", response_class=StreamingResponse)
async def live(id: str, ticket: str, scope: Either, request: Request,
               last_event_id: Annotated[str | None, Header(max_length=40)] = None) -> StreamingResponse:  # fmt: skip
    """The conversation as it goes on (server-sent events)."""
    await run_in_threadpool(_mine, ticket, scope, request)
    return await conversations.stream(request, context_of(request), scope.app, ticket, last_event_id)


@router.post("/tickets/{ticket}/close")
@replay(read)
def close(id: str, ticket: str, scope: Either, request: Request) -> dict:
    """It is settled."""
    _mine(ticket, scope, request)
    return calls.close(ticket, scope.caller, request)


def _rated() -> Response:
    return Response(status_code=204)


@router.post("/tickets/{ticket}/rating", status_code=204)
@replay(_rated)
def rate(id: str, ticket: str, body: calls.Rating, scope: Either, request: Request) -> Response:
    """How much it helped."""
    _mine(ticket, scope, request)
    tickets.rate(context_of(request), scope.app, ticket, body.score)
    return _rated()


def _mine(ticket: str, scope: SessionScope, request: Request) -> None:
    """Anybody else's conversation is as unknown as one that never was."""
    with context_of(request).database.read() as connection:
        row = ticket_rows.ticket(connection, scope.app, ticket)
    if row.account != scope.account.id or scope.narrow not in (None, row.verification):
        raise NotFound(f"There is no ticket '{ticket}' here.")
