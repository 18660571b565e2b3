"""Accounts: their standing, their profile and phone as the platform reports them, their end, their inbox."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field, StrictBool

from shiming import names
from shiming.errors import BadInput
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts
from shiming.store.messaging import outbox
from shiming.verification.seen import Typed
from shiming.web.access import allow, context_of
from shiming.web.api import views
from shiming.web.http.fields import LONGEST_NAME, LONGEST_NUMBER, Kind, PageSize, Strict, cursor
from shiming.web.http.idempotency import IdempotentRoute, nothing, replay
from shiming.workflows import admission
from shiming.workflows.account import holds as holding
from shiming.workflows.account import persons, phone, provenance
from shiming.workflows.privacy import erasure

router = APIRouter(prefix="/v1/accounts/{account}", tags=["accounts"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]
Reads = Annotated[Caller, Depends(allow("platform", "reviewer", "support"))]


class FilledProfile(Strict):
    filled: list[Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")]] = Field(
        max_length=60, description="Names of the fields that are filled in; never what they say."
    )
    kind: Kind = Field("personal", description="Kind of account, where it is new to us.")


class BoundPhone(Strict):
    phone: str | None = Field(
        max_length=LONGEST_NUMBER, description="The number now bound; null: none any more. Kept as a hash."
    )
    kind: Kind = Field("personal", description="Kind of account, where it is new to us.")


class PhoneOwner(Strict):
    phone: str = Field(max_length=LONGEST_NUMBER)
    name: str = Field(max_length=LONGEST_NAME)
    number: str = Field(max_length=LONGEST_NUMBER)
    code_confirmed: StrictBool = Field(
        description="You sent a code to this number and the holder typed it back to you."
    )


class Cancellation(Strict):
    at_once: StrictBool = Field(False, description="You have kept a cooling-off period of your own.")


@router.get("/standing")
def standing_of(account: str, caller: Reads, request: Request) -> dict:
    """Normal or abnormal; each hold with why, since when, what it holds back, and what lifts it, in zh and en."""
    context = context_of(request)
    with context.database.read() as connection:
        row = accounts.by_ref(connection, caller.app, account)
        out = admission.ways(context, connection, row)
        may_verify = not out.barred and not admission.ended(context, row)
    shown = {"account": account, "state": accounts.state(row, context.now()), "level": row.level}
    times = {name: views.time(getattr(row, name)) for name in ("verified_at", "in_person_at", "cancel_at")}
    listed = {"standing": "abnormal" if out.holds else "normal", "barred": out.barred, "holds": views.holds(out)}
    shown["verified_elsewhere"] = provenance.shown(row)
    calls = {"verify_with": views.verify_with(account) if may_verify else None}
    return {**shown, **times, **listed, **calls, "account_with": views.account_with(account)}


@router.post("/profile")
@replay(standing_of)
def profile(account: str, body: FilledProfile, caller: Platform, request: Request) -> dict:
    """Report which fields of the profile are filled in. Meets what asked for them; holds one that lacks any needed."""
    context = context_of(request)
    with context.database.write() as connection:
        row = accounts.get_or_open(connection, caller.app, account, body.kind, "zh-CN", context.now())
        holding.profile(context, connection, accounts.by_id(connection, row.id, lock=True), body.filled)
    return standing_of(account, caller, request)


@router.post("/phone")
@replay(standing_of)
def bind_phone(account: str, body: BoundPhone, caller: Platform, request: Request) -> dict:
    """Report the phone number that is bound to an account, so that a later signal knows which was bound before it."""
    context, number = context_of(request), body.phone and _phone(body.phone)
    with context.database.write() as connection:
        row = accounts.get_or_open(connection, caller.app, account, body.kind, "zh-CN", context.now())
        phone.bound(context, connection, row, number, caller.name)
    return standing_of(account, caller, request)


@router.post("/phone/confirm")
@replay(standing_of, done="confirmed")
def confirm_phone(account: str, body: PhoneOwner, caller: Platform, request: Request) -> dict:
    """Meet `confirm_phone`: the number bound before the signal, whose owner the carrier says the holder is."""
    if not body.code_confirmed:
        raise BadInput("Send a code to the number first, and have the holder type it back.", "code_not_confirmed")
    try:
        owner = Typed(names.normalise_name(body.name), names.normalise_number(body.number))
    except names.BadName as bad:
        raise BadInput(str(bad), "name_invalid") from None
    phone.confirm(context_of(request), caller.app, account, _phone(body.phone), owner, caller.name)
    return standing_of(account, caller, request)


@router.post("/cancel")
@replay(standing_of)
def cancel(account: str, caller: Platform, request: Request, body: Cancellation | None = None) -> dict:
    """Cancel an account. After the cooling-off period its place is free; until then it can be taken back."""
    context = context_of(request)
    with context.database.write() as connection:
        row = accounts.by_ref(connection, caller.app, account, lock=True)
        persons.cancel(context, connection, row, caller.name, at_once=bool(body and body.at_once))
    return standing_of(account, caller, request)


@router.post("/keep")
@replay(standing_of)
def keep(account: str, caller: Platform, request: Request) -> dict:
    """Take a cancellation back, within its cooling-off period."""
    context = context_of(request)
    with context.database.write() as connection:
        row = accounts.by_ref(connection, caller.app, account, lock=True)
        persons.keep(context, connection, row, caller.name)
    return standing_of(account, caller, request)


@router.post("/erase", status_code=204)
@replay(nothing, done="erased")
def erase_account(account: str, caller: Platform, request: Request) -> None:
    """Erase a cancelled account, for good: all its verifications, events, contacts, conversations, messages, its name.

    What stays names nobody: rows of ids, codes and times for the audit trail, and the hash of a person who is blocked.
    """
    erasure.account(context_of(request), caller.app, account, caller.name)


@router.get("/inbox")
def inbox(account: str, caller: Platform, request: Request, after: cursor("msg") = None,
          limit: PageSize = 20) -> dict:  # fmt: skip
    """What the holder was told, newest first."""
    context = context_of(request)
    with context.database.read() as connection:
        row = accounts.by_ref(connection, caller.app, account)
        rows = outbox.inbox(connection, row.id, after, limit)
    return views.page([views.message(m) for m in rows], limit)


@router.post("/inbox/{message}/read", status_code=204)
@replay(nothing)
def mark_read(account: str, message: str, caller: Platform, request: Request) -> None:
    """Note that the holder has read a message."""
    context = context_of(request)
    with context.database.write() as connection:
        row = accounts.by_ref(connection, caller.app, account)
        outbox.mark_read(connection, row.id, message, context.now())


def _phone(text: str) -> str:
    try:
        return names.normalise_phone(text)
    except names.BadPhone as bad:
        raise BadInput(str(bad), "phone_invalid") from None
