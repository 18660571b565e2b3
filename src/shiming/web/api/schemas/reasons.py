"""A reason of the catalogue, with its words."""

from pydantic import Field

from shiming import reasons
from shiming.web.api.schemas.shape import Piece, ReasonCode, Shape, one_of

Outcome = one_of("Outcome", [each.name.lower() for each in reasons.Outcome if each])
FixedBy = one_of("FixedBy", reasons.FixedBy)
Again = one_of("Again", reasons.Again)
WhenToAppeal = one_of("WhenToAppeal", reasons.Appeal)
AppealPiece = one_of("AppealPiece", reasons.AppealPiece)


class Words(Shape):
    """A reason in one language."""

    title: str = Field(description="What happened, in one short sentence.")
    explain: str = Field(description="What was seen and what that means.")
    remedy: list[str] = Field(description="What to do now, step by step.")
    next: str = Field(description="What happens next.")
    fixed_by: str
    again: str
    appeal: str


class Reason(Shape):
    """Why something did not go through, and how to get on. `GET /v1/reasons` lists all of them."""

    code: ReasonCode = Field(examples=["photo_glare"])
    outcome: Outcome
    fixed_by: FixedBy
    redo: list[Piece] = Field(description="Pieces to hand in again.")
    counts: bool = Field(description="Whether it cost the holder an attempt.")
    again: Again = Field(description="When it may be tried again.")
    again_hours: int | None
    appeal: WhenToAppeal
    appeal_needs: list[AppealPiece]
    zh: Words
    en: Words


class Reasons(Shape):
    items: list[Reason]


class GroundWords(Shape):
    """Why a person answered so, in words."""

    code: str
    zh: str
    en: str
