"""For the platform itself: webhook endpoints and deliveries, the catalogue of reasons, health."""

import base64
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from shiming import __version__, reasons
from shiming.errors import BadInput
from shiming.store import messages
from shiming.store.database import new_id
from shiming.store.keys import Caller
from shiming.web.access import allow, parts_of
from shiming.web.api import shapes, views
from shiming.web.api.idempotent import IdempotentRoute
from shiming.web.api.verifications import Strict

router = APIRouter(prefix="/v1", tags=["platform"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]


class NewEndpoint(Strict):
    url: str = Field(max_length=500, pattern="^https?://", description="https in live mode; a public address, without "
                     "user name and password. Where it leads is looked at again at each delivery.")  # fmt: skip


@router.post("/webhook_endpoints", status_code=201)
def add_endpoint(body: NewEndpoint, caller: Platform, request: Request) -> dict:
    """Where to send webhooks. The secret, for checking their signatures, is shown this once."""
    if not caller.test_mode and not body.url.startswith("https://"):
        raise BadInput("Live webhooks go to https addresses only.")
    parts, id, secret = parts_of(request), new_id("hook"), secrets.token_bytes(24)
    parts.egress.check(body.url)
    sealed = parts.sealer.seal(id, "webhook.secret", secret)
    with parts.database.write() as connection:
        messages.add_endpoint(connection, id, caller.app, body.url, sealed, parts.now())
    return {"id": id, "url": body.url, "secret": "whsec_" + base64.b64encode(secret).decode()}


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


@router.post("/webhook_deliveries/{id}/resend", status_code=202)
def resend(id: str, caller: Platform, request: Request) -> dict:
    """Send a delivery again, with the same id and content."""
    parts = parts_of(request)
    with parts.database.write() as connection:
        messages.resend(connection, caller.app, id)
        parts.enqueue(connection, "deliver", f"deliver:{id}:again:{new_id('try')}", id, 0)
    return {"id": id, "state": "waiting"}


@router.get("/reasons", response_model=shapes.Reasons, response_model_exclude_unset=True)
def catalogue() -> dict:
    """Every reason that can be given, with its words and remedies in Chinese and English."""
    return {"items": [views.reason(code) for code in reasons.CATALOGUE]}


@router.get("/health")
def health(request: Request) -> dict:
    """Whether the store answers."""
    with parts_of(request).database.read() as connection:
        connection.exec_driver_sql("SELECT 1")
    return {"status": "ok", "version": __version__}
