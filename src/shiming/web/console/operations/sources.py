"""The outside sources of a side of an app, and the alarms among them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from shiming.errors import Unavailability
from shiming.web.access import context_of
from shiming.web.console.access import Person, may
from shiming.workflows import source_figures

router = APIRouter(prefix="/console/api", tags=["console: figures"])
Reads = Annotated[Person, Depends(may("figures.read"))]
ALARMS = {str(kind) for kind in Unavailability if kind.alarms}


@router.get("/sources")
def read(person: Reads, request: Request) -> dict:
    """How well each source is, what it was asked today and what that cost (ten-thousandths of a yuan). `state` is well,
    busy, down, limited, misconfigured or unpaid; the last two `alarm`, since they do not heal by themselves.
    """
    context = context_of(request)
    with context.database.read() as connection:
        rows = source_figures.of(context, connection, person.app.rpartition(".")[2])
    shown = [{**row, "receipts": None, "alarm": row["state"] in ALARMS} for row in rows]
    return {"items": shown, "alarms": [row["name"] for row in shown if row["alarm"]]}
