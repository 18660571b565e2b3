"""The gate: may this account do that? The busiest call, so it runs bare: no dependency solving, no ORM, one read."""

import re
from functools import cache

from fastapi import APIRouter, Request, Security
from fastapi.responses import Response
from pydantic import TypeAdapter
from starlette.types import ASGIApp, Receive, Scope, Send

from shiming.account import ref, standing
from shiming.account.capabilities import known
from shiming.errors import NotAllowed, NotAuthenticated, ShimingError
from shiming.store.gate import Read
from shiming.web.access import BEARER
from shiming.web.api import shapes, views
from shiming.web.api.idempotent import IdempotentRoute
from shiming.web.api.problems import of_error
from shiming.workflows import ready

router = APIRouter(prefix="/v1/accounts/{account}", tags=["accounts"], route_class=IdempotentRoute)
_PATH = re.compile("/v1/accounts/([^/]+)/may/([^/]+)")
_JSON = TypeAdapter(dict)  # five times as fast as the standard library


class Bare:
    """Answers the gate's path before FastAPI sees it; the route below documents it, with the same function."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if not found:
            return await self.app(scope, receive, send)
        request = Request(scope)
        try:
            answer = await may(request, *found.groups())
            response = Response(_JSON.dump_json(answer), media_type="application/json")
        except ShimingError as error:
            response = of_error(error)
        await response(scope, receive, send)


@router.get("/may/{capability}", response_model=shapes.May, response_model_exclude_unset=True,
            dependencies=[Security(BEARER)])  # fmt: skip
async def may(request: Request, account: str, capability: str) -> dict:
    """May this account do that? If not: why, in words for the holder, what lifts it, and a link to verify now."""
    state = request.app.state
    now = state.parts.now()
    read = await _read(request, account)
    state.rates.take(read.caller, now)
    if read.caller.role != "platform":
        raise NotAllowed(f"A {read.caller.role} key cannot do this; it takes one of: platform.")
    if read.id is None:
        ref.check(account)  # the link would lead to an account that cannot be opened
    policy = state.parts.policies.document(read.caller.app, read.id, now, read.kind).limits
    need = known(capability, policy.capabilities)
    holds = standing.open_on(read.holds, standing.day_of(now)) if read.holds else ()
    answer = standing.may(read.account, holds, capability, need, now)
    helps = not answer.cancelled and (answer.needs_level or standing.verifying_lifts(answer.holds).rank)
    url = None
    if helps:
        way = ready.Way(read.caller.app, account, capability, now + ready.GOOD_FOR)
        url = state.site.ready_link(ready.ticket(state.parts.lookup, way))
    return {
        "account": account, "capability": capability, "allowed": answer.allowed, "level": read.account.level,
        "needs_level": answer.needs_level, "holds": [views.hold(h) for h in answer.holds],
        "reasons": [reason(code) for code in answer.codes],
        "verify_with": views.verify_with(account) if not answer.allowed else None,
        "verify_url": url,
    }  # fmt: skip


async def _read(request: Request, account: str) -> Read:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    read = await request.app.state.gate.read(secret.strip(), account) if scheme.lower() == "bearer" else None
    if read is None:
        raise NotAuthenticated("Send your key as 'Authorization: Bearer sk_test_…'. `shiming keys list` shows those "
                               "that work.")  # fmt: skip
    return read


@cache
def reason(code: str) -> dict:
    """A reason without facts: its words are always the same."""
    return views.reason(code)
