"""The gate: may this account do that? The busiest call, so it runs bare: no dependency solving, no ORM, one read."""

import re
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Security
from fastapi.responses import Response
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from shiming.account import ref, standing
from shiming.account.age import GROWN
from shiming.account.capabilities import Level, Need, known
from shiming.account.ways_out import ways_out
from shiming.errors import BadInput, NotAllowed, NotAuthenticated, ShimingError
from shiming.risk.events import MAX_AMOUNT
from shiming.store.access.api_keys import DAY_MS
from shiming.store.account.gate import Read
from shiming.web import scopes
from shiming.web.access import BEARER, note_use
from shiming.web.api import views
from shiming.web.http import observed
from shiming.web.http.idempotency import IdempotentRoute
from shiming.web.http.problems import of_error
from shiming.workflows.account import ages
from shiming.workflows.risk import minors
from shiming.workflows.verification import prepared_links

router = APIRouter(prefix="/v1/accounts/{account}", tags=["accounts"], route_class=IdempotentRoute)
_PATH = re.compile("/v1/accounts/([^/]+)/may/([^/]+)")
_ROUTE = "/v1/accounts/{account}/may/{capability}"
_CENTS = re.compile("[0-9]{1,14}")
AMOUNT = "Cents that are about to be spent, for a capability with spending limits. `at_most` says how many may be."
_JSON = TypeAdapter(dict)  # five times as fast as the standard library


class Bare:
    """Answers the gate's path before FastAPI sees it; the route below documents it, with the same function."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if not found:
            return await self.app(scope, receive, send)
        request, scope[observed.ROUTE] = Request(scope), _ROUTE
        try:
            answer = await may(request, *found.groups(), _amount(request))
            response = Response(_JSON.dump_json(answer), media_type="application/json")
        except ShimingError as error:
            response = of_error(error)
        await response(scope, receive, send)


@router.get("/may/{capability}", dependencies=[Security(BEARER)])
async def may(request: Request, account: str, capability: str,
              amount: Annotated[int, Query(ge=0, le=MAX_AMOUNT, description=AMOUNT)] = 0) -> dict:  # fmt: skip
    """May this account do that? If not: why, in words for the holder, what lifts it, and a link to verify now."""
    state = request.app.state
    now = state.context.now()
    read = await _read(request, account, now)
    scopes.judge(read.caller, request, "GET", f"{router.prefix}/may")
    await state.rates.take(read.caller)
    if read.caller.role != "platform":
        raise NotAllowed(f"A {read.caller.role} key cannot do this; it takes one of: platform.")
    if (read.caller.used_at or 0) < now - DAY_MS:
        await run_in_threadpool(note_use, state.context, read.caller)
    if read.id is None:
        ref.check(account)  # the link would lead to an account that cannot be opened
    policy = state.context.policies.document(read.caller.app, read.id, now, read.kind).limits
    need = known(capability, policy.capabilities)
    holds = standing.open_on(read.holds, standing.day_of(now)) if read.holds else ()
    asked = await _aged(request, read, account, need)
    answer = standing.may(asked, holds, capability, need, now, amount)
    out = ways_out(holds, read.appeals, answer)
    helps, url = bool(out.level.rank), None
    if helps:
        way = prepared_links.Way(read.caller.app, account, capability, now + prepared_links.GOOD_FOR)
        url = state.site.ready_link(prepared_links.ticket(state.context.lookup, way))
    return {
        "account": account, "capability": capability, "allowed": answer.allowed, "level": read.account.level,
        "needs_level": answer.needs_level, "allowed_from": views.time(answer.allowed_from),
        "allowed_until": views.time(answer.allowed_until),
        "at_most": answer.at_most,
        "holds": views.holds(out),
        "reasons": views.against(answer, out), "ways_out": out.ways,
        "verify_with": views.verify_with(account) if helps else None,
        "verify_url": url, "account_with": None if answer.allowed else views.account_with(account),
    }  # fmt: skip


async def _aged(request: Request, read: Read, ref: str, need: Need) -> standing.Account:
    """The account with its holder's age, where that counts here. Of who is old enough nothing sealed is opened."""
    if not need.grown or read.id is None or read.account.level == Level.NONE:
        return read.account
    context = request.app.state.context
    if ages.at_least(context.lookup, read.id, read.age_mark, need.grown):
        return replace(read.account, age=GROWN)
    asked = (context, read.caller.app, ref, read.id, read.kind, need)
    age, spent, agreed = await run_in_threadpool(minors.of_minor, *asked)
    return replace(read.account, age=age, spent=spent, agreed=agreed)


def _amount(request: Request) -> int:
    given = request.query_params.get("amount", "0")
    if not _CENTS.fullmatch(given) or int(given) > MAX_AMOUNT:
        raise BadInput(f"amount must be a whole number of cents from 0 to {MAX_AMOUNT}.")
    return int(given)


async def _read(request: Request, account: str, now: int) -> Read:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    read = await request.app.state.gate.read(secret.strip(), account, now) if scheme.lower() == "bearer" else None
    if read is None:
        raise NotAuthenticated("Send your key as 'Authorization: Bearer sk_test_…'. `shiming keys list` shows those "
                               "that work.")  # fmt: skip
    return read
