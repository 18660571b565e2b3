"""Holds: opened by the platform or a reviewer, met by a pledge, decided by people."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.account.capabilities import ALL, known
from shiming.account.texts import LOCALES, PLEDGE, PLEDGES
from shiming.errors import BadInput
from shiming.store.access import idempotency
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts
from shiming.store.account import holds as store
from shiming.store.verification import verifications
from shiming.web.access import allow, context_of
from shiming.web.api import views
from shiming.web.api.accounts import standing_of
from shiming.web.http.fields import Id, Kind, Moment, PageSize, Strict, cursor
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows import admission, case_queue
from shiming.workflows.account import holds
from shiming.workflows.context import Context

router = APIRouter(prefix="/v1", tags=["holds"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]
Reviewer = Annotated[Caller, Depends(allow("reviewer"))]
Holder = Annotated[Caller, Depends(allow("platform", "holder"))]
Opens = Annotated[Caller, Depends(allow("platform", "reviewer"))]
Value = Annotated[str, Field(max_length=500)] | int | float | bool | None


class NewBecause(Strict):
    """What the source saw, shown to the holder: ids, counts and places by city; no personal data."""

    rule: str | None = Field(None, max_length=80)
    version: str | None = Field(None, max_length=80)
    values: dict[Id, Value] = Field({}, max_length=50)
    events: list[Id] = Field([], max_length=50)
    signal: Literal["takeover"] | None = Field(None, description="Somebody else may have the account now.")
    since: Moment | None = Field(None, description="When that began: ISO 8601, or ms since 1970.")
    revoke: list[Annotated[str, Field(max_length=200)]] = Field(
        [], max_length=50, description="Devices and sessions seen since, as you name them."
    )


class NewHold(Strict):
    reason: str = Field(examples=["login_risk"], max_length=60)
    capabilities: list[Id] = Field([ALL], max_length=20)
    requirements: list[Annotated[str, Field(max_length=2000)]] = Field(
        ["verify:standard"], max_length=10, description="All that lifts it; without any it is a ban."
    )
    because: NewBecause | None = None
    kind: Kind = Field("personal", description="Kind of account, where it is new to us.")


class Pledged(Strict):
    text_version: str = Field(PLEDGE, max_length=40, description="Which text the holder was shown.")


class HoldVerdict(Strict):
    verdict: Literal["clear", "lift"] = Field(description="clear: its review is met. lift: it ends whole.")


@router.post("/accounts/{account}/holds", status_code=201)
@replay(standing_of)
def hold(account: str, body: NewHold, caller: Opens, request: Request) -> dict:
    """Hold an account back until its requirements are met. The account is opened when it is new to us."""
    context = context_of(request)
    for capability in body.capabilities:
        if capability != ALL:
            known(capability, context.policy_in(caller.app).capabilities)
    if caller.role == "reviewer" and not body.requirements:
        raise BadInput("A ban takes two people: ask for it with POST /v1/subjects/blocks.", "four_eyes")
    asked = body.model_dump(exclude={"kind", "because"})
    asked["because"] = body.because.model_dump(exclude_defaults=True) if body.because else None
    source = "platform" if caller.role == "platform" else f"reviewer:{caller.name}"
    with context.database.write() as connection:
        row = accounts.get_or_open(connection, caller.app, account, body.kind, "zh-CN", context.now())
        holds.open_hold(context, connection, accounts.by_id(connection, row.id, lock=True), asked, source)
    return standing_of(account, caller, request)


@router.get("/texts/pledge")
def pledge_text() -> dict:
    """The pledge as it is shown now; its version is named when it is made."""
    return {"text_version": PLEDGE, **{locale: PLEDGES[PLEDGE][locale] for locale in LOCALES}}


@router.post("/accounts/{account}/pledge")
@replay(standing_of)
def pledge(account: str, body: Pledged, caller: Platform, request: Request) -> dict:
    """The holder read the pledge and made it. It is kept with the version of its text."""
    context = context_of(request)
    with context.database.write() as connection:
        row = accounts.by_ref(connection, caller.app, account, lock=True)
        holds.pledge(context, connection, row, body.text_version, caller.name)
    return standing_of(account, caller, request)


@router.get("/verifications/{id}/standing")
def own_standing(id: str, caller: Holder, request: Request) -> dict:
    """The standing of the account that this verification is for, by the holder's own token."""
    return standing_of(_account_of(id, caller, request), caller, request)


@router.post("/verifications/{id}/pledge")
@replay(own_standing)
def own_pledge(id: str, body: Pledged, caller: Holder, request: Request) -> dict:
    """The same pledge, made on our own page with the holder's token."""
    return pledge(_account_of(id, caller, request), body, caller, request)


def _account_of(id: str, caller: Caller, request: Request) -> str:
    with context_of(request).database.read() as connection:
        row = verifications.get(connection, caller.app, id)
        return accounts.by_id(connection, row.account).ref


@router.get("/holds")
def waiting(caller: Reviewer, request: Request, after: cursor("hld") = None,
            limit: PageSize = 20) -> dict:  # fmt: skip
    """Open holds that wait for a review, oldest first."""
    with context_of(request).database.read() as connection:
        found = store.waiting_for_review(connection, caller.app, after, limit)
        items = [_of_account(context_of(request), connection, row) for row in found]
    return views.page(items, limit)


def _decided(hold: str, made: dict) -> dict:
    return {"id": hold, "state": made["state"]}


def _of_account(context: Context, connection: Connection, row: Row) -> dict:
    account = accounts.by_id(connection, row.account)
    held = {each.hold.id: each for each in admission.ways(context, connection, account).holds}
    return {"account": account.ref, **views.hold(held[row.id])}


@router.post("/holds/{hold}/verdict")
@replay(_decided)
def verdict(hold: str, body: HoldVerdict, caller: Reviewer, request: Request) -> dict:
    """Decide about a hold. A ban is lifted when a second person says so too."""
    context = context_of(request)
    with context.database.write() as connection:
        case_queue.past(
            context, connection, hold, "lift", caller.name
        )  # to clear its review is what `lift` is at the console
        state = holds.verdict(context, connection, caller.app, hold, body.verdict, caller.name, key=True)
        idempotency.made(state=state)
    return _decided(hold, {"state": state})
