"""Signing in by password and time code, and signing out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from shiming.store import staff
from shiming.web.access import parts_of
from shiming.web.api.verifications import Strict
from shiming.web.console.access import COOKIE, Person, csrf_of, person_of, set_cookie
from shiming.workflows import sign_in as signing

router = APIRouter(prefix="/console/api", tags=["console: signing in"])
SignedIn = Annotated[Person, Depends(person_of)]


class Credentials(Strict):
    name: str = Field(max_length=40)
    password: str = Field(max_length=200)
    code: str = Field(pattern="^[0-9]{6}$", description="From the authenticator app.")
    app: str | None = Field(None, max_length=80, examples=["demo.live"])


@router.post("/session", status_code=201)
def sign_in(body: Credentials, request: Request, response: Response) -> dict:
    """Sign in; the session lies in a cookie. Send `csrf` back as the header X-CSRF with everything but GET."""
    with request.app.state.tries.of(request, body.name):
        made = signing.sign_in(parts_of(request), body.name, body.password, body.code, body.app)
    return signed_in(request, response, made)


def signed_in(request: Request, response: Response, made: signing.SignedIn) -> dict:
    """Keep a fresh session in the cookie; returns who it is."""
    set_cookie(request, response, made.token)
    person = Person(made.person.id, made.app, made.person.name, staff.roles_on(made.person, made.app))
    return {**_about(person), "apps": list(made.person.grants), "csrf": csrf_of(made.token)}


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


def _about(person: Person) -> dict:
    return {"name": person.name, "app": person.app, "roles": list(person.roles), "may": sorted(person.may)}
