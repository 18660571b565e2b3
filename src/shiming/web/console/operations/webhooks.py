"""Webhooks, as an admin sees to them: endpoints, their secrets, and every delivery with what was sent and answered."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import Row

from shiming.errors import NotFound
from shiming.store.messaging import outbox
from shiming.support.webhook_events import EVENTS
from shiming.web.access import context_of
from shiming.web.api import views, webhooks
from shiming.web.api.webhooks import ChangedEndpoint, Ended, GivenUp, NewEndpoint, Rotation
from shiming.web.console.access import Person, as_platform, may
from shiming.web.console.operations import csv_export
from shiming.web.console.words import Locale
from shiming.web.http.fields import PageSize, cursor
from shiming.workflows.messaging import notify

router = APIRouter(prefix="/console/api", tags=["console: operations"])
Reads = Annotated[Person, Depends(may("operations.read"))]
Changes = Annotated[Person, Depends(may("operations.change"))]
UNSIGNED = ("content-type", "webhook-id", "webhook-timestamp")


@router.get("/webhook_endpoints")
def endpoints(person: Reads, request: Request, form: csv_export.Form = "json") -> Any:
    """Where webhooks go, how each endpoint is, and the events that there are to choose from."""
    found = webhooks.endpoints(as_platform(person), request)
    if form == "csv":
        return csv_export.taken_away(request, person, "webhook_endpoints", found["items"], {}, "zh")
    return {**found, "events": EVENTS}


@router.post("/webhook_endpoints", status_code=201)
def add(body: NewEndpoint, person: Changes, request: Request) -> dict[str, Any]:
    """Send webhooks there too. The secret that signs them is shown this once."""
    return webhooks.add_endpoint(body, as_platform(person), request)


@router.patch("/webhook_endpoints/{id}")
def change(id: str, body: ChangedEndpoint, person: Changes, request: Request) -> dict[str, Any]:
    """Send to another address, or other events."""
    return webhooks.change_endpoint(id, body, as_platform(person), request)


@router.delete("/webhook_endpoints/{id}", status_code=204)
def remove(id: str, person: Changes, request: Request) -> None:
    """Send no more webhooks there."""
    webhooks.remove_endpoint(id, as_platform(person), request)


@router.post("/webhook_endpoints/{id}/rotate")
def rotate(id: str, body: Rotation, person: Changes, request: Request) -> dict[str, Any]:
    """Another secret, shown this once; for `overlap_hours` deliveries are signed with both."""
    return webhooks.rotate(id, as_platform(person), request, body)


@router.post("/webhook_endpoints/{id}/test", status_code=202)
def send_test(id: str, person: Changes, request: Request) -> dict[str, Any]:
    """Send this endpoint a test event now."""
    return webhooks.send_test(id, as_platform(person), request)


@router.get("/webhook_deliveries")
def deliveries(
    person: Reads, request: Request, limit: PageSize = 50, after: cursor("dlv") = None,
    state: Ended | None = None, endpoint: Annotated[str | None, Query(max_length=40)] = None,
    event: Literal[EVENTS] | None = None, form: csv_export.Form = "json", locale: Locale = "zh",
) -> Any:  # fmt: skip
    """What was sent where, newest first; by state, endpoint and event."""
    limit, after = (csv_export.MOST, None) if form == "csv" else (limit, after)
    with context_of(request).database.read() as connection:
        rows = outbox.deliveries_of(connection, person.app, limit, after, state, endpoint, event)
        events = outbox.events_of(connection, [row.message for row in rows])
    items = [{**_shown(row), "event": events.get(row.message)} for row in rows]
    if form == "csv":
        return csv_export.taken_away(request, person, "deliveries", items, {"state": "delivery"}, locale)
    return views.page(items, limit)


@router.get("/webhook_deliveries/{id}")
def delivery(id: str, person: Reads, request: Request) -> dict[str, Any]:
    """One delivery: the request as it is sent (but for its signatures, made anew at each try), and the last answer."""
    with context_of(request).database.read() as connection:
        if not outbox.is_webhook_of(connection, person.app, id):
            raise NotFound("There is no such delivery.")
        row, message, endpoint = outbox.delivery(connection, id)
    body, headers = notify.signed(message, (), row.at // 1000)
    sent = {"url": endpoint.url, "headers": {name: headers[name] for name in UNSIGNED}, "body": body.decode()}
    return {**_shown(row), "event": message.event, "about": message.about, "request": sent}


@router.post("/webhook_deliveries/resend", status_code=202)
def resend_all(body: GivenUp, person: Changes, request: Request) -> dict[str, Any]:
    """Send again what was given up at an endpoint, oldest first, 500 at a time."""
    return webhooks.resend_all(body, as_platform(person), request)


@router.post("/webhook_deliveries/{id}/resend", status_code=202)
def resend(id: str, person: Changes, request: Request) -> dict[str, Any]:
    """Send a delivery again, with the same id and content."""
    return webhooks.resend(id, as_platform(person), request)


def _shown(row: Row) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in ("id", "message", "endpoint", "state", "tries", "answer")}
    return {**shown, "at": views.time(row.at)}
