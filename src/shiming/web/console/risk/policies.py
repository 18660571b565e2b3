"""The versions of a policy: read as text and as a form, drafted, proposed by one, approved by another, taken back."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.review.roles import allowed
from shiming.risk import document, policy_form, waves
from shiming.risk.document import Document
from shiming.risk.expressions import Wrong
from shiming.store.risk import policies as store
from shiming.store.staff import members
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.api.policies import PolicyDocument, Waves
from shiming.web.console.access import Person, may, no_key
from shiming.web.console.operations import csv_export
from shiming.web.console.words import Locale
from shiming.web.http.fields import Strict
from shiming.workflows.context import Context
from shiming.workflows.risk import policy_rollout

router = APIRouter(prefix="/console/api", tags=["console: policy"])
PUBLISH = "policy.publish"
WORDS = {"state": "policy_state"}
NAMES = ("version", "state", "written_by", "tried_by", "proposed_by", "approved_by", "ended_by")
TIMES = ("created_at", "tried_at", "approved_at", "ended_at")
Reads = Annotated[Person, Depends(may("policy.read"))]
Drafts = Annotated[Person, Depends(may("policy.draft"))]


def publisher(person: Annotated[Person, Depends(may(PUBLISH))]) -> Person:
    """Somebody who is signed in: a key is no second person."""
    return no_key(person)


Publishes = Annotated[Person, Depends(publisher)]


class Approval(Strict):
    seen: str = Field(max_length=64, description="`proposal` of the version, as it was shown: what is approved.")


@router.get("/policies")
def listed(person: Reads, request: Request, form: csv_export.Form = "json", locale: Locale = "zh") -> Any:
    """Every version, newest first; the one in force for whoever is new, and those that ship with the product."""
    context = context_of(request)
    with context.database.read() as connection:
        items = [_line(connection, person, row) for row in store.listed(connection, person.app)]
    if form == "csv":
        flat = [{name: item[name] for name in (*NAMES, *TIMES, "about")} for item in items]
        return csv_export.taken_away(request, person, "policies", flat, WORDS, locale)
    return {"in_force": _in_force(context, person), "shipped": store.PRESETS, "items": items}


@router.get("/policies/{version}")
def read(version: str, person: Reads, request: Request) -> dict[str, Any]:
    """A version: its text, the same as a form, and who did what about it."""
    context = context_of(request)
    with context.database.read() as connection:
        if version in store.PRESETS:
            line = {"version": version, "state": "shipped", "waves": [], "can": []}
        else:
            line = _line(connection, person, store.get(connection, person.app, version))
        text = store.text_of(connection, person.app, version)
    read_as = _understood(text, version)
    form = read_as and policy_form.form(read_as)
    return {**line, "in_force": _in_force(context, person) == version, "text": text, "form": form}


@router.post("/policies/check")
def check(body: PolicyDocument, person: Drafts) -> dict[str, Any]:
    """Whether a document is understood: as a form, or where it is wrong (line and column, from 1) and why."""
    try:
        return {"wrong": None, "form": policy_form.form(document.read(body.text))}
    except Wrong as wrong:
        return {"wrong": {"line": wrong.line, "column": wrong.column, "what": str(wrong)}, "form": None}


@router.post("/policies", status_code=201)
def draft(body: PolicyDocument, person: Drafts, request: Request) -> dict[str, Any]:
    """Keep a document as a draft under the next version of its name. What is kept is never changed."""
    version = policy_rollout.draft(context_of(request), person.app, body.text, person.name)
    return read(version, person, request)


@router.post("/policies/{version}/propose")
def propose(version: str, body: Waves, person: Drafts, request: Request) -> dict[str, Any]:
    """First of two people: publish a version that was tried, in these waves."""
    context = context_of(request)
    policy_rollout.propose(context, person.app, version, waves.read(body.waves, context.now()), person.name)
    return read(version, person, request)


@router.post("/policies/{version}/approve")
def approve(version: str, body: Approval, person: Publishes, request: Request) -> dict[str, Any]:
    """Second of two people, of what they were shown: the waves go out at their times."""
    policy_rollout.approve(context_of(request), person.app, version, person.name, seen=body.seen)
    return read(version, person, request)


@router.post("/policies/{version}/pause")
def pause(version: str, person: Publishes, request: Request) -> dict[str, Any]:
    """No further wave begins, and nobody else is asked for anything; what is in force stays so."""
    policy_rollout.pause(context_of(request), person.app, version, person.name)
    return read(version, person, request)


@router.post("/policies/{version}/resume")
def resume(version: str, person: Publishes, request: Request) -> dict[str, Any]:
    """The waves that were paused go on; one whose time has come begins now."""
    policy_rollout.resume(context_of(request), person.app, version, person.name)
    return read(version, person, request)


@router.get("/policies/{version}/rollback")
def would_lift(version: str, person: Reads, request: Request) -> dict[str, Any]:
    """What rolling back would come to now: the version in force afterwards, and the open holds lifted, by rule."""
    then, found = policy_rollout.would_lift(context_of(request), person.app, version)
    by_rule = [{"rule": rule, "holds": count} for rule, count in found.most_common()]
    return {"then": then, "holds": found.total(), "by_rule": by_rule}


@router.post("/policies/{version}/rollback")
def roll_back(version: str, person: Publishes, request: Request) -> dict[str, Any]:
    """End a version: what was in force before is again, and the holds that only it asked for are lifted."""
    lifted = policy_rollout.roll_back(context_of(request), person.app, version, person.name)
    return {**read(version, person, request), "holds_lifted": lifted}


def _in_force(context: Context, person: Person) -> str:
    return context.policies.document(person.app, None, context.now()).limits.version


def _line(connection: Connection, person: Person, row: Row) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in NAMES} | {name: views.time(getattr(row, name)) for name in TIMES}
    proposal = policy_rollout.proposal(row) if row.state == "proposed" else None
    read_as = _understood(row.text, row.version)
    about = {"about": read_as.about if read_as else "", "waves": [_wave(wave) for wave in row.waves]}
    return {**shown, **about, "proposal": proposal, "can": able(person, row),
            "approvers": _approvers(connection, person, row)}  # fmt: skip


def _understood(text: str, version: str) -> Document | None:
    """None for a version of earlier releases that this one does not understand: it is still read as text."""
    try:
        return store.understood(text, version)
    except Wrong:
        return None


def _wave(wave: dict[str, Any]) -> dict[str, Any]:
    """`done`: everybody whom it covers was asked."""
    times = {name: views.time(wave.get(name)) for name in ("at", "notice_at", waves.PAUSED)}
    return {"share": wave["share"], "kinds": wave["kinds"], **times, "done": wave.get("done") == "all"}


def able(person: Person, row: Row) -> list[str]:
    """What this person may do about a version now."""
    stopped = any(wave.get(waves.PAUSED) for wave in row.waves)
    going = any(wave.get("done") != "all" for wave in row.waves)
    drafts, publishes = "policy.draft" in person.may, PUBLISH in person.may and bool(person.session)
    possible = {
        "try": drafts and row.state in ("draft", "proposed"),
        "propose": drafts and row.state in ("draft", "proposed") and row.tried_at is not None,
        "approve": publishes and row.state == "proposed" and person.name not in (row.proposed_by, row.written_by),
        "pause": publishes and row.state == "published" and going and not stopped,
        "resume": publishes and row.state == "published" and stopped,
        "rollback": publishes and row.state in ("proposed", "published"),
    }
    return [name for name, fits in possible.items() if fits]


def _approvers(connection: Connection, person: Person, row: Row) -> list[str]:
    """Whom to ask: who may publish here, and neither wrote nor proposed it."""
    if row.state != "proposed":
        return []
    able = [one.name for one in members.listed(connection) if PUBLISH in allowed(members.roles_on(one, person.app))]
    return [name for name in able if name not in (row.proposed_by, row.written_by)]
