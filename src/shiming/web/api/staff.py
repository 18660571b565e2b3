"""What people decide: verdicts on verifications, answers to appeals."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from shiming.store import support, verifications
from shiming.store.keys import Caller
from shiming.web.access import allow, parts_of
from shiming.web.api import shapes, views
from shiming.web.api.idempotent import IdempotentRoute, replay
from shiming.web.api.inputs import Id
from shiming.web.api.verifications import Strict
from shiming.workflows import review

router = APIRouter(prefix="/v1", tags=["staff"], route_class=IdempotentRoute)
Reviewer = Annotated[Caller, Depends(allow("reviewer"))]


class Verdict(Strict):
    verdict: Literal["approve", "ask_again", "reject"]
    codes: list[Id] = Field([], max_length=10, description="Reasons for the holder; needed unless approving.")
    redo: list[Id] = Field([], max_length=10)


class AppealAnswer(Strict):
    answer: Literal["uphold", "turn_down"]


def _decided(id: str, caller: Caller, request: Request) -> dict:
    parts = parts_of(request)
    with parts.database.read() as connection:
        return views.verification(parts, connection, verifications.get(connection, caller.app, id))


def _answered(id: str, caller: Caller, request: Request) -> dict:
    with parts_of(request).database.read() as connection:
        row = support.appeal(connection, caller.app, id)
    return {"id": id, "state": row.state, "verification": row.verification, "hold": row.hold}


@router.post("/verifications/{id}/verdict", response_model=shapes.Verification, response_model_exclude_unset=True)
@replay(_decided)
def verdict(id: str, body: Verdict, caller: Reviewer, request: Request) -> dict:
    """Decide a verification that is in review."""
    review.verdict(parts_of(request), caller.app, id, body.verdict, body.codes, body.redo, caller.name)
    return _decided(id, caller, request)


@router.post("/appeals/{id}/answer")
@replay(_answered)
def answer(id: str, body: AppealAnswer, caller: Reviewer, request: Request) -> dict:
    """Uphold an appeal, which approves its verification or lifts its hold, or turn it down. Never by who decided."""
    review.answer_appeal(parts_of(request), caller.app, id, body.answer, caller.name)
    return _answered(id, caller, request)
