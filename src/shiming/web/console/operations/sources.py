"""The outside sources of a side of an app, and those that need a person."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from shiming.web.access import context_of
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export
from shiming.web.console.words import Locale
from shiming.workflows import source_figures

router = APIRouter(prefix="/console/api", tags=["console: figures"])
WORDS = {"kind": "source_kind", "state": "source", "breaker": "breaker"}
Reads = Annotated[Person, Depends(may("figures.read"))]


@router.get("/sources")
def read(person: Reads, request: Request, form: csv_export.Form = "json", locale: Locale = "zh") -> Any:
    """How well each source is, what it was asked today and what that cost (ten-thousandths of a yuan). `state` is well,
    busy, down, limited, misconfigured or unpaid; the last two do not heal by themselves.
    """
    context = context_of(request)
    with context.database.read() as connection:
        rows = source_figures.of(context, connection, _side(person))
    items = [{name: value for name, value in row.items() if name != "receipts"} for row in rows]
    if form == "csv":
        flat = [{name: value for name, value in item.items() if name != "codes"} for item in items]
        return csv_export.taken_away(request, person, "sources", flat, WORDS, locale)
    return {"items": items}


@router.get("/sources/alarms")
def alarms(person: Reads, request: Request) -> dict:
    """Those that a person has to see to, and why: misconfigured, unpaid, or budget (it comes to its end today)."""
    context = context_of(request)
    with context.database.read() as connection:
        found = [one for one in source_figures.ailing(context, connection) if one.side == _side(person)]
    return {"items": [{"kind": one.kind, "name": one.name, "why": one.why} for one in found]}


def _side(person: Person) -> str:
    return person.app.rpartition(".")[2]
