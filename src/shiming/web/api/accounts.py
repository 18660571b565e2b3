"""Accounts: may they do this, why are they held, what were they told."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from shiming.account import standing
from shiming.store import accounts, messages
from shiming.store.keys import Caller
from shiming.web.access import allow, parts_of
from shiming.web.api import shapes, views
from shiming.web.api.idempotent import IdempotentRoute
from shiming.web.api.verifications import Strict

router = APIRouter(prefix="/v1/accounts/{account}", tags=["accounts"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]


class NewHold(Strict):
    reason: str = Field(pattern="^[a-z_]{3,60}$", examples=["login_risk"])
    capabilities: list[str] = Field(["*"], max_length=20)
    requirements: list[str] = Field(["verify:standard"], max_length=10)
    kind: str = Field("personal", max_length=40, description="Kind of account, where it is new to us.")


@router.get("/may/{capability}", response_model=shapes.May, response_model_exclude_unset=True)
def may(account: str, capability: str, caller: Platform, request: Request) -> dict:
    """May this account do that? If not, what holds it back and what level it needs. A new account has none."""
    parts = parts_of(request)
    with parts.database.read() as connection:
        row = accounts.find(connection, caller.app, account)
        holds = accounts.open_holds(connection, row.id) if row else ()
    policy = parts.policies.document(caller.app, row and row.id, parts.now(), row and row.kind).limits
    level, state = (row.level, row.state) if row else ("none", "active")
    answer = standing.may(level, state, holds, capability, policy)
    reasons = [views.reason("account_barred")] if answer.banned else []
    return {
        "account": account, "capability": capability, "allowed": answer.allowed, "level": level,
        "needs_level": answer.needs_level, "holds": [views.hold(h) for h in answer.holds], "reasons": reasons,
    }  # fmt: skip


@router.get("/standing", response_model=shapes.Standing, response_model_exclude_unset=True)
def standing_of(account: str, caller: Platform, request: Request) -> dict:
    """Normal or abnormal; each hold with its reason, since when, what it holds back, and what lifts it."""
    parts = parts_of(request)
    with parts.database.read() as connection:
        row = accounts.by_ref(connection, caller.app, account)
        holds = accounts.open_holds(connection, row.id)
    shown = {"account": account, "state": row.state, "level": row.level, "verified_at": views.time(row.verified_at)}
    return {**shown, "standing": standing.standing(holds), "holds": [views.hold(h) for h in holds]}


@router.post("/holds", status_code=201, response_model=shapes.Standing, response_model_exclude_unset=True)
def hold(account: str, body: NewHold, caller: Platform, request: Request) -> dict:
    """Hold an account back until its requirements are met. The account is opened when it is new to us."""
    parts = parts_of(request)
    with parts.database.write() as connection:
        row = accounts.get_or_open(connection, caller.app, account, body.kind, "zh-CN", parts.now())
        id = accounts.open_hold(connection, row, body.model_dump(exclude={"kind"}), caller.role, parts.now())
        parts.note(connection, caller.app, caller.name, "hold.opened", id, account=row.id, reason=body.reason)
    return standing_of(account, caller, request)


@router.post("/cancel", response_model=shapes.Standing, response_model_exclude_unset=True)
def cancel(account: str, caller: Platform, request: Request) -> dict:
    """Cancel an account, which frees the place that it took of its subject."""
    parts = parts_of(request)
    with parts.database.write() as connection:
        row = accounts.by_ref(connection, caller.app, account)
        accounts.cancel(connection, row)
        parts.note(connection, caller.app, caller.name, "account.cancelled", row.id)
    return standing_of(account, caller, request)


@router.get("/inbox", response_model=shapes.Inbox, response_model_exclude_unset=True)
def inbox(account: str, caller: Platform, request: Request, after: str | None = None,
          limit: Annotated[int, Query(ge=1, le=100)] = 20) -> dict:  # fmt: skip
    """What the holder was told, newest first."""
    parts = parts_of(request)
    with parts.database.read() as connection:
        row = accounts.by_ref(connection, caller.app, account)
        rows = messages.inbox(connection, row.id, after, limit)
    return views.page([views.message(m) for m in rows], limit)


@router.post("/inbox/{message}/read", status_code=204)
def mark_read(account: str, message: str, caller: Platform, request: Request) -> None:
    """Note that the holder has read a message."""
    parts = parts_of(request)
    with parts.database.write() as connection:
        row = accounts.by_ref(connection, caller.app, account)
        messages.mark_read(connection, row.id, message, parts.now())
