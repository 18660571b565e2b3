"""One person's accounts: seen and freed by the person, with a live face; blocked and moved by two people."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy import Row

from shiming.account.slots import masked_ref
from shiming.errors import BadInput
from shiming.reasons import CATALOGUE, unknown
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts, subjects
from shiming.store.review import four_eyes
from shiming.web.access import allow, context_of
from shiming.web.api import views
from shiming.web.http.fields import PageSize, Ref, Strict, cursor
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows import case_queue
from shiming.workflows.account import bans, persons

router = APIRouter(prefix="/v1", tags=["persons"], route_class=IdempotentRoute)
Holder = Annotated[Caller, Depends(allow("platform", "holder"))]
Reviewer = Annotated[Caller, Depends(allow("reviewer"))]
PLACES = "/verifications/{id}/places"


class NewBlock(Strict):
    account: Ref
    ground: str = Field(max_length=60, examples=["violation_fraud"])


class NewMove(Strict):
    source: Ref = Field(description="Your id of the account that is verified now.")
    target: Ref = Field(description="Your id of the account that takes its place.")


class ClaimVerdict(Strict):
    verdict: Literal["free", "keep"]


@router.get(PLACES)
def places(id: str, caller: Holder, request: Request) -> dict:
    """This person's accounts and what can be done with each; only within an hour of the face check, names masked."""
    context = context_of(request)
    with context.database.write() as connection:
        row, subject = persons.in_session(context, connection, caller.app, id)
        found, elsewhere = persons.slots(context, connection, caller.app, subject)
    return {"items": [_place(context.now(), each, kept, row) for each, kept in found], "elsewhere": elsewhere}


@router.post(PLACES + "/{place}/{act}")
@replay(places)
def act(id: str, place: str, act: Literal["cancel", "keep", "not_mine", "move"], caller: Holder,
        request: Request) -> dict:  # fmt: skip
    """Cancel one of them, take that back, say that it is not yours, or move its place to the account just verified."""
    context = context_of(request)
    with context.database.write() as connection:
        row, subject = persons.in_session(context, connection, caller.app, id)
        account, by = persons.slot(context, connection, caller.app, subject, place), f"holder:{row.account}"
        if act == "cancel":
            persons.cancel(context, connection, account, by)
        elif act == "keep":
            persons.keep(context, connection, account, by)
        elif act == "not_mine":
            persons.not_mine(context, connection, account, row)
        else:
            persons.move_here(context, connection, row, subject, account)
    return places(id, caller, request)


def _asked(made: dict) -> dict:
    return {"id": made["order"], "state": "waits_for_second_person"}


def _blocked(order: str, caller: Caller, request: Request) -> dict:
    return {"id": order, "state": "blocked", "account": _named(order, caller, request)[0]}


def _unblocked(order: str, caller: Caller, request: Request) -> dict:
    return {"id": order, "state": "unblocked", "account": _named(order, caller, request)[0]}


def _moved(order: str, caller: Caller, request: Request) -> dict:
    source, target = _named(order, caller, request)
    return {"id": order, "state": "moved", "source": source, "target": target}


def _named(order: str, caller: Caller, request: Request) -> list[str]:
    """The accounts that an order is about, as the platform names them."""
    with context_of(request).database.read() as connection:
        row = four_eyes.get(connection, caller.app, order)
        about = (row.about, row.ground) if row.kind == "move" else (row.about,)
        return [accounts.by_id(connection, id).ref for id in about]


def _decided(claim: str, body: ClaimVerdict) -> dict:
    return {"id": claim, "state": "freed" if body.verdict == "free" else "kept"}


@router.post("/subjects/blocks", status_code=201)
@replay(_asked)
def ask_block(body: NewBlock, caller: Reviewer, request: Request) -> dict:
    """Ask for an account to be banned and the person behind it blocked. A second person has to confirm it."""
    if body.ground not in CATALOGUE:
        raise BadInput(unknown(body.ground), "unknown_reason")
    return _ask(partial(bans.ask_for, kind="block"), body.account, body.ground, caller, request)


