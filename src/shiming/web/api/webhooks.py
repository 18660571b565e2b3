"""Webhooks: endpoints, their events and secrets, and what became of each delivery."""

import base64
import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from sqlalchemy import Row

from shiming.errors import BadInput
from shiming.store.access import idempotency
from shiming.store.access.api_keys import Caller
from shiming.store.database import new_id
from shiming.store.messaging import outbox
from shiming.support.webhook_events import EVENTS
from shiming.web.access import allow, context_of
from shiming.web.api import views
from shiming.web.http.fields import PageSize, Strict, cursor
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows.context import Context
from shiming.workflows.messaging import notify, resting

router = APIRouter(prefix="/v1", tags=["webhooks"], route_class=IdempotentRoute)
AT_ONCE, HOUR = 500, 3_600_000
Platform = Annotated[Caller, Depends(allow("platform"))]


Address = Annotated[str, Field(
    max_length=500, pattern="^https?://", description="https in live mode; a public address, without user name and "
    "password. Where it leads is looked at again at each delivery.",
)]  # fmt: skip
Events = Annotated[list[Literal[EVENTS]], Field(min_length=1, max_length=len(EVENTS))]
Ended = Literal["waiting", "retry", "delivered", "failed"]
WANTED = "What to send there; null: everything, also what there will be later."


class NewEndpoint(Strict):
    url: Address
    events: Events | None = Field(None, description=WANTED)


class ChangedEndpoint(Strict):
    """What is not named stays."""

    url: Address | None = None
    events: Events | None = Field(None, description=WANTED)


class Rotation(Strict):
    overlap_hours: int = Field(24, ge=0, le=168, description="For so long deliveries are signed with both secrets.")


def _endpoint_again(body: NewEndpoint, made: dict, answered: bool, caller: Caller, request: Request) -> dict:
    """Its secret was shown; one that a crash kept from everybody is drawn anew."""
    context, id, text = context_of(request), made["endpoint"], None
    with context.database.write() as connection:
        outbox.endpoint(connection, caller.app, id)
        if not answered:
            text, sealed = _secret(context, id)
            outbox.change_endpoint(connection, id, sealed_secret=sealed)
    return {"id": id, "url": body.url, "events": body.events, "secret": text, "shown_once": True}


@router.post("/webhook_endpoints", status_code=201)
@replay(_endpoint_again)
def add_endpoint(body: NewEndpoint, caller: Platform, request: Request) -> dict:
    """Where to send webhooks. The secret, for checking their signatures, is shown this once."""
    context, id = context_of(request), new_id("hook")
    _check(context, caller, body.url)
    text, sealed = _secret(context, id)
    with context.database.write() as connection:
        outbox.add_endpoint(connection, id, caller.app, body.url, sealed, context.now(), body.events)
        idempotency.made(endpoint=id)
        context.note(connection, caller.app, caller.name, "webhook.added", id)
    return {"id": id, "url": body.url, "events": body.events, "secret": text, "shown_once": True}


def _check(context: Context, caller: Caller, url: str) -> None:
    if not caller.test_mode and not url.startswith("https://"):
        raise BadInput("Live webhooks go to https addresses only.")
    context.egress.check(url)


def _secret(context: Context, id: str) -> tuple[str, bytes]:
    """A new secret, as it is shown and as it is kept."""
    secret = secrets.token_bytes(24)
    return "whsec_" + base64.b64encode(secret).decode(), context.sealer.seal(id, "webhook.secret", secret)


@router.get("/webhook_endpoints")
def endpoints(caller: Platform, request: Request) -> dict:
    """The addresses that webhooks go to, how often each failed in a row, and until when it rests because of that."""
    with context_of(request).database.read() as connection:
        rows = outbox.endpoints_of(connection, caller.app)
    return {"items": [_endpoint(context_of(request), row) for row in rows]}


def _endpoint(context: Context, row: Row) -> dict:
    old = row.old_until if (row.old_until or 0) > context.now() else None
    health = {"failures": row.failures, "rests_until": views.time(row.rests_until)}
    return {"id": row.id, "url": row.url, "events": row.events, **health, "old_secret_until": views.time(old)}


