"""Whom work can be handed to: colleagues on this side who do the same."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from shiming.errors import NotAllowed
from shiming.review.roles import allowed
from shiming.store.staff import members
from shiming.web.access import context_of
from shiming.web.console.access import Person, person_of

router = APIRouter(prefix="/console/api", tags=["console: cases"])
WORK = {"cases": "case.work", "tickets": "ticket.work"}


@router.get("/colleagues")
def names(person: Annotated[Person, Depends(person_of)], request: Request) -> dict[str, list[str]]:
    """Names by kind of work, of those kinds that this person does; without their own."""
    mine = {work: action for work, action in WORK.items() if action in person.may}
    if not mine:
        raise NotAllowed("Your role has no work that could be handed to somebody.")
    with context_of(request).database.read() as connection:
        may = {row.name: allowed(members.roles_on(row, person.app)) for row in members.listed(connection)}
    return {work: [name for name in may if action in may[name] and name != person.name]
            for work, action in mine.items()}  # fmt: skip
