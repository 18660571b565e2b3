"""What holders want erased, and cancelled accounts that are still there: for the privacy officer, by one click each."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.account.slots import masked_ref
from shiming.errors import NotFound
from shiming.store.account import accounts
from shiming.store.audit import reading
from shiming.store.support import tickets as ticket_rows
from shiming.store.verification import verifications
from shiming.web.access import context_of
from shiming.web.api import conversations, views
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export
from shiming.web.console.words import Locale
from shiming.web.http.fields import Strict
from shiming.workflows.account import persons
from shiming.workflows.context import Context
from shiming.workflows.privacy import erasure, erasure_requests

router = APIRouter(prefix="/console/api/erasures", tags=["console: people"])
Officer = Annotated[Person, Depends(may("erasure.work"))]
AT_ONCE = 50
COLUMNS = ("id", "account", "state", "asked_at", "decided_at", "kept", "cancelled_at", "what", "about", "by", "at")
"""Of a sheet: what holders wrote stays here."""
WORDS = {"list": "erasure_list", "state": "state", "what": "erasure"}
SETTLED = ("verification.erased", "account.erased", "erasure.declined")


class Why(Strict):
    text: str = Field(min_length=10, max_length=2000, description="The duty to keep it, and until when; told.")


@router.get("")
def waiting(person: Officer, request: Request, limit: Annotated[int, Query(ge=1, le=csv_export.MOST)] = AT_ONCE,
            form: csv_export.Form = "json", locale: Locale = "zh") -> Any:  # fmt: skip
    """Wishes that wait, oldest first, and accounts that are cancelled and not erased, both masked; and what became of
    those before, as the audit trail has it: by whom, when. `more` names the lists that go on beyond `limit`.
    """
    found = _lists(context_of(request), person, csv_export.MOST if form == "csv" else limit + 1)
    if form == "csv":
        told = [{"list": name, **{key: row.get(key) for key in COLUMNS}}
                for name, rows in found.items() for row in rows]  # fmt: skip
        return csv_export.taken_away(request, person, "erasures", told, WORDS, locale)
    more = [name for name, rows in found.items() if len(rows) > limit]
    return {**{name: rows[:limit] for name, rows in found.items()}, "more": more}


def _lists(context: Context, person: Person, most: int) -> dict[str, list[dict]]:
    with context.database.read() as connection:
        asked = ticket_rows.tickets_about(connection, person.app, erasure_requests.TOPIC)[:most]
        wishes = [_wish(context, connection, row) for row in asked]
        over = accounts.cancelled(connection, person.app, most)
        done = reading.of_actions(connection, person.app, SETTLED, most)
    ended = [{"id": row.id, "account": masked_ref(row.ref), "cancelled_at": views.time(row.cancel_at)} for row in over]
    settled = [{"id": row.id, "what": row.action, "about": row.object, "by": row.actor, "at": views.time(row.at)}
               for row in done]  # fmt: skip
    return {"asked": wishes, "cancelled": ended, "done": settled}


@router.post("/{ticket}/carry_out")
def carry_out(ticket: str, person: Officer, request: Request) -> dict:
    """Erase the verification that it is about, for good; its holder is told."""
    erasure_requests.carry_out(context_of(request), person.app, ticket, person.name)
    return waiting(person, request)


@router.post("/{ticket}/decline")
def decline(ticket: str, body: Why, person: Officer, request: Request) -> dict:
    """Tell the holder which duty stands against it."""
    erasure_requests.decline(context_of(request), person.app, ticket, person.name, body.text)
    return waiting(person, request)


@router.post("/accounts/{id}")
def erase_account(id: str, person: Officer, request: Request) -> dict:
    """Erase a cancelled account and all that hangs on it, for good."""
    context = context_of(request)
    with context.database.read() as connection:
        found = accounts.cancelled_one(connection, person.app, id)
    if found is None:
        raise NotFound("There is no such cancelled account here (any more).")
    erasure.account(context, person.app, found.ref, person.name)
    return waiting(person, request)


def _wish(context: Context, connection: Connection, row: Row) -> dict:
    """A wish, and what speaks for or against it: how and when it ended, and whether the account keeps its place."""
    about = verifications.get(connection, row.app, row.verification)
    account = accounts.by_id(connection, row.account)
    said = [m["text"] for m in conversations.ticket(context, row.app, row.id)["messages"] if m["author"] == "holder"]
    shown = {"id": row.id, "account": masked_ref(account.ref), "asked_at": views.time(row.created_at)}
    ended = {"state": about.state, "decided_at": views.time(about.decided_at)}
    return {**shown, "words": said[-1], **ended, "kept": persons.kept(context, connection, account) is not None}
