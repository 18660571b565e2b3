"""For developers: what their test side was told, and telling it something; `shiming listen` and `shiming trigger`."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request

from shiming.errors import NotAllowed
from shiming.store.access import idempotency
from shiming.store.access.api_keys import Caller
from shiming.store.database import new_id
from shiming.store.messaging import outbox
from shiming.support.webhook_events import EVENTS
from shiming.support.webhook_samples import sample
from shiming.web.access import allow, context_of
from shiming.web.api import views
from shiming.web.http.fields import PageSize, Strict, cursor
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows.messaging import notify

router = APIRouter(prefix="/v1/webhook_messages", tags=["webhooks"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]


class NewTrigger(Strict):
    event: Literal[EVENTS]


def _for_tests(caller: Caller) -> None:
    if not caller.test_mode:
        raise NotAllowed("This is for trying things out: call it with a test key (sk_test_…) of this app.")


@router.get("")
def told(caller: Platform, request: Request, limit: PageSize = 20, after: cursor("msg") = None) -> dict:
    """What your test side was told, newest first, also where no endpoint was. Test keys only: `shiming listen`."""
    _for_tests(caller)
    with context_of(request).database.read() as connection:
        rows = outbox.messages_of(connection, caller.app, limit, after)
    items = [{"id": r.id, "event": r.event, "body": notify.body_of(r).decode(), "at": views.time(r.at)} for r in rows]
    return views.page(items, limit)


def _fired_again(body: NewTrigger, made: dict) -> dict:
    return {"id": made["message"], "event": body.event}


@router.post("", status_code=202)
@replay(_fired_again)
def fire(body: NewTrigger, caller: Platform, request: Request) -> dict:
    """Send your test side's endpoints an event about things that do not exist. Test keys only: `shiming trigger`."""
    _for_tests(caller)
    context = context_of(request)
    about, payload = sample(body.event, new_id)
    with context.database.write() as connection:
        message = notify.trigger(context, connection, caller.app, body.event, about, payload)
        idempotency.made(message=message)
    return _fired_again(body, {"message": message})
