"""Signing in and out, and who may sign in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.errors import BadInput
from shiming.review.roles import ACTIONS, ROLES
from shiming.store import staff, staff_secrets
from shiming.web.access import parts_of
from shiming.web.api import views
from shiming.web.api.inputs import Id
from shiming.web.api.verifications import Strict
from shiming.web.console.access import COOKIE, Person, csrf_of, may, person_of, set_cookie
from shiming.workflows import sign_in as signing
from shiming.workflows.parts import Parts

router = APIRouter(prefix="/console/api", tags=["console: people"])
Admin = Annotated[Person, Depends(may("staff.manage"))]
SignedIn = Annotated[Person, Depends(person_of)]


class Credentials(Strict):
    name: str = Field(max_length=40)
    password: str = Field(max_length=200)
    code: str = Field(pattern="^[0-9]{6}$", description="From the authenticator app.")
    app: str | None = Field(None, max_length=80, examples=["demo.live"])


class NewPassword(Strict):
    old: str = Field(max_length=200)
    new: str = Field(max_length=200)


class NewPerson(Strict):
    name: str = Field(max_length=40)
    roles: list[Id] = Field(min_length=1, max_length=len(ROLES))
    apps: list[Id] = Field(min_length=1, max_length=50)
    mail: str | None = Field(None, max_length=254, description="By which the house's own sign-in knows them.")


class Change(Strict):
    roles: list[Id] | None = Field(None, min_length=1, max_length=len(ROLES))
    apps: list[Id] | None = Field(None, min_length=1, max_length=50)
    mail: str | None = Field(None, max_length=254, description="Empty: they no longer come in from outside.")


@router.post("/session", status_code=201)
def sign_in(body: Credentials, request: Request, response: Response) -> dict:
    """Sign in; the session lies in a cookie. Send `csrf` back as the header X-CSRF with everything but GET."""
    with request.app.state.tries.of(request, body.name):
        made = signing.sign_in(parts_of(request), body.name, body.password, body.code, body.app)
    set_cookie(request, response, made.token)
    person = Person(made.person.id, made.app, made.person.name, tuple(made.person.roles))
    return {**_about(person), "apps": made.person.apps, "csrf": csrf_of(made.token)}


@router.get("/session")
def session(person: SignedIn, request: Request) -> dict:
    """Who is signed in, and what they may do."""
    token = request.cookies.get(COOKIE)
    return {**_about(person), "csrf": csrf_of(token) if token else None}


@router.delete("/session", status_code=204)
def sign_out(person: SignedIn, request: Request, response: Response) -> None:
    """End this session."""
    parts = parts_of(request)
    with parts.database.write() as connection:
        staff.touch(connection, person.session, ended_at=parts.now())
    response.delete_cookie(COOKIE, path="/console")


@router.post("/session/password", status_code=204)
def new_password(body: NewPassword, person: SignedIn, request: Request) -> None:
    """Choose a new password; every session of this person ends."""
    with request.app.state.tries.of(request, person.name):
        signing.change_password(parts_of(request), person.id, person.name, body.old, body.new)


@router.get("/staff")
def people(person: Admin, request: Request) -> dict:
    """Everybody, and what the roles mean."""
    with parts_of(request).database.read() as connection:
        rows = staff.listed(connection)
    items = [
        {"name": r.name, "roles": r.roles, "apps": r.apps, "disabled_at": views.time(r.disabled_at),
         "locked_until": views.time(r.locked_until)} for r in rows
    ]  # fmt: skip
    return {"items": items, "roles": {name: sorted(may) for name, may in ROLES.items()}, "actions": dict(ACTIONS)}


@router.post("/staff", status_code=201)
def add(body: NewPerson, person: Admin, request: Request) -> dict:
    """Let a person in. Password and code secret are shown this once."""
    parts = parts_of(request)
    known_by = _mail(parts, body.mail)
    with parts.database.write() as connection:
        made = staff.add(connection, parts.sealer, body.name, body.roles, body.apps, parts.now(), known_by)
        row = staff.named(connection, body.name)
        parts.note(connection, person.app, person.name, "staff.added", row.id, roles=body.roles)
    return {"name": body.name, "password": made.password, "codes": staff_secrets.totp_address(made.totp, body.name)}


@router.patch("/staff/{name}", status_code=204)
def change(name: str, body: Change, person: Admin, request: Request) -> None:
    """Change what a person may do, or for which apps. Nobody changes their own roles."""
    parts = parts_of(request)
    _not_oneself(person, name)
    with parts.database.write() as connection:
        row = staff.named(connection, name, lock=True)
        roles, apps = body.roles or row.roles, body.apps or row.apps
        staff.check(name, roles, apps)
        if body.mail is not None:
            _known_by(parts, connection, row, body.mail)
        staff.change(connection, row.id, roles=roles, apps=apps)
        parts.note(connection, person.app, person.name, "staff.changed", row.id, roles=roles)


@router.post("/staff/{name}/reset")
def reset(name: str, person: Admin, request: Request) -> dict:
    """New password and code secret, shown this once."""
    parts = parts_of(request)
    _not_oneself(person, name)
    with parts.database.write() as connection:
        made = staff.reset(connection, parts.sealer, name, parts.now())
        parts.note(connection, person.app, person.name, "staff.reset", staff.named(connection, name).id)
    return {"name": name, "password": made.password, "codes": staff_secrets.totp_address(made.totp, name)}


@router.post("/staff/{name}/disable", status_code=204)
def disable(name: str, person: Admin, request: Request) -> None:
    """Shut a person out at once."""
    parts = parts_of(request)
    _not_oneself(person, name)
    with parts.database.write() as connection:
        staff.disable(connection, name, parts.now())
        parts.note(connection, person.app, person.name, "staff.disabled", staff.named(connection, name).id)


def _mail(parts: Parts, mail: str | None) -> str | None:
    return parts.lookup.hash("staff.mail", signing.plain_mail(mail)) if mail else None


def _known_by(parts: Parts, connection: Connection, row: Row, mail: str) -> None:
    """From now on the house's own sign-in knows this person by another address; who came by the old one, no more."""
    mail_hash = _mail(parts, mail)
    if mail_hash:
        staff.mail_is_free(connection, row.id, mail_hash)
    staff.change(connection, row.id, mail_hash=mail_hash, outside_hash=None)
    staff.end_sessions(connection, row.id, parts.now())


def _about(person: Person) -> dict:
    return {"name": person.name, "app": person.app, "roles": list(person.roles), "may": sorted(person.may)}


def _not_oneself(person: Person, name: str) -> None:
    if person.name == name:
        raise BadInput("Another admin has to do this for you.")
