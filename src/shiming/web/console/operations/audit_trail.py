"""The audit trail of one side of an app: looked through, taken away as a sheet; each row proven to be in the log."""

import json
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field
from sqlalchemy import Row

from shiming.account.standing import span
from shiming.store.audit import log_proofs, reading
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export
from shiming.web.console.words import Locale
from shiming.web.http.fields import Pasted, Strict

router = APIRouter(prefix="/console/api", tags=["console: operations"])
Reads = Annotated[Person, Depends(may("audit.read"))]
Word = Annotated[Annotated[str, Field(max_length=120)] | None, Pasted]


class Page(Strict):
    actor: Word = None
    action: Word = Field(None, description="How it begins: `policy.`")
    object: Word = Field(None, description="The id of what it was done to.")
    since: date | None = Field(None, description="In China: 2026-11-20.")
    until: date | None = Field(None, description="The last day that counts.")
    before: int | None = Field(None, ge=0, description="`next` of the page before.")
    limit: int = Field(50, ge=1, le=1000)
    form: csv_export.Form = "json"
    locale: Locale = "zh"


@router.get("/audit")
def read(person: Reads, request: Request, wanted: Annotated[Page, Query()]) -> Any:
    """Rows of this side, newest first: by who did it, what was done, to what, and when.

    `next` goes on further back, also where nothing was found in the stretch that was looked through. `form=csv`: up to
    10,000 rows at once, through as many stretches as that takes.
    """
    since, until = span(wanted.since, wanted.until)
    asked = reading.Asked(person.app, wanted.actor, wanted.action, wanted.object, since, until)
    with context_of(request).database.read() as connection:
        if wanted.form == "json":
            rows, further = reading.latest(connection, asked, wanted.before, wanted.limit)
            return {"items": [_shown(row) for row in rows], "next": further}
        found = reading.all_of(connection, asked, csv_export.MOST)
    flat = [{**_shown(row), "facts": json.dumps(reading.facts(row), ensure_ascii=False)} for row in found]
    return csv_export.taken_away(request, person, "audit", flat, {"action": "audit_action"}, wanted.locale)


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
