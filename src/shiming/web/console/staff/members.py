"""Who works on this side of an app: let in, given roles, started anew, shut out; and what waits for a second admin."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlalchemy import Row

from shiming.errors import BadInput
from shiming.review.roles import ACTIONS, ROLES, take_two
from shiming.store.staff import members, one_time_tokens, proposals
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export
from shiming.web.console.words import Locale
from shiming.web.http.fields import Handle, StaffMail, Strict
from shiming.workflows.context import Context
from shiming.workflows.staff import administration
from shiming.workflows.staff.administration import Admin, Outcome

router = APIRouter(prefix="/console/api", tags=["console: people"])
Manager = Annotated[Person, Depends(may("staff.manage"))]
Roles = Annotated[list[str], Field(max_length=len(ROLES))]


class NewPerson(Strict):
    name: Handle
    roles: Roles = Field(min_length=1)
    app: str | None = Field(None, max_length=80, description="A side of an app, such as demo.live; null: this one.")
    mail: StaffMail = Field(None, description="By which single sign-on knows them.")


class Change(Strict):
    roles: Roles | None = Field(None, description="All that they have there from now on; none: they leave.")
    app: str | None = Field(None, max_length=80, description="A side of an app, such as demo.live; null: this one.")
    mail: StaffMail = Field(None, description="Empty: they no longer come in from outside.")


@router.get("/staff")
def people(person: Manager, request: Request, form: csv_export.Form = "json", locale: Locale = "zh") -> Any:
    """Who works on this side, what waits for a second admin, and what the roles mean. Of other apps nothing is told."""
    context = context_of(request)
    here, asked = administration.people(context, _admin(person))
    items = [_shown(context, row, person.app) for row in here]
    if form == "csv":
        return csv_export.taken_away(request, person, "staff", items, {"roles": "role"}, locale)
    return {
        "items": items,
        "proposals": [_proposal(context, person, *found) for found in asked],
        "roles": {name: sorted(may) for name, may in ROLES.items()},
        "actions": {name: action.about for name, action in ACTIONS.items()},
        "take_two": [role for role in ROLES if take_two([role])],
    }


@router.post("/staff", status_code=201)
def add(body: NewPerson, person: Manager, request: Request, response: Response) -> dict:
    """Let a person in. 202: it waits for a second admin, since roles read people, let others in, or are elsewhere."""
    side = body.app or person.app
    made = administration.let_in(context_of(request), _admin(person), body.name, side, body.roles, body.mail)
    return _told(request, response, made)


@router.patch("/staff/{name}")
def change(name: str, body: Change, person: Manager, request: Request, response: Response) -> dict:
    """Change what a person may do on a side, or their mail address; never one's own. 202: waits for a second admin."""
    context, by = context_of(request), _admin(person)
    if (body.roles is None) == (body.mail is None):
        raise BadInput("Send either roles or mail: each may have to wait for a second admin by itself.")
    if body.roles is None:
        return _told(request, response, administration.change_mail(context, by, name, body.mail or ""))
    made = administration.change_roles(context, by, name, body.app or person.app, body.roles)
    return _told(request, response, made)


@router.post("/staff/{name}/reset")
def reset(name: str, person: Manager, request: Request, response: Response) -> dict:
    """A new start at signing in, by a link that the person opens. 202: it waits for a second admin."""
    return _told(request, response, administration.reset(context_of(request), _admin(person), name))


@router.post("/staff/{name}/disable", status_code=204)
def disable(name: str, person: Manager, request: Request) -> None:
    """Shut a person out of this side at once."""
    administration.shut_out(context_of(request), _admin(person), name)


@router.post("/staff/proposals/{id}/confirm")
def confirm(id: str, person: Manager, request: Request, response: Response) -> dict:
    """Second of two admins: neither who proposed it nor whom it is about. A link opens with the code of the first."""
    return _told(request, response, administration.confirm(context_of(request), _admin(person), id))


@router.delete("/staff/proposals/{id}", status_code=204)
def decline(id: str, person: Manager, request: Request) -> None:
    """Not done."""
    administration.decline(context_of(request), _admin(person), id)


def _admin(person: Person) -> Admin:
    return Admin(person.id, person.name, person.app)


def _told(request: Request, response: Response, made: Outcome) -> dict:
    """What became of it; link and code are shown this once. The secret stands behind a #, which is sent to nobody."""
    if made.proposal:
        response.status_code = 202
    response.headers["Cache-Control"] = "no-store"
    link = made.link and welcome(request.app.state.site.address, made.link)
    return {"name": made.name, "proposal": made.proposal, "code": made.code, "link": link,
            "link_hours": one_time_tokens.LINK_HOURS, "proposal_days": proposals.DAYS}  # fmt: skip


def welcome(address: str, link: str) -> str:
    """Where somebody sets up how they sign in."""
    return f"{address}/console#welcome/{link}"


def _shown(context: Context, row: Row, side: str) -> dict:
    """`mail`: the address by which single sign-on knows them."""
    times = {name: views.time(getattr(row, name)) for name in ("disabled_at", "locked_until")}
    mail = row.sealed_mail and context.sealer.open(row.id, "staff.mail", row.sealed_mail).decode()
    about = {"name": row.name, "roles": list(row.grants[side]), "ready": bool(row.password_hash)}
    return {**about, "mail": mail or None, **times}


def _proposal(context: Context, person: Person, asked: Row, row: Row, asker: Row) -> dict:
    mail = asked.sealed_mail or (asked.kind == proposals.ROLES and row.sealed_mail) or None
    return {
        "id": asked.id, "kind": asked.kind, "name": row.name, "roles": asked.roles, "app": asked.app,
        "has": list(members.roles_on(row, person.app)), "asked_by": asker.name, "at": views.time(asked.created_at),
        "mail": mail and context.sealer.open(row.id, "staff.mail", mail).decode(),
        "mine": asker.id == person.id or row.id == person.id,
    }  # fmt: skip
