"""Users who were verified elsewhere, brought along some rows at a time; what stands against some of them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, StrictBool
from sqlalchemy import Row

from shiming.store.access.api_keys import Caller
from shiming.store.account import imports as store
from shiming.web.access import allow, context_of
from shiming.web.api import views
from shiming.web.http.fields import PageSize, Strict, cursor
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows.imports import conflicts, run
from shiming.workflows.imports.problems import Problem
from shiming.workflows.imports.rows import Became

router = APIRouter(prefix="/v1", tags=["persons"], route_class=IdempotentRoute)
Operator = Annotated[Caller, Depends(allow("operator"))]
Decides = Annotated[Caller, Depends(allow("operator", "reviewer"))]
ROW = {
    "account": "zhang-hege", "level": "standard", "verified_at": "2025-03-01T08:00:00+08:00",
    "verified_by": "old-system", "number": "170213199103140138", "name": "张合格",
}  # fmt: skip


class NewImport(Strict):
    kind: Literal["verified", "bindings", "holds"]
    dry_run: StrictBool = Field(False, description="Judge every row, write nothing.")
    rows: list[dict[str, Any]] = Field(min_length=1, max_length=500, examples=[[ROW]])


def _taken(body: NewImport, made: dict, caller: Caller, request: Request) -> dict:
    return one(made["run"], caller, request)


@router.post("/imports", status_code=201)
@replay(_taken, done="run_done")
def take(body: NewImport, caller: Operator, request: Request) -> dict:
    """Take in up to 500 rows: accounts verified elsewhere, bindings, holds. A row that was taken is not taken again.

    The columns are those of `shiming import` (docs/import.md). Wrong rows and those that something stands against are
    named by their place in `rows`; the rest is taken. Blocks take two people and go by POST /v1/subjects/blocks.
    """
    context, given = context_of(request), list(enumerate(body.rows, 1))
    if body.dry_run:
        problems: list[Problem] = []
        counts = run.rehearse(context, caller.app, body.kind, caller.name, given, problems.append)
        return _report(None, body.kind, "rehearsed", counts, problems)
    begun = run.begin(context, caller.app, body.kind, caller.name, _digest(body))
    row = run.go_on(context, caller.app, begun.id, given, lambda problem: None)
    return _shown(row)


@router.get("/imports")
def listed(caller: Operator, request: Request, after: cursor("imp") = None, limit: PageSize = 20) -> dict:
    """Imports by this call and by the command, newest first."""
    with context_of(request).database.read() as connection:
        rows = store.listed(connection, caller.app, after, limit)
    return views.page([_shown(row) for row in rows], limit)


@router.get("/imports/{id}")
def one(id: str, caller: Operator, request: Request) -> dict:
    """How far an import is, what became of its rows, and the first thousand problems."""
    with context_of(request).database.read() as connection:
        return _shown(store.get(connection, caller.app, id))


@router.get("/import_conflicts")
def waiting(caller: Decides, request: Request, limit: PageSize = 20,
            after: Annotated[str | None, Query(max_length=120, description="`next` of the page before.")] = None,
            ) -> dict:  # fmt: skip
    """Rows that something stands against, for people to decide: why, what can be done, who has the person's places."""
    context = context_of(request)
    with context.database.read() as connection:
        return views.page(conflicts.page(context, connection, caller.app, after, limit), limit)


def _digest(body: NewImport) -> str:
    said = json.dumps([body.kind, body.rows], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


def _shown(row: Row) -> dict:
    problems = [Problem(**each) for each in row.problems]
    times = {"created_at": views.time(row.created_at), "ended_at": views.time(row.ended_at)}
    return {**_report(row.id, row.kind, row.state, row.counts, problems), "by": row.by, **times}


def _report(id: str | None, kind: str, state: str, counts: Mapping[str, int], problems: Sequence[Problem]) -> dict:
    named = [{"line": p.line, "column": p.column, "code": p.code, "text": p.text} for p in problems]
    counted = {became.value: counts.get(became, 0) for became in Became}
    return {"id": id, "kind": kind, "state": state, "counts": counted, "problems": named}
