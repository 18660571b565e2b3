"""Policy versions: checked, kept, tried on history, published by two people, rolled back."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from starlette.convertors import StringConvertor, register_url_convertor

from shiming.errors import NotFound
from shiming.risk import document, waves
from shiming.risk.expressions import Wrong
from shiming.store.access.api_keys import Caller
from shiming.store.risk import policies as store
from shiming.web.access import allow, context_of
from shiming.web.api import views
from shiming.web.http.fields import Strict
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.web.http.problems import problem
from shiming.workflows.risk import policy_rollout, policy_trial

router = APIRouter(prefix="/v1", tags=["policies"], route_class=IdempotentRoute)
Operator = Annotated[Caller, Depends(allow("operator"))]


class PolicyDocument(Strict):
    text: str = Field(max_length=document.LONGEST, description="The whole document, TOML.")


class NewTrial(Strict):
    days: int = Field(90, ge=1, le=400, description="How much history, up to now.")


class Waves(Strict):
    waves: list[dict[str, Any]] = Field(
        max_length=waves.MOST_WAVES,
        examples=[[{"at": "2026-12-01T00:00:00+08:00", "share": 10, "notice_at": "2026-11-24T00:00:00+08:00"},
                   {"at": "2026-12-08T00:00:00+08:00", "share": 100}]],
    )  # fmt: skip


class Version(StringConvertor):
    """`/policies/check` is a call's own address: no version is called so, and only POST goes there."""

    regex = "(?!check$)[^/]+"


register_url_convertor("version", Version())


@router.get("/policies/{version:version}")
def one(version: str, caller: Operator, request: Request) -> dict:
    """One version with its text."""
    with context_of(request).database.read() as connection:
        if version in store.PRESETS:
            return {"version": version, "state": "shipped", "text": store.preset(version)}
        row = store.get(connection, caller.app, version)
    return _shown(row) | {"text": row.text}


def _kept(made: dict, caller: Caller, request: Request) -> dict:
    return one(made["policy"], caller, request)


def _asked(version: str, made: dict) -> dict:
    return {"id": made["trial"], "state": "waiting", "version": version}


def _rolled_back(version: str, made: dict, answered: bool, caller: Caller, request: Request) -> dict:
    """What a crash left undone is done first."""
    lifted = made.get("holds_lifted", 0)
    if not answered:
        lifted = policy_rollout.lift_rest(context_of(request), caller.app, version, caller.name)
    return one(version, caller, request) | {"holds_lifted": lifted}


@router.post("/policies/check", response_model=None)
@replay()
def check(body: PolicyDocument, caller: Operator, request: Request) -> Response | dict:
    """Say whether a document is understood; if not, where (line, column) and what may have been meant."""
    try:
        read = document.read(body.text)
    except Wrong as wrong:
        return _wrong(wrong)
    return {"name": read.name, "features": list(read.plan.features), "rules": list(read.plan.rules)}


@router.post("/policies", status_code=201, response_model=None)
@replay(_kept)
def keep(body: PolicyDocument, caller: Operator, request: Request) -> Response | dict:
    """Keep a document as a draft under the next version of its name. What is kept is never changed."""
    context = context_of(request)
    try:
        version = policy_rollout.draft(context, caller.app, body.text, caller.name)
    except Wrong as wrong:
        return _wrong(wrong)
    return one(version, caller, request)


@router.get("/policies")
def listed(caller: Operator, request: Request) -> dict:
    """Every version that was kept, newest first, and the one that is in force for whoever is new."""
    context = context_of(request)
    with context.database.read() as connection:
        rows = store.listed(connection, caller.app)
    current = context.policies.document(caller.app, None, context.now()).limits.version
    return {"in_force": current, "shipped": store.PRESETS, "items": [_shown(row) for row in rows]}


@router.post("/policies/{version}/try", status_code=202)
@replay(_asked)
def attempt(version: str, body: NewTrial, caller: Operator, request: Request) -> dict:
    """Try a version on history. A worker does it; `GET /v1/policy_trials/{id}` tells how far it is."""
    id = policy_trial.ask(context_of(request), caller.app, version, body.days, caller.name)
    return _asked(version, {"trial": id})


@router.get("/policy_trials/{id}")
def trial_of(id: str, caller: Operator, request: Request) -> dict:
    """A trial: how far it is, and in the end who would be held that is not now, and the reverse.

    By rule, class and day; with what people said of them, the reviews, calls and cost to expect, and examples.
    """
    row = policy_trial.get(context_of(request), caller.app, id)
    return {"id": id, "version": row.version, "state": row.state, "percent": row.percent, "result": _result(row.result),
            "since": views.time(row.since), "ended_at": views.time(row.ended_at)}  # fmt: skip


@router.get("/policy_trials/{id}/plot", response_class=Response)
def plot_of(id: str, caller: Operator, request: Request) -> Response:
    """The same as a picture (PNG)."""
    row = policy_trial.get(context_of(request), caller.app, id)
    if row.plot is None:
        raise NotFound("This trial has not ended yet.")
    return Response(row.plot, media_type="image/png")


@router.post("/policies/{version}/propose")
@replay(one)
def propose(version: str, body: Waves, caller: Operator, request: Request) -> dict:
    """First of two people: publish a version that was tried, in waves by share of accounts or by kind."""
    context = context_of(request)
    policy_rollout.propose(context, caller.app, version, waves.read(body.waves, context.now()), caller.name)
    return one(version, caller, request)


@router.post("/policies/{version}/approve")
@replay(one)
def approve(version: str, caller: Operator, request: Request) -> dict:
    """Second of two people: the waves go out at their times. Neither who wrote it nor who proposed it may approve."""
    policy_rollout.approve(context_of(request), caller.app, version, caller.name, key=True)
    return one(version, caller, request)


@router.post("/policies/{version}/rollback")
@replay(_rolled_back)
def roll_back(version: str, caller: Operator, request: Request) -> dict:
    """End a version: what was in force before is again, and the holds that only this version asked for are lifted."""
    lifted = policy_rollout.roll_back(context_of(request), caller.app, version, caller.name)
    return one(version, caller, request) | {"holds_lifted": lifted}


def _wrong(wrong: Wrong) -> Response:
    return problem(wrong.status, wrong.code, str(wrong), line=wrong.line, column=wrong.column)


def _shown(row: Any) -> dict:
    named = ("version", "state", "waves", "written_by", "tried_by", "proposed_by", "approved_by", "ended_by")
    times = ("created_at", "tried_at", "approved_at", "ended_at")
    shown = {name: getattr(row, name) for name in named} | {name: views.time(getattr(row, name)) for name in times}
    return shown | {"waves": [_wave(wave) for wave in row.waves]}


def _wave(wave: dict[str, Any]) -> dict[str, Any]:
    """Without how far we have come in telling and asking holders: that names accounts of ours."""
    times = {name: views.time(wave[name]) for name in ("at", "notice_at")}
    return {"share": wave["share"], "kinds": wave["kinds"], **times}


def _result(found: dict | None) -> dict | None:
    """What a trial found, with times as the API tells them."""
    if found is None:
        return None
    examples = [one | {"at": views.time(one["at"])} for one in found["examples"]]
    return found | {name: views.time(found[name]) for name in ("since", "until")} | {"examples": examples}
