"""One search for everything: an account's reference, an id, and, with a reason, a person."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlalchemy import Row

from shiming.account.slots import masked_ref
from shiming.review.roles import allowed
from shiming.review.search import LONGEST, WHY
from shiming.store.account import accounts
from shiming.store.staff import members
from shiming.web.access import context_of
from shiming.web.console.access import Person, may
from shiming.web.console.review.case_view import NO_STORE
from shiming.web.http.fields import Strict
from shiming.workflows.context import Context
from shiming.workflows.operations import alarms
from shiming.workflows.staff import searches
from shiming.workflows.staff.searches import Searcher

router = APIRouter(prefix="/console/api", tags=["console: accounts"])
Reads = Annotated[Person, Depends(may("account.read"))]
ACTION = "account.read"


class Sought(Strict):
    text: str = Field(min_length=1, max_length=LONGEST, description="Reference, id, name, number or phone.")
    why: str | None = Field(None, max_length=40, description="Needed to look for a person.", examples=["holder_asks"])


def searcher(context: Context, person: Person) -> Searcher:
    """This person as one who searches: on every side on which one of their roles reads accounts."""
    sides = frozenset({person.app})
    if person.session:
        with context.database.read() as connection:
            sides = members.sides_allowed(members.by_id(connection, person.id), ACTION)
    role = next(role for role in person.roles if ACTION in allowed([role]))
    return Searcher(person.id, person.name, tuple(sorted(sides)), person.app, role)


@router.post("/search")
def search(body: Sought, person: Reads, request: Request, response: Response) -> dict:
    """Accounts that a text means, on the sides of apps where one may read them. By name, number and phone only with a
    reason: without one, `asks_why` names what was not looked for. In the body, since addresses are logged."""
    response.headers.update(NO_STORE)
    context = context_of(request)
    found = searches.find(context, searcher(context, person), body.text, body.why)
    watch(context, person, found.today)
    items = [{**line(context, row), "by": kind} for row, kind in found.accounts]
    return {"items": items, "more": found.more, "asks_why": found.asks_why, "why": WHY}


def watch(context: Context, person: Person, today: int) -> None:
    """Alarm people about unusually many searches of one person in a day; for who it was, see the audit trail."""
    if today >= searches.UNUSUAL:
        alarms.tell(context, alarms.Alarm("searches", person.id.rpartition("_")[2], {"today": today}))


def line(context: Context, row: Row) -> dict:
    """An account in a list, masked."""
    about = {"id": row.id, "app": row.app, "ref": masked_ref(row.ref), "kind": row.kind, "level": row.level}
    return {**about, "state": accounts.state(row, context.now())}
