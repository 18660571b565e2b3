"""Events from the platform, the flags that rules raised on them, and people's word on those."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Request

from shiming.errors import BadInput
from shiming.risk.events import ABOUT_ACCOUNT, FACTS, OURS, TYPES
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts
from shiming.store.risk import events as store
from shiming.web.access import allow, context_of
from shiming.web.api import views
from shiming.web.http.fields import PageSize, Strict, cursor
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.web.http.inputs import unfit
from shiming.workflows.privacy import retention
from shiming.workflows.risk import event_processing, flagging

router = APIRouter(prefix="/v1", tags=["events"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]
Staff = Annotated[Caller, Depends(allow("reviewer"))]
EXAMPLE = {
    "id": "evt-8f1c", "account": "zhang-hege", "type": "login", "at": "2026-11-22T08:00:00+08:00",
    "ip": "192.0.2.7", "device": "phone-17", "app_version": "12.3.0",
}  # fmt: skip
Events = Annotated[dict[str, Any], Body(openapi_examples={
    "one": {"value": EXAMPLE},
    "many": {"value": {"events": [EXAMPLE, {"id": "evt-8f1d", "account": "zhang-hege", "type": "transaction",
                                            "at": "2026-11-22T08:01:00+08:00", "amount": 15000, "kind": "gift"}]}},
})]  # fmt: skip


class FlagWord(Strict):
    word: Literal["upheld", "overturned"]


def _taken(body: Events, made: dict, request: Request) -> dict:
    """Each event as it was taken; noted are those of which there is more to be told than that."""
    plain, given = {"state": "taken", "flags": []}, _listed(body)
    now, left_out = context_of(request).now(), unfit(request.scope)
    refused = event_processing.refused_again(given, made.get("refused", ()), now, left_out)
    read = [each for n, each in enumerate(given) if n not in refused]
    taken = [{"id": each["id"], **plain, **made["events"].get(each["id"], {})} for each in read]
    return {"items": event_processing.in_order(given, taken, refused)}


@router.post("/events", status_code=202)
@replay(_taken)
def take(body: Events, caller: Platform, request: Request) -> dict:
    """Take in one event, or up to 1,000 as {"events": […]}. An event of the same id is taken once.

    Fields by type: `GET /v1/event_types`. Events may come late and in any order; they are judged by their own time.
    When this answers, every event is kept and what the rules found is done. If one of many cannot be read, none is
    taken and the answer names each; with `"partial": true` beside `events` the rest is taken, and those are `refused`.
    """
    partial = body.get("partial") is True
    context, given = context_of(request), _listed(body)
    return {"items": event_processing.take(context, caller.app, given, partial, unfit(request.scope))}


def _listed(body: Events) -> list:
    many = body["events"] if "events" in body and body.keys() <= {"events", "partial"} else [body]
    if not isinstance(many, list) or not isinstance(body.get("partial", False), bool):
        raise BadInput("events is a list of events; partial is true or false.")
    return many


@router.delete("/accounts/{account}/events")
def erase(account: str, caller: Platform, request: Request) -> dict:
    """Erase all that was reported of an account: events, what was counted of them, flags. Its holds stay."""
    return {"account": account, "erased": retention.account(context_of(request), caller.app, account, caller.name)}


@router.get("/event_types")
def types(request: Request) -> dict:
    """Every event type: what to send, what rules can speak of, and the date of the data that places come from."""
    made = context_of(request).geolocation.made
    shown = [
        {"type": name, "sent_by_us": name in OURS, "facts": dict(FACTS[name]), "fields": [_field(f) for f in fields]}
        for name, fields in TYPES.items()
    ]
    return {"items": shown, "about_account": dict(ABOUT_ACCOUNT), "places_of": made and made.isoformat()}


def _field(field: Any) -> dict:
    shown = {"name": field.name, "required": field.required, "kind": field.kind, "meaning": field.meaning}
    return shown | ({"one_of": field.choices} if field.choices else {})


@router.get("/flags")
def flags(caller: Annotated[Caller, Depends(allow("platform", "reviewer"))], request: Request,
          account: str | None = None, state: Literal["open", "noted", "upheld", "overturned"] | None = None,
          after: cursor("flg") = None, limit: PageSize = 20) -> dict:  # fmt: skip
    """What rules found, newest first: rule, version, the values that it saw, and the events that made them."""
    with context_of(request).database.read() as connection:
        if account:
            accounts.by_ref(connection, caller.app, account)
        rows = store.flags_of(connection, caller.app, account, state, after, limit)
    return views.page([_flag(row) for row in rows], limit)


def _word(flag: str, body: FlagWord) -> dict:
    return {"id": flag, "state": body.word}


@router.post("/flags/{flag}/word")
@replay(_word)
def word(flag: str, body: FlagWord, caller: Staff, request: Request) -> dict:
    """Say whether a flag was rightly raised. `overturned` lifts the hold that it opened."""
    context = context_of(request)
    flagging.decide(context, caller.app, flag, body.word, caller.name)
    return _word(flag, body)


def _flag(row: Any) -> dict:
    shown = ("id", "rule", "policy", "does", "event", "hits", "events", "hold", "state", "decided_by")
    return {name: getattr(row, name) for name in shown} | {
        "account": row.ref, "values": row.said, "at": views.time(row.at), "decided_at": views.time(row.decided_at),
    }  # fmt: skip
