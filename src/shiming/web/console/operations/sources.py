"""The outside sources of a side of an app, and those that need a person."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from shiming.web.access import context_of
from shiming.web.console.access import Person, may
from shiming.workflows import source_figures

router = APIRouter(prefix="/console/api", tags=["console: figures"])
Reads = Annotated[Person, Depends(may("figures.read"))]


@router.get("/sources")
def read(person: Reads, request: Request) -> dict:
    """How well each source is, what it was asked today and what that cost (ten-thousandths of a yuan). `state` is well,
    busy, down, limited, misconfigured or unpaid; the last two do not heal by themselves.
    """
    context = context_of(request)
    with context.database.read() as connection:
        rows = source_figures.of(context, connection, _side(person))
    return {"items": [{name: value for name, value in row.items() if name != "receipts"} for row in rows]}


@router.get("/sources/alarms")
def alarms(person: Reads, request: Request) -> dict:
    """Those that a person has to see to, and why: misconfigured, unpaid, or budget (it comes to its end today)."""
    context = context_of(request)
    with context.database.read() as connection:
        found = [one for one in source_figures.ailing(context, connection) if one.side == _side(person)]
    return {"items": [{"kind": one.kind, "name": one.name, "why": one.why} for one in found]}


def _side(person: Person) -> str:
    return person.app.rpartition(".")[2]
