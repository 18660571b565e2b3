"""Appeals, their videos and uploads."""

from typing import Literal

from pydantic import Field

from shiming.support import appeals, film
from shiming.web.api.schemas.reasons import AppealPiece, GroundWords, Reason
from shiming.web.api.schemas.shape import Next, ReasonCode, Shape, Time, one_of

AppealState = one_of("AppealState", sorted(appeals.MACHINE.states()))
FilmSight = one_of("FilmSight", film.SHOWS)


class Sight(Shape):
    """One thing that a failure video has to show, and when it was first seen."""

    what: FilmSight
    looked_for: bool = Field(description="False: left to a person.")
    at_ms: int | None


class Filmed(Shape):
    """Whether a phone filmed it, or it was recorded off the screen."""

    verdict: Literal["filmed", "recorded", "unsure"]
    frozen: float = Field(description="Share of flat places that did not change at all from one frame to the next.")
    screen_shape: bool = Field(description="The format is a screen's, not a camera's.")
    recorder: bool = Field(description="A recorder is named in the file.")


class FilmSeen(Shape):
    """What was seen in a failure video; `fault` alone where it cannot be looked at."""

    seconds: float | None = None
    width: int | None = None
    height: int | None = None
    filmed: Filmed | None = None
    sights: list[Sight] = []
    fault: str | None = None


class FilmLack(Shape):
    what: FilmSight
    zh: str
    en: str


class Appeal(Shape):
    id: str
    account: str = Field(description="Your own id of the account.")
    verification: str | None
    hold: str | None
    state: AppealState
    against: list[ReasonCode]
    pieces: list[AppealPiece]
    missing: list[AppealPiece]
    unusable: dict[str, list[Reason]] = Field(description="By piece: what is wrong with it.")
    video: FilmSeen | None
    video_lacks: list[FilmLack]
    ground: GroundWords | None = Field(description="Why it was answered so.")
    can_reopen: bool
    created_at: Time
    collect_until: Time
    answer_by: Time | None
    answered_at: Time | None


class Appeals(Shape):
    items: list[Appeal]
    next: Next


class AnsweredAppeal(Shape):
    id: str
    state: AppealState
    verification: str | None
    hold: str | None


class Upload(Shape):
    id: str
    offset: int = Field(description="Bytes that have arrived.")
    size: int
    chunk_bytes: int = Field(description="Largest chunk.")


class ClaimedMail(Shape):
    state: Literal["taken", "dropped"] = Field(description="`dropped`: what it asks for is not possible (any more).")