@router.post("/subjects/blocks/{order}/confirm")
@replay(_blocked)
def confirm_block(order: str, caller: Reviewer, request: Request) -> dict:
    """The second person's confirmation."""
    _confirm(bans.confirm_block, order, caller, request)
    return _blocked(order, caller, request)


@router.post("/subjects/unblocks", status_code=201)
@replay(_asked)
def ask_unblock(body: NewBlock, caller: Reviewer, request: Request) -> dict:
    """Ask for a block to be lifted, and the account's ban with it. A second person has to confirm it."""
    return _ask(partial(bans.ask_for, kind="unblock"), body.account, body.ground, caller, request)


@router.post("/subjects/unblocks/{order}/confirm")
@replay(_unblocked)
def confirm_unblock(order: str, caller: Reviewer, request: Request) -> dict:
    """The second person's confirmation."""
    _confirm(bans.confirm_unblock, order, caller, request)
    return _unblocked(order, caller, request)


@router.post("/subjects/moves", status_code=201)
@replay(_asked)
def ask_move(body: NewMove, caller: Reviewer, request: Request) -> dict:
    """Ask for a binding to be moved from one account to another. A second person has to confirm it."""
    return _ask(persons.ask_move, body.source, body.target, caller, request)


@router.post("/subjects/moves/{order}/confirm")
@replay(_moved)
def confirm_move(order: str, caller: Reviewer, request: Request) -> dict:
    """The second person's confirmation."""
    _confirm(persons.confirm_move, order, caller, request)
    return _moved(order, caller, request)


@router.get("/claims")
def claims(caller: Reviewer, request: Request, state: Literal["waiting", "freed", "kept"] = "waiting",
           after: cursor("clm") = None, limit: PageSize = 20) -> dict:  # fmt: skip
    """Accounts of which somebody says, after a face check, that they are not theirs; oldest first."""
    with context_of(request).database.read() as connection:
        rows = subjects.claims_of(connection, caller.app, state, after, limit)
        refs = {row.id: accounts.by_id(connection, row.account).ref for row in rows}
    items = [{"id": r.id, "account": refs[r.id], "verification": r.verification, "state": r.state,
              "at": views.time(r.created_at)} for r in rows]  # fmt: skip
    return views.page(items, limit)


@router.post("/claims/{claim}/verdict")
@replay(_decided)
def decide_claim(claim: str, body: ClaimVerdict, caller: Reviewer, request: Request) -> dict:
    """free: the account loses this person and has to be verified again. keep: all stays as it is."""
    context = context_of(request)
    with context.database.write() as connection:
        case_queue.past(context, connection, claim, "free" if body.verdict == "free" else "stay", caller.name)
        persons.decide_claim(context, connection, caller.app, claim, body.verdict, caller.name)
    return _decided(claim, body)


def _ask(ask, about: str, more: str, caller: Caller, request: Request) -> dict:
    context = context_of(request)
    with context.database.write() as connection:
        order = ask(context, connection, caller.app, about, more, caller.name)
    return _asked({"order": order})


def _confirm(confirm, order: str, caller: Caller, request: Request) -> None:
    context = context_of(request)
    with context.database.write() as connection:
        confirm(context, connection, caller.app, order, caller.name, key=True)


def _place(now: int, account: Row, kept: str | None, verification: Row) -> dict:
    this, state = account.id == verification.account, accounts.state(account, now)
    free = ["keep" if state == "cancelling" else "cancel"] if not kept else []
    movable = not kept and persons.may_move(verification)
    others = [] if this else ["not_mine", *(["move"] if movable else [])]
    return {
        "place": account.id, "account": masked_ref(account.ref), "kind": account.kind, "level": account.level,
        "since": views.time(account.verified_at), "state": state, "cancel_at": views.time(account.cancel_at),
        "this": this, "can": [*free, *others], "kept": kept,
    }  # fmt: skip
