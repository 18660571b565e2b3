"""Bans and blocks from an account's page: one of the staff asks, another one confirms; ended the same way."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlalchemy import Row

from shiming import reasons
from shiming.errors import BadInput
from shiming.store.account import accounts
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may, no_key
from shiming.web.console.account.account_page import account_here, seen_until
from shiming.web.console.account.moments import titled
from shiming.web.console.account.place_hold import LIFT_GROUNDS, REASONS
from shiming.web.console.account.search import line
from shiming.web.console.review.case_view import NO_STORE
from shiming.web.http.fields import Id, Strict
from shiming.workflows.account import bans

router = APIRouter(prefix="/console/api", tags=["console: accounts"])
MOST = 100


def signed_in(person: Annotated[Person, Depends(may("case.work"))]) -> Person:
    """A reviewer at the console: a key, which many may use, is no second person."""
    return no_key(person)


Reviewer = Annotated[Person, Depends(signed_in)]


class NewBan(Strict):
    kind: Literal["ban", "block", "unblock"] = Field(
        description="ban: this account. block: it and the person behind it. unblock: the end of both."
    )
    ground: Id = Field(examples=["violation_fraud"])


@router.get("/bans")
def waiting(person: Reviewer, request: Request, response: Response) -> dict[str, Any]:
    """What waits for a second person on this side, oldest first; each with its account, masked."""
    response.headers.update(NO_STORE)
    context = context_of(request)
    with context.database.read() as connection:
        found = bans.waiting(connection, person.app, None, MOST, context.now())
        about = accounts.by_ids(connection, {order.about for order in found})
    return {"items": [{**_shown(order, person), "account": line(context, about[order.about])} for order in found]}


@router.get("/accounts/{id}/bans")
def of_account(id: str, person: Reviewer, request: Request, response: Response) -> dict[str, Any]:
    """What waits for a second person about this account, and what could be asked for. Who measures a decision about it
    is told nothing of either."""
    response.headers.update(NO_STORE)
    context = context_of(request)
    with context.database.read() as connection:
        row = account_here(connection, person, id)
        if seen_until(connection, person, row) is not None:
            return {"items": [], "can": []}
        found = bans.waiting(connection, person.app, row.id, MOST, context.now())
        return {"items": [_shown(order, person) for order in found], "can": bans.can(context, connection, row)}


@router.post("/accounts/{id}/bans", status_code=201)
def ask(id: str, body: NewBan, person: Reviewer, request: Request) -> dict[str, str]:
    """First of two people. The same asked once more, by whomever, is the same request: it is confirmed, not doubled."""
    allowed = LIFT_GROUNDS if body.kind == "unblock" else REASONS
    if body.ground not in allowed:
        raise BadInput(f"'{body.ground}' is no ground for that. GET …/hold_choices lists them.", "unknown_reason")
    context = context_of(request)
    with context.database.write() as connection:
        row = accounts.by_id(connection, account_here(connection, person, id).id, lock=True)
        return {"id": bans.ask(context, connection, row, body.kind, body.ground, person.name)}


@router.post("/accounts/{id}/bans/{order}/confirm")
def confirm(id: str, order: str, person: Reviewer, request: Request) -> dict[str, str]:
    """Second of two people: it is done, and the holder and the platform are told."""
    context = context_of(request)
    with context.database.write() as connection:
        row = account_here(connection, person, id)
        return {"id": order, "done": bans.confirm(context, connection, row, order, person.name)}


@router.delete("/accounts/{id}/bans/{order}", status_code=204)
def drop(id: str, order: str, person: Reviewer, request: Request) -> None:
    """Take one's own request back, or decline somebody else's. Nothing has happened to the account until then."""
    context = context_of(request)
    with context.database.write() as connection:
        bans.drop(context, connection, account_here(connection, person, id), order, person.name)


def _shown(order: Row, person: Person) -> dict[str, Any]:
    ground = titled(order.ground) if order.ground in reasons.CATALOGUE else {"code": order.ground}
    about = {"id": order.id, "kind": order.kind, "ground": ground, "at": views.time(order.created_at)}
    return {**about, "by": order.asked_by, "mine": order.asked_by == person.name}
