"""API keys and the apps that may open holders' pages: made and taken away by admins. A key takes two of them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlalchemy import Row

from shiming.store.access import api_keys
from shiming.store.review import four_eyes
from shiming.web.access import context_of
from shiming.web.api import prompts, views
from shiming.web.console.access import Person, as_platform, may, no_key
from shiming.web.console.operations import csv_export
from shiming.web.console.words import Locale
from shiming.web.http.fields import Strict
from shiming.workflows.staff import key_making

router = APIRouter(prefix="/console/api", tags=["console: operations"])
WORDS = {"state": "key_state", "role": "key_role"}
NO_STORE = {"Cache-Control": "no-store"}
Reads = Annotated[Person, Depends(may("operations.read"))]


def changer(person: Annotated[Person, Depends(may("operations.change"))]) -> Person:
    """An admin who is signed in."""
    return no_key(person)


Changes = Annotated[Person, Depends(changer)]


class NewKey(Strict):
    role: Literal[api_keys.ROLES]
    name: str = Field(max_length=40, description="Who or what uses it; stands in the audit trail.")
    days: int | None = Field(None, ge=1, le=3650, description="How long it works; null: until it is revoked.")
    scopes: list[Literal[api_keys.SCOPES]] = Field([], max_length=len(api_keys.SCOPES), description="None: all.")
    networks: list[str] = Field([], max_length=50, description="From where it works; none: from anywhere.")


@router.get("/api_keys")
def listed(person: Reads, request: Request, form: csv_export.Form = "json", locale: Locale = "zh") -> Any:
    """The keys of this side, newest first, without their secrets; and what a key can be made for."""
    context = context_of(request)
    with context.database.read() as connection:
        rows = api_keys.of(connection, person.app)
        waiting = {order.about: order for order in key_making.waiting(context, connection, person.app)}
    items = [_shown(row, waiting.get(row.id), person, context.now()) for row in rows]
    if form == "csv":
        flat = [{**item, "asked": (item["asked"] or {}).get("by")} for item in items]
        return csv_export.taken_away(request, person, "api_keys", flat, WORDS, locale)
    return {"items": items, "roles": api_keys.ROLES, "scopes": api_keys.SCOPES, "days": four_eyes.DAYS}


@router.post("/api_keys", status_code=201)
def ask(body: NewKey, person: Changes, request: Request, response: Response) -> dict[str, Any]:
    """First of two admins: a key, whose secret is shown this once, and which works once another admin has agreed."""
    response.headers.update(NO_STORE)
    wish = key_making.Wish(body.role, body.name, body.days, tuple(body.scopes), tuple(body.networks))
    id, secret = key_making.ask(context_of(request), person.app, wish, person.name)
    return {"id": id, "secret": secret, "shown_once": True, "days": four_eyes.DAYS}


@router.post("/api_keys/{id}/confirm")
def confirm(id: str, person: Changes, request: Request) -> dict[str, Any]:
    """Second of two admins: from now on the key works."""
    key_making.confirm(context_of(request), person.app, id, person.name)
    return {"id": id, "state": "works"}


@router.delete("/api_keys/{id}", status_code=204)
def revoke(id: str, person: Changes, request: Request) -> None:
    """From now on the key is useless, or never comes to work."""
    key_making.revoke(context_of(request), person.app, id, person.name)


@router.get("/clients")
def clients(person: Reads, request: Request, form: csv_export.Form = "json") -> Any:
    """The apps that may open holders' pages; where there is none, any browser may."""
    found = prompts.listed(as_platform(person), request)
    return found if form == "json" else csv_export.taken_away(request, person, "clients", found["items"], {}, "zh")


@router.post("/clients", status_code=201)
def add_client(body: prompts.NewClient, person: Changes, request: Request, response: Response) -> dict[str, Any]:
    """Let only launches signed with this secret open holders' pages. It is shown this once."""
    response.headers.update(NO_STORE)
    return prompts.add_client(body, as_platform(person), request)


@router.delete("/clients/{id}", status_code=204)
def remove_client(id: str, person: Changes, request: Request) -> None:
    """Let this app open nothing any more; without the last one, any browser may again."""
    prompts.remove_client(id, as_platform(person), request)


def _shown(row: Row, order: Row | None, person: Person, now: int) -> dict[str, Any]:
    ended = "revoked" if row.revoked_at else "expired" if row.expires_at and row.expires_at <= now else "works"
    times = {name: views.time(getattr(row, name)) for name in ("created_at", "expires_at", "used_at", "revoked_at")}
    asked = {"by": order.asked_by, "mine": order.asked_by == person.name} if order else None
    about = {"id": row.id, "role": row.role, "name": row.name, "scopes": row.scopes, "networks": row.addresses}
    return {**about, "state": "asked" if order else ended, **times, "asked": asked}
