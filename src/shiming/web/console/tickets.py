"""The support agent's calls: what waits, the story of one holder (masked), answers, hand-over, ratings."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field
from sqlalchemy import Row

from shiming import reasons
from shiming.account.subject import masked_ref
from shiming.errors import BadInput, Conflict
from shiming.review.roles import allowed
from shiming.store import accounts, cases, looks, staff, support, verifications
from shiming.web.access import parts_of
from shiming.web.api import talk, views
from shiming.web.api.verifications import Strict
from shiming.web.console.access import Person, may
from shiming.web.console.case_file import LOOK_AGAIN_MS, NO_STORE
from shiming.workflows import admission, erasures, tickets

router = APIRouter(prefix="/console/api", tags=["console: support"])
Agent = Annotated[Person, Depends(may("ticket.work"))]


class Words(Strict):
    text: str = Field(min_length=1, max_length=5000)


class To(Strict):
    to: str | None = Field(None, max_length=40, description="A colleague; null: whoever takes it.")


@router.get("/tickets")
def listed(person: Agent, request: Request, state: Literal["open", "answered", "closed"] = "open",
           mine: bool = False, after: str | None = None,
           limit: Annotated[int, Query(ge=1, le=100)] = 20) -> dict:  # fmt: skip
    """Tickets, oldest first; with `mine` only one's own. Above them, how holders rated the closed ones."""
    with parts_of(request).database.read() as connection:
        rows = support.tickets_in(connection, person.app, state, person.name if mine else None, after, limit)
        rated, mean = support.ratings(connection, person.app)
    return {**views.page([_line(r) for r in rows], limit), "rated": rated, "mean_rating": mean}


@router.get("/tickets/{id}")
def read(id: str, person: Agent, request: Request) -> dict:
    """The conversation, and what belongs to it: holds, the verification and its reasons, masked. The case only to those
    who may see cases."""
    parts = parts_of(request)
    shown = talk.ticket(parts, person.app, id)
    with parts.database.read() as connection:
        row = support.ticket(connection, person.app, id)
        account = accounts.by_id(connection, row.account)
        held = views.holds(admission.ways(parts, connection, account))
        about = verifications.get(connection, person.app, row.verification) if row.verification else None
        case = cases.latest_about(connection, about.id) if about and "case.work" in person.may else None
    story = {"account": {"ref": masked_ref(account.ref), "state": account.state, "level": account.level}, "holds": held}
    story["verification"] = about and {
        "id": about.id, "state": about.state, "level": about.level,
        "reasons": [views.reason(code) for code in about.codes], "submitted_at": views.time(about.submitted_at),
    }  # fmt: skip
    return {**shown, "agent": row.agent, **story, **({"case": case.id} if case else {})}


@router.get("/tickets/{id}/pictures/{message}")
def picture(id: str, message: str, person: Agent, request: Request) -> Response:
    """A picture of the conversation. Each look is kept; drawn again within the hour it is one look."""
    parts = parts_of(request)
    data = tickets.picture(parts, person.app, id, message)
    with parts.database.write() as connection:
        row = support.ticket(connection, person.app, id)
        what, now = f"ticket/{message}", parts.now()
        if not looks.seen_since(connection, id, person.name, what, now - LOOK_AGAIN_MS):
            looks.add(connection, row.app, row.account, id, person.name, "support", what, "support", now)
            parts.note(connection, person.app, person.name, "ticket.picture", id, message=message)
    return Response(data, media_type="image/jpeg", headers=NO_STORE)


@router.get("/canned")
def canned(person: Agent, code: str | None = None) -> dict:
    """Answers out of the catalogue, to send or to change: per reason, what happened and what to do."""
    codes = [code] if code in reasons.CATALOGUE else list(reasons.CATALOGUE)
    return {"items": [{"code": c, "zh": _answer(c, "zh"), "en": _answer(c, "en")} for c in codes]}


@router.post("/tickets/{id}/take")
def take(id: str, person: Agent, request: Request) -> dict:
    """Make a ticket one's own."""
    return _line(tickets.take(parts_of(request), person.app, id, person.name))


@router.post("/tickets/{id}/messages", status_code=201)
def say(id: str, body: Words, person: Agent, request: Request) -> dict:
    """Answer. A ticket that nobody has becomes one's own."""
    parts = parts_of(request)
    tickets.take(parts, person.app, id, person.name)
    tickets.say(parts, person.app, id, person.name, body.text)
    return talk.ticket(parts, person.app, id)


@router.post("/tickets/{id}/hand_over", status_code=204)
def hand_over(id: str, body: To, person: Agent, request: Request) -> None:
    """Hand a ticket to a colleague of support."""
    parts = parts_of(request)
    if body.to:
        with parts.database.read() as connection:
            colleague = staff.find(connection, body.to)
        if colleague is None or "ticket.work" not in allowed(staff.roles_on(colleague, person.app)):
            raise BadInput(f"'{body.to}' does not answer tickets of this app. Choose somebody who does.")
    tickets.hand_over(parts, person.app, id, person.name, body.to)


@router.post("/tickets/{id}/close")
def close(id: str, person: Agent, request: Request) -> dict:
    """Close a ticket; the holder is asked how much it helped. A wish for erasure is the privacy officer's to close."""
    parts = parts_of(request)
    with parts.database.read() as connection:
        if support.ticket(connection, person.app, id).topic == erasures.TOPIC:
            raise Conflict("The privacy officer carries this out or declines it.", "not_yours_to_close")
    tickets.close(parts, person.app, id)
    return talk.ticket(parts, person.app, id)


@router.get("/tickets/{id}/live", response_class=StreamingResponse)
async def live(id: str, person: Agent, request: Request,
               last_event_id: Annotated[str | None, Header(max_length=40)] = None) -> StreamingResponse:  # fmt: skip
    """The conversation as it goes on (server-sent events)."""
    return await talk.stream(request, parts_of(request), person.app, id, last_event_id)


def _answer(code: str, spoken: str) -> str:
    said = reasons.rendered(code, spoken)
    return "\n".join((said.title, said.explain, *(f"· {step}" for step in said.remedy), said.next))


def _line(row: Row) -> dict:
    about = {"id": row.id, "state": row.state, "topic": row.topic, "agent": row.agent, "rating": row.rating}
    return {**about, "verification": row.verification, "created_at": views.time(row.created_at)}
