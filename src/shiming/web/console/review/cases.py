"""The reviewer's calls: what waits, take, keep, decide, undo, hand over, put off."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from sqlalchemy import Row

from shiming.review.queue import Taker, names, needs_second
from shiming.review.verdict import GROUNDS, VERDICTS, Verdict
from shiming.store.review import cases
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may
from shiming.web.http.fields import Id, Strict
from shiming.workflows import case_queue
from shiming.workflows.context import Context
from shiming.workflows.review import bulk, rulings

router = APIRouter(prefix="/console/api", tags=["console: cases"])
Reviewer = Annotated[Person, Depends(may("case.work"))]


class Ruling(Strict):
    verdict: str = Field(max_length=20, examples=["approve"])
    ground: str = Field("", max_length=40, description="Why, where no reason is told to the holder (GET …/verdicts).")
    codes: list[Id] = Field([], max_length=10, description="Reasons that the holder is told.")
    redo: list[Id] = Field([], max_length=10)
    note: str | None = Field(None, max_length=2000, description="For colleagues; sealed.")


class To(Strict):
    to: str = Field(max_length=40)


def taker(person: Person) -> Taker:
    return Taker(person.name, "case.senior" in person.may)


@router.get("/queue")
def waiting(person: Reviewer, request: Request) -> dict:
    """What waits: counts per kind, the oldest, the next deadline, how many are late; and the case one holds."""
    context = context_of(request)
    with context.database.read() as connection:
        rows = cases.waiting(connection, person.app, context.now())
        held = cases.held(connection, person.app, person.name, context.shared_clock(connection))
    items = [
        {"kind": r.kind, "senior": r.senior, "cases": r.cases, "late": r.late, "oldest": views.time(r.oldest),
         "next_deadline": views.time(r.next_deadline)} for r in rows
    ]  # fmt: skip
    return {"items": items, "held": held and summary(context, held)}


@router.get("/verdicts")
def possible(person: Reviewer) -> dict:
    """What can be decided about each kind of case, and the grounds to choose from. Reasons: GET /v1/reasons."""
    grounds = [{"code": g.code, "verdicts": g.verdicts, "zh": g.zh, "en": g.en} for g in GROUNDS.values()]
    return {"verdicts": dict(VERDICTS), "grounds": grounds}


@router.post("/queue/next")
def take_next(person: Reviewer, request: Request) -> dict:
    """The next case by deadline and risk, locked for this person; the one that they hold already, if any."""
    context = context_of(request)
    row = case_queue.take_next(context, person.app, taker(person))
    return {"case": row and summary(context, row)}


@router.post("/cases/{id}/take")
def take(id: str, person: Reviewer, request: Request) -> dict:
    """Take this very case, where it is free."""
    context = context_of(request)
    return summary(context, case_queue.take(context, person.app, id, taker(person)))


@router.post("/cases/{id}/keep")
def keep(id: str, person: Reviewer, request: Request) -> dict:
    """Go on holding a case; the page does this while somebody works on it."""
    context = context_of(request)
    return summary(context, case_queue.keep(context, person.app, id, person.name))


@router.post("/cases/{id}/release", status_code=204)
def release(id: str, person: Reviewer, request: Request) -> None:
    """Give a case back."""
    case_queue.release(context_of(request), person.app, id, person.name)


@router.post("/cases/{id}/snooze", status_code=204)
def snooze(id: str, person: Reviewer, request: Request, minutes: Annotated[int, Query(ge=5, le=2880)] = 60) -> None:
    """Put a case off; it comes back by itself."""
    case_queue.snooze(context_of(request), person.app, id, person.name, minutes)


@router.post("/cases/{id}/hand_over", status_code=204)
def hand_over(id: str, body: To, person: Reviewer, request: Request) -> None:
    """Hand a case to a colleague."""
    context = context_of(request)
    with context.database.read() as connection:
        to = bulk.taker_called(connection, person.app, body.to)
    case_queue.hand_over(context, person.app, id, taker(person), to)


@router.post("/cases/{id}/ruling", status_code=202)
def decide(id: str, body: Ruling, person: Reviewer, request: Request) -> dict:
    """Decide a case that one holds. Nothing happens for the time of undoing; then it is carried out, where it takes two
    people (`second`) once another one has decided the same.
    """
    context = context_of(request)
    given = Verdict(body.verdict, body.ground, tuple(body.codes), tuple(body.redo))
    ruling = rulings.decide(context, person.app, id, person.name, given, body.note)
    policy = context.policy_in(person.app)
    with context.database.read() as connection:
        row = cases.case(connection, person.app, id)
    second = needs_second(row.kind, body.verdict, row.four_eyes, policy.four_eyes)
    return {"ruling": ruling, "undo_seconds": policy.undo_seconds, "second": second}


@router.post("/cases/{id}/undo", status_code=204)
def undo(id: str, person: Reviewer, request: Request) -> None:
    """Take one's decision back, while it waits."""
    rulings.undo(context_of(request), person.app, id, person.name)


def barred(row: Row, person: Person) -> bool:
    """Whether this person decided it before, or may not for another reason."""
    return person.name in names(row.not_by)


def summary(context: Context, row: Row) -> dict:
    """A line of the queue. Whether a case measures somebody is not told."""
    locked = row.locked_until if (row.locked_until or 0) > context.now() else None
    times = {name: views.time(getattr(row, name)) for name in ("opened_at", "deadline", "snoozed_until")}
    return {
        "id": row.id, "kind": row.kind, "about": row.about, "state": row.state, "codes": row.codes, "risk": row.risk,
        "senior": row.senior, "four_eyes": row.four_eyes, "assigned": row.assigned if locked else None,
        "locked_until": views.time(locked), "late": row.deadline < context.now(), **times,
    }  # fmt: skip
