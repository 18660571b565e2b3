"""What people decide: verdicts on verifications, answers to appeals."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from shiming.store.access.api_keys import Caller
from shiming.store.support import appeals as appeal_rows
from shiming.store.verification import verifications
from shiming.web.access import allow, context_of
from shiming.web.api import views
from shiming.web.http.fields import Id, Strict
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows.review import human_decision

router = APIRouter(prefix="/v1", tags=["staff"], route_class=IdempotentRoute)
Reviewer = Annotated[Caller, Depends(allow("reviewer"))]


class VerificationVerdict(Strict):
    verdict: Literal["approve", "ask_again", "reject"]
    codes: list[Id] = Field([], max_length=10, description="Reasons for the holder; needed unless approving.")
    redo: list[Id] = Field([], max_length=10)


class AppealAnswer(Strict):
    answer: Literal["uphold", "turn_down"]


def _decided(id: str, caller: Caller, request: Request) -> dict:
    context = context_of(request)
    with context.database.read() as connection:
        return views.verification(context, connection, verifications.get(connection, caller.app, id))


def _answered(id: str, caller: Caller, request: Request) -> dict:
    with context_of(request).database.read() as connection:
        row = appeal_rows.appeal(connection, caller.app, id)
    return {"id": id, "state": row.state, "verification": row.verification, "hold": row.hold}


@router.post("/verifications/{id}/verdict")
@replay(_decided)
def verdict(id: str, body: VerificationVerdict, caller: Reviewer, request: Request) -> dict:
    """Decide a verification that is in review."""
    human_decision.verdict(context_of(request), caller.app, id, body.verdict, body.codes, body.redo, caller.name)
    return _decided(id, caller, request)


@router.post("/appeals/{id}/answer")
@replay(_answered)
def answer(id: str, body: AppealAnswer, caller: Reviewer, request: Request) -> dict:
    """Uphold an appeal, which approves its verification or lifts its hold, or turn it down. Never by who decided."""
    human_decision.answer_appeal(context_of(request), caller.app, id, body.answer, caller.name)
    return _answered(id, caller, request)
