"""For the platform itself: webhook endpoints and deliveries, the catalogue of reasons."""

import base64
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from shiming import reasons
from shiming.errors import BadInput
from shiming.store import idempotency, messages
from shiming.store.database import new_id
from shiming.store.keys import Caller
from shiming.web.access import allow, parts_of
from shiming.web.api import shapes, views
from shiming.web.api.idempotent import IdempotentRoute, replay
from shiming.web.api.verifications import Strict
from shiming.workflows.parts import Parts

router = APIRouter(prefix="/v1", tags=["platform"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]


class NewEndpoint(Strict):
    url: str = Field(max_length=500, pattern="^https?://", description="https in live mode; a public address, without "
                     "user name and password. Where it leads is looked at again at each delivery.")  # fmt: skip


def _endpoint_again(body: NewEndpoint, made: dict, answered: bool, caller: Caller, request: Request) -> dict:
    """Its secret was shown; one that a crash kept from everybody is drawn anew."""
    parts, id, text = parts_of(request), made["endpoint"], None
    with parts.database.write() as connection:
        messages.endpoint(connection, caller.app, id)
        if not answered:
            text, sealed = _secret(parts, id)
            messages.change_secret(connection, id, sealed)
    return {"id": id, "url": body.url, "secret": text, "shown_once": True}


@router.post("/webhook_endpoints", status_code=201)
@replay(_endpoint_again)
def add_endpoint(body: NewEndpoint, caller: Platform, request: Request) -> dict:
    """Where to send webhooks. The secret, for checking their signatures, is shown this once."""
    if not caller.test_mode and not body.url.startswith("https://"):
        raise BadInput("Live webhooks go to https addresses only.")
    parts, id = parts_of(request), new_id("hook")
    parts.egress.check(body.url)
    text, sealed = _secret(parts, id)
    with parts.database.write() as connection:
        messages.add_endpoint(connection, id, caller.app, body.url, sealed, parts.now())
        idempotency.made(endpoint=id)
    return {"id": id, "url": body.url, "secret": text, "shown_once": True}


def _secret(parts: Parts, id: str) -> tuple[str, bytes]:
    """A new secret, as it is shown and as it is kept."""
    secret = secrets.token_bytes(24)
    return "whsec_" + base64.b64encode(secret).decode(), parts.sealer.seal(id, "webhook.secret", secret)


@router.get("/webhook_endpoints")
def endpoints(caller: Platform, request: Request) -> dict:
    """The addresses that webhooks go to."""
    with parts_of(request).database.read() as connection:
        return {"items": [{"id": e.id, "url": e.url} for e in messages.endpoints_of(connection, caller.app)]}


@router.delete("/webhook_endpoints/{id}", status_code=204)
def remove_endpoint(id: str, caller: Platform, request: Request) -> None:
    """Send no more webhooks there."""
    parts = parts_of(request)
    with parts.database.write() as connection:
        messages.disable_endpoint(connection, caller.app, id, parts.now())


@router.get("/webhook_deliveries")
def deliveries(caller: Platform, request: Request, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> dict:
    """What was sent where, how often, and how it was answered; newest first."""
    with parts_of(request).database.read() as connection:
        rows = messages.deliveries_of(connection, caller.app, limit)
    shown = ("id", "message", "endpoint", "state", "tries", "answer")
    return {"items": [{name: getattr(r, name) for name in shown} | {"at": views.time(r.at)} for r in rows]}


def _resent(id: str) -> dict:
    return {"id": id, "state": "waiting"}


@router.post("/webhook_deliveries/{id}/resend", status_code=202)
@replay(_resent)
def resend(id: str, caller: Platform, request: Request) -> dict:
    """Send a delivery again, with the same id and content."""
    parts = parts_of(request)
    with parts.database.write() as connection:
        messages.resend(connection, caller.app, id)
        parts.enqueue(connection, "deliver", f"deliver:{id}:again:{new_id('try')}", id, 0)
    return _resent(id)


@router.get("/reasons", response_model=shapes.Reasons, response_model_exclude_unset=True)
def catalogue() -> dict:
    """Every reason that can be given, with its words and remedies in Chinese and English."""
    return {"items": [views.reason(code) for code in reasons.CATALOGUE]}
