"""The support agent's calls: what waits, the story of one holder (masked), answers, hand-over, ratings."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field
from sqlalchemy import Row

from shiming import reasons
from shiming.account.slots import masked_ref
from shiming.errors import BadInput, Conflict
from shiming.review.roles import allowed
from shiming.store.account import accounts
from shiming.store.audit import access_log
from shiming.store.review import cases
from shiming.store.staff import members
from shiming.store.support import tickets as ticket_rows
from shiming.store.verification import verifications
from shiming.web.access import context_of
from shiming.web.api import conversations, views
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export
from shiming.web.console.review.case_view import LOOK_AGAIN_MS, NO_STORE
from shiming.web.console.words import Locale
from shiming.web.http.fields import Strict, cursor
from shiming.workflows import admission
from shiming.workflows.privacy import erasure_requests
from shiming.workflows.support import tickets

router = APIRouter(prefix="/console/api", tags=["console: support"])
WORDS = {"state": "ticket", "topic": "topic"}
Agent = Annotated[Person, Depends(may("ticket.work"))]


class Words(Strict):
    text: str = Field(min_length=1, max_length=5000)


class To(Strict):
    to: str | None = Field(None, max_length=40, description="A colleague; null: whoever takes it.")


@router.get("/tickets")
def listed(person: Agent, request: Request, state: Literal["open", "answered", "closed"] = "open",
           mine: bool = False, after: cursor("tkt") = None, limit: Annotated[int, Query(ge=1, le=100)] = 20,
           form: csv_export.Form = "json", locale: Locale = "zh") -> Any:  # fmt: skip
    """Tickets, oldest first, each with whose it is, masked; with `mine` only one's own; and how holders rated them."""
    limit, after = (csv_export.MOST, None) if form == "csv" else (limit, after)
    with context_of(request).database.read() as connection:
        rows = ticket_rows.tickets_in(connection, person.app, state, person.name if mine else None, after, limit)
        rated, mean = ticket_rows.ratings(connection, person.app)
        whose = accounts.by_ids(connection, {row.account for row in rows})
    items = [{**_line(row), "ref": masked_ref(whose[row.account].ref)} for row in rows]
    if form == "csv":
        return csv_export.taken_away(request, person, "tickets", items, WORDS, locale)
    return {**views.page(items, limit), "rated": rated, "mean_rating": mean}


@router.get("/tickets/{id}")
def read(id: str, person: Agent, request: Request) -> dict:
    """The conversation, and what belongs to it: holds, the verification and its reasons, masked. The case only to those
    who may see cases."""
    context = context_of(request)
    shown = conversations.ticket(context, person.app, id)
    with context.database.read() as connection:
        row = ticket_rows.ticket(connection, person.app, id)
        account = accounts.by_id(connection, row.account)
        held = views.holds(admission.ways(context, connection, account))
        about = verifications.get(connection, person.app, row.verification) if row.verification else None
        case = cases.latest_about(connection, about.id) if about and "case.work" in person.may else None
    about_account = {"id": account.id, "ref": masked_ref(account.ref), "state": account.state, "level": account.level}
    story = {"account": about_account, "holds": held}
    story["verification"] = about and {
        "id": about.id, "state": about.state, "level": about.level,
        "reasons": [views.reason(code) for code in about.codes], "submitted_at": views.time(about.submitted_at),
    }  # fmt: skip
    return {**shown, "agent": row.agent, **story, **({"case": case.id} if case else {})}


@router.get("/tickets/{id}/pictures/{message}")
def picture(id: str, message: str, person: Agent, request: Request) -> Response:
    """A picture of the conversation. Each look is kept; drawn again within the hour it is one look."""
    context = context_of(request)
    data = tickets.picture(context, person.app, id, message)
    with context.database.write() as connection:
        row = ticket_rows.ticket(connection, person.app, id)
        what, now = f"ticket/{message}", context.now()
        if not access_log.seen_since(connection, id, person.name, what, now - LOOK_AGAIN_MS):
            access_log.add(connection, row.app, row.account, id, person.name, "support", what, "support", now)
            context.note(connection, person.app, person.name, "ticket.picture", id, message=message)
    return Response(data, media_type="image/jpeg", headers=NO_STORE)


@router.get("/canned")
def canned(person: Agent, code: str | None = None) -> dict:
    """Answers out of the catalogue, to send or to change: per reason, what happened and what to do."""
    codes = [code] if code in reasons.CATALOGUE else list(reasons.CATALOGUE)
    return {"items": [{"code": c, "zh": _answer(c, "zh"), "en": _answer(c, "en")} for c in codes]}


@router.post("/tickets/{id}/take")
def take(id: str, person: Agent, request: Request) -> dict:
    """Make a ticket one's own."""
    return _line(tickets.take(context_of(request), person.app, id, person.name))


@router.post("/tickets/{id}/messages", status_code=201)
def say(id: str, body: Words, person: Agent, request: Request) -> dict:
    """Answer. A ticket that nobody has becomes one's own."""
    context = context_of(request)
    tickets.take(context, person.app, id, person.name)
    tickets.say(context, person.app, id, person.name, body.text)
    return conversations.ticket(context, person.app, id)


@router.post("/tickets/{id}/hand_over", status_code=204)
def hand_over(id: str, body: To, person: Agent, request: Request) -> None:
    """Hand a ticket to a colleague of support."""
    context = context_of(request)
    if body.to:
        with context.database.read() as connection:
            colleague = members.find(connection, body.to)
        if colleague is None or "ticket.work" not in allowed(members.roles_on(colleague, person.app)):
            raise BadInput(f"'{body.to}' does not answer tickets of this app. Choose somebody who does.")
    tickets.hand_over(context, person.app, id, person.name, body.to)


@router.post("/tickets/{id}/close")
def close(id: str, person: Agent, request: Request) -> dict:
    """Close a ticket; the holder is asked how much it helped. A wish for erasure is the privacy officer's to close."""
    context = context_of(request)
    with context.database.read() as connection:
        if ticket_rows.ticket(connection, person.app, id).topic == erasure_requests.TOPIC:
            raise Conflict("The privacy officer carries this out or declines it.", "not_yours_to_close")
    tickets.close(context, person.app, id)
    return conversations.ticket(context, person.app, id)


@router.get("/tickets/{id}/live", response_class=StreamingResponse)
async def live(id: str, person: Agent, request: Request,
               last_event_id: Annotated[str | None, Header(max_length=40)] = None) -> StreamingResponse:  # fmt: skip
    """The conversation as it goes on (server-sent events)."""
    return await conversations.stream(request, context_of(request), person.app, id, last_event_id)


def _answer(code: str, spoken: str) -> str:
    said = reasons.rendered(code, spoken)
    return "\n".join((said.title, said.explain, *(f"· {step}" for step in said.remedy), said.next))


def _line(row: Row) -> dict:
    about = {"id": row.id, "state": row.state, "topic": row.topic, "agent": row.agent, "rating": row.rating}
    return {**about, "verification": row.verification, "created_at": views.time(row.created_at)}
