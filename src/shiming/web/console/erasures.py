"""What holders want erased, and cancelled accounts that are still there: for the privacy officer, by one click each."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.account.subject import masked_ref
from shiming.errors import NotFound
from shiming.store import accounts, support, verifications
from shiming.web.access import parts_of
from shiming.web.api import talk, views
from shiming.web.api.verifications import Strict
from shiming.web.console.access import Person, may
from shiming.workflows import erase, erasures, persons
from shiming.workflows.parts import Parts

router = APIRouter(prefix="/console/api/erasures", tags=["console: people"])
Officer = Annotated[Person, Depends(may("erasure.work"))]
AT_ONCE = 50


class Why(Strict):
    text: str = Field(min_length=10, max_length=2000, description="The duty to keep it, and until when; told.")


@router.get("")
def waiting(person: Officer, request: Request) -> dict:
    """Wishes that wait, oldest first, and accounts that are cancelled and not erased. Both masked."""
    parts = parts_of(request)
    with parts.database.read() as connection:
        asked = support.tickets_about(connection, person.app, erasures.TOPIC)[:AT_ONCE]
        wishes = [_wish(parts, connection, row) for row in asked]
        over = accounts.cancelled(connection, person.app, AT_ONCE)
    ended = [{"id": row.id, "account": masked_ref(row.ref), "cancelled_at": views.time(row.cancel_at)} for row in over]
    return {"asked": wishes, "cancelled": ended}


@router.post("/{ticket}/carry_out")
def carry_out(ticket: str, person: Officer, request: Request) -> dict:
    """Erase the verification that it is about, for good; its holder is told."""
    erasures.carry_out(parts_of(request), person.app, ticket, person.name)
    return waiting(person, request)


@router.post("/{ticket}/decline")
def decline(ticket: str, body: Why, person: Officer, request: Request) -> dict:
    """Tell the holder which duty stands against it."""
    erasures.decline(parts_of(request), person.app, ticket, person.name, body.text)
    return waiting(person, request)


@router.post("/accounts/{id}")
def erase_account(id: str, person: Officer, request: Request) -> dict:
    """Erase a cancelled account and all that hangs on it, for good."""
    parts = parts_of(request)
    with parts.database.read() as connection:
        found = accounts.cancelled(connection, person.app, AT_ONCE)
    ref = next((row.ref for row in found if row.id == id), None)
    if ref is None:
        raise NotFound("There is no such cancelled account here (any more).")
    erase.account(parts, person.app, ref, person.name)
    return waiting(person, request)


def _wish(parts: Parts, connection: Connection, row: Row) -> dict:
    """A wish, and what speaks for or against it: how and when it ended, and whether the account keeps its place."""
    about = verifications.get(connection, row.app, row.verification)
    account = accounts.by_id(connection, row.account)
    said = [m["text"] for m in talk.ticket(parts, row.app, row.id)["messages"] if m["author"] == "holder"]
    shown = {"id": row.id, "account": masked_ref(account.ref), "asked_at": views.time(row.created_at)}
    ended = {"state": about.state, "decided_at": views.time(about.decided_at)}
    return {**shown, "words": said[-1], **ended, "kept": persons.kept(parts, connection, account) is not None}