@router.patch("/webhook_endpoints/{id}")
def change_endpoint(id: str, body: ChangedEndpoint, caller: Platform, request: Request) -> dict:
    """Send to another address, or other events. What waits already is delivered all the same."""
    context, given = context_of(request), body.model_dump(exclude_unset=True)
    if given.get("url", ""):
        _check(context, caller, given["url"])
    elif "url" in given:
        raise BadInput("An endpoint has an address; leave `url` out, or DELETE the endpoint.")
    with context.database.write() as connection:
        row = outbox.endpoint(connection, caller.app, id, lock=True)
        if given:
            outbox.change_endpoint(connection, row.id, **given)
            context.note(connection, caller.app, caller.name, "webhook.changed", id, fields=sorted(given))
        return _endpoint(context, outbox.endpoint(connection, caller.app, id))


def _rotated_again(id: str, made: dict, answered: bool, caller: Caller, request: Request) -> dict:
    """The secret was shown; one that a crash kept from everybody is drawn anew, the one before it stays."""
    context, text = context_of(request), None
    with context.database.write() as connection:
        row = outbox.endpoint(connection, caller.app, id, lock=True)
        if not answered:
            text, sealed = _secret(context, id)
            outbox.change_endpoint(connection, id, sealed_secret=sealed)
    return {"id": id, "secret": text, "shown_once": True, "old_until": views.time(row.old_until)}


@router.post("/webhook_endpoints/{id}/rotate")
@replay(_rotated_again)
def rotate(id: str, caller: Platform, request: Request, body: Rotation | None = None) -> dict:
    """Another secret. For `overlap_hours` deliveries bear two signatures, so that you can change over in peace."""
    context, hours = context_of(request), (body or Rotation()).overlap_hours
    text, sealed = _secret(context, id)
    with context.database.write() as connection:
        row, until = outbox.endpoint(connection, caller.app, id, lock=True), context.now() + hours * HOUR
        outbox.rotate_secret(connection, row, sealed, until)
        idempotency.made(endpoint=id)
        context.note(connection, caller.app, caller.name, "webhook.rotated", id)
    return {"id": id, "secret": text, "shown_once": True, "old_until": views.time(until)}


def _tested_again(made: dict) -> dict:
    return {"message": made["message"], "delivery": made["delivery"]}


@router.post("/webhook_endpoints/{id}/test", status_code=202)
@replay(_tested_again)
def send_test(id: str, caller: Platform, request: Request) -> dict:
    """Send this endpoint an event of type `webhook.test` now, signed like all others."""
    context = context_of(request)
    with context.database.write() as connection:
        row = outbox.endpoint(connection, caller.app, id)
        resting.said_well(context, connection, caller.app, row.id)
        message, delivery = notify.test(context, connection, caller.app, row.id)
        idempotency.made(message=message, delivery=delivery)
    return {"message": message, "delivery": delivery}


@router.delete("/webhook_endpoints/{id}", status_code=204)
def remove_endpoint(id: str, caller: Platform, request: Request) -> None:
    """Send no more webhooks there."""
    context = context_of(request)
    with context.database.write() as connection:
        outbox.disable_endpoint(connection, caller.app, id, context.now())
        context.note(connection, caller.app, caller.name, "webhook.removed", id)


@router.get("/webhook_deliveries")
def deliveries(
    caller: Platform, request: Request, limit: PageSize = 20, after: cursor("dlv") = None,
    state: Annotated[Ended | None, Query(description="`retry`: to be tried again. `failed`: given up.")] = None,
    endpoint: Annotated[str | None, Query(max_length=40, description="The id of one of yours.")] = None,
) -> dict:  # fmt: skip
    """What was sent where, how often, and how it was answered; newest first."""
    with context_of(request).database.read() as connection:
        if endpoint:
            outbox.endpoint(connection, caller.app, endpoint, removed=True)
        rows = outbox.deliveries_of(connection, caller.app, limit, after, state, endpoint)
    shown = ("id", "message", "endpoint", "state", "tries", "answer")
    items = [{name: getattr(r, name) for name in shown} | {"at": views.time(r.at)} for r in rows]
    return views.page(items, limit)


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
        resting.said_well(context, connection, caller.app, body.endpoint)
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
        resting.said_well(context, connection, caller.app, outbox.resend(connection, caller.app, id))
        notify.resend(context, connection, id)
    return _resent(id)
