"""Filters of lists kept under a name: one's own to use again, anybody's on the same side by their address."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import AfterValidator, Field
from sqlalchemy import Row

from shiming.errors import NotAllowed
from shiming.names.text import unseen
from shiming.store.staff import saved_views
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, own
from shiming.web.http.fields import PageQuery, Strict

router = APIRouter(prefix="/console/api/views", tags=["console: cases"])
PAGES = {"cases": "case.work", "flags": "case.work"}
"""Lists whose filters can be kept, and what one must be allowed in order to see such a list."""
Someone = Annotated[Person, Depends(own)]


def _no_number(text: str) -> str:
    """Names of views are shown to colleagues and are not sealed: no number of a person belongs there."""
    if sum(c.isdigit() for c in text) > 8:
        raise ValueError("has more than 8 digits: a view's name names no person")
    if unseen(text) or not text.strip():
        raise ValueError("is a name that can be read")
    return text.strip()


class NewView(Strict):
    page: Literal["cases", "flags"]
    name: Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_no_number)]
    query: PageQuery = Field(description="As in the page's address.")


@router.get("")
def listed(person: Someone, request: Request) -> dict[str, Any]:
    """One's own views on this side, of lists that one may see."""
    with context_of(request).database.read() as connection:
        rows = saved_views.of(connection, person.app, person.id)
    return {"items": [_shown(row, person) for row in rows if PAGES.get(row.page) in person.may]}


@router.post("", status_code=201)
def add(body: NewView, person: Someone, request: Request) -> dict[str, Any]:
    """Keep a filter; one of the same name for the same list takes the place of the older."""
    _may_see(person, body.page)
    context = context_of(request)
    with context.database.write() as connection:
        about = body.page, body.name, body.query
        id = saved_views.add(connection, person.app, person.id, *about, context.now())
        return _shown(saved_views.get(connection, person.app, id), person)


@router.get("/{id}")
def read(id: str, person: Someone, request: Request) -> dict[str, Any]:
    """A view by its address, also a colleague's; what it finds is asked for as whoever opens it."""
    with context_of(request).database.read() as connection:
        row = saved_views.get(connection, person.app, id)
    _may_see(person, row.page)
    return _shown(row, person)


@router.delete("/{id}", status_code=204)
def remove(id: str, person: Someone, request: Request) -> None:
    """One's own."""
    with context_of(request).database.write() as connection:
        saved_views.remove(connection, person.app, person.id, id)


def _may_see(person: Person, page: str) -> None:
    if PAGES.get(page) not in person.may:
        raise NotAllowed("Your role does not see this list. Ask an admin.")


def _shown(row: Row, person: Person) -> dict[str, Any]:
    about = {"id": row.id, "page": row.page, "name": row.name, "query": row.query}
    return {**about, "mine": row.staff == person.id, "at": views.time(row.created_at)}
