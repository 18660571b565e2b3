"""The audit trail of one side of an app: looked through, taken away as a sheet; each row proven to be in the log."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Row

from shiming.store.audit import log_proofs, reading
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export
from shiming.web.http.fields import Pasted

router = APIRouter(prefix="/console/api", tags=["console: operations"])
Reads = Annotated[Person, Depends(may("audit.read"))]
Word = Annotated[str | None, Pasted, Query(max_length=120)]


@router.get("/audit")
def read(person: Reads, request: Request, actor: Word = None, action: Word = None, object: Word = None,
         before: Annotated[int | None, Query(ge=0)] = None, limit: Annotated[int, Query(ge=1, le=1000)] = 50,
         form: csv_export.Form = "json") -> Any:  # fmt: skip
    """Rows of this side, newest first: by who did it, what begins so (`policy.`), and what it was done to.

    `next` goes on further back, also where nothing was found in the stretch that was looked through.
    """
    context = context_of(request)
    with context.database.read() as connection:
        rows, further = reading.latest(connection, person.app, actor, action, object, before, limit)
        items = [_shown(row) for row in rows]
    if form == "csv":
        flat = [{**item, "facts": str(item["facts"])} for item in items]
        return csv_export.taken_away(request, person, "audit", flat, {}, "zh")
    return {"items": items, "next": further}


@router.get("/audit/{id}/proof", response_model=None)
def prove(id: str, person: Reads, request: Request, form: Literal["json", "file"] = "json") -> dict | Response:
    """Whether a row is in the signed log as it is shown; `form=file` for an auditor, who checks it with the public key
    alone (`shiming audit verify`)."""
    context = context_of(request)
    with context.database.read() as connection:
        row = reading.one(connection, person.app, id)
        proof = log_proofs.inclusion(connection, id)
    if form == "file":
        named = {"Content-Disposition": f'attachment; filename="{id}.tlog-proof"'}
        return Response(proof, media_type="text/plain; charset=utf-8", headers=named)
    try:
        log_proofs.check_inclusion(proof, context.audit_key.public)
    except ValueError as fault:
        return {"id": id, "proven": False, "why": str(fault)}
    return {"id": id, "proven": True, "place": row.leaf, "why": None}


def _shown(row: Row) -> dict[str, Any]:
    about = {"id": row.id, "at": views.time(row.at), "actor": row.actor, "action": row.action, "object": row.object}
    return {**about, "facts": reading.facts(row)}
