"""Cases whose right answer is known: put into the queue to measure by, and what people answered."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from sqlalchemy import Row

from shiming.errors import BadInput
from shiming.review.queue import Kind
from shiming.store.review import cases, quality_counts
from shiming.store.verification import verifications
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export
from shiming.web.console.words import Locale
from shiming.web.http.fields import Strict, cursor
from shiming.workflows.review import rulings

router = APIRouter(prefix="/console/api", tags=["console: cases"])
Senior = Annotated[Person, Depends(may("case.seed"))]
WORDS = {"expected": "verdict", "verdict": "verdict", "state": "case_state"}


class Known(Strict):
    case: str = Field(max_length=40, description="A decided case whose right answer is known.")
    verdict: Literal["approve", "ask_again", "reject"]


@router.post("/cases/known", status_code=201)
def seed(body: Known, person: Senior, request: Request) -> dict[str, str]:
    """Put a case with a known answer into the queue, to measure by. It settles nothing."""
    context = context_of(request)
    with context.database.write() as connection:
        row = cases.case(connection, person.app, body.case)
        if row.kind != Kind.VERIFICATION or row.state != "decided" or row.measures:
            raise BadInput("Name a case about a verification that was decided, and is not there to measure by itself.")
        verifications.alive(connection, person.app, row.about)
        made = rulings.measure(context, connection, row, "known", {"verdict": body.verdict, "by": person.name})
        context.note(connection, person.app, person.name, "case.seeded", made, about=row.about)
    return {"case": made}


@router.get("/cases/known")
def seeded(person: Senior, request: Request, after: cursor("cas") = None,
           limit: Annotated[int, Query(ge=1, le=200)] = 50, form: csv_export.Form = "json",
           locale: Locale = "zh") -> Any:  # fmt: skip
    """Cases with a known answer, newest first, each with what was answered and by whom. Those that colleagues put in
    are told once they are answered: before, one could have to answer them oneself.
    """
    limit, after = (csv_export.MOST, None) if form == "csv" else (limit, after)
    with context_of(request).database.read() as connection:
        rows = quality_counts.known(connection, person.app, person.name, after, limit)
    items = [_shown(row) for row in rows]
    if form == "csv":
        return csv_export.taken_away(request, person, "known_answers", items, WORDS, locale)
    return views.page(items, limit)


def _shown(row: Row) -> dict[str, Any]:
    about = {"id": row.id, "about": row.about, "state": row.state, "put_in_by": row.expected["by"]}
    right = None if row.verdict is None else row.verdict == row.expected["verdict"]
    answered = {"expected": row.expected["verdict"], "verdict": row.verdict, "by": row.by, "right": right}
    return {**about, **answered, "at": views.time(row.opened_at), "answered_at": views.time(row.at)}
