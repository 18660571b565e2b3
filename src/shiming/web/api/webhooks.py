"""Webhooks: endpoints, and what became of each delivery."""

import base64
import secrets
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from shiming.errors import BadInput
from shiming.store.access import idempotency
from shiming.store.access.api_keys import Caller
from shiming.store.database import new_id
from shiming.store.messaging import lanes, outbox
from shiming.web.access import allow, context_of
from shiming.web.api import views
from shiming.web.http.fields import Strict
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows.context import Context
from shiming.workflows.messaging import notify

router = APIRouter(prefix="/v1", tags=["platform"], route_class=IdempotentRoute)
AT_ONCE = 500
Platform = Annotated[Caller, Depends(allow("platform"))]


class NewEndpoint(Strict):
    url: str = Field(max_length=500, pattern="^https?://", description="https in live mode; a public address, without "
                     "user name and password. Where it leads is looked at again at each delivery.")  # fmt: skip


def _endpoint_again(body: NewEndpoint, made: dict, answered: bool, caller: Caller, request: Request) -> dict:
    """Its secret was shown; one that a crash kept from everybody is drawn anew."""
    context, id, text = context_of(request), made["endpoint"], None
    with context.database.write() as connection:
        outbox.endpoint(connection, caller.app, id)
        if not answered:
            text, sealed = _secret(context, id)
            outbox.change_secret(connection, id, sealed)
    return {"id": id, "url": body.url, "secret": text, "shown_once": True}


@router.post("/webhook_endpoints", status_code=201)
@replay(_endpoint_again)
def add_endpoint(body: NewEndpoint, caller: Platform, request: Request) -> dict:
    """Where to send webhooks. The secret, for checking their signatures, is shown this once."""
    if not caller.test_mode and not body.url.startswith("https://"):
        raise BadInput("Live webhooks go to https addresses only.")
    context, id = context_of(request), new_id("hook")
    context.egress.check(body.url)
    text, sealed = _secret(context, id)
    with context.database.write() as connection:
        outbox.add_endpoint(connection, id, caller.app, body.url, sealed, context.now())
        idempotency.made(endpoint=id)
    return {"id": id, "url": body.url, "secret": text, "shown_once": True}


def _secret(context: Context, id: str) -> tuple[str, bytes]:
    """A new secret, as it is shown and as it is kept."""
    secret = secrets.token_bytes(24)
    return "whsec_" + base64.b64encode(secret).decode(), context.sealer.seal(id, "webhook.secret", secret)


@router.get("/webhook_endpoints")
def endpoints(caller: Platform, request: Request) -> dict:
    """The addresses that webhooks go to, how often each failed in a row, and until when it rests because of that."""
    with context_of(request).database.read() as connection:
        rows = outbox.endpoints_of(connection, caller.app)
    health = [{"failures": e.failures, "rests_until": views.time(e.rests_until)} for e in rows]
    return {"items": [{"id": e.id, "url": e.url, **each} for e, each in zip(rows, health, strict=True)]}


@router.delete("/webhook_endpoints/{id}", status_code=204)
def remove_endpoint(id: str, caller: Platform, request: Request) -> None:
    """Send no more webhooks there."""
    context = context_of(request)
    with context.database.write() as connection:
        outbox.disable_endpoint(connection, caller.app, id, context.now())


class DeliveryState(StrEnum):
    WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"


@router.get("/webhook_deliveries")
def deliveries(
    caller: Platform, request: Request, limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[str | None, Query(max_length=40, description="The last `id` of the page before.")] = None,
    state: Annotated[DeliveryState | None, Query(description="`failed`: those that were given up.")] = None,
    endpoint: Annotated[str | None, Query(max_length=40)] = None,
) -> dict:  # fmt: skip
    """What was sent where, how often, and how it was answered; newest first."""
    with context_of(request).database.read() as connection:
        rows = outbox.deliveries_of(connection, caller.app, limit, after, state, endpoint)
    shown = ("id", "message", "endpoint", "state", "tries", "answer")
    return {"items": [{name: getattr(r, name) for name in shown} | {"at": views.time(r.at)} for r in rows]}


class GivenUp(Strict):
    endpoint: str = Field(max_length=40, description="The endpoint whose deliveries of state `failed` are sent again.")


def _all_resent(body: GivenUp, made: dict) -> dict:
    return {"endpoint": body.endpoint, "resent": made["resent"], "more": made["resent"] == AT_ONCE}


@router.post("/webhook_deliveries/resend", status_code=202)
@replay(_all_resent)
def resend_all(body: GivenUp, caller: Platform, request: Request) -> dict:
    """Send again what was given up at an endpoint, oldest first, 500 at a time; `more`: ask once more."""
    context = context_of(request)
    with context.database.write() as connection:
        outbox.endpoint(connection, caller.app, body.endpoint)
        ids = outbox.resend_failed(connection, caller.app, body.endpoint, AT_ONCE)
        lanes.went_well(connection, body.endpoint)
        for id in ids:
            notify.resend(context, connection, id)
        made = {"resent": len(ids)}
        idempotency.made(**made)
    return _all_resent(body, made)


def _resent(id: str) -> dict:
    return {"id": id, "state": "waiting"}


@router.post("/webhook_deliveries/{id}/resend", status_code=202)
@replay(_resent)
def resend(id: str, caller: Platform, request: Request) -> dict:
    """Send a delivery again, with the same id and content."""
    context = context_of(request)
    with context.database.write() as connection:
        lanes.went_well(connection, outbox.resend(connection, caller.app, id))  # whoever asks says that it is well
        notify.resend(context, connection, id)
    return _resent(id)
