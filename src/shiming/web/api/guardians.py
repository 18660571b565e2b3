"""Guardians: inviting one for a minor, and what became of it. What the guardian does is in web/flow/me/guardian.py."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy import Row

from shiming.account.guardians import LINK_DAYS
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts
from shiming.store.account import guardians as rows
from shiming.store.verification import verifications
from shiming.web.access import allow, context_of
from shiming.web.api import views
from shiming.web.http.fields import Id, Strict
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows.verification import guardians

router = APIRouter(prefix="/v1", tags=["accounts"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]
HandsIn = Annotated[Caller, Depends(allow("platform", "holder"))]


class Invitation(Strict):
    capabilities: list[Id] = Field(min_length=1, max_length=20, description="What the guardian is to agree to.",
                                   examples=[["live"]])  # fmt: skip


def shown(row: Row) -> dict[str, Any]:
    """One guardian's consent; who the guardian is stands nowhere but in the console."""
    times = {name: views.time(getattr(row, name)) for name in ("created_at", "agreed_at", "decided_at", "ended_at")}
    said = {name: getattr(row, name) for name in ("id", "state", "asks", "relation", "face", "text_version")}
    return {**said, "verification": row.verification, **times}


def with_link(row: Row, secret: str, request: Request) -> dict[str, Any]:
    """The same, with the way in for the guardian."""
    url = request.app.state.site.me(row.guardian, secret)
    return {**shown(row), "url": url, "days": LINK_DAYS}


@router.post("/verifications/{id}/guardian", status_code=201)
@replay()
def for_verification(id: str, caller: HandsIn, request: Request) -> dict:
    """A one-time link for the guardian of a child under 14, who has to agree before a face is taken (the reason
    `guardian_consent_needed`). Pass it on: the guardian verifies on their own phone. Asked again: a fresh link."""
    context = context_of(request)
    with context.database.write() as connection:
        row = verifications.alive(connection, caller.app, id, lock=True)
        made, secret = guardians.for_verification(context, connection, row, caller.name)
    return with_link(made, secret, request)


@router.post("/accounts/{account}/guardian", status_code=201)
@replay()
def for_capabilities(account: str, body: Invitation, caller: Platform, request: Request) -> dict:
    """The same for capabilities that ask for a guardian until an age (`guardian_needed`): a one-time link."""
    context = context_of(request)
    with context.database.write() as connection:
        row = accounts.by_ref(connection, caller.app, account, lock=True)
        made, secret = guardians.for_capabilities(context, connection, row, body.capabilities, caller.name)
    return with_link(made, secret, request)


@router.get("/accounts/{account}/guardian")
def read(account: str, caller: Platform, request: Request) -> dict:
    """What guardians were asked about this account, oldest first, and what became of it."""
    with context_of(request).database.read() as connection:
        row = accounts.by_ref(connection, caller.app, account)
        return {"items": [shown(each) for each in rows.of_account(connection, row.id)]}
