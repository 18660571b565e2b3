"""Signing in by password and time code, and signing out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from shiming.errors import NotFound
from shiming.store.staff import members
from shiming.web import cookies
from shiming.web.access import context_of
from shiming.web.console.access import COOKIE, Person, csrf_of, own, person_of, set_cookie
from shiming.web.http.fields import Handle, Strict, TimeCode
from shiming.workflows.staff import sign_in as signing

router = APIRouter(prefix="/console/api", tags=["console: signing in"])
SignedIn, Own = Annotated[Person, Depends(person_of)], Annotated[Person, Depends(own)]


class Credentials(Strict):
    name: Handle
    password: str = Field(max_length=200)
    code: TimeCode = Field(description="From the authenticator app.")
    app: str | None = Field(None, max_length=80, examples=["demo.live"])


class Side(Strict):
    app: str = Field(max_length=80, examples=["demo.live"])


@router.post("/session", status_code=201)
def sign_in(body: Credentials, request: Request, response: Response) -> dict:
    """Sign in; the session lies in a cookie. Send `csrf` back as the header X-CSRF with everything but GET."""
    with request.app.state.login_throttle.of(request, body.name):
        made = signing.sign_in(context_of(request), body.name, body.password, body.code, body.app)
    return signed_in(request, response, made)


def signed_in(request: Request, response: Response, made: signing.SignedIn) -> dict:
    """Keep a fresh session in the cookie; returns who it is."""
    set_cookie(request, response, made.token)
    person = Person(made.person.id, made.app, made.person.name, members.roles_on(made.person, made.app))
    return {**_about(person), "apps": list(made.person.grants), "csrf": csrf_of(made.token)}


@router.get("/session")
def session(person: SignedIn, request: Request) -> dict:
    """Who is signed in, and what they may do."""
    token = cookies.value_of(request, COOKIE)
    apps = [person.app]
    if person.session:
        with context_of(request).database.read() as connection:
            apps = list(members.by_id(connection, person.id).grants)
    return {**_about(person), "apps": apps, "csrf": csrf_of(token) if token else None}


@router.put("/session/app")
def other_side(body: Side, person: Own, request: Request) -> dict:
    """Go on on another side on which one works, with the roles that one has there."""
    context = context_of(request)
    with context.database.write() as connection:
        row = members.by_id(connection, person.id, lock=True)
        if body.app not in row.grants:
            raise NotFound(f"You do not work on {body.app}.")
        members.touch(connection, person.session, app=body.app)
        context.note(connection, body.app, person.name, "staff.other_side", person.id, came_from=person.app)
    return session(person_of(request), request)


@router.delete("/session", status_code=204)
def sign_out(person: SignedIn, request: Request, response: Response) -> None:
    """End this session."""
    context = context_of(request)
    with context.database.write() as connection:
        members.touch(connection, person.session, ended_at=context.now())
    cookies.drop(request, response, COOKIE)


def _about(person: Person) -> dict:
    return {"name": person.name, "app": person.app, "roles": list(person.roles), "may": sorted(person.may)}
