"""From an account's page to its holder: asked to verify, or written to. Each says why, which the audit trail keeps."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.errors import BadInput, Conflict
from shiming.review.search import WHY
from shiming.store.account import accounts
from shiming.web.access import context_of
from shiming.web.console.access import Person, may
from shiming.web.console.account.account_page import account_here
from shiming.web.http.fields import Strict
from shiming.workflows import admission
from shiming.workflows.context import Context
from shiming.workflows.support import tickets
from shiming.workflows.verification import start_links

router = APIRouter(prefix="/console/api", tags=["console: accounts"])
Asks = Annotated[Person, Depends(may("account.ask"))]
Agent = Annotated[Person, Depends(may("ticket.work"))]


class AskedToVerify(Strict):
    why: str = Field(max_length=40, examples=["holder_asks"])


class FirstWords(Strict):
    topic: Literal["verification", "account", "other"]
    text: str = Field(min_length=1, max_length=5000)
    why: str = Field(max_length=40, examples=["complaint"])


@router.get("/contact_reasons")
def why(person: Asks) -> dict[str, Any]:
    """Why a holder may be asked to verify, or written to."""
    return {"why": WHY}


@router.post("/accounts/{id}/verifications", status_code=201)
def ask_to_verify(id: str, body: AskedToVerify, person: Asks, request: Request) -> dict[str, Any]:
    """Ask the holder to verify: a notice by the ways that they have, and what they have to do in my account. Asked
    again within ten minutes it is told once (`told`). No link is shown: it would let whoever sees it in."""
    context = context_of(request)
    with context.database.write() as connection:
        row = _reached(context, connection, person, id, body.why)
        made, told = start_links.ask(context, connection, row, person.name, body.why)
    return {"id": made.id, "level": made.level, "told": told}


@router.post("/accounts/{id}/tickets", status_code=201)
def write(id: str, body: FirstWords, person: Agent, request: Request) -> dict[str, str]:
    """Begin a conversation with the holder, or go on with the one of this topic that is not closed."""
    context = context_of(request)
    with context.database.write() as connection:
        row = _reached(context, connection, person, id, body.why)
        return {"id": tickets.begin(context, connection, row, person.name, body.topic, body.text, body.why)}


def _reached(context: Context, connection: Connection, person: Person, id: str, why: str) -> Row:
    """The account, locked. Raises BadInput without a reason, Conflict where it has ended and nobody reads there."""
    if why not in WHY:
        raise BadInput(f"Say why: one of {', '.join(WHY)}.", "why_missing")
    row = accounts.by_id(connection, account_here(connection, person, id).id, lock=True)
    if admission.ended(context, row):
        raise Conflict("This account has ended: its holder has no page here any more.", "account_cancelled")
    return row
