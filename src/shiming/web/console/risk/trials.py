"""Trying a version on history: asked for, followed, and read; accounts in it are masked."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Connection, Row

from shiming.account.slots import masked_ref
from shiming.errors import NotFound
from shiming.store.account import accounts
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.api.policies import NewTrial
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export
from shiming.workflows.context import Context
from shiming.workflows.risk import policy_trial

router = APIRouter(prefix="/console/api", tags=["console: policy"])
Reads = Annotated[Person, Depends(may("policy.read"))]
Drafts = Annotated[Person, Depends(may("policy.draft"))]
MOST = 10


@router.post("/policies/{version}/try", status_code=202)
def ask(version: str, body: NewTrial, person: Drafts, request: Request) -> dict[str, Any]:
    """Try a version on history. A worker does it; the trial tells how far it is."""
    context = context_of(request)
    id = policy_trial.ask(context, person.app, version, body.days, person.name)
    return _shown(policy_trial.get(context, person.app, id))


@router.get("/policies/{version}/trials")
def of_version(version: str, person: Reads, request: Request) -> dict[str, Any]:
    """The last trials of a version, newest first, without what they found."""
    return {"items": [_shown(row) for row in policy_trial.latest(context_of(request), person.app, version, MOST)]}


@router.get("/policy_trials/{id}")
def read(id: str, person: Reads, request: Request, form: csv_export.Form = "json") -> Any:
    """A trial: how far it is, and in the end who would be held that is not now, and the reverse; by rule, kind, day.
    `form=csv`: by rule.
    """
    context = context_of(request)
    row = policy_trial.get(context, person.app, id)
    if form == "csv":
        return csv_export.taken_away(request, person, "trial", (row.result or {}).get("by_rule", []), {}, "zh")
    return {**_shown(row), "result": row.result and _result(context, person, row.result)}


@router.get("/policy_trials/{id}/plot", response_class=Response)
def plot(id: str, person: Reads, request: Request) -> Response:
    """The same as a picture (PNG)."""
    row = policy_trial.get(context_of(request), person.app, id)
    if row.plot is None:
        raise NotFound("This trial has not ended yet.")
    return Response(row.plot, media_type="image/png", headers={"Cache-Control": "no-store"})


def _shown(row: Row) -> dict[str, Any]:
    times = {name: views.time(getattr(row, name)) for name in ("since", "created_at", "ended_at")}
    about = {"id": row.id, "version": row.version, "by": row.asked_by, "state": row.state, "percent": row.percent}
    return {**about, **times}


def _result(context: Context, person: Person, found: dict[str, Any]) -> dict[str, Any]:
    times = {name: views.time(found[name]) for name in ("since", "until")}
    with context.database.read() as connection:
        examples = [{**one, "account": masked_ref(one["account"]), "id": _id(connection, person, one["account"]),
                     "at": views.time(one["at"])} for one in found["examples"]]  # fmt: skip
    return {**found, **times, "examples": examples}


def _id(connection: Connection, person: Person, ref: str) -> str | None:
    """An account that this person may open; none that was erased since."""
    if "account.read" not in person.may:
        return None
    try:
        return accounts.by_ref(connection, person.app, ref).id
    except NotFound:
        return None
